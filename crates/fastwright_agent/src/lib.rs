//! The agent: it is asked in plain words to review, improve, secure or explain a FastAPI service. It first says what the
//! service does and must keep, shows its plan, acts through the tools of the engine, and ends in a report with proof.
//!
//! Without a language model it follows playbooks: plain requests are mapped to plans of the engine's tools. What it
//! can't map it says. With one, the model chooses among the same tools, and what holds is enforced here, not asked for
//! in a prompt.

#![forbid(unsafe_code)]

pub mod approvals;
pub mod conversation;
pub mod markdown;
pub mod person;
pub mod playbooks;
pub mod report;
pub mod request;
mod secrets;
pub mod session;
pub mod state;
mod statements;
mod visible;
mod wishes;
mod workspace;
