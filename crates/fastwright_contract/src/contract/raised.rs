//! Statuses that code raises, with their places; and what it commits.

use super::behaviours::at;
use super::document::RaisedStatus;
use fastwright_model::assemble::qualified;
use fastwright_model::facts::{call_facts, reach, status_of_exception};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Files;
use fastwright_python::program::FunctionId;
use fastwright_python::summary::{EventKind, Summary, SummaryKey};
use fastwright_python::value::*;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// What one function does itself.
#[derive(Debug)]
pub(crate) struct OwnFacts {
    pub(crate) function: FunctionId,
    pub(crate) raised: Vec<RaisedStatus>,
    pub(crate) effects: Vec<&'static str>,
}

/// Facts of functions, each found once.
#[derive(Default)]
pub(crate) struct RaisedStatuses {
    own: FxHashMap<SummaryKey, Rc<OwnFacts>>,
}

impl RaisedStatuses {
    /// What a function and everything that it reaches raises and does.
    pub(crate) fn of(
        &mut self,
        interpreter: &mut Interpreter<'_>,
        files: &Files,
        function: &Rc<FunctionValue>,
        receiver: Option<ObjectId>,
    ) -> Vec<Rc<OwnFacts>> {
        let reached = reach(interpreter, function, receiver);
        reached
            .into_iter()
            .map(|reached| {
                let key = reached.summary.key;
                if let Some(known) = self.own.get(&key) {
                    return Rc::clone(known);
                }
                let function = reached.chain.last().map_or(function, |step| &step.function);
                let facts = Rc::new(own_facts(interpreter, files, function, &reached.summary));
                self.own.insert(key, Rc::clone(&facts));
                facts
            })
            .collect()
    }
}

fn own_facts(
    interpreter: &mut Interpreter<'_>,
    files: &Files,
    function: &Rc<FunctionValue>,
    summary: &Summary,
) -> OwnFacts {
    let mut facts = OwnFacts { function: function.id, raised: Vec::new(), effects: Vec::new() };
    let calls = call_facts(interpreter, summary);
    for (position, event) in summary.events.iter().enumerate() {
        match &event.kind {
            EventKind::Raise { exception, again: false } => {
                if let Some(status) = status_of_exception(interpreter, exception) {
                    let by = qualified(interpreter, &Kind::Function(Rc::clone(function)).into());
                    facts.raised.push(RaisedStatus { status, by, at: at(files, event.location) });
                }
            }
            EventKind::Call(_) => {
                if let Some(effect) = calls.callee(position).and_then(|name| database_effect(name.as_str()))
                    && !facts.effects.contains(&effect)
                {
                    facts.effects.push(effect);
                }
            }
            _ => {}
        }
    }
    facts
}

/// What a call of a session or connection of SQLAlchemy does to its transaction.
fn database_effect(name: &str) -> Option<&'static str> {
    if !(name.starts_with("sqlalchemy.") || name.starts_with("sqlmodel.")) {
        return None;
    }
    match name.rsplit('.').next()? {
        "commit" => Some("commits"),
        "rollback" => Some("rolls back"),
        _ => None,
    }
}
