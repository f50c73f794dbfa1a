//! `expiring-async-session`: async session whose objects expire at commit and are used afterwards.

crate::declare_rule! {
    /// Async session whose objects expire at commit and are used afterwards.
    ExpiringAsyncSession {
        name: "expiring-async-session",
        area: Database,
        severity: High,
        confidence: Likely,
        summary: "async session whose objects expire at commit and are used afterwards",
        why: "The first attribute that is read after the commit needs a query, which an async session can't run there: the request fails with `MissingGreenlet`.",
        recommendation: "Create the sessions with `expire_on_commit=False`.",
        trade_off: "Values that the database computes at commit are not loaded again by themselves: refresh where they are needed.",
        contract_effect: "500 becomes the intended response",
        cwe: [665],
        owasp: [],
        profile: Default,
        page: "database/expiring-async-session.md",
        references: ["https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#preventing-implicit-io-when-using-asyncsession"],
    }
}
