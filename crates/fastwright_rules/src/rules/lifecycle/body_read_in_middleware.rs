//! `body-read-in-middleware`: middleware that keeps the whole body of every request or response in memory.

use crate::call_graph::{CallGraph, MiddlewareFunction};
use crate::context::Context;
use crate::methods::method_of;
use crate::reporter::{Draft, Reporter};
use crate::syntax;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{ExprKind, Stmt, StmtKind};
use fastwright_python::location::Location;
use fastwright_python::summary::EventKind;

crate::declare_rule! {
    /// Middleware that keeps the whole body of every request or response in memory.
    BodyReadInMiddleware {
        name: "body-read-in-middleware",
        area: Lifecycle,
        severity: Medium,
        confidence: Likely,
        summary: "middleware that keeps the whole body of every request or response in memory",
        why: "Uploads and downloads of any size are held in memory before anything looks at them, for routes that refuse the caller too, and streamed answers arrive all at once.",
        recommendation: "Read bodies in a dependency of the routes that need it, or in a plain ASGI class that counts what passes and stops at a limit.",
        trade_off: "A dependency has to be attached to the routes that need it.",
        contract_effect: "none",
        cwe: [770, 400],
        owasp: ["API4:2023"],
        profile: Strict,
        page: "lifecycle/body-read-in-middleware.md",
        references: ["https://www.starlette.dev/middleware/#limitations", "https://www.starlette.dev/requests/#body"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    if graph.middleware.is_empty() {
        return;
    }
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    for MiddlewareFunction { node, site } in &graph.middleware {
        let function = &graph.nodes[*node].summary.function;
        if function.definition.name == "__call__" || limits_size(graph, *node) {
            continue;
        }
        let request = request_body(interpreter, graph, *node)
            .map(|place| (place, "request", "asks for the whole body"));
        let response = response_body(&function.definition.body)
            .map(|span| Location { file: function.id.file, span })
            .map(|place| (place, "response", "collects the whole body"));
        for (place, what, does) in request.into_iter().chain(response) {
            report.report(
                Draft::new(
                    place,
                    function.definition.qualname.as_str(),
                    format!("`{}` keeps the body of every {what} in memory", function.definition.qualname),
                )
                .discriminator(what)
                .evidence("this middleware runs for every route", *site)
                .evidence(format!("it {does} here, whatever its size"), place),
            );
        }
    }
}

/// Whether something in the function looks at how long a body is.
fn limits_size(graph: &CallGraph, node: usize) -> bool {
    let body = &graph.nodes[node].definition.body;
    syntax::any_expression(body, &mut |expression| match &expression.kind {
        ExprKind::Str(text) => text.eq_ignore_ascii_case("content-length"),
        _ => false,
    })
}

/// Where the body of every request is read: under no condition.
fn request_body(interpreter: &mut Interpreter<'_>, graph: &CallGraph, node: usize) -> Option<Location> {
    let events = &graph.nodes[node].summary.events;
    events.iter().find_map(|event| {
        let EventKind::Call(call) = &event.kind else { return None };
        if event.branch_depth > 0 || !call.awaited {
            return None;
        }
        let (base, name) = method_of(&call.callee)?;
        if !matches!(name.as_str(), "body" | "json" | "form") {
            return None;
        }
        let class = interpreter.library_class_of(&base)?;
        class.ends_with(".Request").then_some(event.location)
    })
}

/// Where the body of every response is collected: under no condition.
fn response_body(body: &[Stmt]) -> Option<fastwright_python::location::Span> {
    body.iter().find_map(|statement| match &statement.kind {
        StmtKind::Try { body, .. } | StmtKind::With { body, .. } => response_body(body),
        StmtKind::If { .. } | StmtKind::While { .. } => None,
        _ => {
            let mut found = None;
            syntax::any_own_expression(statement, &mut |expression| {
                if expression.as_attribute().is_some_and(|(_, name)| *name == "body_iterator") {
                    found = Some(expression.span);
                }
                found.is_some()
            });
            found.filter(|_| !assigns_iterator(statement))
        }
    })
}

/// Whether a statement only replaces the iterator: a wrapper that passes on what it gets.
fn assigns_iterator(statement: &Stmt) -> bool {
    match &statement.kind {
        StmtKind::Assign { targets, .. } => targets
            .iter()
            .any(|target| target.as_attribute().is_some_and(|(_, name)| *name == "body_iterator")),
        _ => false,
    }
}
