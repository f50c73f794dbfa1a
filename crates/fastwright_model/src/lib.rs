//! What a FastAPI application is: apps, routes, dependencies, schemas, guards, tables, effects.

pub mod analysis;
pub mod application;
pub mod assemble;
pub mod dependant;
pub mod effects;
pub mod facts;
mod guards;
mod latent;
pub mod library;
pub mod registry;
pub mod routes;
pub mod schemas;
pub mod selection;
mod shared_search;
pub mod tables;
