//! `commit-after-response`: commit in the exit code of a dependency, which runs after the response was sent.

crate::declare_rule! {
    /// Commit in the exit code of a dependency, which runs after the response was sent.
    CommitAfterResponse {
        name: "commit-after-response",
        area: Database,
        severity: High,
        confidence: Certain,
        summary: "commit in the exit code of a dependency, which runs after the response was sent",
        why: "The client is told that the write succeeded before it has; when the commit fails, the answer was a lie, and a client that reads at once may not see its own write.",
        recommendation: "Commit in the handler or service, or end the dependency before the response: `Depends(get_session, scope=\"function\")`.",
        trade_off: "With `scope=\"function\"` the session is closed before a streamed body is produced, and dependencies with the default scope can't depend on it.",
        contract_effect: "a failing commit becomes an error instead of a success",
        cwe: [390, 754],
        owasp: [],
        profile: Default,
        page: "database/commit-after-response.md",
        references: ["https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/", "https://fastapi.tiangolo.com/release-notes/"],
    }
}
