//! The contract of a program: what callers rely on and what it does for them, as one document.
//!
//! It is the OpenAPI document, and what that can't say: who may call a route, which statuses code raises and
//! where, which tables and services it touches, in which order middleware stands, and what each handler
//! computes and decides (its [business form](crate::business)).

pub mod document;

mod behaviours;
mod classes;
mod database;
mod derive;
mod functions;
mod raised;
mod routes;

pub use derive::{RouteBehaviour, behaviour_of_route, contract, contract_with_functions};
