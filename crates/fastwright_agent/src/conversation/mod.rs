//! The agent with a language model. The model plans, reads, edits and speaks; what holds is decided here:
//!
//! - Findings in the report are the engine's. A statement counts as far as what it cites is really so.
//! - The plan is agreed to before any file is read, and fixed from then on: no text of the repository can widen it.
//! - Edits are in memory until the gate accepts them with exactly what the plan asked for, the tests that passed still
//!   pass, and the person agrees to the change that they are shown.
//! - Paths, limits, commands, provider and approvals are none of the model's business: it has no tool for them.
//! - What is sent and kept has lost its secrets first, and what stems from the project is marked as data.

mod agreed_plan;
mod data;
mod editing;
mod finishing;
mod judging;
mod limits;
mod looking_up;
mod opening;
mod planning;
mod reading;
mod talk;
mod testing;
mod tools;

pub use limits::Limits;
pub use testing::{Tested, Verification};

use crate::person::Person;
use crate::report::Report;
use crate::session::{Session, SessionError};
use fastwright_engine::Failure;
use fastwright_language_model::{LanguageModel, Request};
use fastwright_tools::{Service, ToolError};
use talk::Talk;

/// What the person asks for, and what they decided about how it is done.
#[derive(Debug)]
pub struct Task {
    /// In their words.
    pub text: String,
    /// The model, for the report.
    pub model: String,
    /// Where what is sent goes to; none where it does not leave this machine.
    pub destination: Option<String>,
    /// How the project's tests are run, if they are.
    pub verification: Option<Verification>,
    /// How much may be used.
    pub limits: Limits,
}

/// Why a task could not be worked on at all.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The project can't be read or written.
    #[error("{0}")]
    Project(String),
    /// The session can't be kept or continued.
    #[error(transparent)]
    Session(#[from] SessionError),
}

impl From<ToolError> for AgentError {
    fn from(error: ToolError) -> Self {
        Self::Project(error.to_string())
    }
}

impl From<Failure> for AgentError {
    fn from(failure: Failure) -> Self {
        Self::Project(failure.to_string())
    }
}

/// Works on a task with a model. It is for the thread with the deep stack that evaluation needs.
///
/// # Errors
/// When the project can't be read or written, or the session can't be kept. That a model fails, lies or uses too much
/// is no error: the report says so.
pub fn converse(
    task: &Task,
    service: &mut Service,
    model: &dyn LanguageModel,
    person: &mut dyn Person,
    session: &mut Session,
) -> Result<Report, AgentError> {
    if let Some(report) = finishing::written_before(service, session)? {
        session.ended(&report)?;
        return Ok(report);
    }
    let mut talk = Talk::begin(task, service, person, session)?;
    let ending = talk.hold(model)?;
    talk.end(ending)
}

/// The first request of a task as it would be sent: nothing is sent, and nobody is asked.
///
/// # Errors
/// When the project can't be read.
pub fn first_request(task: &Task, service: &mut Service) -> Result<Request, AgentError> {
    let mut session = Session::unsaved();
    let mut nobody = ();
    Ok(Talk::begin(task, service, &mut nobody, &mut session)?.request().clone())
}
