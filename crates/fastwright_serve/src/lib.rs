//! Protocols by which other programs use fastwright: the Model Context Protocol (`mcp`), by which they ask it, and the
//! Agent Client Protocol (`acp`), by which editors host the agent.
//!
//! Only what the wire needs is here: what can be asked, and the answers, are `fastwright_tools`. The async runtime stays
//! inside of this crate. Questions are answered one after the other by the thread that starts a server;
//! the protocol runs on a thread of its own, so that it hears of cancellations meanwhile.

#![forbid(unsafe_code)]

pub mod acp;
pub mod mcp;
mod runtime;
