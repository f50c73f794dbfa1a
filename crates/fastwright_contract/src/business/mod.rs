//! The business form of code: what it computes and decides, without how it is written.
//!
//! A function is walked once with symbolic inputs. Local names are replaced by what they stand for, calls of
//! the program's own functions by what those do, and what is left is a tree of [`Step`]s: effects in their
//! order, decisions, loops, and how each way ends. Two functions with the same form do the same, however they
//! are named, formatted, divided into functions or files, and whether they wait or block. Every changed
//! condition, value, order of effects or result changes the form.
//!
//! The form is an identity, not a proof of difference: functions with different forms may still do the same.

mod blocks;
mod calls;
mod circles;
mod expressions;
mod inlining;
mod normal;
mod patterns;
mod purity;
mod statements;
mod step;
mod term;
mod values;
mod walker;

pub use step::{Ending, Line, Step, lines};
pub use term::{Digest, DigestText};

use fastwright_model::dependant::Dependant;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Files;
use fastwright_python::summary::SummaryKey;
use fastwright_python::value::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// What a function does.
#[derive(Debug)]
pub struct Form {
    /// The same for functions that do the same.
    pub digest: Digest,
    /// What it does, in order.
    pub steps: Vec<Step>,
    /// Classes of the program that it mentions: what their methods do matters to it.
    pub classes: Vec<ObjectId>,
}

/// Forms of the functions of a program, each made once.
pub struct Forms<'f, 'a> {
    interpreter: &'f mut Interpreter<'a>,
    files: &'f Files,
    known: FxHashMap<FormKey, Rc<Form>>,
    /// Functions whose walk has begun, and whose form is not made yet.
    unfinished: FxHashSet<FormKey>,
    /// Walks in the middle of each other.
    depth: u32,
    /// Functions that a walk refers to and whose forms are not made.
    missing: Vec<circles::Wanted>,
    /// What stands for the functions of the circle that is being closed.
    circle: FxHashMap<FormKey, Digest>,
    /// Searches in each other.
    searches: u32,
    /// Calls of functions by their place.
    calls: FxHashMap<(SummaryKey, Vec<calls::TypeKey>), Rc<calls::CallIndex>>,
}

/// What a form depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct FormKey {
    summary: SummaryKey,
    /// Whether inputs are those of a route.
    inputs: Option<u64>,
}

impl<'f, 'a> Forms<'f, 'a> {
    /// No forms yet. What variables of modules hold when the program is imported is what they stand for in forms,
    /// whatever was asked before.
    pub fn new(interpreter: &'f mut Interpreter<'a>, files: &'f Files) -> Self {
        interpreter.return_to_import_state();
        Self {
            interpreter,
            files,
            known: FxHashMap::default(),
            unfinished: FxHashSet::default(),
            depth: 0,
            missing: Vec::new(),
            circle: FxHashMap::default(),
            searches: 0,
            calls: FxHashMap::default(),
        }
    }

    /// The interpreter, for questions between two forms.
    pub fn interpreter(&mut self) -> &mut Interpreter<'a> {
        self.interpreter
    }

    /// The form of a node of a dependency tree: its inputs are what FastAPI passes. Nothing where the code is
    /// not known.
    pub fn of_dependant(&mut self, dependant: &Dependant) -> Option<Rc<Form>> {
        let function = Rc::clone(dependant.function.as_ref()?);
        let inputs = walker::inputs_of(self, dependant);
        let mut identity = term::DigestBuilder::new("inputs");
        for input in &inputs {
            identity.digest(input.digest());
        }
        let key = FormKey {
            summary: SummaryKey { function: function.serial, receiver: dependant.receiver },
            inputs: Some(identity.finish().short()),
        };
        Some(self.form(key, &function, Some(inputs.into())))
    }

    /// The form of a function for any inputs.
    pub fn of_function(&mut self, function: &Rc<FunctionValue>, receiver: Option<ObjectId>) -> Rc<Form> {
        let key = FormKey { summary: SummaryKey { function: function.serial, receiver }, inputs: None };
        self.form(key, function, None)
    }

    /// What identifies a value that the program gives to a library: options of middleware, a handler of
    /// exceptions.
    pub fn of_value(&mut self, value: &Value) -> Digest {
        loop {
            let digest = walker::value_digest(self, value);
            let missing = std::mem::take(&mut self.missing);
            if missing.is_empty() {
                return digest;
            }
            missing.into_iter().for_each(|missing| self.make(missing));
        }
    }

    fn form(
        &mut self,
        key: FormKey,
        function: &Rc<FunctionValue>,
        inputs: Option<Rc<[term::Term]>>,
    ) -> Rc<Form> {
        loop {
            if let Some(known) = self.known.get(&key) {
                return Rc::clone(known);
            }
            self.make(circles::Wanted { key, function: Rc::clone(function), inputs: inputs.clone() });
        }
    }
}
