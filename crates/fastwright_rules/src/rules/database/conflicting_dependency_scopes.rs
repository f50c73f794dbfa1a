//! `conflicting-dependency-scopes`: dependency that outlives one it depends on.

crate::declare_rule! {
    /// Dependency that outlives one it depends on.
    ConflictingDependencyScopes {
        name: "conflicting-dependency-scopes",
        area: Database,
        severity: High,
        confidence: Certain,
        summary: "dependency that outlives one it depends on",
        why: "The application does not start: FastAPI refuses the combination when the route is registered.",
        recommendation: "Give both the same scope.",
        trade_off: "With `scope=\"function\"` both end before the response is sent.",
        contract_effect: "none",
        cwe: [664],
        owasp: [],
        profile: Default,
        page: "database/conflicting-dependency-scopes.md",
        references: ["https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/"],
    }
}
