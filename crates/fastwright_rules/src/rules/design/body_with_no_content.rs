//! `body-with-no-content`: body for a status that has none.

use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{handler_name, registered_at, title};
use crate::wording::route_name;
use fastwright_model::application::RouteKind;
use fastwright_model::assemble::declared_response;
use fastwright_model::dependant::type_text;
use fastwright_model::registry::EntryKind;
use fastwright_python::summary::EventKind;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Body for a status that has none.
    BodyWithNoContent {
        name: "body-with-no-content",
        area: Design,
        severity: High,
        confidence: Certain,
        summary: "body for a status that has none",
        why: "204 and 304 end with their headers: the server refuses to send the body, logs an error for each answer and closes the connection.",
        recommendation: "Answer with `Response(status_code=204)`, or with a status that has a body.",
        trade_off: "None.",
        contract_effect: "none: the body never arrives",
        cwe: [],
        owasp: [],
        profile: Default,
        page: "design/body-with-no-content.md",
        references: ["https://www.rfc-editor.org/rfc/rfc9110#section-15.3.5", "https://fastapi.tiangolo.com/tutorial/response-status-code/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    declared(context, report);
    answered(context, report);
}

/// Routes that declare a status without body and a response model: FastAPI refuses them at import.
fn declared(context: &Context<'_>, report: &mut Reporter<'_>) {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    for (_, route, detail) in context.routes() {
        if route.kind != RouteKind::Http || detail.flat.entry_kind != EntryKind::Operation {
            continue;
        }
        let status = detail.flat.options.keyword("status_code").and_then(Value::as_int);
        let Some(status @ (204 | 205 | 304)) = status else { continue };
        let Some(model) = declared_response(interpreter, &detail.flat) else { continue };
        if model.is_unknown()
            || model
                .as_external()
                .is_some_and(|name| matches!(name.last_part(), "NoneType" | "Never" | "NoReturn"))
        {
            continue;
        }
        let text = type_text(interpreter, &model);
        if text == "?" || text == "None" {
            continue;
        }
        let name = title(route);
        report.report(
            Draft::new(
                registered_at(route),
                handler_name(route),
                format!("`{name}` answers {status}, which has no body, and declares `{text}`: FastAPI refuses that at import"),
            )
            .route(route)
            .discriminator("declared")
            .evidence(format!("`{name}` is registered with {status} here"), registered_at(route))
            .evidence(format!("its response model is `{text}`"), route.location)
            .why(format!("The application does not start: \"Status code {status} must not have a response body\"."))
            .recommendation("Declare `-> None`, or another status."),
        );
    }
}

/// Responses that are made with a body and a status that has none.
fn answered(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let answering = code.calls().libraries(|name| body_of(name).is_some());
    for number in answering.iter() {
        let node = &code.nodes[number];
        for (position, event) in node.summary.events.iter().enumerate() {
            let EventKind::Call(call) = &event.kind else { continue };
            let Some(always) = node.callee(position).and_then(body_of) else { continue };
            let Some(status @ (204 | 304)) = call.arguments.get(1, "status_code").and_then(Value::as_int)
            else {
                continue;
            };
            if call.arguments.incomplete || !has_body(call.arguments.get(0, "content"), always) {
                continue;
            }
            let class = node.callee(position).and_then(|name| name.rsplit('.').next()).unwrap_or_default();
            let function = &node.definition;
            for reached in code.routes_of(number) {
                let outline = reached.outline(context.analysis, event.location, &function.qualname);
                report.report_on_route(&outline, |draft| {
                    let title = route_name(reached.route_in(context.analysis));
                    draft
                        .message(format!("`{title}` sends a body with {status}, which has none"))
                        .evidence_chain(code.evidence(context.analysis, &reached))
                        .evidence(
                            if always {
                                format!("`{class}` writes a body whatever it gets, `null` for `None`")
                            } else {
                                format!("`{class}` gets a body and {status}")
                            },
                            event.location,
                        )
                        .example(format!("return Response(status_code={status})"))
                });
            }
        }
    }
}

/// Of the classes of responses that write their content: whether they write a body for `None` as well.
fn body_of(callee: &str) -> Option<bool> {
    match callee.strip_prefix("starlette.responses.").or_else(|| callee.strip_prefix("fastapi.responses."))? {
        "JSONResponse" | "ORJSONResponse" | "UJSONResponse" => Some(true),
        "Response" | "PlainTextResponse" | "HTMLResponse" => Some(false),
        _ => None,
    }
}

fn has_body(content: Option<&Value>, always: bool) -> bool {
    if always {
        // `JSONResponse` without content is not possible, but `**` may bring it.
        return content.is_some();
    }
    match content.map(|content| content.kind()) {
        Some(Kind::Str(text)) => !text.is_empty(),
        Some(Kind::Bytes(bytes)) => !bytes.is_empty(),
        Some(Kind::Symbolic(symbolic)) => matches!(&**symbolic, Symbolic::Format(_)),
        _ => false,
    }
}
