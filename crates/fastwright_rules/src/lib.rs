//! The rules: findings with their evidence, recommendations and trade-offs; selection, suppression,
//! baseline.
//!
//! A rule is one file in `src/rules/<area>/`, one page in `resources/<area>/` (documentation and test at
//! once) and one line in [`registry`].

pub mod access;
pub mod body_copies;
pub mod call_graph;
pub mod call_index;
pub mod checks;
pub mod columns;
pub mod comments;
pub mod constraint_errors;
pub mod context;
pub mod credential_inputs;
pub mod data_flow;
pub mod dependency_overrides;
pub mod engines;
pub mod entry_points;
pub mod escaping;
pub mod event_loop;
pub mod finding;
pub mod fingerprint;
pub mod fixes;
pub mod flow;
pub mod imported_names;
pub mod injection;
pub mod library_versions;
pub mod loops;
pub mod metadata;
pub mod methods;
pub mod model_settings;
pub mod ownership;
pub mod path_shape;
pub mod pipeline;
pub mod preserve;
pub mod public_by_nature;
pub mod reached;
pub mod registry;
pub mod relationship_loading;
pub mod reporter;
pub mod review;
pub mod route_list;
pub mod route_pattern;
pub mod rules;
pub mod run_once;
pub mod sessions;
pub mod settings;
pub mod stale_objects;
pub mod stored_credential;
pub mod suppression;
pub mod syntax;
pub mod tasks;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod test_support;
pub mod versions;
pub mod vocabulary;
pub mod wording;

pub use pipeline::review;
