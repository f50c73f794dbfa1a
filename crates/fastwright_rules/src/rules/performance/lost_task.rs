//! `lost-task`: task that is started and forgotten.

crate::declare_rule! {
    /// Task that is started and forgotten.
    LostTask {
        name: "lost-task",
        area: Performance,
        severity: Medium,
        confidence: Certain,
        summary: "task that is started and forgotten",
        why: "The task may be garbage-collected in the middle of its work, and its error is never seen.",
        recommendation: "Keep a reference until it is done and look at its result; or use `BackgroundTasks`, a task group or a queue.",
        trade_off: "A set of running tasks to look after.",
        contract_effect: "none",
        cwe: [772, 755],
        owasp: [],
        profile: Default,
        page: "performance/lost-task.md",
        references: ["https://docs.python.org/3/library/asyncio-task.html#asyncio.create_task"],
    }
}
