//! Rules of the area `database`.

pub mod commit_after_response;
pub mod commit_despite_error;
pub mod conflicting_dependency_scopes;
pub mod create_all_beside_migrations;
pub mod expiring_async_session;
pub mod lazy_load_in_async;
pub mod session_held_during_stream;
pub mod session_in_background_task;
pub mod shared_session;
pub mod swallowed_dependency_error;
pub mod unclosed_session;
