//! A server of the Model Context Protocol, over standard input and output or over HTTP on this machine.
//!
//! Revisions 2026-07-28 (no session: `server/discover`, and every request says what the client is) and those with
//! `initialize` up to 2025-11-25 are spoken by the same server. The project is the one that the server was started
//! for: what clients say of roots is not heard.

mod asking;
mod completion;
mod http;
mod pages;
mod prompts;
mod resources;
mod server;
mod stdio;
mod tools;

use crate::runtime::on_protocol_thread;
use fastwright_engine::Failure;
use fastwright_tools::{Start, Worker};
use std::future::Future;

pub use http::{Address, Token};

/// Serves one client over standard input and output until it closes them. Answers on the current thread, whose stack
/// has to be large.
///
/// # Errors
/// When the project can't be read, or the connection fails.
pub fn serve_stdio(start: Start) -> Result<(), Failure> {
    let allow_write = start.allow_write;
    serve(start, move |worker| stdio::run(server::Server::new(worker, allow_write)))
}

/// Serves clients over HTTP on an address of this machine until the process is ended. `ready` gets the address as it
/// turned out, when requests are accepted. Answers on the current thread, whose stack has to be large.
///
/// # Errors
/// When the project can't be read, or the address can't be used.
pub fn serve_http(
    start: Start,
    address: Address,
    token: Token,
    ready: impl FnOnce(&str) + Send + 'static,
) -> Result<(), Failure> {
    let allow_write = start.allow_write;
    serve(start, move |worker| http::run(server::Server::new(worker, allow_write), address, token, ready))
}

/// Runs a protocol on a thread of its own, and the questions that it asks on this one.
fn serve<F: Future<Output = Result<(), Failure>>>(
    start: Start,
    protocol: impl FnOnce(Worker) -> F + Send + 'static,
) -> Result<(), Failure> {
    let (worker, work) = Worker::with_work(start).map_err(|error| Failure::new(error.message))?;
    let thread = on_protocol_thread(move || protocol(worker))?;
    work.run();
    thread.join().unwrap_or_else(|_| Err(Failure::new("the server stopped: an internal error")))
}
