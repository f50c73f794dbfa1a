//! Commands of a project, run where they can't harm.
//!
//! Three processes stand in a row. The caller starts a *supervisor*: the same program again, as a hidden command. The
//! supervisor starts a *helper*, through bubblewrap where that works, keeps its output, watches what it and all that
//! it starts use, and ends all of them together. The helper takes away from itself what the command shall not have
//! and becomes the command. When the caller dies, the supervisor notices and ends everything.
//!
//! `docs/sandbox.md` says what is enforced where.

mod enforcement;
mod helper;
mod limits;
mod outcome;
mod python;
mod request;
mod sandbox;
mod scratch;

pub use enforcement::{Enforcement, Preference};
pub use helper::become_sandboxed;
pub use limits::Limits;
pub use outcome::{Captured, Ending, Limit, Outcome};
pub use python::PythonEnvironment;
pub use request::{CommandLine, Project, Request, WithoutEnforcement};
pub use sandbox::{Helper, RunError, Running, Sandbox, Stop};
pub use scratch::Scratch;
