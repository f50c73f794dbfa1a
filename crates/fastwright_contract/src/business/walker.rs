//! Walking a function with symbolic inputs.

use super::calls::CallIndex;
use super::inlining::Callable;
use super::normal::{Place, normalize};
use super::step::{Step, digest_of_steps};
use super::term::{Detail, Digest, DigestBuilder, Term};
use super::{Form, Forms};
use fastwright_model::application::ParameterPlace;
use fastwright_model::dependant::Dependant;
use fastwright_python::ir::FunctionDef;
use fastwright_python::location::{FileId, Location, Span};
use fastwright_python::name::Name;
use fastwright_python::value::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;
use std::sync::Arc;

/// What names of the walked code stand for.
pub(crate) type Names = FxHashMap<Name, Term>;

/// What is known at a point of the code.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) names: Names,
    /// How often the same call was made so far: two of them give two results.
    pub(crate) counts: FxHashMap<Digest, u32>,
    /// What was stored so far, by the attribute or the object that was changed.
    pub(crate) versions: FxHashMap<Digest, Digest>,
}

/// A function that is being walked.
pub(crate) struct Frame {
    pub(crate) function: Rc<FunctionValue>,
    pub(crate) calls: Rc<CallIndex>,
    pub(crate) file: FileId,
    /// Names around a function that the walked code defines.
    pub(crate) outer: Option<Rc<Names>>,
    /// Whether its results are those of the walked function.
    pub(crate) is_root: bool,
    /// Results given out of the middle of loops.
    pub(crate) left_with: Vec<Term>,
    /// How many loops and blocks of this function stand around the code.
    pub(crate) enclosed: u32,
    /// How many blocks stand around the code inside the innermost loop.
    pub(crate) inside_turn: u32,
    /// Names that the innermost loop carries from turn to turn.
    pub(crate) carried: Vec<Name>,
    /// Names declared `global` or `nonlocal`.
    pub(crate) outside: FxHashSet<Name>,
}

/// How the end of some code is reached.
#[derive(Debug, Clone)]
pub(crate) enum Exit {
    /// What comes next is done next.
    Falls,
    /// The function that is put in place of its call gives this to its caller.
    Gives(Term),
    /// The turn of the loop is over.
    Turn,
    /// Nothing comes next.
    Ends,
}

/// Expressions that are walked for one form; calls behind them are not put in place any more.
pub(crate) const MOST_EXPRESSIONS: u32 = 30_000;

/// Functions in each other that are put in place of their calls.
pub(crate) const DEEPEST: usize = 14;

pub(crate) struct Walker<'w, 'f, 'a> {
    pub(crate) forms: &'w mut Forms<'f, 'a>,
    pub(crate) state: State,
    pub(crate) frames: Vec<Frame>,
    pub(crate) spent: u32,
    pub(crate) classes: Vec<ObjectId>,
    /// Functions that the walked code defines, whose identity is being found.
    pub(crate) open_locals: Vec<Arc<FunctionDef>>,
}

/// The form of a function.
pub(crate) fn walk(
    forms: &mut Forms<'_, '_>,
    function: &Rc<FunctionValue>,
    receiver: Option<ObjectId>,
    inputs: Option<&[Term]>,
) -> Form {
    let mut walker = Walker::new(forms);
    for (index, parameter) in function.definition.parameters.iter().enumerate() {
        let term = match inputs {
            Some(inputs) => inputs[index].clone(),
            None => {
                let mut digest = DigestBuilder::new("parameter");
                digest.number(index as u64);
                Term::new(digest.finish(), parameter.name.as_str())
            }
        };
        walker.state.names.insert(parameter.name, term);
    }
    walker.push_frame(function, receiver, &[], None, true);
    let mut steps = Vec::new();
    let body = std::sync::Arc::clone(&function.definition);
    walker.block(&body.body, None, &mut steps);
    let classes = std::mem::take(&mut walker.classes);
    let steps = normalize(steps, Place::Function);
    Form { digest: digest_of_steps(&steps), steps, classes }
}

/// What FastAPI passes to a node of a dependency tree, in the order of its signature. A name that clients see is
/// part of the interface, one that only the code sees says nothing.
pub(crate) fn inputs_of(forms: &mut Forms<'_, '_>, dependant: &Dependant) -> Vec<Term> {
    let Some(function) = &dependant.function else { return Vec::new() };
    let mut found = Vec::new();
    for (index, parameter) in function.definition.parameters.iter().enumerate() {
        let mut digest = DigestBuilder::new("input");
        if index == 0
            && let Some(receiver) = dependant.receiver
        {
            let value: Value = match forms.interpreter().object(receiver) {
                Object::Instance(_) => Kind::Instance(receiver).into(),
                _ => Kind::Class(receiver).into(),
            };
            if matches!(value.kind(), Kind::Instance(_)) {
                let identity = forms.of_value(&value);
                found.push(Term::with(identity, parameter.name.as_str(), Detail::Value(value)));
            } else {
                found.push(Term::new(digest.text("self").finish(), "self"));
            }
            continue;
        }
        let same = |name: &Name| *name == parameter.name;
        let bodies = [ParameterPlace::Body, ParameterPlace::Form, ParameterPlace::File];
        if let Some(position) = dependant.parameters.iter().position(|known| same(&known.name)) {
            let known = &dependant.parameters[position];
            digest.text(known.place.name());
            if known.place == ParameterPlace::Body {
                let before = &dependant.parameters[..position];
                let earlier = before.iter().filter(|other| bodies.contains(&other.place)).count();
                digest.number(earlier as u64);
            } else {
                digest.text(&known.alias);
            }
        } else if let Some(position) =
            dependant.dependencies.iter().position(|node| node.parameter_name.as_ref().is_some_and(same))
        {
            let before = &dependant.dependencies[..position];
            let earlier = before.iter().filter(|other| other.parameter_name.is_some()).count();
            digest.text("dependency").number(earlier as u64);
        } else if let Some((_, class)) = dependant.special.iter().find(|(name, _)| same(name)) {
            digest.text("special").text(class.as_str());
        } else {
            digest.text("other").number(index as u64);
        }
        found.push(Term::new(digest.finish(), parameter.name.as_str()));
    }
    found
}

/// What identifies a value.
pub(crate) fn value_digest(forms: &mut Forms<'_, '_>, value: &Value) -> Digest {
    let mut walker = Walker::new(forms);
    walker.value_term(value, 0).digest()
}

impl<'w, 'f, 'a> Walker<'w, 'f, 'a> {
    fn new(forms: &'w mut Forms<'f, 'a>) -> Self {
        Self {
            forms,
            state: State::default(),
            frames: Vec::new(),
            spent: 0,
            classes: Vec::new(),
            open_locals: Vec::new(),
        }
    }
}

impl Walker<'_, '_, '_> {
    pub(crate) fn push_frame(
        &mut self,
        function: &Rc<FunctionValue>,
        receiver: Option<ObjectId>,
        types: &[Option<Value>],
        outer: Option<Rc<Names>>,
        is_root: bool,
    ) {
        let calls = self.forms.call_index(function, receiver, types);
        self.frames.push(Frame {
            function: Rc::clone(function),
            calls,
            file: function.id.file,
            outer,
            is_root,
            left_with: Vec::new(),
            enclosed: 0,
            inside_turn: 0,
            carried: Vec::new(),
            outside: FxHashSet::default(),
        });
    }

    /// Where some bytes of the walked function are.
    pub(crate) fn at(&self, span: Span) -> Location {
        Location { file: self.frames.last().map_or(FileId(0), |frame| frame.file), span }
    }

    pub(crate) fn frame(&mut self) -> Option<&mut Frame> {
        self.frames.last_mut()
    }

    /// What a name stands for in the walked code itself.
    pub(crate) fn local(&self, name: Name) -> Option<&Term> {
        let known = self.state.names.get(&name);
        known.or_else(|| self.frames.last()?.outer.as_ref()?.get(&name))
    }

    /// The value of a name or a dotted name outside the walked code.
    pub(crate) fn outside_value(&mut self, name: Name) -> Option<Value> {
        let scope = self.frames.last()?.function.scope;
        self.forms.interpreter().lookup(scope, name)
    }

    /// How often a call was made before, this time included.
    pub(crate) fn count(&mut self, digest: Digest) -> u32 {
        let count = self.state.counts.entry(digest).or_default();
        *count += 1;
        *count
    }

    /// Notes a change of what belongs to a digest.
    pub(crate) fn change(&mut self, what: Digest, by: Digest) {
        let mut version = DigestBuilder::new("version");
        if let Some(before) = self.state.versions.get(&what) {
            version.digest(*before);
        }
        version.digest(by);
        self.state.versions.insert(what, version.finish());
    }

    /// Pays for one expression.
    pub(crate) fn pay(&mut self) {
        self.spent += 1;
    }

    pub(crate) fn may_inline(&self, function: &FunctionValue) -> bool {
        self.spent < MOST_EXPRESSIONS
            && self.frames.len() < DEEPEST
            && !function.definition.is_generator
            && !self.frames.iter().any(|frame| frame.function.id == function.id)
    }

    /// What a function is as a value: what it does.
    pub(crate) fn function_term(&mut self, function: &Rc<FunctionValue>, receiver: Option<ObjectId>) -> Term {
        let name = function.definition.name;
        // Functions that one decorator makes share their code, and are different functions.
        let walked = self.frames.iter().rposition(|frame| frame.function.serial == function.serial);
        let digest = match walked {
            Some(position) => {
                let mut digest = DigestBuilder::new("recursion");
                digest.number((self.frames.len() - position) as u64);
                digest.finish()
            }
            None => {
                let known = self.forms.reference(function, receiver);
                for class in known.form.iter().flat_map(|form| &form.classes) {
                    self.mention(*class);
                }
                let mut digest = DigestBuilder::new("function");
                digest.digest(known.digest).number(u64::from(function.definition.is_generator));
                digest.finish()
            }
        };
        Term::with(digest, name.as_str(), Detail::Callable(Callable::Known(Rc::clone(function), receiver)))
    }

    pub(crate) fn mention(&mut self, class: ObjectId) {
        if !self.classes.contains(&class) {
            self.classes.push(class);
        }
    }

    /// Joins what is known at the ends of two ways.
    pub(crate) fn join(&self, condition: &Term, yes: State, no: State) -> State {
        let mut joined = State::default();
        for (name, term) in &yes.names {
            let other = no.names.get(name).cloned().unwrap_or_else(|| unbound(*name));
            joined.names.insert(*name, Term::choice(condition, term, &other));
        }
        for (name, term) in &no.names {
            if !yes.names.contains_key(name) {
                joined.names.insert(*name, Term::choice(condition, &unbound(*name), term));
            }
        }
        joined.counts = yes.counts;
        for (digest, count) in no.counts {
            let known = joined.counts.entry(digest).or_default();
            *known = (*known).max(count);
        }
        let zero = Digest::of_text("version", "");
        let digests: FxHashSet<Digest> = yes.versions.keys().chain(no.versions.keys()).copied().collect();
        for what in digests {
            let first = yes.versions.get(&what).copied().unwrap_or(zero);
            let second = no.versions.get(&what).copied().unwrap_or(zero);
            let version = if first == second {
                first
            } else {
                let mut digest = DigestBuilder::new("versions");
                digest.digest(condition.digest()).digest(first).digest(second);
                digest.finish()
            };
            joined.versions.insert(what, version);
        }
        joined
    }

    /// Runs something whose steps are kept apart.
    pub(crate) fn apart<T>(&mut self, run: impl FnOnce(&mut Self, &mut Vec<Step>) -> T) -> (Vec<Step>, T) {
        let mut steps = Vec::new();
        let result = run(self, &mut steps);
        (steps, result)
    }
}

/// A name that is bound on one way only: reading it on the other fails, whatever it is called.
fn unbound(_: Name) -> Term {
    Term::new(Digest::of_text("unbound", ""), "nothing")
}
