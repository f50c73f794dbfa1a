//! `test-client-without-lifespan`: test client that never runs the application's lifespan.

crate::declare_rule! {
    /// Test client that never runs the application's lifespan.
    TestClientWithoutLifespan {
        name: "test-client-without-lifespan",
        area: Testing,
        severity: Medium,
        confidence: Certain,
        summary: "test client that never runs the application's lifespan",
        why: "What the lifespan sets up is missing in the test: it fails with an odd error, or passes although the start is broken.",
        recommendation: "Use the client in a `with` block, or a `LifespanManager` around an async client.",
        trade_off: "Tests get slower where the start is expensive: share the client in a fixture.",
        contract_effect: "none",
        cwe: [665],
        owasp: [],
        profile: Default,
        page: "testing/test-client-without-lifespan.md",
        references: ["https://fastapi.tiangolo.com/advanced/testing-events/", "https://www.starlette.dev/testclient/"],
    }
}
