//! Rules of the area `errors`.

pub mod exception_text_in_response;
pub mod python_values_in_json_response;
pub mod swallowed_http_exception;
