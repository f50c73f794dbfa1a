//! `fastwright mcp` as clients see it: the real process, over pipes and over HTTP.

#![allow(clippy::unwrap_used, missing_docs)]

mod client;
mod http;
mod project;
mod robustness;
mod safety;
mod session;
