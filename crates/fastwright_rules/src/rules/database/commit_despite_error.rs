//! `commit-despite-error`: dependency that commits although the handler failed.

use crate::call_graph::CallGraph;
use crate::call_index::FunctionSet;
use crate::context::Context;
use crate::entry_points::callable_name;
use crate::reporter::Reporter;
use crate::sessions::{calls_to, functions_calling};
use crate::syntax::{Ending, encloses, ending, yields};
use crate::wording::route_name;
use fastwright_python::ir::{Handler, StmtKind};
use fastwright_python::location::{Location, Span};
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Dependency that commits although the handler failed.
    CommitDespiteError {
        name: "commit-despite-error",
        area: Database,
        severity: High,
        confidence: Certain,
        summary: "dependency that commits although the handler failed",
        why: "The half of the work that was done before the error is stored, and the client is told that the request failed.",
        recommendation: "Commit only when the handler succeeded: `yield`, then `commit()`; roll back in `except` and raise again.",
        trade_off: "None: nobody relies on half of a request.",
        contract_effect: "failed requests leave no rows behind",
        cwe: [460, 390],
        owasp: [],
        profile: Default,
        page: "database/commit-despite-error.md",
        references: ["https://docs.sqlalchemy.org/en/20/orm/session_transaction.html"],
        check: check,
    }
}

/// Exceptions that every error of a handler is.
const EVERYTHING: &[&str] = &["Exception", "BaseException", ""];

/// A commit that also runs when the handler failed.
struct Commit {
    place: Location,
    waits_at: Span,
    why: &'static str,
    why_at: Span,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let committing = functions_calling(graph, &["commit"]);
    let rolling_back = functions_calling(graph, &["rollback"]);
    let mut known: FxHashMap<usize, Option<Commit>> = FxHashMap::default();
    for entry in context.entry_points() {
        let dependency = entry.dependant();
        if entry.is_handler() || !dependency.is_generator {
            continue;
        }
        let Some(node) = graph.of_dependant(dependency) else { continue };
        let found =
            known.entry(node).or_insert_with(|| commit(context, graph, node, &committing, &rolling_back));
        let Some(commit) = found else { continue };
        let file = graph.nodes[node].file;
        let waits_at = Location { file, span: commit.waits_at };
        let symbol = graph.nodes[node].symbol();
        report.report_on_route(&entry.outline(commit.place, &symbol, waits_at), |draft| {
            let (name, route) = (callable_name(dependency), route_name(entry.route));
            draft
                .message(format!("`{name}` commits although `{route}` failed"))
                .evidence_chain(entry.steps())
                .evidence("the error of the handler is raised here", waits_at)
                .evidence(commit.why, Location { file, span: commit.why_at })
                .evidence("what was written before the error is stored", commit.place)
        });
    }
}

fn commit(
    context: &Context<'_>,
    graph: &CallGraph,
    node: usize,
    committing: &FunctionSet,
    rolling_back: &FunctionSet,
) -> Option<Commit> {
    let function = &graph.nodes[node].summary.function;
    let file = context.analysis.files.get(function.id.file);
    let commits: Vec<Location> =
        calls_to(graph, node, &["commit"], committing).map(|(_, place, _)| place).collect();
    let rollbacks: Vec<Location> =
        calls_to(graph, node, &["rollback"], rolling_back).map(|(_, place, _)| place).collect();
    let inside = |places: &[Location], span: Span| {
        places.iter().find(|place| place.file == function.id.file && encloses(span, place.span)).copied()
    };
    for place in yields(&function.definition.body) {
        for around in place.around.iter().filter(|around| around.protected) {
            let StmtKind::Try { handlers, finalbody, .. } = &around.statement.kind else { continue };
            let everything = |handler: &Handler| {
                let caught = handler.exception.as_ref().map_or("", |exception| file.slice(exception.span));
                EVERYTHING.contains(&caught)
            };
            let rolled_back = handlers
                .iter()
                .any(|handler| everything(handler) && inside(&rollbacks, handler.span).is_some());
            if rolled_back {
                continue;
            }
            // Statements of `finally` itself: what stands under a condition may well ask for the error.
            for statement in finalbody {
                if inside(&rollbacks, statement.span).is_some() {
                    break;
                }
                if matches!(statement.kind, StmtKind::Expr(_) | StmtKind::With { .. })
                    && let Some(commit) = inside(&commits, statement.span)
                {
                    return Some(Commit {
                        place: commit,
                        waits_at: place.span,
                        why: "`finally` runs after an error too",
                        why_at: statement.span,
                    });
                }
            }
            let keeps = handlers.iter().find(|handler| {
                everything(handler)
                    && ending(&handler.body, &|_| false) == Ending::Completes
                    && !matches!(handler.body.last().map(|last| &last.kind), Some(StmtKind::Return(_)))
            });
            let Some(keeps) = keeps else { continue };
            let behind = commits.iter().find(|commit| {
                commit.file == function.id.file && commit.span.start >= around.statement.span.end
            });
            if let Some(commit) = inside(&commits, keeps.span).or(behind.copied()) {
                return Some(Commit {
                    place: commit,
                    waits_at: place.span,
                    why: "the error is kept here, and nothing is rolled back",
                    why_at: keeps.span,
                });
            }
        }
    }
    None
}
