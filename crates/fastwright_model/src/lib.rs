//! What a FastAPI application is: apps, routes, dependencies, schemas, guards, tables, effects.

pub mod analysis;
pub mod application;
pub mod assemble;
pub mod library;
pub mod registry;
pub mod routes;
