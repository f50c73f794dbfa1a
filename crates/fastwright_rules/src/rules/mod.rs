//! The rules, a folder for each area and a file for each rule.

pub mod architecture;
pub mod auth;
pub mod database;
pub mod design;
pub mod docs;
pub mod errors;
pub mod lifecycle;
pub mod observability;
pub mod performance;
pub mod secrets;
pub mod security;
pub mod testing;
pub mod validation;
