//! Rules of the area `observability`.

pub mod guarded_health_check;
pub mod logged_credentials;
