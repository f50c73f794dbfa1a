//! `engine-per-request`: engine, and with it a pool of connections, made for each request.

use crate::call_graph::{Node, first_site};
use crate::context::Context;
use crate::loops::is_cache;
use crate::reached::visit_reached;
use crate::reporter::Reporter;
use crate::syntax::{any_statement, call_expression, encloses, uses_name};
use crate::wording::route_name;
use fastwright_model::facts::EdgeKind;
use fastwright_python::ir::{ExprKind, StmtKind};
use fastwright_python::location::{Location, Span};
use fastwright_python::name::Name;
use fastwright_python::summary::EventKind;
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Engine, and with it a pool of connections, made for each request.
    EnginePerRequest {
        name: "engine-per-request",
        area: Database,
        severity: High,
        confidence: Likely,
        summary: "engine, and with it a pool of connections, made for each request",
        why: "Each request opens connections of its own, with handshake and sign-in, and leaves them to the garbage collector: the service is slow, and the database runs out of connections under load.",
        recommendation: "Make the engine once, at module level or in the lifespan, and only a session for each request.",
        trade_off: "None.",
        contract_effect: "none",
        cwe: [400, 772],
        owasp: ["API4:2023"],
        profile: Default,
        page: "database/engine-per-request.md",
        references: ["https://docs.sqlalchemy.org/en/20/core/connections.html#basic-usage"],
        check: check,
    }
}

fn makes_engine(callee: &str) -> bool {
    matches!(
        callee,
        "sqlalchemy.create_engine"
            | "sqlalchemy.ext.asyncio.create_async_engine"
            | "sqlalchemy.create_async_engine"
            | "sqlalchemy.engine_from_config"
            | "sqlalchemy.ext.asyncio.async_engine_from_config"
    )
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let made: FxHashMap<usize, (Location, Name)> = graph
        .calls()
        .libraries(makes_engine)
        .iter()
        .filter_map(|node| Some((node, engine(&graph.nodes[node])?)))
        .collect();
    if made.is_empty() {
        return;
    }
    // Where anybody on the way remembers what was made, it is made once.
    let remembers: Vec<bool> = graph.nodes.iter().map(remembers).collect();
    visit_reached(
        context,
        graph,
        |node| made.contains_key(&node) && !remembers[node],
        |edge| {
            edge.kind == EdgeKind::Call
                && !remembers[edge.to()]
                && !remembers[edge.from()]
                && !is_first_time(&graph.nodes[edge.from()], edge.event())
        },
        &mut |entry, node, path| {
            let (place, callee) = made[&node];
            let symbol = graph.nodes[node].symbol();
            let next = first_site(path).unwrap_or(place);
            report.report_on_route(&entry.outline(place, &symbol, next), |draft| {
                let file = context.analysis.files.get(place.file);
                let written = file.slice(place.span).split_whitespace().collect::<Vec<_>>().join(" ");
                let route = route_name(entry.route);
                draft
                    .message(format!(
                        "`{route}` makes an engine of its own in `{}`",
                        graph.nodes[node].name()
                    ))
                    .evidence_chain(entry.steps())
                    .evidence_chain(graph.steps(path))
                    .evidence(
                        format!(
                            "`{}` makes an engine with an empty pool each time",
                            callee.rsplit('.').next().unwrap_or("create_engine")
                        ),
                        place,
                    )
                    .example(format!("engine = {written}  # once, at module level"))
            });
        },
    );
}

/// Where a function makes an engine that lives no longer than the call.
fn engine(node: &Node) -> Option<(Location, Name)> {
    let function = &node.summary.function;
    node.library_calls(makes_engine).find_map(|(index, place, callee)| {
        if place.file != function.id.file
            || is_first_time(node, index)
            || without_pool(node, index)
            || is_kept(node, place.span)
        {
            return None;
        }
        call_expression(&function.definition.body, place.span)?;
        Some((place, callee))
    })
}

/// Whether a call stands behind a condition: something may be remembered then.
fn is_first_time(node: &Node, event: usize) -> bool {
    node.summary.events.get(event).is_some_and(|event| event.branch_depth > 0)
}

/// Whether an engine is told to keep no connections.
fn without_pool(node: &Node, event: usize) -> bool {
    matches!(&node.summary.events[event].kind, EventKind::Call(call)
        if call.arguments.incomplete || call.arguments.keyword("poolclass").is_some())
}

/// Whether a function remembers what it gives back: a decorator, or a global.
fn remembers(node: &Node) -> bool {
    let definition = &node.definition;
    definition.decorators.iter().any(is_cache)
        || any_statement(&definition.body, &mut |statement| {
            matches!(statement.kind, StmtKind::Global(_) | StmtKind::Nonlocal(_))
        })
}

/// Whether what is made at a place is stored outside of the function, or given up in an orderly way.
fn is_kept(node: &Node, made: Span) -> bool {
    let definition = &node.definition;
    uses_name(definition, "dispose")
        || definition.name == "__init__"
        || any_statement(&definition.body, &mut |statement| match &statement.kind {
            StmtKind::Assign { targets, value } => {
                encloses(value.span, made)
                    && targets
                        .iter()
                        .any(|target| matches!(target.kind, ExprKind::Attribute(..) | ExprKind::Subscript(_)))
            }
            _ => false,
        })
}
