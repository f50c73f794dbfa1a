//! `iterated-routes-tree`: code that walks app.routes as if it were flat.

crate::declare_rule! {
    /// Code that walks app.routes as if it were flat.
    IteratedRoutesTree {
        name: "iterated-routes-tree",
        area: Lifecycle,
        severity: Medium,
        confidence: Certain,
        summary: "code that walks app.routes as if it were flat",
        why: "Routes of included routers are missing from the walk, and reading `.path` from what stands there fails.",
        recommendation: "Walk `iter_route_contexts(app.routes)`.",
        trade_off: "The function exists since FastAPI 0.137: code for older versions needs both.",
        contract_effect: "none",
        cwe: [1127],
        owasp: [],
        profile: Default,
        page: "lifecycle/iterated-routes-tree.md",
        references: ["https://fastapi.tiangolo.com/release-notes/"],
    }
}
