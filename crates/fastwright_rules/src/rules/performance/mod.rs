//! Rules of the area `performance`.

pub mod blocking_call_in_async;
pub mod call_without_timeout;
pub mod http_client_per_request;
pub mod lost_task;
pub mod nested_event_loop;
pub mod sync_session_in_async;
pub mod thread_lock_across_await;
pub mod trivial_dependency_in_thread;
