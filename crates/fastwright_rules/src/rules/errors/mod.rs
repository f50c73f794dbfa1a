//! Rules of the area `errors`.

pub mod exception_text_in_response;
pub mod http_exception_after_response;
pub mod http_exception_in_middleware;
pub mod swallowed_http_exception;
