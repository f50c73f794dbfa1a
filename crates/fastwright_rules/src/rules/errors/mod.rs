//! Rules of the area `errors`.

pub mod error_answered_with_success;
pub mod exception_text_in_response;
pub mod http_exception_after_response;
pub mod http_exception_handler_too_narrow;
pub mod http_exception_in_middleware;
pub mod inconsistent_error_bodies;
pub mod python_values_in_json_response;
pub mod status_in_returned_tuple;
pub mod swallowed_http_exception;
pub mod unchecked_missing_row;
pub mod unlogged_server_error;
