//! The rules: findings with their evidence, recommendations and trade-offs; selection, suppression,
//! baseline.
//!
//! A rule is one file in `src/rules/<area>/`, one page in `resources/<area>/` (documentation and test at
//! once) and one line in [`registry`].

pub mod body_copies;
pub mod comments;
pub mod context;
pub mod finding;
pub mod fingerprint;
pub mod metadata;
pub mod path_shape;
pub mod pipeline;
pub mod preserve;
pub mod registry;
pub mod reporter;
pub mod review;
pub mod route_list;
pub mod route_pattern;
pub mod rules;
pub mod settings;
pub mod stored_credential;
pub mod suppression;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod test_support;

pub use pipeline::review;
