//! `swallowed-http-exception`: broad except that turns an intended status into another one.

use crate::call_graph::{CallGraph, Entry};
use crate::context::Context;
use crate::escaping::{Escape, Escapes, Fate, fate, is_broad, try_regions};
use crate::finding::Fix;
use crate::fixes::Source;
use crate::metadata::Profile;
use crate::reporter::Reporter;
use crate::wording::route_name;
use fastwright_model::facts::{mentions, status_of_exception, status_of_response};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::Handler;
use fastwright_python::location::{Location, Span};
use fastwright_python::summary::{EventKind, Summary};
use fastwright_python::value::*;
use std::rc::Rc;

crate::declare_rule! {
    /// Broad except that turns an intended status into another one.
    SwallowedHttpException {
        name: "swallowed-http-exception",
        area: Errors,
        severity: Medium,
        confidence: Certain,
        summary: "broad except that turns an intended status into another one",
        why: "A 404 or 403 that the code raises on purpose reaches the client as 500 (or as success), and monitoring counts it as a failure of the service.",
        recommendation: "Let `HTTPException` pass (`except HTTPException: raise`), or catch only the errors that can be handled.",
        trade_off: "Clients see the status that was meant.",
        contract_effect: "the intended status instead of another one",
        cwe: [755, 396],
        owasp: [],
        profile: Default,
        page: "errors/swallowed-http-exception.md",
        references: ["https://fastapi.tiangolo.com/tutorial/handling-errors/"],
        check: check,
    }
}

/// Calls between a `raise` and the clause from which on it is far below.
const FAR: usize = 3;

/// A clause that ends exceptions which have a status of their own.
struct Swallowing {
    clause: Location,
    lost: Vec<Escape>,
    /// The status that callers see instead, where the clause raises or answers one.
    instead: Option<u16>,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let mut interpreter = context.analysis.interpreter.borrow_mut();
    let interpreter = &mut *interpreter;
    let mut escapes = Escapes::new(graph);
    for node in 0..graph.nodes.len() {
        for mut swallowing in swallowed(interpreter, &mut escapes, graph, node) {
            // Whether a status that is raised far below is raised on this way depends on much in between.
            if context.settings.profile < Profile::Strict {
                swallowing.lost.retain(|escape| escape.calls() < FAR);
            }
            if swallowing.lost.is_empty() {
                continue;
            }
            let summary = &graph.nodes[node].summary;
            let function = &summary.function.definition;
            let mut statuses: Vec<u16> = swallowing.lost.iter().map(|escape| escape.status).collect();
            statuses.sort_unstable();
            statuses.dedup();
            let lost: Vec<String> = statuses.iter().map(u16::to_string).collect();
            let lost = lost.join(", ");
            let instead = swallowing
                .instead
                .map_or_else(|| "an error without a status".to_owned(), |status| status.to_string());
            for reached in graph.routes_of(node) {
                let outline = reached
                    .outline(context.analysis, swallowing.clause, &function.qualname)
                    .discriminator(&lost);
                report.report_on_route(&outline, |draft| {
                    let (name, title) = (function.name, route_name(reached.route_in(context.analysis)));
                    let escaping = swallowing.lost.first().map(|escape| escape.steps("inside of the `try`"));
                    draft
                        .message(format!(
                            "the broad `except` in `{name}` turns the {lost} of `{title}` into {instead}"
                        ))
                        .evidence_chain(graph.evidence(context.analysis, &reached))
                        .evidence_chain(escaping.into_iter().flatten())
                        .evidence(
                            format!("this clause catches it, and the caller sees {instead}"),
                            swallowing.clause,
                        )
                        .example("except HTTPException:\n    raise\nexcept Exception: ...")
                        .contract_effect(format!("{lost} instead of {instead}"))
                        .fix(fix(context, swallowing.clause, format!("{lost} instead of {instead}")))
                });
            }
        }
    }
}

/// A clause in front of the broad one that lets the answer through.
fn fix(context: &Context<'_>, clause: Location, changes: String) -> Option<Fix> {
    let source = Source::of(context, clause.file)?;
    let (name, imports) = source.import("fastapi", Some("HTTPException"))?;
    let start = source.line_start(clause.span.start);
    let step = source.indentation_step();
    let text = source.indented(clause.span.start, &format!("except {name}:\n{step}raise"));
    Some(
        Fix::changes_contract("raise `HTTPException` again before the broad clause", changes)
            .edit(source.insert(start, text))
            .imports(clause.file, imports),
    )
}

fn swallowed(
    interpreter: &mut Interpreter<'_>,
    escapes: &mut Escapes<'_>,
    graph: &CallGraph,
    node: usize,
) -> Vec<Swallowing> {
    if !graph.nodes[node].may_try {
        return Vec::new();
    }
    let summary = Rc::clone(&graph.nodes[node].summary);
    let function = Rc::clone(&summary.function);
    let inside = escapes.inside(interpreter, node);
    if inside.is_empty() {
        return Vec::new();
    }
    let regions = try_regions(&function.definition);
    let is_handler = graph.nodes[node].entries.iter().any(|entry| matches!(entry, Entry::Handler(..)));
    let mut found: Vec<Swallowing> = Vec::new();
    for (at, escape) in inside {
        for region in regions.iter().filter(|region| region.body.contains(at.span.start)) {
            let position = match fate(interpreter, &function, region, &escape.exception) {
                Fate::Passes => continue,
                Fate::Unknown => break,
                Fate::EndsIn(position) => position,
            };
            let handler = &region.handlers[position];
            if is_broad(interpreter, &function, handler)
                && let Some(instead) = answer_instead(interpreter, &summary, handler, is_handler)
                && instead != Some(escape.status)
                // One failure of the server instead of another is no lost answer.
                && !(escape.status >= 500 && instead.is_some_and(|status| status >= 500))
            {
                let span = Span::new(handler.span.start, handler.span.start + 6);
                let clause = Location { file: function.id.file, span };
                match found.iter_mut().find(|known| known.clause == clause) {
                    Some(known) => known.lost.push(escape),
                    None => found.push(Swallowing { clause, lost: vec![escape], instead }),
                }
            }
            break;
        }
    }
    found
}

/// What a clause answers: nothing when it looks at what it caught, or when a caller may make sense of what
/// it gives back; otherwise the status, if it has one.
fn answer_instead(
    interpreter: &mut Interpreter<'_>,
    summary: &Summary,
    handler: &Handler,
    is_handler: bool,
) -> Option<Option<u16>> {
    let file = summary.function.id.file;
    let inside = |location: Location| location.file == file && contains(handler.span, location.span);
    let is_caught = |value: &Value| {
        matches!(value.as_symbolic(), Some(Symbolic::Call { site, arguments, .. })
            if site.file == file && site.span == handler.span && arguments.positional.is_empty())
    };
    let mut answer = None;
    for event in summary.events.iter().filter(|event| inside(event.location)) {
        match &event.kind {
            // It looks at what it has caught: what follows is a decision.
            EventKind::Condition(condition) if mentions(condition, &mut |value| is_caught(value)) => {
                return None;
            }
            EventKind::Call(call) => {
                let name = call.callee.as_external();
                if name.is_some_and(|name| {
                    matches!(name.as_str(), "builtins.isinstance" | "builtins.getattr" | "builtins.hasattr")
                }) {
                    return None;
                }
                // A function of the program that gets the exception may let it pass.
                if let Some((_, _)) = &call.target
                    && call
                        .arguments
                        .positional
                        .iter()
                        .any(|value| mentions(value, &mut |value| is_caught(value)))
                {
                    return None;
                }
            }
            EventKind::Raise { exception, again: false } => {
                let status = status_of_exception(interpreter, exception);
                if status.is_none() {
                    let is_builtin = matches!(exception.as_symbolic(), Some(Symbolic::Call { callee, .. })
                        if callee.as_external().is_some_and(|name| name.starts_with("builtins.")));
                    if !is_builtin {
                        return None;
                    }
                }
                answer = Some(status);
            }
            EventKind::Return(value) if is_handler && answer.is_none() => {
                answer = Some(status_of_response(interpreter, value));
            }
            _ => {}
        }
    }
    answer
}

fn contains(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
