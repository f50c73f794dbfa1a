//! A language model's server that follows a script, for tests.
//!
//! It listens on loopback and speaks the wire formats that real servers speak: OpenAI's chat completions and responses,
//! and Anthropic's messages, as one JSON document or as a stream of events, as the client asks for. Each request takes
//! the next [`Reply`] of the script, or what a function makes of the request. Replies can fail in all ways that servers
//! and networks fail: refusals, broken JSON, streams that end early, stop for ever or are reset.
//!
//! Every request is kept byte by byte, so that a test can say what exactly was sent and what was not.
//!
//! It is written on plain sockets: most of what it is for (answers cut in the middle of a chunk, connections reset)
//! is what a good HTTP server library prevents.

mod connection;
mod reply;
mod request;
mod server;
mod wire;

pub use reply::{Fault, Reply, ScriptedCall, Turn};
pub use request::ReceivedRequest;
pub use server::ScriptedServer;
pub use wire::WireFormat;
