//! What a route does, told in its own inputs: the calls of the graph that start at the handler or one of its
//! dependencies are followed, and the values in a called function are those that its caller passes. A
//! rule can ask whether `limit` of the query reaches `.limit(...)` three files below.

use crate::call_graph::{CallGraph, Edge, Wanted};
use crate::call_index::FunctionSet;
use fastwright_model::dependant::Dependant;
use fastwright_model::facts::{EdgeKind, EventKinds};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::ParameterKind;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::{CallEvent, Event, EventKind, Summary, substitute};
use fastwright_python::value::*;
use rustc_hash::FxHashMap;
use std::cell::{OnceCell, RefCell};
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
    /// What dependencies give, at the start of the way.
    given: Option<Given<'e>>,
    /// The call that is followed, as its caller sees it.
    call: Option<Passed<'e>>,
    /// What was asked for; none for a parameter that says nothing.
    found: RefCell<FxHashMap<Name, Option<Value>>>,
}

/// What the dependencies of a callable give for its parameters; put together when somebody asks.
#[derive(Debug)]
struct Given<'e> {
    graph: &'e CallGraph,
    dependant: &'e Dependant,
    depth: usize,
    values: OnceCell<FxHashMap<Name, Value>>,
}

impl Given<'_> {
    fn values(&self) -> &FxHashMap<Name, Value> {
        self.values.get_or_init(|| inputs(self.graph, self.dependant, self.depth))
    }
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
    fn of_inputs(graph: &'e CallGraph, dependant: &'e Dependant, depth: usize) -> Self {
        let given = Given { graph, dependant, depth, values: OnceCell::new() };
        Self { given: Some(given), call: None, found: RefCell::default() }
    }

    fn of_call(passed: Passed<'e>) -> Self {
        Self { given: None, call: Some(passed), found: RefCell::default() }
    }

    fn is_empty(&self) -> bool {
        self.call.is_none() && self.given.as_ref().is_none_or(|given| given.values().is_empty())
    }

    fn get(&self, name: Name) -> Option<Value> {
        let Some(passed) = &self.call else {
            return self.given.as_ref().and_then(|given| given.values().get(&name).cloned());
        };
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
    pub chain: &'v [Edge],
    /// The function.
    pub summary: &'v Summary,
    /// What it does.
    pub event: &'v Event,
    graph: &'v CallGraph,
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
            .map(|edge| (format!("calls `{}`", self.graph.nodes[edge.to()].symbol()), edge.site))
            .collect()
    }

    /// Name of the function.
    pub fn symbol(&self) -> String {
        self.summary.function.definition.qualname.to_string()
    }
}

fn resolve(value: &Value, summary: &Summary, environment: &Environment<'_>) -> Value {
    if !value.may_hold_parameter_of(summary.function.id) || environment.is_empty() {
        return value.clone();
    }
    substitute(value, summary.function.id, &|name| environment.get(name), &mut PARTS.clone())
}

/// Visits what a route does in some functions: its dependencies first, then the handler, each with what it
/// calls, in the order of walking. Others of its functions are neither visited nor followed: what is asked for
/// has to be in one of the functions or in what these call.
pub fn follow(
    graph: &CallGraph,
    interpreter: &mut Interpreter<'_>,
    dependant: &Dependant,
    functions: &FunctionSet,
    wanted: Wanted<'_>,
    visit: &mut dyn FnMut(&mut Interpreter<'_>, &Visit<'_>),
) {
    let mut walk = Walk { graph, functions, wanted, visits: FxHashMap::default(), count: 0, visit };
    for root in dependant.walk() {
        let Some(node) = graph.of_dependant(root).filter(|node| functions.contains(*node)) else { continue };
        let environment = Environment::of_inputs(graph, root, 0);
        walk.function(interpreter, root, node, &environment, &mut Vec::new());
    }
}

/// Visits what a handler returns itself: each event is a [`EventKind::Return`].
pub fn returned_by_handler(
    graph: &CallGraph,
    interpreter: &mut Interpreter<'_>,
    handler: &Dependant,
    visit: &mut dyn FnMut(&mut Interpreter<'_>, &Visit<'_>, &Value),
) {
    let Some(node) = graph.of_dependant(handler) else { return };
    let environment = &Environment::of_inputs(graph, handler, 0);
    let summary = &graph.nodes[node].summary;
    for (_, event) in graph.nodes[node].events_of(EventKinds::RETURN) {
        if let EventKind::Return(value) = &event.kind {
            visit(
                interpreter,
                &Visit { root: handler, chain: &[], summary, event, graph, environment },
                value,
            );
        }
    }
}

struct Walk<'w> {
    graph: &'w CallGraph,
    functions: &'w FunctionSet,
    wanted: Wanted<'w>,
    /// How often functions were walked, by their serial numbers.
    visits: FxHashMap<u32, u32>,
    count: usize,
    visit: &'w mut dyn FnMut(&mut Interpreter<'_>, &Visit<'_>),
}

impl Walk<'_> {
    fn function(
        &mut self,
        interpreter: &mut Interpreter<'_>,
        root: &Dependant,
        node: usize,
        environment: &Environment<'_>,
        chain: &mut Vec<Edge>,
    ) {
        let graph = self.graph;
        let summary = &graph.nodes[node].summary;
        let serial = summary.function.serial;
        let visits = self.visits.entry(serial).or_default();
        let is_it = |edge: &Edge| graph.nodes[edge.to()].summary.function.serial == serial;
        let running = chain.iter().rev().skip(1).any(is_it);
        if *visits >= VISITS || self.count >= FUNCTIONS || chain.len() > DEPTH || running {
            return;
        }
        *visits += 1;
        self.count += 1;
        let followed = graph.edges(node).iter().filter(|edge| self.functions.contains(edge.to()));
        let mut followed = followed.peekable();
        let mut wanted = graph.nodes[node].wanted(self.wanted).peekable();
        // Where both are at one event, it is seen before it is followed.
        loop {
            let position = match (wanted.peek(), followed.peek()) {
                (None, None) => break,
                (Some(position), None) => *position,
                (None, Some(edge)) => edge.event(),
                (Some(position), Some(edge)) => edge.event().min(*position),
            };
            let event = &summary.events[position];
            if wanted.next_if_eq(&position).is_some() {
                (self.visit)(interpreter, &Visit { root, chain, summary, event, graph, environment });
            }
            while let Some(edge) = followed.next_if(|edge| edge.event() == position) {
                let EventKind::Call(call) = &event.kind else { continue };
                let function = &graph.nodes[edge.to()].summary.function;
                let passed = Passed { call, kind: edge.kind, function, caller: summary, outer: environment };
                chain.push(*edge);
                self.function(interpreter, root, edge.to(), &Environment::of_call(passed), chain);
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
            let at =
                given.iter().position(|value| matches!(value.kind(), Kind::Function(_) | Kind::Method(_)));
            let bound = at.and_then(|at| match given[at].kind() {
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
fn inputs(graph: &CallGraph, dependant: &Dependant, depth: usize) -> FxHashMap<Name, Value> {
    let mut environment = FxHashMap::default();
    for dependency in &dependant.dependencies {
        let Some(name) = dependency.parameter_name else { continue };
        // An object of a class stays the parameter: its class says more than the call that makes it.
        if depth > 8 || matches!(dependency.call.kind(), Kind::Class(_)) {
            continue;
        }
        let Some(node) = graph.of_dependant(dependency) else { continue };
        let summary = &graph.nodes[node].summary;
        let inner = Environment::of_inputs(graph, dependency, depth + 1);
        let value = if dependency.is_generator {
            Value::union(summary.yields.iter().cloned())
        } else {
            summary.returns.clone()
        };
        let value = resolve(&value, summary, &inner);
        let says_nothing = value.is_none() || value.alternatives().iter().any(Value::is_unknown);
        if !says_nothing {
            environment.insert(name, value);
        }
    }
    environment
}
