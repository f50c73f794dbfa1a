//! `swallowed-dependency-error`: dependency that catches the handler's error and does not raise it again.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::entry_points::callable_name;
use crate::finding::{Confidence, Edit, Fix};
use crate::reporter::Reporter;
use crate::sessions::call_at;
use crate::syntax::{Ending, ending, yields};
use crate::versions::FastapiVersions;
use crate::wording::route_name;
use fastwright_model::application::RouteKind;
use fastwright_python::ir::{Expr, Handler, StmtKind};
use fastwright_python::location::{File, FileId, Location, Span};
use fastwright_python::project::Version;
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Dependency that catches the handler's error and does not raise it again.
    SwallowedDependencyError {
        name: "swallowed-dependency-error",
        area: Database,
        severity: High,
        confidence: Certain,
        summary: "dependency that catches the handler's error and does not raise it again",
        why: "The error is lost: clients get 500 for what should be 404, and the log shows a complaint of FastAPI instead of the cause.",
        recommendation: "Raise again behind the clean-up.",
        trade_off: "None: FastAPI needs the exception to answer.",
        contract_effect: "the intended status instead of 500",
        cwe: [390, 755],
        owasp: [],
        profile: Default,
        page: "database/swallowed-dependency-error.md",
        references: ["https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/"],
        check: check,
    }
}

/// The version from which a dependency with `yield` has to raise again.
const MUST_RAISE: Version = Version::new(0, 110, 0);

/// What may be caught without losing the answer to a request.
const HARMLESS: &[&str] =
    &["CancelledError", "GeneratorExit", "KeyboardInterrupt", "WebSocketDisconnect", "StopIteration"];

/// An `except` that keeps the error of the handler.
#[derive(Clone)]
struct Swallow {
    handler: Span,
    waits_at: Span,
    caught: String,
    sometimes: bool,
    edit: Option<Edit>,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let versions = FastapiVersions::of(context.analysis);
    if !versions.maybe_at_least(MUST_RAISE) {
        return;
    }
    let graph = context.call_graph();
    let mut known: FxHashMap<usize, Vec<Swallow>> = FxHashMap::default();
    for entry in context.entry_points() {
        let dependency = entry.dependant();
        if entry.is_handler() || !dependency.is_generator || entry.route.kind != RouteKind::Http {
            continue;
        }
        let Some(node) = graph.of_dependant(dependency) else { continue };
        let function = &graph.nodes[node].summary.function;
        for swallow in known.entry(node).or_insert_with(|| swallows(context, graph, node)) {
            let at = |span: Span| Location { file: function.id.file, span };
            let symbol = graph.nodes[node].symbol();
            let outline = entry
                .outline(at(swallow.handler), &symbol, at(swallow.waits_at))
                .confidence(if swallow.sometimes { Confidence::Possible } else { Confidence::Certain });
            report.report_on_route(&outline, |draft| {
                let message = format!(
                    "`{}` keeps errors of `{}`: its `except {}` does not raise again",
                    callable_name(dependency),
                    route_name(entry.route),
                    swallow.caught
                );
                let message = if swallow.sometimes {
                    message.replace("does not raise", "does not always raise")
                } else {
                    message
                };
                let draft = draft
                    .message(message.replace("except :", "except:"))
                    .evidence_chain(entry.steps())
                    .evidence("FastAPI raises the error of the handler here", at(swallow.waits_at))
                    .evidence(
                        "it is caught and not raised again, so there is neither a response nor an error",
                        at(swallow.handler),
                    );
                match &swallow.edit {
                    Some(edit) => draft.fix(Fix::needs_review("raise the error again").edit(edit.clone())),
                    None => draft,
                }
            });
        }
    }
}

fn swallows(context: &Context<'_>, graph: &CallGraph, node: usize) -> Vec<Swallow> {
    let function = &graph.nodes[node].summary.function;
    let file = context.analysis.files.get(function.id.file);
    let never_returns = |expression: &Expr| {
        let Some((index, _)) = call_at(&graph.nodes[node], expression.span) else { return false };
        graph.edge_at(node, index).is_some_and(|edge| graph.nodes[edge.to()].summary.always_raises)
    };
    let mut found: Vec<Swallow> = Vec::new();
    for place in yields(&function.definition.body) {
        for around in place.around.iter().rev().filter(|around| around.protected) {
            let StmtKind::Try { handlers, finalbody, .. } = &around.statement.kind else { continue };
            if ending(finalbody, &never_returns) == Ending::Raises {
                continue;
            }
            for handler in handlers {
                let caught = handler.exception.as_ref().map_or("", |exception| file.slice(exception.span));
                let names: Vec<&str> = caught.trim_matches(['(', ')']).split(',').map(str::trim).collect();
                if !caught.is_empty()
                    && names.iter().all(|name| HARMLESS.iter().any(|harmless| name.ends_with(harmless)))
                {
                    continue;
                }
                let ending = ending(&handler.body, &never_returns);
                let reported = found.iter().any(|known| known.handler == handler.span);
                if ending != Ending::Raises && !reported {
                    found.push(Swallow {
                        handler: handler.span,
                        waits_at: place.span,
                        caught: caught.to_owned(),
                        sometimes: ending == Ending::SometimesRaises,
                        edit: raise_again(file, function.id.file, handler),
                    });
                }
            }
        }
    }
    found
}

/// The edit that raises again behind what an `except` clause does.
fn raise_again(file: &File, id: FileId, handler: &Handler) -> Option<Edit> {
    let last = handler.body.last()?;
    if matches!(last.kind, StmtKind::Pass) {
        return Some(Edit { location: Location { file: id, span: last.span }, text: "raise".to_owned() });
    }
    if matches!(last.kind, StmtKind::Return(_)) {
        return None;
    }
    let first = handler.body.first()?;
    let line = file.line_text(file.line_of(first.span.start));
    let indentation: String = line.chars().take_while(|character| character.is_whitespace()).collect();
    let end = Span::new(last.span.end, last.span.end);
    Some(Edit { location: Location { file: id, span: end }, text: format!("\n{indentation}raise") })
}
