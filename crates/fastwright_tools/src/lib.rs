//! What machines may ask fastwright: the tools that a server of protocols offers and that the agent itself uses.
//!
//! A tool has a name that speaks for itself, typed input, and an answer that is everything a language model needs:
//! compact, in pages, sized for its context, without nulls. Answers come from the engine only; texts in them that stem
//! from the repository are data. Nothing is written but by `apply_fix`, and only where the person who started the
//! program allowed it. The root of the project comes from that person, never from a model.

#![forbid(unsafe_code)]

mod answer;
mod description;
mod error;
mod knowledge;
mod paging;
mod schema;
mod service;
mod tools;
mod worker;

pub use description::{TOOLS, Tool, describe};
pub use error::{ErrorKind, ToolError};
pub use knowledge::Start;
pub use service::{Caller, Service};
pub use tools::fixes::{FixChoice, MadeFixes};
pub use tools::route_choice;
pub use worker::{Call, Work, Worker};
