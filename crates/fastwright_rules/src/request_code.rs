//! Code that requests run: functions with their calls, from handlers, dependencies, middleware and
//! exception handlers on, and the way back from a function to the routes that run it.
//!
//! Built once for a review. Rules look at each function once and ask for the routes of the few that matter.

use crate::call_graph::middleware_function;
use crate::call_index::{CallIndex, FunctionSet};
use crate::reporter::Outline;
use fastwright_model::analysis::Analysis;
use fastwright_model::application::Route;
use fastwright_model::dependant::{Dependant, DependantKind};
use fastwright_model::facts::{CallFacts, EdgeKind, call_facts};
use fastwright_model::registry::{MiddlewareEntry, Registry};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::{CallEvent, EventKind, Summary, SummaryKey};
use fastwright_python::value::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::OnceCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// Functions that are looked at; a program that reaches more is cut off there.
const MOST_FUNCTIONS: usize = 20_000;

/// A function that requests run.
#[derive(Debug)]
pub struct Node {
    /// What it does.
    pub summary: Rc<Summary>,
    /// Library names of what its events call.
    pub facts: Rc<CallFacts>,
    /// What it calls, in order.
    pub calls: Vec<Edge>,
    /// Who calls it: a node and the position in its `calls`.
    pub callers: Vec<(usize, usize)>,
    /// Where FastAPI itself runs it.
    pub entries: Vec<Entry>,
}

impl Node {
    /// The qualified library name of what an event calls; none for calls of the program's own functions and
    /// for other events.
    pub fn callee(&self, event: usize) -> Option<&'static str> {
        Some(self.facts.callees.get(event).copied()??.as_str())
    }
}

/// A call from one function of the program to another.
#[derive(Debug, Clone)]
pub struct Edge {
    /// The node that is called.
    pub target: usize,
    /// Where.
    pub site: Location,
    /// How.
    pub kind: EdgeKind,
    /// Position of the call in the caller's events.
    pub event: usize,
}

/// What makes FastAPI run a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entry {
    /// The handler of a route: app and route by position.
    Handler(usize, usize),
    /// A dependency of a route: app, route, and position in [`Dependant::walk`](fastwright_model::dependant::Dependant::walk).
    Dependency(usize, usize, usize),
    /// A handler of exceptions: position in the list of the app's own, by class.
    ExceptionHandler(usize),
    /// Middleware that is a function or a class with `dispatch` or `__call__`.
    Middleware,
}

/// A route that reaches a function, with the way there.
#[derive(Debug, Clone)]
pub struct ReachedBy {
    /// Position of the app.
    pub app: usize,
    /// Position of the route in it.
    pub route: usize,
    /// The dependency that starts the chain, as position in [`Dependant::walk`](fastwright_model::dependant::Dependant::walk); none for the handler.
    pub dependency: Option<usize>,
    /// The node that FastAPI runs.
    pub entry: usize,
    /// The calls from there, outermost first.
    pub chain: Vec<Edge>,
}

impl ReachedBy {
    /// The route itself.
    pub fn route_in<'a>(&self, analysis: &'a Analysis) -> &'a Route {
        &analysis.apps[self.app].routes[self.route]
    }

    /// A finding about the route, whose evidence starts with [`RequestCode::evidence`].
    pub fn outline<'o>(&self, analysis: &'o Analysis, location: Location, symbol: &'o str) -> Outline<'o> {
        let route = self.route_in(analysis);
        Outline::new(location, symbol, route, route.location)
    }

    /// Whether the chain leaves the request: a background task or another thread is in between.
    pub fn leaves(&self) -> bool {
        self.chain.iter().any(|edge| edge.kind != EdgeKind::Call)
    }
}

/// All of them.
#[derive(Debug, Default)]
pub struct RequestCode {
    /// The functions, those nearest to a route first.
    pub nodes: Vec<Node>,
    /// Exception classes with their handlers: class, node, place of the registration.
    pub exception_handlers: Vec<(Value, usize, Location)>,
    index: FxHashMap<SummaryKey, usize>,
    calls: OnceCell<CallIndex>,
}

impl RequestCode {
    /// The functions by what they call, made when first asked for.
    pub fn calls(&self) -> &CallIndex {
        self.calls.get_or_init(|| CallIndex::of(&self.nodes))
    }

    /// Follows all routes of an analysis.
    pub fn build(analysis: &Analysis) -> Self {
        let mut interpreter = analysis.interpreter.borrow_mut();
        let interpreter = &mut *interpreter;
        let mut graph = Self::default();
        for (app, details) in analysis.details.iter().enumerate() {
            for (route, detail) in details.iter().enumerate() {
                match &detail.dependant {
                    Some(dependant) => {
                        for (position, node) in dependant.walk().into_iter().enumerate() {
                            let Some(function) = &node.function else { continue };
                            let entry = match node.kind {
                                DependantKind::Handler => Entry::Handler(app, route),
                                _ => Entry::Dependency(app, route, position),
                            };
                            graph.enter(interpreter, function, node.receiver, entry);
                        }
                    }
                    None => {
                        if let Some(function) = interpreter.plain_function(&detail.flat.endpoint) {
                            graph.enter(interpreter, &function, None, Entry::Handler(app, route));
                        }
                    }
                }
            }
        }
        graph.enter_app_wide(interpreter);
        graph.follow(interpreter);
        graph
    }

    fn enter_app_wide(&mut self, interpreter: &mut Interpreter<'_>) {
        let registry = interpreter.extension::<Registry>();
        let mut states: Vec<_> = registry.routers.iter().collect();
        states.sort_by_key(|(id, _)| **id);
        let handlers: Vec<(Value, Value, Location)> =
            states.iter().flat_map(|(_, state)| state.exception_handlers.iter().cloned()).collect();
        let middleware: Vec<MiddlewareEntry> =
            states.iter().flat_map(|(_, state)| state.middleware.iter().cloned()).collect();
        for (class, handler, site) in handlers {
            let Some(function) = interpreter.plain_function(&handler) else { continue };
            let entry = Entry::ExceptionHandler(self.exception_handlers.len());
            if let Some(node) = self.enter(interpreter, &function, None, entry) {
                self.exception_handlers.push((class, node, site));
            }
        }
        for entry in middleware {
            if let Some((function, receiver)) = middleware_function(interpreter, &entry) {
                self.enter(interpreter, &function, receiver, Entry::Middleware);
            }
            // A class may have both, one calling the other.
            if let Kind::Class(id) = entry.middleware.kind
                && let Some((method, _)) =
                    interpreter.find_in_class(&entry.middleware, Name::from("__call__"))
                && let Kind::Function(function) = method.kind
            {
                self.enter(interpreter, &function, Some(id), Entry::Middleware);
            }
        }
    }

    fn enter(
        &mut self,
        interpreter: &mut Interpreter<'_>,
        function: &Rc<FunctionValue>,
        receiver: Option<ObjectId>,
        entry: Entry,
    ) -> Option<usize> {
        let node = self.node(interpreter, function, receiver)?;
        let entries = &mut self.nodes[node].entries;
        // Of each other place there is only one.
        if entry != Entry::Middleware || !entries.contains(&entry) {
            entries.push(entry);
        }
        Some(node)
    }

    fn node(
        &mut self,
        interpreter: &mut Interpreter<'_>,
        function: &Rc<FunctionValue>,
        receiver: Option<ObjectId>,
    ) -> Option<usize> {
        let key = SummaryKey { function: function.serial, receiver };
        if let Some(known) = self.index.get(&key) {
            return Some(*known);
        }
        if self.nodes.len() >= MOST_FUNCTIONS {
            return None;
        }
        let summary = interpreter.summarize(function, receiver)?;
        let facts = call_facts(interpreter, &summary);
        self.index.insert(key, self.nodes.len());
        self.nodes.push(Node { summary, facts, calls: Vec::new(), callers: Vec::new(), entries: Vec::new() });
        Some(self.nodes.len() - 1)
    }

    fn follow(&mut self, interpreter: &mut Interpreter<'_>) {
        let mut at = 0;
        while at < self.nodes.len() {
            let summary = Rc::clone(&self.nodes[at].summary);
            let facts = Rc::clone(&self.nodes[at].facts);
            for (event, (function, receiver, kind)) in &facts.targets {
                let (event, kind) = (*event as usize, *kind);
                let Some(target) = self.node(interpreter, function, *receiver) else { continue };
                let edge = Edge { target, site: summary.events[event].location, kind, event };
                self.nodes[at].calls.push(edge);
                let index = self.nodes[at].calls.len() - 1;
                self.nodes[target].callers.push((at, index));
            }
            at += 1;
        }
    }

    /// What the parameters of the called function get, in the words of the caller.
    pub fn bindings(
        &self,
        interpreter: &mut Interpreter<'_>,
        caller: usize,
        edge: &Edge,
    ) -> FxHashMap<Name, Value> {
        let function = Rc::clone(&self.nodes[edge.target].summary.function);
        let EventKind::Call(call) = &self.nodes[caller].summary.events[edge.event].kind else {
            return FxHashMap::default();
        };
        let arguments = passed_on(call, edge.kind);
        interpreter.bind_parameters(&function, arguments, edge.site)
    }

    /// The routes that run a function, each by its shortest chain.
    pub fn routes_of(&self, node: usize) -> Vec<ReachedBy> {
        let mut found = Vec::new();
        let mut seen_routes = FxHashSet::default();
        let mut seen = FxHashSet::default();
        let mut queue: VecDeque<(usize, Vec<Edge>)> = VecDeque::from([(node, Vec::new())]);
        seen.insert(node);
        while let Some((at, chain)) = queue.pop_front() {
            for entry in &self.nodes[at].entries {
                let (app, route, dependency) = match *entry {
                    Entry::Handler(app, route) => (app, route, None),
                    Entry::Dependency(app, route, position) => (app, route, Some(position)),
                    Entry::ExceptionHandler(_) | Entry::Middleware => continue,
                };
                if seen_routes.insert((app, route)) {
                    let chain = chain.iter().rev().cloned().collect();
                    found.push(ReachedBy { app, route, dependency, entry: at, chain });
                }
            }
            for (caller, edge) in &self.nodes[at].callers {
                if seen.insert(*caller) {
                    let mut longer = chain.clone();
                    longer.push(self.nodes[*caller].calls[*edge].clone());
                    queue.push_back((*caller, longer));
                }
            }
        }
        found
    }

    /// The way from a route to a function, for evidence.
    pub fn evidence(&self, analysis: &Analysis, reached: &ReachedBy) -> Vec<(String, Location)> {
        let mut steps = vec![handler_step(reached.route_in(analysis))];
        let dependant = analysis.details[reached.app][reached.route].dependant.as_ref();
        if let (Some(position), Some(dependant)) = (reached.dependency, dependant)
            && let Some(node) = dependant.walk().get(position)
        {
            steps.push((
                format!("it depends on `{}` ({})", short_name(&node.qualified), node.via),
                node.location,
            ));
        }
        for edge in &reached.chain {
            let name = self.nodes[edge.target].summary.function.definition.name;
            steps.push((call_note(name, edge.kind), edge.site));
        }
        steps
    }

    /// The functions that reach one of some, these included.
    pub fn reaching(&self, mut some: FunctionSet) -> FunctionSet {
        let mut waiting: Vec<usize> = some.iter().collect();
        while let Some(node) = waiting.pop() {
            waiting.extend(
                self.nodes[node]
                    .callers
                    .iter()
                    .map(|(caller, _)| *caller)
                    .filter(|caller| some.insert(*caller)),
            );
        }
        some
    }

    /// Whether a handler or one of its dependencies is among functions, or is one that is not known here.
    pub fn may_start_in(&self, handler: &Dependant, some: &FunctionSet) -> bool {
        self.nodes.len() >= MOST_FUNCTIONS
            || handler
                .walk()
                .into_iter()
                .any(|part| self.node_of_dependant(part).is_some_and(|node| some.contains(node)))
    }

    /// The functions that are reached from some, these included.
    pub fn reached_from(&self, start: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut found = Vec::new();
        let mut seen = FxHashSet::default();
        let mut waiting: Vec<usize> = start.into_iter().collect();
        while let Some(node) = waiting.pop() {
            if seen.insert(node) {
                found.push(node);
                waiting.extend(self.nodes[node].calls.iter().map(|edge| edge.target));
            }
        }
        found
    }

    /// The node of what stands at a place of a dependency tree, if its code is known.
    pub fn node_of_dependant(&self, dependant: &Dependant) -> Option<usize> {
        let function = dependant.function.as_ref()?;
        self.node_of(SummaryKey { function: function.serial, receiver: dependant.receiver })
    }

    /// The node of a function, if requests run it.
    pub fn node_of(&self, key: SummaryKey) -> Option<usize> {
        self.index.get(&key).copied()
    }
}

/// What a call passes on to the function that it runs: for threads and tasks what follows the function.
fn passed_on(call: &CallEvent, kind: EdgeKind) -> Arguments {
    if kind == EdgeKind::Call || call.target.is_some() {
        return Arguments::clone(&call.arguments);
    }
    let given = &call.arguments.positional;
    let position = given
        .iter()
        .position(|value| matches!(value.kind, Kind::Function(_) | Kind::Method(_) | Kind::Descriptor(_)));
    let Some(position) = position else { return Arguments::clone(&call.arguments) };
    let mut positional = Vec::new();
    if let Kind::Method(method) = &given[position].kind {
        positional.push(method.receiver.clone());
    }
    positional.extend(given[position + 1..].iter().cloned());
    Arguments { positional, keywords: call.arguments.keywords.clone(), incomplete: call.arguments.incomplete }
}

fn call_note(name: Name, kind: EdgeKind) -> String {
    match kind {
        EdgeKind::Call => format!("`{name}` is called"),
        EdgeKind::Offload => format!("`{name}` is run in a thread"),
        EdgeKind::Background => format!("`{name}` is run in the background"),
    }
}

/// The first step of evidence about a route.
pub fn handler_step(route: &Route) -> (String, Location) {
    let method = crate::reporter::route_method(route);
    (format!("`{method} {}` is handled by `{}`", route.path, short_name(&route.handler)), route.location)
}

/// `module:qualname` without the module.
pub fn short_name(qualified: &str) -> &str {
    qualified.rsplit_once(':').map_or(qualified, |(_, name)| name)
}

/// A route as people name it: `PUT /orders/{order_id}`.
pub fn route_title(route: &Route) -> String {
    format!("{} {}", crate::reporter::route_method(route), route.path)
}
