//! `commit-despite-error`: dependency that commits although the handler failed.

crate::declare_rule! {
    /// Dependency that commits although the handler failed.
    CommitDespiteError {
        name: "commit-despite-error",
        area: Database,
        severity: High,
        confidence: Certain,
        summary: "dependency that commits although the handler failed",
        why: "The half of the work that was done before the error is stored, and the client is told that the request failed.",
        recommendation: "Commit only when the handler succeeded: `yield`, then `commit()`; roll back in `except` and raise again.",
        trade_off: "None: nobody relies on half of a request.",
        contract_effect: "failed requests leave no rows behind",
        cwe: [460, 390],
        owasp: [],
        profile: Default,
        page: "database/commit-despite-error.md",
        references: ["https://docs.sqlalchemy.org/en/20/orm/session_transaction.html"],
    }
}
