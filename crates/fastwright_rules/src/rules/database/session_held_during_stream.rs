//! `session-held-during-stream`: database connection kept for as long as a stream or socket is open.

use crate::call_graph::{CallGraph, Node};
use crate::call_index::FunctionSet;
use crate::context::Context;
use crate::entry_points::callable_name;
use crate::finding::Confidence;
use crate::reporter::Reporter;
use crate::sessions::{call_at, functions_calling};
use crate::syntax::{call_expression, expressions, statements};
use crate::versions::FastapiVersions;
use crate::wording::route_name;
use fastwright_model::application::RouteKind;
use fastwright_model::facts::EventKinds;
use fastwright_model::library::sqlalchemy::session_kind;
use fastwright_python::ir::{ExprKind, Stmt, StmtKind};
use fastwright_python::location::Location;
use fastwright_python::project::Version;
use fastwright_python::summary::EventKind;
use fastwright_python::value::{Symbolic, Value};
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Database connection kept for as long as a stream or socket is open.
    SessionHeldDuringStream {
        name: "session-held-during-stream",
        area: Database,
        severity: High,
        confidence: Likely,
        summary: "database connection kept for as long as a stream or socket is open",
        why: "As many slow readers as the pool has connections stop the whole service.",
        recommendation: "Load what the stream needs, end the session, then stream; or open a short session for each piece.",
        trade_off: "Objects in the stream are detached: what they need must be loaded before.",
        contract_effect: "none",
        cwe: [400, 772],
        owasp: ["API4:2023"],
        profile: Default,
        page: "database/session-held-during-stream.md",
        references: ["https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/", "https://docs.sqlalchemy.org/en/20/core/pooling.html"],
        check: check,
    }
}

/// The version from which exit code of dependencies runs after the response was sent.
const AFTER_RESPONSE: Version = Version::new(0, 118, 0);

/// Methods of sessions that read.
const QUERIES: &[&str] = &[
    "execute",
    "exec",
    "scalar",
    "scalars",
    "stream",
    "stream_scalars",
    "get",
    "get_one",
    "query",
    "refresh",
    "commit",
];

/// Where a route streams, and how.
struct Stream {
    place: Location,
    note: &'static str,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let versions = FastapiVersions::of(context.analysis);
    let querying = functions_calling(graph, QUERIES);
    let closing = functions_calling(graph, &["close", "aclose"]);
    let mut known: FxHashMap<usize, Option<Stream>> = FxHashMap::default();
    for entry in context.entry_points() {
        let dependency = entry.dependant();
        if entry.is_handler() || !dependency.is_generator || dependency.scope.as_deref() == Some("function") {
            continue;
        }
        let socket = entry.route.kind == RouteKind::WebSocket;
        if !socket && !versions.maybe_at_least(AFTER_RESPONSE) {
            continue;
        }
        let Some(holder) = graph.of_dependant(dependency) else { continue };
        let Some(handler) = graph.of_dependant(entry.handler()) else { continue };
        if !yields_session(context, &graph.nodes[holder]) {
            continue;
        }
        let stream = known.entry(handler).or_insert_with(|| {
            let node = &graph.nodes[handler];
            if socket { socket_loop(node) } else { stream(context, graph, handler, &querying) }
        });
        let Some(stream) = stream else { continue };
        // Somebody on the way gives the connection back before the stream starts.
        let closed = entry.route_functions(graph).any(|node| node != holder && closing.contains(node));
        if closed {
            continue;
        }
        let node = &graph.nodes[handler];
        let (symbol, held_at) = (node.symbol(), graph.nodes[holder].location());
        let outline = entry.outline(node.location(), &symbol, held_at).confidence(match socket {
            true => Confidence::Likely,
            false => versions.confidence.min(Confidence::Likely),
        });
        report.report_on_route(&outline, |draft| {
            let (route, name) = (route_name(entry.route), callable_name(dependency));
            let lasts = if socket { "is connected" } else { "streams" };
            draft
                .message(format!("`{route}` keeps the session of `{name}` for as long as it {lasts}"))
                .evidence_chain(entry.steps())
                .evidence(format!("`{name}` holds its session until the response is complete"), held_at)
                .evidence(stream.note, stream.place)
        });
    }
}

fn yields_session(context: &Context<'_>, node: &Node) -> bool {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    node.summary.yields.iter().any(|value| session_kind(interpreter, value).is_some())
}

/// A WebSocket handler that waits for its client again and again.
fn socket_loop(node: &Node) -> Option<Stream> {
    let function = &node.summary.function;
    let mut found = None;
    statements(&function.definition.body, &mut |statement| {
        let body = match &statement.kind {
            StmtKind::While { body, .. } | StmtKind::For { body, .. } => body,
            _ => return,
        };
        let mut waits = false;
        expressions(body, &mut |expression| waits |= matches!(expression.kind, ExprKind::Await(_)));
        if waits && found.is_none() {
            let place = Location { file: function.id.file, span: statement.span };
            found = Some(Stream { place, note: "the connection is served in a loop" });
        }
    });
    found
}

/// A response that a generator produces piece by piece, where the generator does not need the session.
fn stream(
    context: &Context<'_>,
    graph: &CallGraph,
    handler: usize,
    querying: &FunctionSet,
) -> Option<Stream> {
    let node = &graph.nodes[handler];
    let function = &node.summary.function;
    if function.definition.is_generator {
        let place = Location { file: function.id.file, span: function.definition.name_span };
        let streams = loops(&function.definition.body) && !querying.contains(handler);
        return streams.then_some(Stream { place, note: "the handler yields its response piece by piece" });
    }
    for (_, event) in node.events_of(EventKinds::LIBRARY_CALL) {
        let EventKind::Call(call) = &event.kind else { continue };
        let Some(name) = call.callee.as_external() else { continue };
        if !matches!(name.last_part(), "StreamingResponse" | "EventSourceResponse") {
            continue;
        }
        let Some(written) = call_expression(&function.definition.body, event.location.span) else { continue };
        let Some(content) = written.arguments.first() else { continue };
        let Some((index, made)) = call_at(node, content.value.span) else { continue };
        let Some(edge) = graph.edge_at(handler, index) else { continue };
        let generator = &graph.nodes[edge.to()].definition;
        let own_session = made
            .arguments
            .positional
            .iter()
            .chain(made.arguments.keywords.iter().map(|(_, value)| value))
            .any(|value| carries_session(context, value));
        if generator.is_generator && loops(&generator.body) && !querying.contains(edge.to()) && !own_session {
            return Some(Stream {
                place: event.location,
                note: "the response is streamed from a generator that does not need the session",
            });
        }
    }
    None
}

/// Whether a value is a session, or a result whose rows are still to be fetched.
fn carries_session(context: &Context<'_>, value: &Value) -> bool {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let asked = match value.as_symbolic() {
        Some(Symbolic::Call { callee, .. }) => match callee.as_symbolic() {
            Some(Symbolic::Member { base, name })
                if matches!(
                    name.as_str(),
                    "execute" | "stream" | "scalars" | "stream_scalars" | "query" | "exec"
                ) =>
            {
                base
            }
            _ => value,
        },
        _ => value,
    };
    session_kind(interpreter, asked).is_some()
}

fn loops(body: &[Stmt]) -> bool {
    let mut found = false;
    statements(body, &mut |statement| {
        found |= matches!(statement.kind, StmtKind::While { .. } | StmtKind::For { .. })
    });
    found
}
