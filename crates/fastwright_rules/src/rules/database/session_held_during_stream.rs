//! `session-held-during-stream`: database connection kept for as long as a stream or socket is open.

crate::declare_rule! {
    /// Database connection kept for as long as a stream or socket is open.
    SessionHeldDuringStream {
        name: "session-held-during-stream",
        area: Database,
        severity: High,
        confidence: Likely,
        summary: "database connection kept for as long as a stream or socket is open",
        why: "As many slow readers as the pool has connections stop the whole service.",
        recommendation: "Load what the stream needs, end the session, then stream; or open a short session for each piece.",
        trade_off: "Objects in the stream are detached: what they need must be loaded before.",
        contract_effect: "none",
        cwe: [400, 772],
        owasp: ["API4:2023"],
        profile: Default,
        page: "database/session-held-during-stream.md",
        references: ["https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/", "https://docs.sqlalchemy.org/en/20/core/pooling.html"],
    }
}
