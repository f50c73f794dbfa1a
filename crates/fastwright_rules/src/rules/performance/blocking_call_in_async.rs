//! `blocking-call-in-async`: call that waits without giving way, reached from async code.

crate::declare_rule! {
    /// Call that waits without giving way, reached from async code.
    BlockingCallInAsync {
        name: "blocking-call-in-async",
        area: Performance,
        severity: High,
        confidence: Certain,
        summary: "call that waits without giving way, reached from async code",
        why: "The event loop stands still for as long as the call takes: no other request is answered, not even the health check.",
        recommendation: "Make the handler `def`, use an async client, or hand the call to a thread with `await run_in_threadpool(...)`.",
        trade_off: "`def` handlers share a pool of 40 threads; an async client is another library to learn.",
        contract_effect: "none",
        cwe: [400, 833],
        owasp: ["API4:2023"],
        profile: Default,
        page: "performance/blocking-call-in-async.md",
        references: ["https://fastapi.tiangolo.com/async/", "https://www.starlette.dev/threadpool/"],
    }
}
