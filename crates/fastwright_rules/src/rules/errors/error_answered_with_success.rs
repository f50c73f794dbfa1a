//! `error-answered-with-success`: error that is returned as an ordinary answer, with 200.

use crate::context::Context;
use crate::flow::returned_by_handler;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{handler_name, registered_at, title};
use crate::syntax;
use fastwright_model::application::RouteKind;
use fastwright_model::registry::EntryKind;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Error that is returned as an ordinary answer, with 200.
    ErrorAnsweredWithSuccess {
        name: "error-answered-with-success",
        area: Errors,
        severity: Low,
        confidence: Likely,
        summary: "error that is returned as an ordinary answer, with 200",
        why: "Clients, proxies and monitoring go by the status: they count the failure as success, cache it, and don't try again.",
        recommendation: "Raise `HTTPException` with the status that is meant.",
        trade_off: "Clients that read the body for errors have to look at the status.",
        contract_effect: "an error status instead of 200",
        cwe: [393],
        owasp: [],
        profile: Strict,
        page: "errors/error-answered-with-success.md",
        references: ["https://fastapi.tiangolo.com/tutorial/handling-errors/"],
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
        let status = detail.flat.options.keyword("status_code").and_then(Value::as_int).unwrap_or(200);
        if status >= 400 || sets_status(dependant) || tells_of_health(&route.path) {
            continue;
        }
        let (mut found, mut others): (Vec<(Location, String)>, usize) = (Vec::new(), 0);
        returned_by_handler(code, interpreter, dependant, &mut |interpreter, visit, value| match error_in(
            interpreter,
            value,
        ) {
            Some(what) => found.push((visit.event.location, what)),
            None => others += 1,
        });
        // Where every answer has it, it is a field like others.
        if others == 0 {
            continue;
        }
        let Some((place, what)) = found.first() else { continue };
        let name = title(route);
        let mut draft = Draft::new(
            *place,
            handler_name(route),
            format!("`{name}` answers {status} with {what}: an error that looks like success"),
        )
        .route(route)
        .discriminator(what.clone())
        .evidence(format!("`{name}` is registered here"), registered_at(route));
        for (place, what) in found.iter().take(5) {
            draft = draft.evidence(format!("{what} is returned, with {status}"), *place);
        }
        report.report(draft.example("raise HTTPException(4.., \"...\")"));
    }
}

/// Whether a handler gets the response, on which it may set the status.
fn sets_status(dependant: &fastwright_model::dependant::Dependant) -> bool {
    dependant.special.iter().any(|(_, class)| class.ends_with(".Response"))
        && dependant
            .function
            .as_ref()
            .is_some_and(|function| syntax::uses_name(&function.definition, "status_code"))
}

/// Checks of health report failures as their result.
fn tells_of_health(path: &str) -> bool {
    let path = path.to_lowercase();
    ["health", "status", "ping", "ready", "live", "test", "check", "rpc", "validate"]
        .iter()
        .any(|word| path.contains(word))
}

/// The entry that says that something failed.
fn error_in(interpreter: &mut Interpreter<'_>, value: &Value) -> Option<String> {
    let Kind::Dict(_) = *value.kind() else { return None };
    let entries = interpreter.entries(value)?;
    // Results of several things, and protocols with their own errors, carry errors on purpose.
    if entries
        .iter()
        .any(|(name, _)| matches!(name.as_str(), "jsonrpc" | "results" | "errors" | "data" | "result"))
    {
        return None;
    }
    entries.iter().find_map(|(name, value)| {
        let is_text = matches!(value.kind(), Kind::Str(_) | Kind::Symbolic(_)) && value.as_str() != Some("");
        match name.as_str() {
            "error" | "error_message" if is_text => Some(format!("`{name}`")),
            "success" | "ok" if value.as_bool() == Some(false) => Some(format!("`{name}: False`")),
            "status" if matches!(value.as_str(), Some("error" | "failed" | "failure")) => {
                Some(format!("`status: {}`", value.as_str().unwrap_or_default()))
            }
            _ => None,
        }
    })
}
