//! `shared-session`: one session used by several requests or tasks at once.

crate::declare_rule! {
    /// One session used by several requests or tasks at once.
    SharedSession {
        name: "shared-session",
        area: Database,
        severity: Critical,
        confidence: Certain,
        summary: "one session used by several requests or tasks at once",
        why: "Requests see and commit each other's half-done work, and fail at random under load.",
        recommendation: "Give each request its own session, and each concurrent task its own.",
        trade_off: "More connections are in use at a time.",
        contract_effect: "none",
        cwe: [362, 567],
        owasp: [],
        profile: Default,
        page: "database/shared-session.md",
        references: ["https://docs.sqlalchemy.org/en/20/orm/session_basics.html#is-the-session-thread-safe-is-asyncsession-safe-to-share-in-concurrent-tasks"],
    }
}
