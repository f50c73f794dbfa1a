//! What a route does, told in its own inputs: every call that starts at the handler or one of its
//! dependencies is followed, and the values in a called function are those that its caller passes. A
//! rule can ask whether `limit` of the query reaches `.limit(...)` three files below.

use crate::dependant::Dependant;
use crate::facts::{EdgeKind, Step, call_facts};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::ParameterKind;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::{CallEvent, Event, EventKind, Summary, substitute};
use fastwright_python::value::*;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::rc::Rc;

/// Functions walked for one route.
const FUNCTIONS: usize = 200;
/// How often one function is walked for one route, with different arguments.
const VISITS: u32 = 2;
/// Nested calls.
const DEPTH: usize = 24;
/// Parts of an expression that are rewritten for one value.
const PARTS: u32 = 1_000;

/// What the parameters of a function are, in the inputs of the route. A value is found when a rule asks for
/// it: few calls are of interest to anybody.
#[derive(Debug)]
struct Environment<'e> {
    /// Values that are known from the start: what dependencies give.
    known: FxHashMap<Name, Value>,
    /// The call that is followed, as its caller sees it.
    call: Option<Passed<'e>>,
    /// What was asked for; none for a parameter that says nothing.
    found: RefCell<FxHashMap<Name, Option<Value>>>,
}

#[derive(Debug, Clone, Copy)]
struct Passed<'e> {
    call: &'e CallEvent,
    kind: EdgeKind,
    function: &'e Rc<FunctionValue>,
    caller: &'e Summary,
    outer: &'e Environment<'e>,
}

impl<'e> Environment<'e> {
    fn of_inputs(known: FxHashMap<Name, Value>) -> Self {
        Self { known, call: None, found: RefCell::default() }
    }

    fn of_call(passed: Passed<'e>) -> Self {
        Self { known: FxHashMap::default(), call: Some(passed), found: RefCell::default() }
    }

    fn is_empty(&self) -> bool {
        self.known.is_empty() && self.call.is_none()
    }

    fn get(&self, name: Name) -> Option<Value> {
        let Some(passed) = &self.call else { return self.known.get(&name).cloned() };
        if let Some(found) = self.found.borrow().get(&name) {
            return found.clone();
        }
        let value = argument(passed.call, passed.function, passed.kind, name)
            .map(|value| resolve(&value, passed.caller, passed.outer));
        self.found.borrow_mut().insert(name, value.clone());
        value
    }
}

/// One thing that happens while a route is served.
#[derive(Debug)]
pub struct Visit<'v> {
    /// The callable of the dependency tree where the chain begins: the handler or a dependency.
    pub root: &'v Dependant,
    /// The calls from there to this function; empty in the root itself.
    pub chain: &'v [Step],
    /// The function.
    pub summary: &'v Rc<Summary>,
    /// What it does.
    pub event: &'v Event,
    environment: &'v Environment<'v>,
}

impl Visit<'_> {
    /// A value of this function in terms of the inputs of the route.
    pub fn resolve(&self, value: &Value) -> Value {
        resolve(value, self.summary, self.environment)
    }

    /// The chain as steps of evidence.
    pub fn evidence(&self) -> Vec<(String, Location)> {
        self.chain
            .iter()
            .map(|step| (format!("calls `{}`", step.function.definition.qualname), step.site))
            .collect()
    }

    /// Whether the function runs in a thread or task of its own, or after the response.
    pub fn leaves(&self) -> bool {
        self.chain.iter().any(|step| step.kind != EdgeKind::Call)
    }

    /// Name of the function.
    pub fn symbol(&self) -> String {
        self.summary.function.definition.qualname.to_string()
    }
}

fn resolve(value: &Value, summary: &Summary, environment: &Environment<'_>) -> Value {
    if environment.is_empty() {
        return value.clone();
    }
    substitute(value, summary.function.id, &|name| environment.get(name), &mut PARTS.clone())
}

/// Visits what a route does: its dependencies first, then the handler, each with everything it calls, in
/// the order of walking. Returns whether all of it was visited.
pub fn follow(
    interpreter: &mut Interpreter<'_>,
    dependant: &Dependant,
    visit: &mut dyn FnMut(&mut Interpreter<'_>, &Visit<'_>),
) -> bool {
    let mut walk = Walk { visits: FxHashMap::default(), count: 0, complete: true };
    for root in dependant.walk() {
        let Some(function) = &root.function else { continue };
        let Some(summary) = interpreter.summarize(function, root.receiver) else {
            walk.complete = false;
            continue;
        };
        let environment = Environment::of_inputs(inputs(interpreter, root, 0));
        walk.function(interpreter, root, &summary, &environment, &mut Vec::new(), visit);
    }
    walk.complete
}

/// Visits what a handler does itself, without what it calls.
pub fn handler_alone(
    interpreter: &mut Interpreter<'_>,
    handler: &Dependant,
    visit: &mut dyn FnMut(&mut Interpreter<'_>, &Visit<'_>),
) {
    let Some(function) = &handler.function else { return };
    let Some(summary) = interpreter.summarize(function, handler.receiver) else { return };
    let environment = Environment::of_inputs(inputs(interpreter, handler, 0));
    for event in &summary.events {
        let visited =
            Visit { root: handler, chain: &[], summary: &summary, event, environment: &environment };
        visit(interpreter, &visited);
    }
}

struct Walk {
    visits: FxHashMap<u32, u32>,
    count: usize,
    complete: bool,
}

impl Walk {
    fn function(
        &mut self,
        interpreter: &mut Interpreter<'_>,
        root: &Dependant,
        summary: &Rc<Summary>,
        environment: &Environment<'_>,
        chain: &mut Vec<Step>,
        visit: &mut dyn FnMut(&mut Interpreter<'_>, &Visit<'_>),
    ) {
        let serial = summary.function.serial;
        let visits = self.visits.entry(serial).or_default();
        let running = chain.iter().rev().skip(1).any(|step| step.function.serial == serial);
        if *visits >= VISITS || self.count >= FUNCTIONS || chain.len() > DEPTH || running {
            self.complete = false;
            return;
        }
        *visits += 1;
        self.count += 1;
        let facts = call_facts(interpreter, summary);
        let mut targets = facts.targets.iter().peekable();
        for (position, event) in summary.events.iter().enumerate() {
            visit(interpreter, &Visit { root, chain, summary, event, environment });
            let EventKind::Call(call) = &event.kind else { continue };
            if let Some((_, (function, receiver, kind))) =
                targets.next_if(|(event, _)| *event as usize == position)
            {
                let Some(called) = interpreter.summarize(function, *receiver) else {
                    self.complete = false;
                    continue;
                };
                let passed = Passed { call, kind: *kind, function, caller: summary, outer: environment };
                let inner = Environment::of_call(passed);
                chain.push(Step { function: Rc::clone(function), site: event.location, kind: *kind });
                self.function(interpreter, root, &called, &inner, chain, visit);
                chain.pop();
            }
        }
    }
}

/// What a parameter of a function is in one call.
fn argument(call: &CallEvent, function: &FunctionValue, kind: EdgeKind, name: Name) -> Option<Value> {
    let given = &call.arguments.positional;
    let (bound, rest): (Option<&Value>, &[Value]) = match kind {
        EdgeKind::Call => (None, given),
        // `to_thread(function, 1)`: the function stands before its arguments, `self` is inside it.
        EdgeKind::Offload | EdgeKind::Background => {
            let at = given.iter().position(|value| matches!(value.kind, Kind::Function(_) | Kind::Method(_)));
            let bound = at.and_then(|at| match &given[at].kind {
                Kind::Method(method) => Some(&method.receiver),
                _ => None,
            });
            (bound, &given[at.map_or(0, |at| at + 1)..])
        }
    };
    let mut positional = bound.into_iter().chain(rest);
    for (index, parameter) in function.definition.parameters.iter().enumerate() {
        let is_it = parameter.name == name;
        let value = match parameter.kind {
            ParameterKind::VarPositional if is_it => {
                Some(Value::tuple(positional.by_ref().cloned().collect()))
            }
            ParameterKind::VarPositional => {
                positional.by_ref().for_each(drop);
                None
            }
            ParameterKind::VarKeyword => None,
            ParameterKind::KeywordOnly => call.arguments.keyword(&parameter.name).cloned(),
            ParameterKind::PositionalOnly | ParameterKind::PositionalOrKeyword => {
                positional.next().or_else(|| call.arguments.keyword(&parameter.name)).cloned()
            }
        };
        if is_it {
            return value.or_else(|| function.defaults.get(index).cloned().flatten());
        }
    }
    None
}

/// What the dependencies of a callable give for its parameters.
fn inputs(interpreter: &mut Interpreter<'_>, dependant: &Dependant, depth: usize) -> FxHashMap<Name, Value> {
    let mut environment = FxHashMap::default();
    for dependency in &dependant.dependencies {
        let Some(name) = dependency.parameter_name else { continue };
        // An object of a class stays the parameter: its class says more than the call that makes it.
        let Some(function) =
            dependency.function.as_ref().filter(|_| !matches!(dependency.call.kind, Kind::Class(_)))
        else {
            continue;
        };
        if depth > 8 {
            continue;
        }
        let Some(summary) = interpreter.summarize(function, dependency.receiver) else { continue };
        let inner = Environment::of_inputs(inputs(interpreter, dependency, depth + 1));
        let value = if dependency.is_generator {
            Value::union(summary.yields.iter().cloned())
        } else {
            summary.returns.clone()
        };
        let value = resolve(&value, &summary, &inner);
        let says_nothing = value.is_none() || value.alternatives().iter().any(Value::is_unknown);
        if !says_nothing {
            environment.insert(name, value);
        }
    }
    environment
}
