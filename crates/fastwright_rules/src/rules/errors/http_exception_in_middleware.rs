//! `http-exception-in-middleware`: `HTTPException` that leaves a middleware, where nothing turns it into an answer.

use crate::call_graph::{CallGraph, Entry, MiddlewareFunction};
use crate::context::Context;
use crate::escaping::{Escape, Escapes, Fate, fate, try_regions};
use crate::finding::Fix;
use crate::fixes::Source;
use crate::fixes::arguments::keyword;
use crate::reporter::{Draft, Reporter};
use crate::syntax;
use fastwright_model::registry::Registry;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{ArgumentKind, ExprKind, StmtKind};
use fastwright_python::location::Location;
use fastwright_python::value::{Kind, Symbolic, Value};
use std::rc::Rc;

crate::declare_rule! {
    /// `HTTPException` that leaves a middleware, where nothing turns it into an answer.
    HttpExceptionInMiddleware {
        name: "http-exception-in-middleware",
        area: Errors,
        severity: High,
        confidence: Certain,
        summary: "`HTTPException` that leaves a middleware, where nothing turns it into an answer",
        why: "Exception handlers stand inside of all middleware: callers get 500 instead of the status that was meant, and the log fills with stack traces of refused requests.",
        recommendation: "Return a response from the middleware, or do the check in a dependency, where raising works.",
        trade_off: "A dependency does not run for mounted applications and for paths that no route has.",
        contract_effect: "the intended status instead of 500",
        cwe: [755],
        owasp: [],
        profile: Default,
        page: "errors/http-exception-in-middleware.md",
        references: ["https://github.com/fastapi/fastapi/issues/4653", "https://www.starlette.dev/middleware/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let running: Vec<usize> =
        (0..code.nodes.len()).filter(|node| code.nodes[*node].entries.contains(&Entry::Middleware)).collect();
    if running.is_empty() {
        return;
    }
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    if answers_by_status(interpreter) {
        return;
    }
    let mut escapes = Escapes::new(code);
    for MiddlewareFunction { node, site } in &code.middleware {
        for (place, escape) in escapes.passing(interpreter, *node) {
            let others = running.iter().filter(|other| *other != node);
            if others.into_iter().any(|other| may_catch(interpreter, code, *other, &escape.exception)) {
                continue;
            }
            let fix = fix(context, code, *node, place, &escape);
            report.report(draft(code, *node, *site, place, &escape).fix(fix));
        }
    }
}

/// Whether a handler for everything looks at what it got: then it may answer with the status.
fn answers_by_status(interpreter: &Interpreter<'_>) -> bool {
    let registry = interpreter.extension::<Registry>();
    let handlers = registry.routers.values().flat_map(|state| &state.exception_handlers);
    handlers.into_iter().any(|(class, handler, _)| {
        let takes_all = class.as_int() == Some(500)
            || class
                .as_external()
                .is_some_and(|name| matches!(name.as_str(), "builtins.Exception" | "builtins.BaseException"));
        takes_all
            && interpreter.plain_function(handler).is_none_or(|function| {
                let uses = |name: &str| syntax::uses_name(&function.definition, name);
                uses("isinstance") || uses("getattr") || uses("hasattr")
            })
    })
}

/// Whether a middleware has a `try` that an exception of another one may end in.
fn may_catch(interpreter: &mut Interpreter<'_>, code: &CallGraph, node: usize, exception: &Value) -> bool {
    let function = Rc::clone(&code.nodes[node].summary.function);
    try_regions(&function.definition)
        .iter()
        .any(|region| fate(interpreter, &function, region, exception) != Fate::Passes)
}

fn draft(code: &CallGraph, node: usize, site: Location, place: Location, escape: &Escape) -> Draft {
    let definition = &code.nodes[node].definition;
    let shown = match definition.qualname.rsplit_once('.') {
        Some((class, "dispatch" | "__call__")) => class.rsplit('.').next().unwrap_or(class),
        _ => definition.name.as_str(),
    };
    Draft::new(
        place,
        definition.qualname.as_str(),
        format!("the middleware `{shown}` raises `HTTPException` {}, and callers get 500", escape.status),
    )
    .discriminator(escape.status.to_string())
    .evidence(format!("`{shown}` is added as middleware: it runs outside of what handles exceptions"), site)
    .evidence_chain(escape.steps("by the middleware"))
    .example(format!(
        "return JSONResponse({{\"detail\": {}}}, status_code={})",
        detail(&escape.exception).unwrap_or_else(|| "...".to_owned()),
        escape.status
    ))
}

/// The text that the exception was given.
fn detail(exception: &Value) -> Option<String> {
    let Symbolic::Call { arguments, .. } = exception.as_symbolic()? else { return None };
    match arguments.get(1, "detail")?.kind() {
        Kind::Str(text) => Some(format!("{text:?}")),
        _ => None,
    }
}

/// The answer in the place of the exception, where a middleware that answers raises it itself.
fn fix(
    context: &Context<'_>,
    code: &CallGraph,
    node: usize,
    place: Location,
    escape: &Escape,
) -> Option<Fix> {
    let definition = &code.nodes[node].definition;
    let source = Source::of(context, place.file)?;
    let statement = source.statement(place.span)?;
    let StmtKind::Raise { exception: Some(raised), cause: None } = &statement.kind else { return None };
    let ExprKind::Call(call) = &raised.kind else { return None };
    // Only what gets `call_next` answers with what it returns.
    if escape.calls() > 0 || definition.name == "__call__" || source.has_comment(statement.span) {
        return None;
    }
    let given = |position: usize, name: &str| {
        let argument = keyword(call, name).or_else(|| {
            call.arguments.get(position).filter(|argument| argument.kind == ArgumentKind::Positional)
        })?;
        Some(source.slice(argument.value.span).to_owned())
    };
    let (status, detail) = (given(0, "status_code")?, given(1, "detail")?);
    let headers = given(2, "headers").map(|headers| format!(", headers={headers}")).unwrap_or_default();
    let (class, imports) = source.import("fastapi.responses", Some("JSONResponse"))?;
    let text = format!("return {class}({{\"detail\": {detail}}}, status_code={status}{headers})");
    let raised_name = call.callee.dotted_name()?;
    Some(
        Fix::changes_guard("answer instead of raising", format!("{} instead of 500", escape.status))
            .edit(source.replace(statement.span, text))
            .imports(place.file, imports)
            .may_drop_import(place.file, raised_name.split('.').next().unwrap_or_default()),
    )
}
