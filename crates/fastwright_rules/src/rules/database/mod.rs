//! Rules of the area `database`.

pub mod commit_after_response;
pub mod commit_despite_error;
pub mod commit_in_loop;
pub mod conflicting_dependency_scopes;
pub mod create_all_beside_migrations;
pub mod delete_blocked_by_foreign_key;
pub mod engine_per_request;
pub mod engine_without_ping;
pub mod expiring_async_session;
pub mod foreign_key_without_index;
pub mod lazy_load_in_async;
pub mod mismatched_database_driver;
pub mod pool_smaller_than_threads;
pub mod python_operator_in_filter;
pub mod query_in_loop;
pub mod relationship_loaded_per_row;
pub mod removed_sqlalchemy_api;
pub mod rows_loaded_for_count;
pub mod session_held_during_stream;
pub mod session_in_background_task;
pub mod shared_session;
pub mod swallowed_dependency_error;
pub mod unclosed_session;
pub mod unhandled_unique_violation;
pub mod write_without_commit;
