//! What runs on the thread of the event loop, and what leaves it.

use crate::call_graph::{CallGraph, Edge};
use crate::call_index::FunctionSet;
use crate::finding::{Confidence, Edit, Fix};
use crate::syntax::{any_own_expression, any_statement};
use fastwright_model::facts::EdgeKind;
use fastwright_python::ir::{ExprKind, FunctionDef, Stmt, StmtKind};
use fastwright_python::location::{FileId, Files, Location, Span};
use fastwright_python::summary::{CallEvent, EventKind};
use fastwright_python::value::{Kind, Value};

/// Whether a call made on the event loop keeps the called function on it. Threads leave it; a synchronous
/// generator that is handed on is iterated in a thread by Starlette; a decorated plain function that is
/// awaited was made a coroutine by its decorator, usually with a thread.
pub fn stays_on_loop(graph: &CallGraph, edge: &Edge) -> bool {
    // What is set up once, or remembered, keeps one request waiting, not every one.
    if edge.kind == EdgeKind::Offload || graph.nodes[edge.to()].runs_once() {
        return false;
    }
    let target = &graph.nodes[edge.to()].definition;
    match edge.kind {
        EdgeKind::Offload => false,
        EdgeKind::Background => target.is_async,
        EdgeKind::Call => {
            let Some(call) = graph.call(edge) else { return true };
            if call.awaited && !target.is_async && !target.decorators.is_empty() {
                return false;
            }
            let handed_on = target.is_generator && !target.is_async && is_handed_on(graph, edge.from(), call);
            !handed_on
        }
    }
}

/// The same, where it is known that the function is used: of several implementations of an abstract method, all have to be
/// among those that wait.
pub fn surely_stays_on_loop(graph: &CallGraph, edge: &Edge, waiting: &FunctionSet) -> bool {
    let is_known = graph.call(edge).is_none_or(|call| !call.is_one_of_several);
    let at_the_place = || graph.edges(edge.from()).iter().filter(|other| other.site == edge.site);
    stays_on_loop(graph, edge) && (is_known || at_the_place().all(|other| waiting.contains(other.to())))
}

/// Whether the result of a call goes into another call or is returned, instead of being used here.
fn is_handed_on(graph: &CallGraph, from: usize, call: &CallEvent) -> bool {
    let Kind::List(made) = *call.result.kind() else { return false };
    let is_it = |value: &Value| matches!(*value.kind(), Kind::List(id) if id == made);
    graph.nodes[from].summary.events.iter().any(|event| match &event.kind {
        EventKind::Call(other) => {
            let library = other.target.is_none();
            let builtin = other.callee.as_external().is_some_and(|name| name.starts_with("builtins."));
            library
                && !builtin
                && (other.arguments.positional.iter().any(is_it)
                    || other.arguments.keywords.iter().any(|(_, value)| is_it(value)))
        }
        EventKind::Return(value) => is_it(value),
        _ => false,
    })
}

/// How sure it is that a way through calls is taken to a place in its last function: certain where every
/// step always runs, likely where some stand under a condition, possible where many do.
pub fn confidence_of_way(graph: &CallGraph, path: &[Edge], node: usize, place: Location) -> Confidence {
    let depth = |node: usize, event: Option<usize>| {
        event
            .and_then(|event| graph.nodes[node].summary.events.get(event))
            .map_or(0, |event| event.branch_depth)
    };
    let own = graph.nodes[node].summary.events.iter().position(|event| event.location == place);
    let on_the_way: u32 = path.iter().map(|edge| depth(edge.from(), Some(edge.event()))).sum();
    match depth(node, own) + on_the_way {
        0 => Confidence::Certain,
        1..=4 => Confidence::Likely,
        _ => Confidence::Possible,
    }
}

/// Whether the body of a coroutine function never waits: nothing in it needs `async def`.
pub fn awaits_nothing(function: &FunctionDef) -> bool {
    !function.is_generator && !awaits(function)
}

/// Whether code of a function itself awaits something: only that of coroutine functions may.
pub fn awaits(function: &FunctionDef) -> bool {
    let waits = |statement: &Stmt| match &statement.kind {
        StmtKind::For { is_async: true, .. } | StmtKind::With { is_async: true, .. } => true,
        _ => any_own_expression(statement, &mut |expression| match &expression.kind {
            ExprKind::Await(_) => true,
            ExprKind::Comprehension(comprehension) => {
                comprehension.generators.iter().any(|generator| generator.is_async)
            }
            _ => false,
        }),
    };
    any_statement(&function.body, &mut |statement| waits(statement))
}

/// The fix that makes a coroutine function which FastAPI calls a plain one. Others may not make its code wait for
/// something at the same time.
pub fn plain_function_fix(files: &Files, file: FileId, function: &FunctionDef) -> Option<Fix> {
    let edit = plain_function_edit(files, file, function)?;
    let body = function
        .body
        .first()
        .zip(function.body.last())
        .map(|(first, last)| Location { file, span: Span::new(first.span.start, last.span.end) });
    Some(Fix::safe("let FastAPI run it in a thread: `def`").edit(edit).alone_in(body))
}

/// The edit that makes a coroutine function a plain one.
fn plain_function_edit(files: &Files, file: FileId, function: &FunctionDef) -> Option<Edit> {
    let head = Span::new(function.span.start, function.name_span.start);
    let text = files.get(file).slice(head);
    let at = text.rfind("async")?;
    let rest = text[at + "async".len()..].find("def")?;
    let start = head.start + at as u32;
    let end = start + ("async".len() + rest) as u32;
    Some(Edit { location: Location { file, span: Span::new(start, end) }, text: String::new() })
}
