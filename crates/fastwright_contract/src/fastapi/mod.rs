//! FastAPI: routes as it merges them, their fields, and the document (FastAPI 0.165 `routing.py`,
//! `dependencies/utils.py`, `openapi/utils.py`).

pub mod application;
pub mod body;
mod borrowed_parameters;
pub mod builder;
mod definition_order;
pub mod dependencies;
pub mod document;
pub mod fields;
pub mod flat_models;
pub mod form_models;
pub mod inline_schemas;
pub mod normalize;
pub mod operations;
pub mod parameter_models;
pub mod parameters;
pub mod predicates;
pub mod renaming;
pub mod responses;
pub mod routes;
pub mod security;
mod version1;

pub use application::openapi;
pub use builder::Builder;
