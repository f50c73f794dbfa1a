//! Rules of the area `performance`.

pub mod blocking_call_in_async;
pub mod lost_task;
pub mod sync_session_in_async;
