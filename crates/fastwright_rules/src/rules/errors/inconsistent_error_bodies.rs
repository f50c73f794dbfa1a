//! `inconsistent-error-bodies`: errors whose bodies have different forms.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::vocabulary::holds_any;
use fastwright_model::analysis::is_test_path;
use fastwright_model::registry::Registry;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
use fastwright_python::summary::EventKind;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Errors whose bodies have different forms.
    InconsistentErrorBodies {
        name: "inconsistent-error-bodies",
        area: Errors,
        severity: Low,
        confidence: Certain,
        summary: "errors whose bodies have different forms",
        why: "Clients must know for each route where the text of an error stands, and show nothing, or the wrong thing, where they guess wrong.",
        recommendation: "Raise exceptions everywhere, and give them one form in handlers: for `HTTPException`, `RequestValidationError` and your own.",
        trade_off: "Clients that read today's other form have to change.",
        contract_effect: "bodies of errors change",
        cwe: [],
        owasp: [],
        profile: Strict,
        page: "errors/inconsistent-error-bodies.md",
        references: ["https://www.rfc-editor.org/rfc/rfc9457", "https://fastapi.tiangolo.com/tutorial/handling-errors/"],
        check: check,
    }
}

/// A form of bodies with the places where it is made.
struct Form {
    keys: Vec<String>,
    places: Vec<(String, Location)>,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let mut forms = written_forms(context, interpreter, code);
    if let Some(raised) = raised_form(interpreter, code) {
        match forms.iter_mut().find(|form| form.keys == raised.keys) {
            Some(known) => known.places.extend(raised.places),
            None => forms.push(raised),
        }
    }
    // What shares a key with the most frequent form says more, not something else.
    forms.sort_by_key(|form| std::cmp::Reverse(form.places.len()));
    let Some((usual, others)) = forms.split_first() else { return };
    let other: Vec<&Form> =
        others.iter().filter(|form| !form.keys.iter().any(|key| usual.keys.contains(key))).collect();
    let Some(first) = other.first() else { return };
    let shown = |form: &Form| {
        let keys: Vec<String> = form.keys.iter().map(|key| format!("`{key}`")).collect();
        keys.join(", ")
    };
    let (symbol, place) = &first.places[0];
    let count: usize = other.iter().map(|form| form.places.len()).sum();
    let mut draft = Draft::new(
        *place,
        symbol.clone(),
        format!(
            "errors have different bodies: {} in {} {}, {} in {}",
            shown(usual),
            usual.places.len(),
            if usual.places.len() == 1 { "place" } else { "places" },
            shown(first),
            count
        ),
    )
    .discriminator("error bodies");
    for (symbol, place) in usual.places.iter().take(2) {
        draft = draft.evidence(format!("`{symbol}` answers with {}", shown(usual)), *place);
    }
    for form in other.iter().take(3) {
        for (symbol, place) in form.places.iter().take(2) {
            draft = draft.evidence(format!("`{symbol}` answers with {}", shown(form)), *place);
        }
    }
    report.report(draft);
}

/// The forms of bodies that responses with an error status are made with.
fn written_forms(context: &Context<'_>, interpreter: &mut Interpreter<'_>, code: &CallGraph) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let answering =
        code.calls().libraries(|name| name.ends_with(".JSONResponse") || name.ends_with(".ORJSONResponse"));
    for number in answering.iter() {
        let node = &code.nodes[number];
        let function = &node.summary.function;
        // Checks of health tell their result to machines that ask for nothing else.
        let of_health =
            holds_any(&function.definition.qualname, &["health", "ready", "readiness", "liveness"]);
        if of_health || is_test_path(&context.analysis.files.get(function.id.file).relative) {
            continue;
        }
        for event in &node.summary.events {
            let EventKind::Call(call) = &event.kind else { continue };
            if !interpreter.derives_from(&call.callee, "starlette.responses.JSONResponse") {
                continue;
            }
            let status = call.arguments.get(1, "status_code");
            // Handlers of exceptions take the status from the exception.
            let from_exception = matches!(status.and_then(Value::as_symbolic), Some(Symbolic::Member { name, .. }) if *name == "status_code");
            let is_error =
                status.and_then(Value::as_int).is_some_and(|status| status >= 400) || from_exception;
            let Some(content) = call.arguments.get(0, "content").filter(|_| is_error).cloned() else {
                continue;
            };
            let Some(entries) = interpreter.entries(&content).filter(|entries| !entries.is_empty()) else {
                continue;
            };
            let mut keys: Vec<String> = entries.iter().map(|(name, _)| name.to_string()).collect();
            // OAuth 2 has a form of its own.
            if keys.iter().any(|key| key == "error_description") {
                continue;
            }
            keys.sort();
            keys.dedup();
            let place = (function.definition.qualname.to_string(), event.location);
            match forms.iter_mut().find(|form| form.keys == keys) {
                Some(form) if form.places.contains(&place) => {}
                Some(form) => form.places.push(place),
                None => forms.push(Form { keys, places: vec![place] }),
            }
        }
    }
    forms
}

/// The form that FastAPI gives to what is raised, where nothing else is registered for it.
fn raised_form(interpreter: &mut Interpreter<'_>, code: &CallGraph) -> Option<Form> {
    let registry = interpreter.extension::<Registry>();
    let handled = registry
        .routers
        .values()
        .flat_map(|state| &state.exception_handlers)
        .any(|(class, _, _)| class.as_external().is_some_and(|name| name.last_part() == "HTTPException"));
    if handled {
        return None;
    }
    let mut places = Vec::new();
    for node in &code.nodes {
        for event in &node.summary.events {
            let EventKind::Raise { exception, again: false } = &event.kind else { continue };
            let Some(Symbolic::Call { callee, .. }) = exception.as_symbolic() else { continue };
            if callee.as_external().is_some_and(|name| name.last_part() == "HTTPException") {
                let place = (node.definition.qualname.to_string(), event.location);
                if !places.contains(&place) {
                    places.push(place);
                }
            }
        }
    }
    (!places.is_empty()).then(|| Form { keys: vec!["detail".to_owned()], places })
}
