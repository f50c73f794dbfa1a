//! The questions that fastwright answers about a project, as functions: settings from its configuration, then review,
//! routes, contract, diff, gate, fix. The command line asks them, and so do the servers and the agent. No protocol,
//! no terminal; what is written is written safely.

#![forbid(unsafe_code)]

pub mod baseline;
pub mod cache;
pub mod change;
mod configuration;
pub mod failure;
pub mod files;
pub mod fixing;
pub mod freshness;
mod git;
pub mod hosts;
pub mod inputs;
mod patch;
pub mod project_tests;
pub mod questions;
pub mod rules;
pub mod settings;
pub mod sides;
mod stamps;
pub mod verification;

pub use failure::Failure;
pub use fastwright_python::memory;
pub use settings::{Overrides, ReviewOverrides, Settings};
