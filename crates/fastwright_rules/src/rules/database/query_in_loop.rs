//! `query-in-loop`: query that is sent once for each element of a collection.

use crate::call_graph::{CallGraph, Node, first_site};
use crate::call_index::FunctionSet;
use crate::context::Context;
use crate::loops::{RepeatedCall, repeated_calls, unconditional_call};
use crate::reached::visit_reached;
use crate::reporter::Reporter;
use crate::sessions::functions_calling;
use crate::syntax::call_expression;
use crate::wording::route_name;
use fastwright_model::facts::{EdgeKind, mentions};
use fastwright_python::location::Location;
use fastwright_python::summary::EventKind;
use fastwright_python::value::{Kind, Symbolic, Value};
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Query that is sent once for each element of a collection.
    QueryInLoop {
        name: "query-in-loop",
        area: Database,
        severity: Medium,
        confidence: Likely,
        summary: "query that is sent once for each element of a collection",
        why: "A hundred rows cost a hundred round trips one after the other: the answer gets slower with every row, and the connection is taken from other requests for that long.",
        recommendation: "Ask once for all of them: `where(Model.id.in_(...))`, a join, or `selectinload` for a relationship.",
        trade_off: "The results have to be sorted to their elements again.",
        contract_effect: "none",
        cwe: [1073, 1050],
        owasp: ["API4:2023"],
        profile: Strict,
        page: "database/query-in-loop.md",
        references: ["https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html"],
        check: check,
    }
}

/// Methods of sessions that send a query.
const READS: &[&str] =
    &["execute", "exec", "scalar", "scalars", "stream", "stream_scalars", "get", "get_one", "query"];

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let reading = functions_calling(graph, READS);
    // Whoever writes each element does what the loop is for.
    let writing = functions_calling(graph, &["add", "add_all", "delete", "merge", "commit", "flush"]);
    if reading.is_empty() {
        return;
    }
    let repeated: FxHashMap<usize, Vec<Query<'_>>> = reading
        .iter()
        .map(|node| (node, queries(graph, node, &reading, &writing)))
        .filter(|(_, queries)| !queries.is_empty())
        .collect();
    visit_reached(
        context,
        graph,
        |node| repeated.contains_key(&node),
        |edge| edge.kind == EdgeKind::Call,
        &mut |entry, node, path| {
            let symbol = graph.nodes[node].symbol();
            let file = context.analysis.files.get(graph.nodes[node].location().file);
            for query in &repeated[&node] {
                let next = first_site(path).unwrap_or(query.call.place);
                let element = file.slice(query.call.target.span);
                let outline = entry.outline(query.call.place, &symbol, next).discriminator(element);
                report.report_on_route(&outline, |draft| {
                    let all =
                        file.slice(query.call.iterable.span).split_whitespace().collect::<Vec<_>>().join(" ");
                    let route = route_name(entry.route);
                    let around = Location { file: query.call.place.file, span: query.call.around };
                    let mut draft = draft
                        .message(format!("`{route}` sends a query for each `{element}` of `{all}`"))
                        .evidence_chain(entry.steps())
                        .evidence_chain(graph.steps(path))
                        .evidence(format!("this runs once for each `{element}`"), around);
                    draft = match query.below {
                        None => draft.evidence("and sends a query each time", query.call.place),
                        Some((below, place)) => draft
                            .evidence("each time, this is called", query.call.place)
                            .evidence(format!("`{}` sends a query", graph.nodes[below].name()), place),
                    };
                    match &query.row {
                        Some(row) => draft.example(format!("select({row}).where({row}.id.in_(...))")),
                        None => draft,
                    }
                });
            }
        },
    );
}

/// A query in a loop.
struct Query<'g> {
    call: RepeatedCall<'g>,
    /// The function below that sends it, if the loop calls one, with the place of the query.
    below: Option<(usize, Location)>,
    /// The class of the row that is loaded by its key.
    row: Option<String>,
}

fn queries<'g>(
    graph: &'g CallGraph,
    node: usize,
    reading: &FunctionSet,
    writing: &FunctionSet,
) -> Vec<Query<'g>> {
    let mut found: Vec<Query<'g>> = Vec::new();
    let holder = &graph.nodes[node];
    for call in repeated_calls(graph, node, READS, reading, false) {
        // One finding for a loop, however many queries it sends.
        if found.iter().any(|known| known.call.around == call.around) {
            continue;
        }
        let below = match call.edge {
            None if writes(holder, call.event) => continue,
            None => None,
            Some(edge) if writing.contains(edge.to()) => continue,
            Some(edge) => match unconditional_call(graph, edge.to(), READS, reading) {
                None => continue,
                Some(place) => Some((edge.to(), place)),
            },
        };
        let row = match &holder.summary.events[call.event].kind {
            EventKind::Call(event)
                if below.is_none()
                    && matches!(event.arguments.positional.first(), Some(first) if matches!(first.kind(), Kind::Class(_))) =>
            {
                call_expression(&holder.summary.function.definition.body, call.place.span)
                    .and_then(|written| written.arguments.first()?.value.dotted_name())
            }
            _ => None,
        };
        found.push(Query { call, below, row });
    }
    found
}

/// Whether what is sent changes rows instead of reading them: an `update()` statement, or the method of that
/// name behind `query()`.
fn writes(node: &Node, event: usize) -> bool {
    let happened = &node.summary.events[event];
    let EventKind::Call(call) = &happened.kind else { return false };
    let statement = call.arguments.positional.first().is_some_and(|statement| {
        mentions(statement, &mut |part| {
            part.as_external().is_some_and(|name| {
                matches!(name.as_str(), "sqlalchemy.insert" | "sqlalchemy.update" | "sqlalchemy.delete")
            })
        })
    });
    let starts_here = |value: &Value| {
        mentions(
            value,
            &mut |part| matches!(part.as_symbolic(), Some(Symbolic::Call { site, .. }) if *site == happened.location),
        )
    };
    let is_later_write = |later: &EventKind| match later {
        EventKind::Call(later) => {
            matches!(later.callee.as_symbolic(), Some(Symbolic::Member { base, name })
                if matches!(name.as_str(), "update" | "delete") && starts_here(base))
        }
        _ => false,
    };
    statement || node.summary.events[event..].iter().any(|later| is_later_write(&later.kind))
}
