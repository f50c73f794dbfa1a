//! Writing files of a project: inside its root only, all or none, and so that it can be taken back.

pub mod journal;

pub use fastwright_sandbox::files::{Mode, Root};
pub use journal::{FileWrite, Interrupted, Journal, JournalError};
