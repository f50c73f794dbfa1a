//! How the graph is made: from what FastAPI runs itself, over what each function calls, nearest first.

use super::{CallGraph, Edge, Entry, ExceptionHandler, MiddlewareFunction, Node};
use fastwright_model::analysis::Analysis;
use fastwright_model::dependant::DependantKind;
use fastwright_model::facts::call_facts;
use fastwright_model::registry::{MiddlewareEntry, Registry};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::Construct;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::SummaryKey;
use fastwright_python::value::{FunctionValue, Kind, ObjectId, Value};
use rustc_hash::FxHashSet;
use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;
use thin_vec::ThinVec;

/// Functions that are looked at; a program that reaches more is cut off there.
pub(super) const MOST_FUNCTIONS: usize = 50_000;

impl CallGraph {
    /// Follows everything that the apps of an analysis run.
    pub fn new(analysis: &Analysis) -> Self {
        let interpreter = &mut *analysis.interpreter.borrow_mut();
        let mut graph = Self::default();
        graph.enter_routes(interpreter, analysis);
        graph.enter_exception_handlers(interpreter);
        graph.enter_middleware(interpreter, analysis);
        graph.follow(interpreter);
        graph.find_callers();
        graph
    }

    fn enter_routes(&mut self, interpreter: &mut Interpreter<'_>, analysis: &Analysis) {
        for (app, details) in analysis.details.iter().enumerate() {
            for (route, detail) in details.iter().enumerate() {
                let Some(dependant) = &detail.dependant else {
                    if let Some(function) = interpreter.plain_function(&detail.flat.endpoint) {
                        self.enter(interpreter, &function, None, Entry::Handler(app, route));
                    }
                    continue;
                };
                for (position, part) in dependant.walk().into_iter().enumerate() {
                    let Some(function) = &part.function else { continue };
                    let entry = match part.kind {
                        DependantKind::Handler => Entry::Handler(app, route),
                        _ => Entry::Dependency(app, route, position),
                    };
                    self.enter(interpreter, function, part.receiver, entry);
                }
            }
        }
    }

    fn enter_exception_handlers(&mut self, interpreter: &mut Interpreter<'_>) {
        let registry = interpreter.extension::<Registry>();
        let mut states: Vec<_> = registry.routers.iter().collect();
        states.sort_by_key(|(id, _)| **id);
        let handlers: Vec<(Value, Value, Location)> =
            states.iter().flat_map(|(_, state)| state.exception_handlers.iter().cloned()).collect();
        for (class, handler, site) in handlers {
            let Some(function) = interpreter.plain_function(&handler) else { continue };
            let entry = Entry::ExceptionHandler(self.exception_handlers.len());
            if let Some(node) = self.enter(interpreter, &function, None, entry) {
                self.exception_handlers.push(ExceptionHandler { class, node, site });
            }
        }
    }

    fn enter_middleware(&mut self, interpreter: &mut Interpreter<'_>, analysis: &Analysis) {
        let apps: FxHashSet<ObjectId> =
            analysis.details.iter().flatten().map(|detail| detail.flat.app).collect();
        let registry = interpreter.extension::<Registry>();
        let mut states: Vec<_> = registry.routers.iter().collect();
        states.sort_by_key(|(id, _)| **id);
        let entries: Vec<(bool, MiddlewareEntry)> = states
            .iter()
            .flat_map(|(id, state)| state.middleware.iter().map(|entry| (apps.contains(id), entry.clone())))
            .collect();
        for (has_routes, entry) in entries {
            let mut runs = None;
            for (function, receiver) in middleware_functions(interpreter, &entry) {
                let node = self.enter(interpreter, &function, receiver, Entry::Middleware);
                runs = runs.or(node);
            }
            if let (true, Some(node)) = (has_routes, runs) {
                self.middleware.push(MiddlewareFunction { node, site: entry.site });
            }
        }
        self.middleware.sort_by_key(|middleware| middleware.site);
    }

    fn enter(
        &mut self,
        interpreter: &mut Interpreter<'_>,
        function: &Rc<FunctionValue>,
        receiver: Option<ObjectId>,
        entry: Entry,
    ) -> Option<usize> {
        let node = self.node(interpreter, function, receiver)? as usize;
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
    ) -> Option<u32> {
        let key = SummaryKey { function: function.serial, receiver };
        if let Some(known) = self.index.get(&key) {
            return Some(*known);
        }
        if self.nodes.len() >= MOST_FUNCTIONS {
            return None;
        }
        let summary = interpreter.summarize(function, receiver)?;
        let facts = call_facts(interpreter, &summary);
        let node = self.nodes.len() as u32;
        self.index.insert(key, node);
        let definition = Arc::clone(&summary.function.definition);
        let [may_try, may_enter] =
            [Construct::Try, Construct::With].map(|construct| definition.mentions.may_have(construct));
        self.nodes.push(Node {
            definition,
            file: summary.function.id.file,
            kinds: facts.all_kinds,
            summary,
            facts,
            entries: ThinVec::new(),
            may_try,
            may_enter,
            runs_once: OnceCell::new(),
            assigned: OnceCell::new(),
        });
        Some(node)
    }

    /// Adds what the functions call, in the order of the functions: so the calls of each stand together.
    fn follow(&mut self, interpreter: &mut Interpreter<'_>) {
        let mut from = 0;
        while from < self.nodes.len() {
            self.starts.push(self.edges.len() as u32);
            let Node { summary, facts, .. } = &self.nodes[from];
            let (summary, facts) = (Rc::clone(summary), Rc::clone(facts));
            for (event, (function, receiver, kind)) in &facts.targets {
                let (event, kind) = (*event, *kind);
                let Some(to) = self.node(interpreter, function, *receiver) else { continue };
                let site = summary.events[event as usize].location;
                self.edges.push(Edge { from: from as u32, to, event, kind, site });
            }
            from += 1;
        }
        self.starts.push(self.edges.len() as u32);
        self.edges.shrink_to_fit();
    }

    fn find_callers(&mut self) {
        let mut ends = vec![0; self.nodes.len() + 1];
        for edge in &self.edges {
            ends[edge.to()] += 1;
        }
        let mut end = 0;
        for place in &mut ends {
            end += *place;
            *place = end;
        }
        // Filled from behind, each end moves to the start of its function.
        self.incoming = vec![0; self.edges.len()];
        for (position, edge) in self.edges.iter().enumerate().rev() {
            let place = &mut ends[edge.to()];
            *place -= 1;
            self.incoming[*place as usize] = position as u32;
        }
        self.incoming_starts = ends;
    }
}

/// What a middleware runs for each request: the function itself, or `dispatch` and `__call__` of its class.
fn middleware_functions(
    interpreter: &mut Interpreter<'_>,
    entry: &MiddlewareEntry,
) -> Vec<(Rc<FunctionValue>, Option<ObjectId>)> {
    if let Kind::Class(class) = *entry.middleware.kind() {
        let methods = ["dispatch", "__call__"].into_iter().filter_map(|name| {
            let (method, _) = interpreter.find_in_class(&entry.middleware, Name::from(name))?;
            Some((interpreter.plain_function(&method)?, Some(class)))
        });
        return methods.collect();
    }
    // `BaseHTTPMiddleware` with `dispatch=function`.
    let function: &Value = entry.arguments.keyword("dispatch").unwrap_or(&entry.middleware);
    interpreter.plain_function(function).map(|function| (function, None)).into_iter().collect()
}
