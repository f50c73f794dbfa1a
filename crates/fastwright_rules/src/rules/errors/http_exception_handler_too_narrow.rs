//! `http-exception-handler-too-narrow`: handler for FastAPI's `HTTPException` that misses those of the router.

use crate::context::Context;
use crate::finding::Fix;
use crate::fixes::Source;
use crate::reporter::{Draft, Reporter};
use fastwright_model::registry::Registry;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
use fastwright_python::summary::EventKind;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Handler for FastAPI's `HTTPException` that misses those of the router.
    HttpExceptionHandlerTooNarrow {
        name: "http-exception-handler-too-narrow",
        area: Errors,
        severity: Medium,
        confidence: Certain,
        summary: "handler for FastAPI's `HTTPException` that misses those of the router",
        why: "Unknown paths (404), wrong methods (405) and files that are missing raise Starlette's class, from which FastAPI's derives: these answers keep another form than all others.",
        recommendation: "Register the handler for `starlette.exceptions.HTTPException`; it gets FastAPI's as well.",
        trade_off: "None.",
        contract_effect: "404 and 405 of the router get the form of the other errors",
        cwe: [],
        owasp: [],
        profile: Default,
        page: "errors/http-exception-handler-too-narrow.md",
        references: ["https://fastapi.tiangolo.com/tutorial/handling-errors/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let registry = interpreter.extension::<Registry>();
    let mut candidates: Vec<(Value, Location, Location)> = Vec::new();
    for id in &registry.order {
        let Some(state) = registry.routers.get(id) else { continue };
        let handles = |wanted: &dyn Fn(&Value) -> bool| {
            state.exception_handlers.iter().find(|(class, _, _)| wanted(class))
        };
        let is = |class: &Value, name: &str| class.as_external().is_some_and(|known| known == name);
        if handles(&|class| is(class, "starlette.exceptions.HTTPException")).is_some()
            || handles(&|class| matches!(class.as_int(), Some(404 | 405))).is_some()
        {
            continue;
        }
        if let Some((_, handler, site)) = handles(&|class| is(class, "fastapi.exceptions.HTTPException")) {
            candidates.push((handler.clone(), *site, state.site));
        }
    }
    for (handler, site, app) in candidates {
        let Some(answer) = own_form(interpreter, &handler) else { continue };
        let Some(function) = interpreter.plain_function(&handler) else { continue };
        let name = function.definition.name;
        report.report(
            Draft::new(
                site,
                function.definition.qualname.as_str(),
                format!("`{name}` does not see 404 and 405 of the router: they raise Starlette's `HTTPException`"),
            )
            .evidence("the application is made here", app)
            .evidence(format!("`{name}` is registered for FastAPI's class only"), site)
            .evidence("it gives errors a form of its own", answer)
            .example("from starlette.exceptions import HTTPException as StarletteHTTPException\n\n@app.exception_handler(StarletteHTTPException)")
            .fix(fix(context, site)),
        );
    }
}

/// Starlette's class in the place of FastAPI's, which is derived from it.
fn fix(context: &Context<'_>, site: Location) -> Option<Fix> {
    let source = Source::of(context, site.file)?;
    let (_, call) = source.call(site.span)?;
    let class = &call.arguments.first()?.value;
    let written = class.dotted_name()?;
    if written.rsplit('.').next() != Some("HTTPException") {
        return None;
    }
    let (module, imports) = source.import("starlette.exceptions", None)?;
    Some(
        Fix::changes_contract(
            "register the handler for Starlette's `HTTPException`",
            "404 and 405 of the router have the form of the other errors",
        )
        .edit(source.replace(class.span, format!("{module}.HTTPException")))
        .imports(site.file, imports)
        .may_drop_import(site.file, written.split('.').next().unwrap_or_default()),
    )
}

/// Where a handler makes an answer whose body is another than FastAPI's `{"detail": ...}`.
fn own_form(interpreter: &mut Interpreter<'_>, handler: &Value) -> Option<Location> {
    let function = interpreter.plain_function(handler)?;
    let summary = interpreter.summarize(&function, None)?;
    let mut found = None;
    for event in &summary.events {
        let EventKind::Call(call) = &event.kind else { continue };
        let Some(callee) = call.callee.as_external() else { continue };
        // What hands on to FastAPI's own keeps the form.
        if callee.ends_with("http_exception_handler") {
            return None;
        }
        if !interpreter.derives_from(&call.callee, "starlette.responses.Response") {
            continue;
        }
        let Some(mut content) = call.arguments.get(0, "content").cloned() else { continue };
        if let Some(Symbolic::Call { callee, arguments, .. }) = content.as_symbolic()
            && callee.as_external().is_some_and(|name| name == "fastapi.encoders.jsonable_encoder")
            && let Some(encoded) = arguments.get(0, "obj").cloned()
        {
            content = encoded;
        }
        let is_own = match content.kind() {
            Kind::Dict(_) => {
                let entries = interpreter.entries(&content)?;
                entries.len() != 1 || entries[0].0 != "detail"
            }
            Kind::Str(_) => true,
            Kind::Symbolic(symbolic) => matches!(&**symbolic, Symbolic::Format(_)),
            _ => false,
        };
        if is_own {
            found.get_or_insert(event.location);
        }
    }
    found
}
