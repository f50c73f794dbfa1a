//! `http-exception-after-response`: `HTTPException` raised when the response has already begun.

use crate::call_graph::{CallGraph, Edge};
use crate::context::Context;
use crate::escaping::{Escape, Escapes};
use crate::reporter::Reporter;
use crate::syntax;
use crate::wording::route_name;
use fastwright_model::facts::EdgeKind;
use fastwright_python::ir::{ExprKind, StmtKind};
use fastwright_python::location::{Location, Span};

crate::declare_rule! {
    /// `HTTPException` raised when the response has already begun.
    HttpExceptionAfterResponse {
        name: "http-exception-after-response",
        area: Errors,
        severity: Medium,
        confidence: Certain,
        summary: "`HTTPException` raised when the response has already begun",
        why: "The status is on its way or already there: the caller never learns of the failure, and the log shows \"response already started\" instead of it.",
        recommendation: "Check before the response begins; what fails later must be logged, stored, or sent as part of the stream.",
        trade_off: "A check in front of a stream reads something twice, or opens it early.",
        contract_effect: "callers see failures that are lost today",
        cwe: [755],
        owasp: [],
        profile: Default,
        page: "errors/http-exception-after-response.md",
        references: ["https://fastapi.tiangolo.com/tutorial/background-tasks/", "https://www.starlette.dev/responses/"],
        check: check,
    }
}

/// When a function runs.
#[derive(Clone, Copy)]
enum Late {
    Background,
    Stream(Location),
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let streaming = code.calls().libraries(is_stream);
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let mut escapes = Escapes::new(code);
    for number in 0..code.nodes.len() {
        for edge in code.edges(number).iter().filter(|edge| edge.kind == EdgeKind::Background) {
            let found = escapes.passing(interpreter, edge.to());
            tell(context, code, number, edge, Late::Background, &found, report);
        }
        if !streaming.contains(number) {
            continue;
        }
        for (place, edge) in streams(code, number) {
            let found = escapes.passing(interpreter, edge.to());
            tell(context, code, number, edge, Late::Stream(place), &found, report);
        }
    }
}

/// Responses that send their head before they ask for the first part of their body.
fn is_stream(callee: &str) -> bool {
    callee.starts_with("starlette.responses.StreamingResponse")
        || callee.starts_with("sse_starlette.") && callee.ends_with("EventSourceResponse")
}

/// The generators that a function gives to a stream: where the stream is made, and the call of the generator.
fn streams(code: &CallGraph, number: usize) -> Vec<(Location, &Edge)> {
    let node = &code.nodes[number];
    let body = &node.definition.body;
    let file = node.file;
    let mut found = Vec::new();
    for (_, place, _) in node.library_calls(is_stream) {
        if place.file != file {
            continue;
        }
        let Some(call) = syntax::call_expression(body, place.span) else { continue };
        let Some(content) = call.arguments.first() else { continue };
        let made: Span = match &content.value.kind {
            // What has a name is made where the name is assigned.
            ExprKind::Name(name) => {
                let mut made = None;
                syntax::statements(body, &mut |statement| {
                    if let StmtKind::Assign { targets, value } = &statement.kind
                        && statement.span.end <= place.span.start
                        && matches!(&**targets, [target] if matches!(target.kind, ExprKind::Name(own) if own == *name))
                    {
                        made = Some(value.span);
                    }
                });
                match made {
                    Some(span) => span,
                    None => continue,
                }
            }
            _ => content.value.span,
        };
        for edge in code.edges(number) {
            let is_generator = code.nodes[edge.to()].definition.is_generator;
            if edge.kind == EdgeKind::Call
                && is_generator
                && edge.site.file == file
                && edge.site.span.start == made.start
                && edge.site.span.end == made.end
            {
                found.push((place, edge));
            }
        }
    }
    found
}

fn tell(
    context: &Context<'_>,
    code: &CallGraph,
    number: usize,
    edge: &Edge,
    late: Late,
    found: &[(Location, Escape)],
    report: &mut Reporter<'_>,
) {
    let Some(((place, escape), others)) = found.split_first() else { return };
    let called = &code.nodes[edge.to()].definition;
    let mut statuses: Vec<u16> = found.iter().map(|(_, escape)| escape.status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    let statuses = statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
    for reached in code.routes_of(number) {
        let outline = reached.outline(context.analysis, *place, &called.qualname);
        report.report_on_route(&outline, |draft| {
            let title = route_name(reached.route_in(context.analysis));
            let message = match late {
                Late::Background => format!(
                    "`{title}` has answered when `{}` raises {statuses} in the background: nobody sees it",
                    called.name
                ),
                Late::Stream(_) => format!(
                    "`{title}` has sent 200 when `{}` raises {statuses} in its stream: the answer breaks off",
                    called.name
                ),
            };
            let draft = draft.message(message).evidence_chain(code.evidence(context.analysis, &reached));
            let draft = match late {
                Late::Background => {
                    draft.evidence(format!("`{}` is to run after the response", called.name), edge.site)
                }
                Late::Stream(place) => draft
                    .evidence(format!("`{}` gives the parts of the body", called.name), edge.site)
                    .evidence("the response sends its status before it asks for the first part", place),
            };
            // The same function raises in several places: how the first is reached shows how all are.
            let also = others
                .iter()
                .map(|(place, other)| (format!("{} is raised through here, too", other.status), *place));
            draft.evidence_chain(escape.steps("there")).evidence_chain(also)
        });
    }
}
