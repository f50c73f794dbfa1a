//! Which exceptions with a status leave a function, and which clause catches them on the way.

use crate::call_graph::CallGraph;
use crate::call_index::FunctionSet;
use fastwright_model::facts::{EdgeKind, EventKinds, status_of_exception};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{Construct, Expr, ExprKind, FunctionDef, Handler, Stmt, StmtKind};
use fastwright_python::location::{Location, Span};
use fastwright_python::name::Name;
use fastwright_python::summary::EventKind;
use fastwright_python::value::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// The class from which FastAPI's own exception derives.
const HTTP_EXCEPTION: &str = "starlette.exceptions.HTTPException";

/// An `HTTPException` on its way.
#[derive(Debug, Clone)]
pub struct Escape {
    /// The exception.
    pub exception: Value,
    /// Its status.
    pub status: u16,
    /// The function that raises it, and where.
    raised: (Name, Location),
    /// The functions that are called on the way to it, each with the place, the innermost first.
    calls: Vec<(Name, Location)>,
}

impl Escape {
    /// How many calls lie between the place where it is raised and the function that it passes here.
    pub fn calls(&self) -> usize {
        self.calls.len()
    }

    /// Where it is raised.
    pub fn raised_at(&self) -> Location {
        self.raised.1
    }

    /// The function that raises it.
    pub fn raised_by(&self) -> Name {
        self.raised.0
    }

    /// The calls on the way down to the `raise`, then the `raise` itself; `first` says where the first of
    /// the calls stands.
    pub fn steps(&self, first: &str) -> Vec<(String, Location)> {
        let mut steps = Vec::with_capacity(self.calls.len() + 1);
        let mut outer: Option<Name> = None;
        for (called, site) in self.calls.iter().rev() {
            let note = match outer {
                None => format!("`{called}` is called {first}"),
                Some(outer) => format!("`{outer}` calls on"),
            };
            steps.push((note, *site));
            outer = Some(*called);
        }
        let (function, place) = self.raised;
        steps.push((format!("`{function}` raises {}", self.status), place));
        steps
    }
}

/// A `try` statement of a function.
#[derive(Debug)]
pub struct TryRegion<'c> {
    /// The part whose exceptions its clauses see.
    pub body: Span,
    /// Its clauses.
    pub handlers: &'c [Handler],
}

/// The `try` statements of a function, those of inner functions left out, the innermost first.
pub fn try_regions(function: &FunctionDef) -> Vec<TryRegion<'_>> {
    let mut found = Vec::new();
    if function.mentions.may_have(Construct::Try) {
        find_try_regions(&function.body, &mut found);
    }
    found
}

fn find_try_regions<'c>(body: &'c [Stmt], found: &mut Vec<TryRegion<'c>>) {
    for statement in body {
        match &statement.kind {
            StmtKind::Try { body, handlers, orelse, finalbody } => {
                find_try_regions(body, found);
                for handler in handlers {
                    find_try_regions(&handler.body, found);
                }
                find_try_regions(orelse, found);
                find_try_regions(finalbody, found);
                if let (Some(first), Some(last)) = (body.first(), body.last()) {
                    found.push(TryRegion { body: Span::new(first.span.start, last.span.end), handlers });
                }
            }
            StmtKind::If { body, orelse, .. }
            | StmtKind::For { body, orelse, .. }
            | StmtKind::While { body, orelse, .. } => {
                find_try_regions(body, found);
                find_try_regions(orelse, found);
            }
            StmtKind::With { body, .. } => find_try_regions(body, found),
            StmtKind::Match { cases, .. } => {
                cases.iter().for_each(|case| find_try_regions(&case.body, found));
            }
            _ => {}
        }
    }
}

/// Whether a body, without inner functions, raises again what its clause has caught.
pub fn raises_again(body: &[Stmt], name: Option<Name>) -> bool {
    body.iter().any(|statement| match &statement.kind {
        StmtKind::Raise { exception: None, .. } => true,
        StmtKind::Raise { exception: Some(Expr { kind: ExprKind::Name(raised), .. }), .. } => {
            Some(*raised) == name
        }
        StmtKind::If { body, orelse, .. }
        | StmtKind::For { body, orelse, .. }
        | StmtKind::While { body, orelse, .. } => raises_again(body, name) || raises_again(orelse, name),
        StmtKind::With { body, .. } => raises_again(body, name),
        StmtKind::Try { body, handlers, orelse, finalbody } => {
            raises_again(body, name)
                || handlers.iter().any(|handler| raises_again(&handler.body, name))
                || raises_again(orelse, name)
                || raises_again(finalbody, name)
        }
        StmtKind::Match { cases, .. } => cases.iter().any(|case| raises_again(&case.body, name)),
        _ => false,
    })
}

/// What becomes of an exception at a `try` statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// No clause catches it, or the one that does raises it again.
    Passes,
    /// This clause ends it.
    EndsIn(usize),
    /// It is not known which clause catches it.
    Unknown,
}

/// Follows exceptions through the functions of a call graph; remembers what leaves each of them.
#[derive(Debug)]
pub struct Escapes<'g> {
    graph: &'g CallGraph,
    /// Functions that raise something, or reach one that does. Nothing leaves the others.
    raising: FunctionSet,
    known: FxHashMap<usize, Rc<Vec<Escape>>>,
    running: FxHashSet<usize>,
}

impl<'g> Escapes<'g> {
    /// Knows nothing yet.
    pub fn new(graph: &'g CallGraph) -> Self {
        let raising = graph.functions(|_, node| node.has_any(EventKinds::RAISE));
        let raising = graph.reaching(raising, |edge| edge.kind != EdgeKind::Background);
        Self { graph, raising, known: FxHashMap::default(), running: FxHashSet::default() }
    }

    /// What leaves a function, one for each status.
    pub fn leaving(&mut self, interpreter: &mut Interpreter<'_>, node: usize) -> Rc<Vec<Escape>> {
        if !self.raising.contains(node) {
            return Rc::default();
        }
        if let Some(known) = self.known.get(&node) {
            return Rc::clone(known);
        }
        if self.running.len() > 60 || !self.running.insert(node) {
            return Rc::default();
        }
        let mut leaving: Vec<Escape> = Vec::new();
        for (_, escape) in self.passing(interpreter, node) {
            if !leaving.iter().any(|known| known.status == escape.status) {
                leaving.push(escape);
            }
        }
        self.running.remove(&node);
        let leaving = Rc::new(leaving);
        self.known.insert(node, Rc::clone(&leaving));
        leaving
    }

    /// What leaves a function, all of it, with the place in the function.
    pub fn passing(&mut self, interpreter: &mut Interpreter<'_>, node: usize) -> Vec<(Location, Escape)> {
        let function = Rc::clone(&self.graph.nodes[node].summary.function);
        let mut inside = self.inside(interpreter, node);
        let regions = if inside.is_empty() { Vec::new() } else { try_regions(&function.definition) };
        inside.retain(|(location, escape)| {
            regions
                .iter()
                .filter(|region| region.body.contains(location.span.start))
                .all(|region| fate(interpreter, &function, region, &escape.exception) == Fate::Passes)
        });
        inside
    }

    /// What is raised inside of a function, itself or by what it calls, with the place in the function.
    pub fn inside(&mut self, interpreter: &mut Interpreter<'_>, node: usize) -> Vec<(Location, Escape)> {
        let graph = self.graph;
        let summary = &graph.nodes[node].summary;
        let mut found = Vec::new();
        for (_, event) in graph.nodes[node].events_of(EventKinds::RAISE) {
            let EventKind::Raise { exception, again: false } = &event.kind else { continue };
            let Some(class) = class_of_exception(interpreter, exception) else { continue };
            if !interpreter.derives_from(&class, HTTP_EXCEPTION) {
                continue;
            }
            let Some(status) = status_of_exception(interpreter, exception) else { continue };
            let raised = (summary.function.definition.name, event.location);
            let escape = Escape { exception: exception.clone(), status, raised, calls: Vec::new() };
            found.push((event.location, escape));
        }
        for edge in graph.edges(node) {
            if edge.kind == EdgeKind::Background {
                continue;
            }
            let called = graph.nodes[edge.to()].definition.name;
            for escape in self.leaving(interpreter, edge.to()).iter() {
                let mut calls = Vec::with_capacity(escape.calls.len() + 1);
                calls.extend_from_slice(&escape.calls);
                calls.push((called, edge.site));
                found.push((edge.site, Escape { exception: escape.exception.clone(), calls, ..*escape }));
            }
        }
        found
    }
}

fn class_of_exception(interpreter: &mut Interpreter<'_>, exception: &Value) -> Option<Value> {
    match exception.kind() {
        Kind::Class(_) | Kind::External(_) => Some(exception.clone()),
        _ => interpreter.class_of(exception),
    }
}

/// What a `try` statement does to an exception that its body raises.
pub fn fate(
    interpreter: &mut Interpreter<'_>,
    function: &Rc<FunctionValue>,
    region: &TryRegion<'_>,
    exception: &Value,
) -> Fate {
    for (position, handler) in region.handlers.iter().enumerate() {
        let caught = match &handler.exception {
            None => Some(true),
            Some(expression) => match class_named(interpreter, function, expression) {
                Some(class) => interpreter.exception_matches(exception, &class),
                None => None,
            },
        };
        match caught {
            Some(true) if raises_again(&handler.body, handler.name) => return Fate::Passes,
            Some(true) => return Fate::EndsIn(position),
            Some(false) => {}
            None => return Fate::Unknown,
        }
    }
    Fate::Passes
}

/// The class, or tuple of classes, that an `except` clause names.
pub fn class_named(
    interpreter: &mut Interpreter<'_>,
    function: &Rc<FunctionValue>,
    expression: &Expr,
) -> Option<Value> {
    match &expression.kind {
        ExprKind::Name(name) => interpreter.lookup(function.scope, *name),
        ExprKind::Attribute(attribute) => {
            let (base, name) = attribute.parts();
            let base = class_named(interpreter, function, base)?;
            let value = interpreter.attribute(&base, *name, expression.span);
            (!value.is_unknown()).then_some(value)
        }
        ExprKind::Tuple(items) => {
            let classes: Option<Vec<Value>> =
                items.iter().map(|item| class_named(interpreter, function, item)).collect();
            classes.map(Value::tuple)
        }
        _ => None,
    }
}

/// Whether an `except` clause catches everything: bare, `Exception` or `BaseException`, alone or among others.
pub fn is_broad(interpreter: &mut Interpreter<'_>, function: &Rc<FunctionValue>, handler: &Handler) -> bool {
    let Some(expression) = &handler.exception else { return true };
    let Some(class) = class_named(interpreter, function, expression) else { return false };
    let classes = match class.kind() {
        Kind::Tuple(items) => items.to_vec(),
        _ => vec![class],
    };
    classes.iter().any(|class| {
        class
            .as_external()
            .is_some_and(|name| matches!(name.as_str(), "builtins.Exception" | "builtins.BaseException"))
    })
}
