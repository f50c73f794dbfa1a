//! Database sessions in summaries: who commits, rolls back, closes.

use crate::call_graph::{CallGraph, Edge, Node};
use crate::call_index::FunctionSet;
use fastwright_model::facts::EdgeKind;
use fastwright_model::library::sqlalchemy::{ASYNC_SESSION, SESSIONS};
use fastwright_python::location::{Location, Span};
use fastwright_python::summary::{CallEvent, EventKind};
use fastwright_python::value::{Symbolic, Value};

/// Whether a qualified name is this method of a session.
pub fn is_session_method(callee: &str, methods: &[&str]) -> bool {
    SESSIONS.iter().any(|session| {
        let method = callee.strip_prefix(session).and_then(|rest| rest.strip_prefix('.'));
        method.is_some_and(|method| methods.contains(&method))
    })
}

/// Whether a qualified name is any method of an asynchronous session.
pub fn is_async_session_method(callee: &str) -> bool {
    callee.strip_prefix(ASYNC_SESSION).is_some_and(|rest| rest.starts_with('.'))
}

/// Whether a call opens a transaction that ends with the `with` block: `session.begin()`,
/// `SessionLocal.begin()`, `engine.begin()`.
pub fn begins_transaction(callee: &str) -> bool {
    callee.rsplit_once('.').is_some_and(|(owner, method)| {
        method == "begin"
            && (SESSIONS.contains(&owner)
                || matches!(
                    owner,
                    "sqlalchemy.orm.sessionmaker"
                        | "sqlalchemy.ext.asyncio.async_sessionmaker"
                        | "sqlalchemy.create_engine"
                        | "sqlalchemy.ext.asyncio.create_async_engine"
                ))
    })
}

/// Functions that call one of these methods of a session, themselves or in what they call.
pub fn functions_calling(graph: &CallGraph, methods: &[&str]) -> FunctionSet {
    let calling = graph.calls().libraries(|callee| is_session_method(callee, methods));
    graph.reaching(calling, |edge| edge.kind == EdgeKind::Call)
}

/// The call that a function makes at exactly this place, with the position of its event.
pub fn call_at(node: &Node, span: Span) -> Option<(usize, &CallEvent)> {
    node.summary.events.iter().enumerate().find_map(|(index, event)| match &event.kind {
        EventKind::Call(call) if event.location.span == span && event.location.file == node.file => {
            Some((index, call))
        }
        _ => None,
    })
}

/// The calls of a function, each with its place, that call a method of a session directly or end in a
/// function that does (`marked`).
pub fn calls_to<'g>(
    graph: &'g CallGraph,
    node: usize,
    methods: &'g [&'g str],
    marked: &'g FunctionSet,
) -> impl Iterator<Item = (usize, Location, Option<Edge>)> + 'g {
    let direct = graph.nodes[node]
        .library_calls(|callee| is_session_method(callee, methods))
        .map(|(index, place, _)| (index, place, None));
    let through = graph
        .edges(node)
        .iter()
        .filter(|edge| edge.kind == EdgeKind::Call && marked.contains(edge.to()))
        .map(|edge| (edge.event(), edge.site, Some(*edge)));
    direct.chain(through)
}

/// Where the call stands that made a value.
pub fn made_at(value: &Value) -> Option<Location> {
    match value.as_symbolic()? {
        Symbolic::Call { site, .. } => Some(*site),
        _ => None,
    }
}
