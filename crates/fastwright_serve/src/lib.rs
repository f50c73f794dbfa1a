//! Protocols by which other programs ask fastwright: the Model Context Protocol (`mcp`).
//!
//! Only what the wire needs is here: what can be asked, and the answers, are `fastwright_tools`. An async runtime lives
//! inside this crate and nowhere else. Questions are answered one after the other by the thread that starts a server;
//! the protocol runs on a thread of its own, so that it hears of cancellations meanwhile.

#![forbid(unsafe_code)]

pub mod mcp;
