//! Rules of the area `security`.

pub mod permissive_cors;
pub mod server_side_request_forgery;
pub mod sql_injection;
