//! `commit-after-response`: commit in the exit code of a dependency, which runs after the response was sent.

use crate::call_graph::{CallGraph, Edge};
use crate::call_index::FunctionSet;
use crate::context::Context;
use crate::entry_points::callable_name;
use crate::finding::Fix;
use crate::fixes::recipes::{depends_call, with_value};
use crate::reporter::Reporter;
use crate::sessions::{begins_transaction, call_at, calls_to, functions_calling};
use crate::syntax::{unawaited, yields};
use crate::versions::FastapiVersions;
use crate::wording::route_name;
use fastwright_model::application::RouteKind;
use fastwright_model::dependant::Dependant;
use fastwright_python::ir::StmtKind;
use fastwright_python::location::Location;
use fastwright_python::project::Version;
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Commit in the exit code of a dependency, which runs after the response was sent.
    CommitAfterResponse {
        name: "commit-after-response",
        area: Database,
        severity: High,
        confidence: Certain,
        summary: "commit in the exit code of a dependency, which runs after the response was sent",
        why: "The client is told that the write succeeded before it has; when the commit fails, the answer was a lie, and a client that reads at once may not see its own write.",
        recommendation: "Commit in the handler or service, or end the dependency before the response: `Depends(get_session, scope=\"function\")`.",
        trade_off: "With `scope=\"function\"` the session is closed before a streamed body is produced, and dependencies with the default scope can't depend on it.",
        contract_effect: "a failing commit becomes an error instead of a success",
        cwe: [390, 754],
        owasp: [],
        profile: Default,
        page: "database/commit-after-response.md",
        references: ["https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/", "https://fastapi.tiangolo.com/release-notes/"],
        check: check,
    }
}

/// The version from which exit code runs after the response again.
const AFTER_RESPONSE: Version = Version::new(0, 118, 0);
/// The version from which exit code ran before the response.
const BEFORE_RESPONSE: Version = Version::new(0, 106, 0);

/// Methods that change what a commit stores.
const WRITES: &[&str] = &["add", "add_all", "delete", "merge", "bulk_save_objects", "bulk_insert_mappings"];

/// A commit behind the `yield` of a generator.
#[derive(Clone)]
struct LateCommit {
    waits_at: Location,
    place: Location,
    what: String,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let versions = FastapiVersions::of(context.analysis);
    if versions.highest < AFTER_RESPONSE && versions.lowest >= BEFORE_RESPONSE {
        return;
    }
    let graph = context.call_graph();
    let committing = functions_calling(graph, &["commit"]);
    let writing = functions_calling(graph, WRITES);
    let mut known: FxHashMap<usize, Option<LateCommit>> = FxHashMap::default();
    for entry in context.entry_points() {
        let dependency = entry.dependant();
        if entry.is_handler()
            || !dependency.is_generator
            || dependency.scope.as_deref() == Some("function")
            || entry.route.kind != RouteKind::Http
        {
            continue;
        }
        let Some(node) = graph.of_dependant(dependency) else { continue };
        let Some(handler) = graph.of_dependant(entry.handler()) else { continue };
        let writes = writing.contains(handler) || !entry.route.writes.is_empty();
        if !writes || committing.contains(handler) {
            continue;
        }
        let late = known.entry(node).or_insert_with(|| late_commit(graph, &committing, node, 0));
        let Some(late) = late else { continue };
        let symbol = graph.nodes[node].symbol();
        let outline = entry.outline(late.place, &symbol, late.waits_at).confidence(versions.confidence);
        report.report_on_route(&outline, |draft| {
            let (name, route) = (callable_name(dependency), route_name(entry.route));
            let waits = format!("`{name}` waits here until the response of `{route}` is sent");
            draft
                .message(format!("`{route}` is answered before `{name}` commits"))
                .evidence_chain(entry.steps())
                .evidence(waits, late.waits_at)
                .evidence(late.what.clone(), late.place)
                .example(format!("Depends({name}, scope=\"function\")"))
                .fix(ends_with_handler(context, dependency))
        });
    }
}

/// The commit that a generator makes when it goes on behind its `yield`.
fn late_commit(graph: &CallGraph, committing: &FunctionSet, node: usize, depth: u32) -> Option<LateCommit> {
    let function = &graph.nodes[node].summary.function;
    let file = function.id.file;
    let places = yields(&function.definition.body);
    let first = places.first()?;
    let waits_at = Location { file, span: first.span };
    let behind = calls_to(graph, node, &["commit"], committing)
        .filter(|(_, place, _)| place.file == file && place.span.start > first.span.end)
        .min_by_key(|(index, ..)| *index);
    if let Some((_, place, edge)) = behind {
        let what = match edge {
            Some(edge) => format!("only then `{}` commits", graph.nodes[edge.to()].name()),
            None => "only then the session commits".to_owned(),
        };
        return Some(LateCommit { waits_at, place, what });
    }
    for around in first.around.iter().rev() {
        let StmtKind::With { items, .. } = &around.statement.kind else { continue };
        for item in items {
            let Some((index, _)) = call_at(&graph.nodes[node], unawaited(&item.context).span) else {
                continue;
            };
            if graph.nodes[node].facts.callee(index).is_some_and(|callee| begins_transaction(&callee)) {
                let what = "only then the block that holds the transaction ends, and commits".to_owned();
                return Some(LateCommit { waits_at, place: waits_at, what });
            }
            let inner = graph.edge_at(node, index).map(Edge::to);
            if let Some(inner) = inner
                && depth < 3
                && graph.nodes[inner].definition.is_generator
                && late_commit(graph, committing, inner, depth + 1).is_some()
            {
                let what = format!("only then `{}` goes on, and commits", graph.nodes[inner].name());
                return Some(LateCommit { waits_at, place: waits_at, what });
            }
        }
    }
    None
}

/// `scope="function"` where the dependency is attached.
fn ends_with_handler(context: &Context<'_>, dependency: &Dependant) -> Option<Fix> {
    let name = dependency.function.as_ref()?.definition.name;
    let place = depends_call(context, dependency.location, name.as_str())?;
    let fix = Fix::needs_review(format!("end `{name}` before the response is sent"));
    with_value(context, place, "scope", "\"function\"", fix)
}
