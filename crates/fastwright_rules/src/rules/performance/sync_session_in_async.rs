//! `sync-session-in-async`: synchronous database session used in async code.

use crate::call_graph::{CallGraph, CallPath, Edge, first_site};
use crate::context::Context;
use crate::entry_points::EntryPoint;
use crate::event_loop::{
    awaits_nothing, confidence_of_way, plain_function_fix, stays_on_loop, surely_stays_on_loop,
};
use crate::reporter::Reporter;
use crate::wording::route_name;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::EventKind;
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Synchronous database session used in async code.
    SyncSessionInAsync {
        name: "sync-session-in-async",
        area: Performance,
        severity: High,
        confidence: Certain,
        summary: "synchronous database session used in async code",
        why: "Every query stops the event loop for its round trip, and with it every other request.",
        recommendation: "Make the handler `def`, or move to `AsyncSession`.",
        trade_off: "`def` handlers share 40 threads, which should fit the size of the connection pool.",
        contract_effect: "none",
        cwe: [400, 833],
        owasp: ["API4:2023"],
        profile: Default,
        page: "performance/sync-session-in-async.md",
        references: ["https://fastapi.tiangolo.com/async/", "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html"],
        check: check,
    }
}

/// Methods of sessions and connections that talk to the database.
const QUERIES: &[&str] = &[
    "execute",
    "exec",
    "scalar",
    "scalars",
    "get",
    "get_one",
    "commit",
    "flush",
    "refresh",
    "all",
    "first",
    "one",
    "one_or_none",
    "count",
    "update",
    "delete",
    "bulk_save_objects",
    "bulk_insert_mappings",
    "bulk_update_mappings",
];

/// How the names of synchronous sessions and connections begin.
const OWNERS: &[&str] =
    &["sqlalchemy.orm.Session.", "sqlalchemy.create_engine.connect.", "sqlalchemy.create_engine.begin."];

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let queries: FxHashMap<usize, (Location, Name)> = graph
        .calls()
        .libraries(is_query)
        .iter()
        .filter_map(|node| Some((node, query(graph, node)?)))
        .collect();
    let reaching = graph
        .reaching(graph.functions(|node, _| queries.contains_key(&node)), |edge| stays_on_loop(graph, edge));
    let mut known: FxHashMap<usize, Option<(usize, CallPath)>> = FxHashMap::default();
    for entry in context.entry_points() {
        if !entry.dependant().is_async {
            continue;
        }
        let Some(root) = entry.node(graph).filter(|root| reaching.contains(*root)) else {
            continue;
        };
        let found = known.entry(root).or_insert_with(|| {
            let ways = graph.ways(root, |edge| {
                reaching.contains(edge.to()) && surely_stays_on_loop(graph, edge, &reaching)
            });
            let interpreter = &mut *context.analysis.interpreter.borrow_mut();
            ways.nodes().enumerate().find_map(|(position, node)| {
                let (place, _) = queries.get(&node)?;
                let path = ways.path(position);
                graph.may_be_taken(interpreter, &path, *place).then_some((node, path))
            })
        });
        let Some((node, path)) = found else { continue };
        let (place, callee) = queries[node];
        report_query(report, context, graph, entry, path, *node, place, callee);
    }
}

#[allow(clippy::too_many_arguments, reason = "they are the parts of a finding")]
fn report_query(
    report: &mut Reporter<'_>,
    context: &Context<'_>,
    graph: &CallGraph,
    entry: &EntryPoint<'_>,
    path: &[Edge],
    query: usize,
    place: Location,
    callee: Name,
) {
    // The coroutine that leaves the asynchronous world: the repair belongs there, however many routes share it.
    let depth = path.iter().rposition(|edge| graph.nodes[edge.from()].is_async());
    let (coroutine, calls) = match depth {
        _ if graph.nodes[query].is_async() => (query, path.len()),
        Some(depth) => (path[depth].from(), depth),
        None => (query, path.len()),
    };
    let node = &graph.nodes[coroutine];
    let name = node.name();
    let symbol = node.symbol();
    let next = first_site(&path[..calls]).unwrap_or(node.location());
    let outline = entry
        .outline(node.location(), &symbol, next)
        .confidence(confidence_of_way(graph, path, query, place));
    report.report_on_route(&outline, |draft| {
        let method = callee.rsplit('.').next().unwrap_or(&callee);
        let route = route_name(entry.route);
        let whose = match (calls, entry.is_handler()) {
            (0, true) => String::new(),
            (0, false) => format!(" in its dependency `{name}`"),
            _ => format!(" in `{name}`"),
        };
        let draft = draft
            .message(format!("`{route}` runs `{method}` of a synchronous session on the event loop{whose}"))
            .evidence_chain(entry.steps())
            .evidence_chain(graph.steps(&path[..calls]))
            .evidence(format!("`{name}` is a coroutine: it runs on the event loop"), node.location())
            .evidence_chain(graph.steps(&path[calls..]))
            .evidence(format!("`{method}` of a synchronous session waits for the database"), place);
        let function = &node.summary.function;
        if calls > 0
            || graph.is_called(coroutine)
            || !awaits_nothing(&function.definition)
            || crate::fixes::recipes::is_called_by_name(context, function.definition.name)
        {
            return draft;
        }
        let draft = draft.example(format!("def {name}(...):"));
        draft.fix(plain_function_fix(&context.analysis.files, function.id.file, &function.definition))
    });
}

fn is_query(callee: &str) -> bool {
    OWNERS.iter().any(|owner| callee.starts_with(owner))
        && QUERIES.contains(&callee.rsplit('.').next().unwrap_or(callee))
}

/// The first query of a function on a session or connection that is synchronous.
fn query(graph: &CallGraph, node: usize) -> Option<(Location, Name)> {
    let node = &graph.nodes[node];
    node.library_calls(is_query).find_map(|(index, place, callee)| {
        let EventKind::Call(call) = &node.summary.events[index].kind else { return None };
        // Somebody awaits it, so the declared class is not the real one.
        (!call.awaited).then_some((place, callee))
    })
}
