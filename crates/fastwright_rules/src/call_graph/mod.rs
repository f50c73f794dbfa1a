//! Which function of the program calls which, from everything that requests run: handlers, dependencies,
//! handlers of exceptions, middleware. Made once for a review; rules ask it instead of walking the program.
//!
//! This file is the graph itself: functions, calls, and where FastAPI starts. What is asked about it stands in
//! rooms of its own: `ways` (who reaches whom), `routes` (which routes run a function, with the proof),
//! `arguments` (what a call passes on).

mod arguments;
mod building;
mod constant_conditions;
mod routes;
mod ways;

pub use routes::ReachedBy;
pub use ways::{CallPath, Ways, first_site};

use crate::call_index::{CallIndex, FunctionSet};
use crate::checks::Deciding;
use crate::run_once::runs_once;
use fastwright_model::dependant::Dependant;
use fastwright_model::facts::{CallFacts, EdgeKind, EventKinds};
use fastwright_python::ir::FunctionDef;
use fastwright_python::location::{FileId, Location};
use fastwright_python::name::Name;
use fastwright_python::summary::{CallEvent, Event, EventKind, Summary, SummaryKey};
use fastwright_python::value::Value;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::{OnceCell, RefCell};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use thin_vec::ThinVec;

/// A function with what it does. Rules go through all of them, and mostly only look at what stands here: so it is less
/// than a cache line.
#[derive(Debug)]
pub struct Node {
    /// What it does.
    pub summary: Rc<Summary>,
    /// Library names of what its events call.
    pub facts: Rc<CallFacts>,
    /// Its definition: what many rules ask of each function should not stand behind two more pointers.
    pub definition: Arc<FunctionDef>,
    /// The file of its definition.
    pub file: FileId,
    /// What some of its events are.
    kinds: EventKinds,
    /// Where FastAPI itself runs it.
    pub entries: ThinVec<Entry>,
    /// Whether there may be a `try` in it. Many rules look at no other functions, and what a function is stands far
    /// from here.
    pub may_try: bool,
    /// Whether there may be a `with` in it that is not `async`.
    pub may_enter: bool,
    /// Whether it does its work once, when that was asked already.
    runs_once: OnceCell<bool>,
    assigned: OnceCell<Box<FxHashSet<Name>>>,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Node>() <= 64);

impl Node {
    /// Whether it does its work once for a process, or once for each key.
    pub fn runs_once(&self) -> bool {
        *self.runs_once.get_or_init(|| runs_once(&self.definition))
    }

    /// Whether it calls something in a library whose qualified name is wanted.
    pub fn calls_library(&self, wanted: impl Fn(&str) -> bool) -> bool {
        self.facts.callees.iter().any(|(callee, _)| wanted(callee.as_str()))
    }

    /// Calls of something in a library whose qualified name is wanted: position of the event, its place and the name.
    /// Other events are not looked at.
    pub fn library_calls(
        &self,
        wanted: impl Fn(&str) -> bool,
    ) -> impl Iterator<Item = (usize, Location, Name)> {
        let callees = self.facts.callees.iter().filter(move |(callee, _)| wanted(callee.as_str()));
        callees.map(|(callee, index)| {
            let index = *index as usize;
            (index, self.summary.events[index].location, *callee)
        })
    }

    /// Whether it has events of some of these kinds. Nothing else than the function itself is looked at.
    pub fn has_any(&self, kinds: EventKinds) -> bool {
        self.kinds.meets(kinds)
    }

    /// What its events are, or nothing.
    fn kinds_where(&self, wanted: bool) -> std::slice::Iter<'_, EventKinds> {
        if wanted { self.facts.kinds.iter() } else { [].iter() }
    }

    /// Events of some kinds with their positions. Others are not looked at.
    pub fn events_of(&self, kinds: EventKinds) -> impl Iterator<Item = (usize, &Event)> {
        let all = self.kinds_where(self.has_any(kinds)).enumerate();
        all.filter(move |(_, kind)| kind.meets(kinds))
            .map(|(position, _)| (position, &self.summary.events[position]))
    }

    /// Positions of the wanted events, in order. Others are not looked at.
    pub fn wanted(&self, wanted: Wanted<'_>) -> impl Iterator<Item = usize> {
        let mut methods = self.facts.methods.iter().peekable();
        let any = !wanted.methods.is_empty() || self.has_any(wanted.kinds);
        self.kinds_where(any).enumerate().filter_map(move |(position, kind)| {
            let method = methods.next_if(|(_, at)| *at as usize == position);
            let is_wanted = kind.meets(wanted.kinds)
                || method.is_some_and(|(name, _)| wanted.methods.contains(&name.as_str()));
            is_wanted.then_some(position)
        })
    }

    /// Calls of methods with one of these names, of objects that are not of the program, with the positions of their
    /// events. Others are not looked at.
    pub fn method_calls(&self, names: &[&str]) -> impl Iterator<Item = (usize, &Event, &CallEvent)> {
        let all = self.facts.methods.iter().filter(|(name, _)| names.contains(&name.as_str()));
        all.filter_map(|(_, position)| {
            let position = *position as usize;
            let event = &self.summary.events[position];
            match &event.kind {
                EventKind::Call(call) => Some((position, event, call)),
                _ => None,
            }
        })
    }

    /// The qualified library name of what an event calls; none for calls of the program's own functions and
    /// for other events.
    pub fn callee(&self, event: usize) -> Option<&'static str> {
        Some(self.facts.callee(event)?.as_str())
    }

    /// Name of the function.
    pub fn name(&self) -> Name {
        self.definition.name
    }

    /// Qualified name inside its module, for [`crate::reporter::Draft::new`].
    pub fn symbol(&self) -> Name {
        self.definition.qualname
    }

    /// The place of its name.
    pub fn location(&self) -> Location {
        Location { file: self.file, span: self.definition.name_span }
    }

    /// Whether it is a coroutine function or an async generator.
    pub fn is_async(&self) -> bool {
        self.definition.is_async
    }
}

/// Events that somebody looks for: those of some kinds, and calls of methods with some names.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'w> {
    kinds: EventKinds,
    methods: &'w [&'w str],
}

impl<'w> Wanted<'w> {
    /// Events of these kinds.
    pub fn kinds(kinds: EventKinds) -> Self {
        Self { kinds, methods: &[] }
    }

    /// And calls of methods with these names, of objects that are not of the program.
    #[must_use]
    pub fn or_methods(self, methods: &'w [&'w str]) -> Self {
        Self { methods, ..self }
    }
}

/// One call from a function of the program to another.
#[derive(Debug, Clone, Copy)]
pub struct Edge {
    from: u32,
    to: u32,
    event: u32,
    /// Whether it is called, or handed to a thread or to the background.
    pub kind: EdgeKind,
    /// Where it is called.
    pub site: Location,
}

impl Edge {
    /// Index of the calling function in [`CallGraph::nodes`].
    pub fn from(&self) -> usize {
        self.from as usize
    }

    /// Index of the called function in [`CallGraph::nodes`].
    pub fn to(&self) -> usize {
        self.to as usize
    }

    /// Position of the call in the events of the caller.
    pub fn event(&self) -> usize {
        self.event as usize
    }
}

/// What makes FastAPI run a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entry {
    /// The handler of a route: app and route by position.
    Handler(usize, usize),
    /// A dependency of a route: app, route, and position in [`Dependant::walk`].
    Dependency(usize, usize, usize),
    /// A handler of exceptions: position in [`CallGraph::exception_handlers`].
    ExceptionHandler(usize),
    /// Middleware that is a function or a class with `dispatch` or `__call__`.
    Middleware,
}

/// A function that an app calls for a class of exceptions.
#[derive(Debug)]
pub struct ExceptionHandler {
    /// The class.
    pub class: Value,
    /// The function, as index in [`CallGraph::nodes`].
    pub node: usize,
    /// Where it is registered.
    pub site: Location,
}

/// A middleware with the function that runs for each request.
#[derive(Debug)]
pub struct MiddlewareFunction {
    /// Its index in [`CallGraph::nodes`].
    pub node: usize,
    /// Where it is added.
    pub site: Location,
}

/// All functions that requests run, with their calls.
#[derive(Debug, Default)]
pub struct CallGraph {
    /// The functions, those nearest to a route first.
    pub nodes: Vec<Node>,
    /// What the apps call for exceptions.
    pub exception_handlers: Vec<ExceptionHandler>,
    /// Middleware whose code is known, of all apps that have routes, in the order of their places.
    pub middleware: Vec<MiddlewareFunction>,
    /// All calls, those of each function together and in the order of its events.
    edges: Vec<Edge>,
    /// Where the calls of each function start in `edges`, and a last one where they end.
    starts: Vec<u32>,
    /// Positions in `edges`, those that call the same function together.
    incoming: Vec<u32>,
    /// Where the callers of each function start in `incoming`, and a last one where they end.
    incoming_starts: Vec<u32>,
    index: FxHashMap<SummaryKey, u32>,
    calls: OnceCell<CallIndex>,
    deciding: OnceCell<Deciding>,
    /// What calls pass on that is a constant, or one where that of the caller is: by caller and event, as far as it
    /// was asked for.
    may_pass_constants: RefCell<FxHashMap<(u32, u32), PassedOn>>,
}

/// Parameters with what they get.
type PassedOn = Rc<[(Name, Value)]>;

impl CallGraph {
    /// The functions that can rule out what is dangerous about an input, made when first asked for.
    pub fn deciding(&self) -> &Deciding {
        self.deciding.get_or_init(|| Deciding::of(self))
    }

    /// What a function calls or hands on, in the order of its events.
    pub fn edges(&self, node: usize) -> &[Edge] {
        &self.edges[range(&self.starts, node)]
    }

    /// The function that an event of a function calls.
    pub fn edge_at(&self, node: usize, event: usize) -> Option<&Edge> {
        let edges = self.edges(node);
        let at = edges.partition_point(|edge| edge.event() < event);
        edges.get(at).filter(|edge| edge.event() == event)
    }

    /// The calls of a function.
    pub fn callers(&self, node: usize) -> impl Iterator<Item = &Edge> {
        self.incoming[range(&self.incoming_starts, node)].iter().map(|edge| &self.edges[*edge as usize])
    }

    /// Whether the program itself calls a function, beside FastAPI.
    pub fn is_called(&self, node: usize) -> bool {
        self.callers(node).next().is_some()
    }

    /// What the caller knows about a call.
    pub fn call(&self, edge: &Edge) -> Option<&CallEvent> {
        match &self.nodes[edge.from()].summary.events.get(edge.event())?.kind {
            EventKind::Call(call) => Some(call),
            _ => None,
        }
    }

    /// The functions by what they call and compare, made when first asked for.
    pub fn calls(&self) -> &CallIndex {
        self.calls.get_or_init(|| CallIndex::of(&self.nodes))
    }

    /// The functions for which something holds.
    pub fn functions(&self, mut holds: impl FnMut(usize, &Node) -> bool) -> FunctionSet {
        FunctionSet::new(self.nodes.iter().enumerate().map(|(number, node)| holds(number, node)))
    }

    /// The function behind a place of a dependency tree, if its code is known.
    pub fn of_dependant(&self, dependant: &Dependant) -> Option<usize> {
        let function = dependant.function.as_ref()?;
        self.of_function(SummaryKey { function: function.serial, receiver: dependant.receiver })
    }

    /// The node of a function, if requests run it.
    pub fn of_function(&self, key: SummaryKey) -> Option<usize> {
        self.index.get(&key).map(|node| *node as usize)
    }
}

fn range(starts: &[u32], node: usize) -> Range<usize> {
    starts[node] as usize..starts[node + 1] as usize
}
