//! Rules of the area `observability`.

pub mod logged_credentials;
