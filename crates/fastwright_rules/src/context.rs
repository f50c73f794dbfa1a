//! What a rule may look at.

use crate::body_copies::copying;
use crate::call_graph::CallGraph;
use crate::call_index::FunctionSet;
use crate::engines::{Engine, engines};
use crate::entry_points::{EntryPoint, entry_points};
use crate::settings::CompiledSettings;
use fastwright_model::analysis::Analysis;
use fastwright_model::schemas::{Field, fields};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::value::{Kind, ObjectId, Value};
use rustc_hash::FxHashMap;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

/// The analysed project and the user's settings.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Everything known about the project.
    pub analysis: &'a Analysis,
    /// What the user decided, ready to match.
    pub settings: &'a CompiledSettings,
    /// What rules share; made when the first one asks.
    pub shared: &'a SharedFacts<'a>,
}

/// Facts that several rules need and that are found once for a review.
#[derive(Debug, Default)]
pub struct SharedFacts<'a> {
    entry_points: OnceCell<Vec<EntryPoint<'a>>>,
    call_graph: OnceCell<CallGraph>,
    copying: OnceCell<FunctionSet>,
    engines: OnceCell<Vec<Engine>>,
    fields: RefCell<FxHashMap<ObjectId, Rc<[Field]>>>,
}

impl<'a> Context<'a> {
    /// Handlers and dependencies of all routes whose code is known. An app that is mounted in another is
    /// left out: its routes stand in the table of the other.
    pub fn entry_points(&self) -> &'a [EntryPoint<'a>] {
        self.shared.entry_points.get_or_init(|| entry_points(self.analysis))
    }

    /// The fields of a schema, found once.
    pub fn fields(&self, interpreter: &mut Interpreter<'_>, class: &Value) -> Rc<[Field]> {
        let Kind::Class(id) = class.kind else { return fields(interpreter, class).into() };
        if let Some(known) = self.shared.fields.borrow().get(&id) {
            return Rc::clone(known);
        }
        let found: Rc<[Field]> = fields(interpreter, class).into();
        self.shared.fields.borrow_mut().insert(id, Rc::clone(&found));
        found
    }

    /// Who calls whom in the code that requests run, with the way back from a function to its routes. Ask
    /// before borrowing the interpreter of the analysis.
    pub fn call_graph(&self) -> &'a CallGraph {
        self.shared.call_graph.get_or_init(|| CallGraph::new(self.analysis))
    }

    /// The engines of SQLAlchemy that the service makes. Ask before borrowing the interpreter of the analysis.
    pub fn engines(&self) -> &'a [Engine] {
        self.shared.engines.get_or_init(|| engines(self))
    }

    /// The functions in which a part of a body may be copied, and all that reach them.
    pub fn copying(&self) -> &'a FunctionSet {
        self.shared.copying.get_or_init(|| copying(self.call_graph()))
    }
}
