//! `duplicate-route`: same method and path registered twice.

crate::declare_rule! {
    /// Same method and path registered twice.
    DuplicateRoute {
        name: "duplicate-route",
        area: Design,
        severity: High,
        confidence: Certain,
        summary: "same method and path registered twice",
        why: "Only the first handler ever answers, and the document shows one of the two under an id that clashes.",
        recommendation: "Remove one, or give it a path of its own.",
        trade_off: "None.",
        contract_effect: "none",
        cwe: [561],
        owasp: [],
        profile: Default,
        page: "design/duplicate-route.md",
        references: ["https://fastapi.tiangolo.com/tutorial/bigger-applications/"],
    }
}
