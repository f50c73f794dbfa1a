//! Changes to projects: the edits of fixes are put together, applied in memory, checked against the contract of
//! the program, and only then written, all or none.

pub mod guard;
pub mod plan;
pub mod rounds;
pub mod state;
pub mod text;
pub mod uncommitted;
pub mod writing;

pub use rounds::{Outcome, Permission, Request, fix};
