//! The contract of a FastAPI application: the OpenAPI document that `app.openapi()` returns, computed from
//! the evaluated program, without running it.
//!
//! Three steps, as in the libraries: FastAPI's routes with their fields ([`fastapi`]), Pydantic's core
//! schemas of the fields' types and the JSON Schema of those ([`pydantic`]), the document. What can't be
//! known is never guessed: it becomes a [`Doubt`].

pub mod business;
pub mod context;
pub mod contract;
pub mod diff;
pub mod doubt;
pub mod fastapi;
pub mod json;
pub mod pydantic;
pub mod types;
pub mod versions;

pub use context::Context;
pub use doubt::{Doubt, Doubts};
pub use versions::Versions;
