//! Who calls whom, from everything that an application runs: handlers, dependencies, middleware. Made
//! once for a review; rules ask it instead of walking the program for each route.

use crate::call_index::LibraryCalls;
use fastwright_model::analysis::Analysis;
use fastwright_model::dependant::Dependant;
use fastwright_model::facts::{CallFacts, EdgeKind, call_facts};
use fastwright_model::registry::{MiddlewareEntry, Registry};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::{Summary, SummaryKey};
use fastwright_python::value::{FunctionValue, Kind, ObjectId, Value};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::OnceCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// Functions that are followed at most.
const FUNCTION_LIMIT: usize = 50_000;

/// A function with what it calls.
#[derive(Debug)]
pub struct Node {
    /// What it does.
    pub summary: Rc<Summary>,
    /// The functions of the program that it calls or hands on, in the order of its events.
    pub edges: Vec<Edge>,
    /// Library names of what its events call.
    pub facts: Rc<CallFacts>,
}

impl Node {
    /// Calls of libraries: position of the event, its place and the qualified name of what is called.
    pub fn library_calls(&self) -> impl Iterator<Item = (usize, Location, Name)> {
        let callees = self.facts.callees.iter().enumerate();
        callees.filter_map(|(index, callee)| Some((index, self.summary.events[index].location, (*callee)?)))
    }

    /// Name of the function.
    pub fn name(&self) -> Name {
        self.summary.function.definition.name
    }

    /// Qualified name inside its module, for [`crate::reporter::Draft::new`].
    pub fn symbol(&self) -> Name {
        self.summary.function.definition.qualname
    }

    /// The place of its name.
    pub fn location(&self) -> Location {
        let function = &self.summary.function;
        Location { file: function.id.file, span: function.definition.name_span }
    }

    /// Whether it is a coroutine function or an async generator.
    pub fn is_async(&self) -> bool {
        self.summary.function.definition.is_async
    }
}

/// One call of a function of the program.
#[derive(Debug, Clone, Copy)]
pub struct Edge {
    /// Index of the called function in [`CallGraph::nodes`].
    pub to: usize,
    /// Position of the call in the events of the caller.
    pub event: usize,
    /// Where it is called.
    pub site: Location,
    /// Whether it is called, or handed to a thread or to the background.
    pub kind: EdgeKind,
}

/// Calls that lead from one function to another: each caller with its call.
pub type CallPath = Vec<(usize, Edge)>;

/// The functions that one reaches, each with the call that leads there first.
#[derive(Debug)]
pub struct Ways(Vec<(usize, Option<(usize, Edge)>)>);

impl Ways {
    /// The functions, nearest first: the one where the ways start, then what it calls, and so on.
    pub fn nodes(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().map(|(node, _)| *node)
    }

    /// The calls that lead to the function at a position of [`Ways::nodes`].
    pub fn path(&self, position: usize) -> CallPath {
        let before = |step: &(usize, Edge)| self.0[step.0].1;
        let mut path: CallPath = std::iter::successors(self.0[position].1, before)
            .map(|(from, edge)| (self.0[from].0, edge))
            .collect();
        path.reverse();
        path
    }
}

/// A middleware with the function that runs for each request.
#[derive(Debug)]
pub struct MiddlewareFunction {
    /// Its index in [`CallGraph::nodes`].
    pub node: usize,
    /// Where it is added.
    pub site: Location,
}

/// All functions that the applications of a project reach.
#[derive(Debug, Default)]
pub struct CallGraph {
    /// The functions.
    pub nodes: Vec<Node>,
    /// Middleware whose code is known, of all apps.
    pub middleware: Vec<MiddlewareFunction>,
    index: FxHashMap<SummaryKey, usize>,
    libraries: OnceCell<LibraryCalls>,
    /// For each function its callers, with the position of the call in their edges.
    callers: Vec<Vec<(usize, usize)>>,
}

impl CallGraph {
    /// Follows everything that routes and middleware of the analysed apps run.
    pub fn new(analysis: &Analysis) -> Self {
        let interpreter = &mut *analysis.interpreter.borrow_mut();
        let mut graph = Self::default();
        let mut queue = VecDeque::new();
        let mut apps = FxHashSet::default();
        for detail in analysis.details.iter().flatten() {
            match &detail.dependant {
                Some(dependant) => {
                    for node in dependant.walk() {
                        if let Some(function) = &node.function {
                            graph.add(interpreter, function, node.receiver, &mut queue);
                        }
                    }
                }
                None => {
                    if let Some(function) = interpreter.plain_function(&detail.flat.endpoint) {
                        graph.add(interpreter, &function, None, &mut queue);
                    }
                }
            }
            apps.insert(detail.flat.app);
        }
        let mut entries: Vec<MiddlewareEntry> = apps
            .iter()
            .filter_map(|app| interpreter.extension::<Registry>().routers.get(app))
            .flat_map(|state| state.middleware.iter().cloned())
            .collect();
        entries.sort_by_key(|entry| entry.site);
        for entry in entries {
            if let Some((function, receiver)) = middleware_function(interpreter, &entry)
                && let Some(node) = graph.add(interpreter, &function, receiver, &mut queue)
            {
                graph.middleware.push(MiddlewareFunction { node, site: entry.site });
            }
        }
        while let Some(node) = queue.pop_front() {
            graph.follow(interpreter, node, &mut queue);
        }
        let mut callers = vec![Vec::new(); graph.nodes.len()];
        for (from, node) in graph.nodes.iter().enumerate() {
            for (position, edge) in node.edges.iter().enumerate() {
                callers[edge.to].push((from, position));
            }
        }
        graph.callers = callers;
        graph
    }

    /// The functions by what they call in libraries, made when first asked for.
    pub fn libraries(&self) -> &LibraryCalls {
        self.libraries.get_or_init(|| LibraryCalls::of(self.nodes.iter().map(|node| &*node.facts)))
    }

    /// Whether the program itself calls a function, beside FastAPI.
    pub fn is_called(&self, node: usize) -> bool {
        self.callers.get(node).is_some_and(|callers| !callers.is_empty())
    }

    /// The function behind a node of a dependency tree.
    pub fn of_dependant(&self, dependant: &Dependant) -> Option<usize> {
        let function = dependant.function.as_ref()?;
        self.index.get(&SummaryKey { function: function.serial, receiver: dependant.receiver }).copied()
    }

    /// The functions from which a function with a property is reached over the edges that count, the
    /// function itself included.
    pub fn reaching(&self, goal: impl Fn(usize) -> bool, counts: impl Fn(usize, &Edge) -> bool) -> Vec<bool> {
        let mut marked = vec![false; self.nodes.len()];
        let mut stack: Vec<usize> = (0..self.nodes.len()).filter(|node| goal(*node)).collect();
        for node in &stack {
            marked[*node] = true;
        }
        while let Some(node) = stack.pop() {
            for &(caller, position) in &self.callers[node] {
                if !marked[caller] && counts(caller, &self.nodes[caller].edges[position]) {
                    marked[caller] = true;
                    stack.push(caller);
                }
            }
        }
        marked
    }

    /// The functions reached from one over edges that count, nearest first.
    pub fn ways(&self, from: usize, counts: impl Fn(usize, &Edge) -> bool) -> Ways {
        let mut steps: Vec<(usize, Option<(usize, Edge)>)> = vec![(from, None)];
        // Mostly few: cheaper to remember than to have a place for each function.
        let mut seen: FxHashSet<usize> = FxHashSet::from_iter([from]);
        let mut next = 0;
        while next < steps.len() {
            let node = steps[next].0;
            for edge in self.nodes[node].edges.iter().filter(|edge| counts(node, edge)) {
                if seen.insert(edge.to) {
                    steps.push((edge.to, Some((next, *edge))));
                }
            }
            next += 1;
        }
        Ways(steps)
    }

    /// Where a chain of calls starts, if it has any.
    pub fn start(path: &[(usize, Edge)]) -> Option<Location> {
        path.first().map(|(_, edge)| edge.site)
    }

    /// The evidence of a chain of calls: `read` calls `render`, and so on.
    pub fn steps(&self, path: &[(usize, Edge)]) -> Vec<(String, Location)> {
        path.iter()
            .map(|(from, edge)| {
                let verb = if edge.kind == EdgeKind::Call { "calls" } else { "hands on" };
                let (from, to) = (self.nodes[*from].name(), self.nodes[edge.to].name());
                (format!("`{from}` {verb} `{to}`"), edge.site)
            })
            .collect()
    }

    fn add(
        &mut self,
        interpreter: &mut Interpreter<'_>,
        function: &Rc<FunctionValue>,
        receiver: Option<ObjectId>,
        queue: &mut VecDeque<usize>,
    ) -> Option<usize> {
        let key = SummaryKey { function: function.serial, receiver };
        if let Some(known) = self.index.get(&key) {
            return Some(*known);
        }
        if self.nodes.len() >= FUNCTION_LIMIT {
            return None;
        }
        let summary = interpreter.summarize(function, receiver)?;
        let facts = call_facts(interpreter, &summary);
        self.nodes.push(Node { summary, edges: Vec::new(), facts });
        let node = self.nodes.len() - 1;
        self.index.insert(key, node);
        queue.push_back(node);
        Some(node)
    }

    fn follow(&mut self, interpreter: &mut Interpreter<'_>, node: usize, queue: &mut VecDeque<usize>) {
        let summary = Rc::clone(&self.nodes[node].summary);
        let facts = Rc::clone(&self.nodes[node].facts);
        let mut edges = Vec::new();
        for (event, (function, receiver, kind)) in &facts.targets {
            if let Some(to) = self.add(interpreter, function, *receiver, queue) {
                let event = *event as usize;
                edges.push(Edge { to, event, site: summary.events[event].location, kind: *kind });
            }
        }
        self.nodes[node].edges = edges;
    }
}

/// What a middleware runs for each request: the function itself, `dispatch` or `__call__` of its class.
pub fn middleware_function(
    interpreter: &mut Interpreter<'_>,
    entry: &MiddlewareEntry,
) -> Option<(Rc<FunctionValue>, Option<ObjectId>)> {
    if let Kind::Class(class) = entry.middleware.kind {
        let method = ["dispatch", "__call__"]
            .iter()
            .find_map(|name| interpreter.find_in_class(&entry.middleware, Name::from(name)))?;
        return Some((interpreter.plain_function(&method.0)?, Some(class)));
    }
    // `BaseHTTPMiddleware` with `dispatch=function`.
    let function: &Value = entry.arguments.keyword("dispatch").unwrap_or(&entry.middleware);
    Some((interpreter.plain_function(function)?, None))
}
