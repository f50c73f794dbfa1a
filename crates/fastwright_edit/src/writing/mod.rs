//! Writing files of a project: inside its root only, all or none, and so that it can be taken back.

pub mod journal;
mod root;

pub use journal::{Interrupted, Journal, JournalError};
pub use root::{Mode, Root};
