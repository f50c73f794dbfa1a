//! `unclosed-session`: session that nobody closes when the request ends.

crate::declare_rule! {
    /// Session that nobody closes when the request ends.
    UnclosedSession {
        name: "unclosed-session",
        area: Database,
        severity: High,
        confidence: Certain,
        summary: "session that nobody closes when the request ends",
        why: "Each request keeps a connection until the garbage collector comes by; under load the pool runs dry and every request waits.",
        recommendation: "Open the session in a `with` block around the `yield`.",
        trade_off: "None.",
        contract_effect: "none",
        cwe: [772, 404],
        owasp: [],
        profile: Default,
        page: "database/unclosed-session.md",
        references: ["https://docs.sqlalchemy.org/en/20/orm/session_basics.html#closing"],
    }
}
