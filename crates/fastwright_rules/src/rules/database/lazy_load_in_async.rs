//! `lazy-load-in-async`: relationship that is loaded on first use, read under an async session.

crate::declare_rule! {
    /// Relationship that is loaded on first use, read under an async session.
    LazyLoadInAsync {
        name: "lazy-load-in-async",
        area: Database,
        severity: High,
        confidence: Likely,
        summary: "relationship that is loaded on first use, read under an async session",
        why: "The hidden query can't run there: the request fails with `MissingGreenlet`.",
        recommendation: "Load the relationship with the query: `.options(selectinload(Model.relation))`.",
        trade_off: "One more query, or a wider one, for each relationship.",
        contract_effect: "500 becomes the intended response",
        cwe: [665],
        owasp: [],
        profile: Default,
        page: "database/lazy-load-in-async.md",
        references: ["https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#preventing-implicit-io-when-using-asyncsession"],
    }
}
