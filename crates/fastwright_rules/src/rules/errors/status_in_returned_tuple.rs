//! `status-in-returned-tuple`: body and status returned as a tuple, which FastAPI sends as a list with 200.

use crate::context::Context;
use crate::finding::Fix;
use crate::fixes::Source;
use crate::flow::returned_by_handler;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{handler_name, registered_at, title};
use fastwright_model::application::RouteKind;
use fastwright_model::assemble::declared_response;
use fastwright_model::registry::EntryKind;
use fastwright_python::interpreter::{Interpreter, plain_type};
use fastwright_python::ir::{ExprKind, StmtKind};
use fastwright_python::location::Location;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Body and status returned as a tuple, which FastAPI sends as a list with 200.
    StatusInReturnedTuple {
        name: "status-in-returned-tuple",
        area: Errors,
        severity: High,
        confidence: Certain,
        summary: "body and status returned as a tuple, which FastAPI sends as a list with 200",
        why: "Other frameworks take `return body, status` apart, FastAPI does not: callers get `[body, status]`, and success where failure was meant.",
        recommendation: "Raise `HTTPException` for errors; set another success status with `status_code=` of the route or `JSONResponse`.",
        trade_off: "None.",
        contract_effect: "the intended status, and the body without a list around it",
        cwe: [393],
        owasp: [],
        profile: Default,
        page: "errors/status-in-returned-tuple.md",
        references: ["https://fastapi.tiangolo.com/tutorial/handling-errors/", "https://fastapi.tiangolo.com/advanced/additional-status-codes/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    for (_, route, detail) in context.routes() {
        let Some(dependant) = &detail.dependant else { continue };
        if route.kind != RouteKind::Http || detail.flat.entry_kind != EntryKind::Operation {
            continue;
        }
        let mut found: Vec<(Location, i64, Option<String>)> = Vec::new();
        returned_by_handler(code, interpreter, dependant, &mut |interpreter, visit, value| {
            if let Some((status, detail)) = body_and_status(interpreter, value) {
                found.push((visit.event.location, status, detail));
            }
        });
        if found.is_empty() || declares_tuple(interpreter, detail) {
            continue;
        }
        for (place, status, detail) in found {
            let name = title(route);
            let draft = Draft::new(
                place,
                handler_name(route),
                format!("`{name}` means {status} and answers 200 with a list: FastAPI does not take a returned tuple apart"),
            )
            .route(route)
            .discriminator(status.to_string())
            .evidence(format!("`{name}` is registered here"), registered_at(route))
            .evidence(format!("a body and {status} are returned as a tuple"), place);
            let draft = match status {
                400.. => draft.example(format!(
                    "raise HTTPException({status}, {})",
                    detail.unwrap_or_else(|| "...".to_owned())
                )),
                _ => draft.example(format!("return JSONResponse(..., status_code={status})")),
            };
            report.report(draft.fix(fix(context, place, status)));
        }
    }
}

/// A response with the body and the status.
fn fix(context: &Context<'_>, place: Location, status: i64) -> Option<Fix> {
    let source = Source::of(context, place.file)?;
    let statement = source.statement(place.span)?;
    let StmtKind::Return(Some(value)) = &statement.kind else { return None };
    let ExprKind::Tuple(items) = &value.kind else { return None };
    let [body, _] = &**items else { return None };
    let span = source.with_parentheses(value.span);
    if source.has_comment(span) || !matches!(body.kind, ExprKind::Dict(_)) {
        return None;
    }
    let (class, imports) = source.import("fastapi.responses", Some("JSONResponse"))?;
    let text = format!("{class}({}, status_code={status})", source.slice(body.span));
    Some(
        Fix::changes_contract(
            "answer with the status",
            format!("{status} with the body instead of 200 with a list"),
        )
        .edit(source.replace(span, text))
        .imports(place.file, imports),
    )
}

/// The status of a pair of a body and a status, and the text of the body's only entry.
fn body_and_status(interpreter: &mut Interpreter<'_>, value: &Value) -> Option<(i64, Option<String>)> {
    let tuple = value.alternatives().iter().find_map(|value| match value.kind() {
        Kind::Tuple(items) => Some(items),
        _ => None,
    })?;
    let (body, status) = match &***tuple {
        [body, status] | [body, status, _] => (body, status),
        _ => return None,
    };
    let Kind::Int(status) = *status.kind() else { return None };
    let known = matches!(status, 200..=208 | 400..=431 | 451 | 500..=511);
    if !known || !matches!(body.kind(), Kind::Dict(_)) {
        return None;
    }
    let detail = interpreter.entries(body).and_then(|entries| match entries.as_slice() {
        [(_, only)] => only.as_str().map(|text| format!("{text:?}")),
        _ => None,
    });
    Some((status, detail))
}

/// Whether the route says that it answers with a tuple or list.
fn declares_tuple(
    interpreter: &mut Interpreter<'_>,
    detail: &fastwright_model::assemble::RouteDetail,
) -> bool {
    let Some(declared) = declared_response(interpreter, &detail.flat) else { return false };
    let plain = plain_type(&declared);
    let base = match plain.as_symbolic() {
        Some(Symbolic::Item { base, .. }) => base.as_external(),
        _ => plain.as_external(),
    };
    base.is_some_and(|name| {
        matches!(name.as_str(), "builtins.tuple" | "typing.Tuple" | "builtins.list" | "typing.List")
    })
}
