//! `session-in-background-task`: session, row or upload of a request handed to a background task.

crate::declare_rule! {
    /// Session, row or upload of a request handed to a background task.
    SessionInBackgroundTask {
        name: "session-in-background-task",
        area: Database,
        severity: High,
        confidence: Likely,
        summary: "session, row or upload of a request handed to a background task",
        why: "The task works with something that belongs to the request: it may be closed, shared with the exit code, or hold a connection for as long as the task runs.",
        recommendation: "Hand over ids or bytes, and let the task open its own session.",
        trade_off: "The task reads the row again.",
        contract_effect: "none",
        cwe: [672, 664],
        owasp: [],
        profile: Default,
        page: "database/session-in-background-task.md",
        references: ["https://fastapi.tiangolo.com/tutorial/background-tasks/", "https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/"],
    }
}
