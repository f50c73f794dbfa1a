//! The Agent Client Protocol, by which editors host the agent: over standard input and output, in its stable version 1.
//!
//! The editor opens sessions and sends tasks; the agent says what it understood, its plan, what it does, and asks before
//! anything is written or run. What the agent is, whoever starts the server decides ([`Agent`]).

mod editor;
mod protocol;
mod sessions;

use crate::runtime::on_protocol_thread;
use fastwright_agent::person::Person;
use fastwright_engine::Failure;
use std::path::Path;

/// What follows the tasks of one session.
pub trait Agent {
    /// Follows a task. The person is whoever sits at the editor.
    ///
    /// # Errors
    /// When the task can't be followed; the text is for the person.
    fn follow(&mut self, task: &str, person: &mut dyn Person) -> Result<Answer, Failure>;
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The report, in Markdown.
    pub text: String,
    /// Whether all steps of the plan were taken.
    pub finished: bool,
}

/// Serves one editor until it closes the connection. `open` makes the agent of a session; it gets the folder that the
/// editor works in. Tasks are followed on the current thread, whose stack has to be large.
///
/// # Errors
/// When the connection fails.
pub fn serve_stdio(open: impl FnMut(&Path) -> Result<Box<dyn Agent>, Failure>) -> Result<(), Failure> {
    let (sessions, jobs) = sessions::Sessions::new();
    let thread = on_protocol_thread(move || protocol::run(sessions))?;
    sessions::work(&jobs, open);
    thread.join().unwrap_or_else(|_| Err(Failure::new("the server stopped: an internal error")))
}
