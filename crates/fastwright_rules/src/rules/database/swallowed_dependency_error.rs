//! `swallowed-dependency-error`: dependency that catches the handler's error and does not raise it again.

crate::declare_rule! {
    /// Dependency that catches the handler's error and does not raise it again.
    SwallowedDependencyError {
        name: "swallowed-dependency-error",
        area: Database,
        severity: High,
        confidence: Certain,
        summary: "dependency that catches the handler's error and does not raise it again",
        why: "The error is lost: clients get 500 for what should be 404, and the log shows a complaint of FastAPI instead of the cause.",
        recommendation: "Raise again behind the clean-up.",
        trade_off: "None: FastAPI needs the exception to answer.",
        contract_effect: "the intended status instead of 500",
        cwe: [390, 755],
        owasp: [],
        profile: Default,
        page: "database/swallowed-dependency-error.md",
        references: ["https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/"],
    }
}
