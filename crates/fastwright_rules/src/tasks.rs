//! Tasks of the event loop.

/// Whether a call starts a task that nothing but its reference keeps alive; a task group keeps its own.
pub fn is_task_maker(callee: &str) -> bool {
    matches!(
        callee,
        "asyncio.create_task"
            | "asyncio.ensure_future"
            | "asyncio.get_running_loop.create_task"
            | "asyncio.get_event_loop.create_task"
            | "asyncio.new_event_loop.create_task"
            | "asyncio.AbstractEventLoop.create_task"
    )
}
