//! `unclosed-session`: session that nobody closes when the request ends.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::entry_points::callable_name;
use crate::reporter::Reporter;
use crate::sessions::functions_calling;
use crate::syntax::{block_mentions_name, expressions, mentions_name, statements, unawaited, yields};
use crate::wording::route_name;
use fastwright_model::facts::EventKinds;
use fastwright_python::ir::{Expr, ExprKind, Stmt, StmtKind};
use fastwright_python::location::{Location, Span};
use fastwright_python::name::Name;
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Session that nobody closes when the request ends.
    UnclosedSession {
        name: "unclosed-session",
        area: Database,
        severity: High,
        confidence: Certain,
        summary: "session that nobody closes when the request ends",
        why: "Each request keeps a connection until the garbage collector comes by; under load the pool runs dry and every request waits.",
        recommendation: "Open the session in a `with` block around the `yield`.",
        trade_off: "None.",
        contract_effect: "none",
        cwe: [772, 404],
        owasp: [],
        profile: Default,
        page: "database/unclosed-session.md",
        references: ["https://docs.sqlalchemy.org/en/20/orm/session_basics.html#closing"],
        check: check,
    }
}

/// What becomes of a session that a function opens.
enum Fate {
    /// It is given to whoever depends on the function.
    Returned,
    /// The line that closes it is skipped when the handler fails; or there is none.
    NotClosedAfterError,
    /// Nothing in the function closes it.
    Forgotten,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let closing = functions_calling(graph, &["close", "aclose", "close_all"]);
    let mut known: FxHashMap<usize, Vec<(Location, Fate)>> = FxHashMap::default();
    for entry in context.entry_points() {
        let Some(node) = entry.node(graph) else { continue };
        if graph.nodes[node].summary.key.receiver.is_some() {
            continue;
        }
        for (place, fate) in known.entry(node).or_insert_with(|| unclosed(graph, node)) {
            match fate {
                Fate::Returned if entry.is_handler() => continue,
                // The handler, or another dependency on the way, may close what it is given.
                Fate::Returned
                    if entry
                        .chain
                        .iter()
                        .any(|part| graph.of_dependant(part).is_some_and(|part| closing.contains(part))) =>
                {
                    continue;
                }
                Fate::Returned | Fate::NotClosedAfterError | Fate::Forgotten => {}
            }
            let symbol = graph.nodes[node].symbol();
            report.report_on_route(&entry.outline(*place, &symbol, *place), |draft| {
                let name = callable_name(entry.dependant());
                let route = route_name(entry.route);
                let (message, note) = match fate {
                    Fate::Returned => (
                        format!("`{name}` opens a session for `{route}` that nobody closes"),
                        "it is returned, so FastAPI can't close it after the request",
                    ),
                    Fate::NotClosedAfterError => (
                        format!("`{name}` does not close its session when `{route}` fails"),
                        "the `yield` stands in no `with` or `try` that closes it",
                    ),
                    Fate::Forgotten => (
                        format!("`{name}` opens a session for `{route}` and never closes it"),
                        "it is opened here",
                    ),
                };
                draft.message(message).evidence_chain(entry.steps()).evidence(note, *place)
            });
        }
    }
}

/// The sessions that a function opens and does not close on every way.
fn unclosed(graph: &CallGraph, node: usize) -> Vec<(Location, Fate)> {
    let function = &graph.nodes[node].summary.function;
    let body = &function.definition.body;
    let mut found = Vec::new();
    for (_, event) in graph.nodes[node].events_of(EventKinds::GIVES_SESSION) {
        if event.location.file != function.id.file {
            continue;
        }
        if let Some(fate) = fate(body, function.definition.is_generator, event.location.span) {
            found.push((event.location, fate));
        }
    }
    found
}

fn fate(body: &[Stmt], is_generator: bool, opened: Span) -> Option<Fate> {
    let is_it = |expression: &Expr| unawaited(expression).span == opened;
    let mut fate = None;
    let mut name = None;
    statements(body, &mut |statement| match &statement.kind {
        StmtKind::Return(Some(value)) if is_it(value) => fate = Some(Fate::Returned),
        StmtKind::Expr(Expr { kind: ExprKind::Yield(Some(value)), .. }) if is_it(value) => {
            fate = Some(Fate::NotClosedAfterError);
        }
        StmtKind::Assign { targets, value } if is_it(value) => {
            if let [Expr { kind: ExprKind::Name(target), .. }] = &**targets {
                name = Some(*target);
            }
        }
        StmtKind::AnnAssign { target, value: Some(value), .. } if is_it(value) => {
            if let ExprKind::Name(target) = target.kind {
                name = Some(target);
            }
        }
        _ => {}
    });
    if fate.is_some() {
        return fate;
    }
    let name = name?;
    let mut returned = false;
    let mut in_other_hands = false;
    let mut closes = false;
    statements(body, &mut |statement| match &statement.kind {
        StmtKind::With { items, .. } => closes |= items.iter().any(|item| mentions_name(&item.context, name)),
        StmtKind::Return(Some(Expr { kind: ExprKind::Name(value), .. })) if *value == name => returned = true,
        StmtKind::Assign { value: Expr { kind: ExprKind::Name(value), .. }, .. } if *value == name => {
            in_other_hands = true;
        }
        StmtKind::Try { finalbody, .. } => closes |= block_mentions_name(finalbody, name),
        _ => {}
    });
    if closes {
        return None;
    }
    let mut closed_somewhere = false;
    expressions(body, &mut |expression| match &expression.kind {
        ExprKind::Call(call) => {
            if let Some((base, method)) = call.callee.as_attribute()
                && matches!(base.kind, ExprKind::Name(other) if other == name)
                && matches!(method.as_str(), "close" | "aclose" | "__exit__" | "__aexit__")
            {
                closed_somewhere = true;
            }
            in_other_hands |= call.arguments.iter().any(
                |argument| matches!(unawaited(&argument.value).kind, ExprKind::Name(other) if other == name),
            );
        }
        ExprKind::Tuple(items) | ExprKind::List(items) => {
            in_other_hands |=
                items.iter().any(|item| matches!(item.kind, ExprKind::Name(other) if other == name));
        }
        ExprKind::Dict(entries) => {
            in_other_hands |=
                entries.iter().any(|(_, item)| matches!(item.kind, ExprKind::Name(other) if other == name));
        }
        _ => {}
    });
    if is_generator {
        let places = yields(body);
        let yielded = places.iter().any(|place| {
            let mut it = false;
            expressions(body, &mut |expression| {
                it |= expression.span == place.span
                    && matches!(&expression.kind, ExprKind::Yield(Some(value)) if matches!(value.kind, ExprKind::Name(other) if other == name));
            });
            it
        });
        let closed_by_handler = places.iter().any(|place| {
            place.around.iter().filter(|around| around.protected).any(|around| match &around.statement.kind {
                StmtKind::Try { handlers, .. } => {
                    handlers.iter().any(|handler| closes_name(&handler.body, name))
                }
                _ => false,
            })
        });
        return (yielded && !closed_by_handler).then_some(Fate::NotClosedAfterError);
    }
    if returned {
        return Some(Fate::Returned);
    }
    (!in_other_hands && !closed_somewhere).then_some(Fate::Forgotten)
}

fn closes_name(body: &[Stmt], name: Name) -> bool {
    let mut found = false;
    expressions(body, &mut |expression| {
        if let Some((base, method)) = expression.as_attribute()
            && matches!(base.kind, ExprKind::Name(other) if other == name)
        {
            found |= matches!(method.as_str(), "close" | "aclose");
        }
    });
    found
}
