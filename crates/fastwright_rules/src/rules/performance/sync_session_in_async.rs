//! `sync-session-in-async`: synchronous database session used in async code.

crate::declare_rule! {
    /// Synchronous database session used in async code.
    SyncSessionInAsync {
        name: "sync-session-in-async",
        area: Performance,
        severity: High,
        confidence: Certain,
        summary: "synchronous database session used in async code",
        why: "Every query stops the event loop for its round trip, and with it every other request.",
        recommendation: "Make the handler `def`, or move to `AsyncSession`.",
        trade_off: "`def` handlers share 40 threads, which should fit the size of the connection pool.",
        contract_effect: "none",
        cwe: [400, 833],
        owasp: ["API4:2023"],
        profile: Default,
        page: "performance/sync-session-in-async.md",
        references: ["https://fastapi.tiangolo.com/async/", "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html"],
    }
}
