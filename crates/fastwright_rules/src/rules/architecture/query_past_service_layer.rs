//! `query-past-service-layer`: handler that queries the database itself, where nearly all others leave that to functions
//! of other modules.

use crate::call_graph::Node;
use crate::context::Context;
use crate::entry_points::{EntryPoint, callable_name};
use crate::reporter::{Outline, Reporter};
use crate::sessions::is_session_method;
use crate::wording::handler_step;
use fastwright_model::analysis::is_test_path;
use fastwright_model::facts::EdgeKind;
use fastwright_model::library::sqlalchemy::entity;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::{FileId, Location};
use fastwright_python::name::Name;
use fastwright_python::summary::EventKind;
use rustc_hash::{FxHashMap, FxHashSet};

crate::declare_rule! {
    /// Handler that queries the database itself, where nearly all others leave that to other modules.
    QueryPastServiceLayer {
        name: "query-past-service-layer",
        area: Architecture,
        severity: Low,
        confidence: Certain,
        summary: "handler that queries the database itself, where nearly all others leave that to functions of other modules",
        why: "What the layer guarantees for all its queries (owners, deleted rows, tenants, tests without HTTP) does not hold for this one, and nobody looks for it here.",
        recommendation: "Move the query to its neighbours in the layer, and call it.",
        trade_off: "One function more for what may be a single line.",
        contract_effect: "none",
        cwe: [1054],
        owasp: [],
        profile: Audit,
        page: "architecture/query-past-service-layer.md",
        references: ["https://fastapi.tiangolo.com/tutorial/bigger-applications/"],
        check: check,
    }
}

/// Methods of a session that read or change rows.
const QUERIES: &[&str] = &[
    "execute",
    "exec",
    "scalar",
    "scalars",
    "query",
    "get",
    "get_one",
    "stream",
    "stream_scalars",
    "add",
    "add_all",
    "delete",
    "merge",
];

/// From so many handlers on that leave the database to others, that is the habit of a project.
const HABIT: usize = 8;

/// So many handlers have to follow the habit for each one that does not.
const FOLLOWERS: usize = 4;

/// A handler that leaves the database to a function of another module.
struct Layered {
    file: FileId,
    handler: String,
    called: Name,
    site: Location,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let querying = graph.calls().libraries(|callee| is_session_method(callee, QUERIES));
    if querying.is_empty() {
        return;
    }
    let files = &context.analysis.files;
    let handlers: Vec<(&EntryPoint<'_>, usize)> = context
        .entry_points()
        .iter()
        .filter(|entry| entry.is_handler() && !is_test_path(&files.get(entry.route.location.file).relative))
        .filter_map(|entry| Some((entry, entry.node(graph)?)))
        .filter(|(_, node)| files.get(graph.nodes[*node].file).first_party)
        .collect();
    let file_of = |node: usize| graph.nodes[node].file;
    let routing: FxHashSet<FileId> = handlers.iter().map(|(_, node)| file_of(*node)).collect();
    let layer = graph.functions(|node, _| querying.contains(node) && !routing.contains(&file_of(node)));
    let into_layer = graph.reaching(layer, |edge| edge.kind == EdgeKind::Call);
    let mut seen = FxHashSet::default();
    let mut layered: Vec<Layered> = Vec::new();
    let mut direct: FxHashMap<usize, Location> = FxHashMap::default();
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    for (entry, node) in &handlers {
        if !seen.insert(*node) {
            continue;
        }
        if querying.contains(*node) {
            if let Some(place) = query_of_table(interpreter, &graph.nodes[*node]) {
                direct.insert(*node, place);
            }
        } else if let Some(edge) = graph
            .edges(*node)
            .iter()
            .find(|edge| into_layer.contains(edge.to()) && !routing.contains(&file_of(edge.to())))
        {
            layered.push(Layered {
                file: file_of(*node),
                handler: callable_name(entry.dependant()),
                called: graph.nodes[edge.to()].name(),
                site: edge.site,
            });
        }
    }
    if layered.len() < HABIT || direct.len() * FOLLOWERS > layered.len() {
        return;
    }
    let all = layered.len() + direct.len();
    for (entry, node) in &handlers {
        let Some(place) = direct.get(node).copied() else { continue };
        let file = file_of(*node);
        let Some(other) = layered.iter().find(|other| other.file == file).or(layered.first()) else {
            continue;
        };
        let symbol = graph.nodes[*node].symbol();
        let outline = Outline::new(place, &symbol, entry.route, entry.route.location);
        report.report_on_route(&outline, |draft| {
            draft
                .message(format!(
                    "`{}` queries the database itself: {} of {all} handlers leave that to functions such as `{}`",
                    callable_name(entry.dependant()),
                    layered.len(),
                    other.called
                ))
                .evidence_chain([handler_step(entry.route)])
                .evidence("the query stands in the handler", place)
                .evidence(format!("`{}` leaves it to `{}`", other.handler, other.called), other.site)
        });
    }
}

/// The first query of a function that is about rows of a table: `SELECT 1` of a health check is not.
fn query_of_table(interpreter: &mut Interpreter<'_>, node: &Node) -> Option<Location> {
    node.library_calls(|callee| is_session_method(callee, QUERIES)).find_map(|(event, place, callee)| {
        let method = callee.last_part();
        let EventKind::Call(call) = &node.summary.events[event].kind else { return None };
        let is_statement =
            matches!(method, "execute" | "exec" | "scalar" | "scalars" | "stream" | "stream_scalars");
        let statement = call.arguments.get(0, "statement");
        let of_table =
            !is_statement || statement.is_some_and(|value| entity(interpreter, value, 0).is_some());
        of_table.then_some(place)
    })
}
