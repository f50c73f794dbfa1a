//! The rules: findings with their evidence, recommendations and trade-offs; selection, suppression,
//! baseline.

pub mod finding;
pub mod review;
