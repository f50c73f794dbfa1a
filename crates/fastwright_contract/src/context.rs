//! What every step of deriving a document needs.

use crate::doubt::Doubts;
use crate::pydantic::generate::dispatch::may_follow;
use crate::pydantic::validation::Validation;
use crate::versions::Versions;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;

/// The evaluated program, the versions whose behaviour counts, and the doubts so far.
pub struct Context<'c, 'a> {
    /// The evaluated program. Mutable because annotations, defaults and functions that customize schemas
    /// are evaluated on demand.
    pub interpreter: &'c mut Interpreter<'a>,
    /// The versions of FastAPI and Pydantic.
    pub versions: Versions,
    /// What could not be known.
    pub doubts: Doubts,
    /// What was validated so far.
    pub(crate) validation: Option<Box<Validation>>,
}

impl<'c, 'a> Context<'c, 'a> {
    /// A context without doubts.
    pub fn new(interpreter: &'c mut Interpreter<'a>, versions: Versions) -> Self {
        interpreter.remember_subscriptions();
        interpreter.follow_iterated(may_follow);
        Self { interpreter, versions, doubts: Doubts::default(), validation: None }
    }

    /// Remembers a doubt.
    pub fn doubt(&mut self, reason: impl Into<String>, location: Option<Location>) {
        self.doubts.add(reason, location);
    }
}
