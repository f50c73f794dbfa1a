//! `unlogged-server-error`: unexpected error that becomes a 500 without a trace in the log.

use crate::call_graph::{CallGraph, Entry};
use crate::context::Context;
use crate::escaping::{class_named, is_broad};
use crate::finding::Fix;
use crate::fixes::Source;
use crate::reporter::{Draft, Reporter};
use crate::syntax::{self, unawaited};
use crate::wording::route_name;
use fastwright_model::facts::{EventKinds, status_of_exception, status_of_response};
use fastwright_model::registry::Registry;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{Expr, ExprKind, Handler, Stmt, StmtKind};
use fastwright_python::location::{FileId, Location, Span};
use fastwright_python::name::Name;
use fastwright_python::summary::EventKind;
use fastwright_python::value::Symbolic;
use std::rc::Rc;

crate::declare_rule! {
    /// Unexpected error that becomes a 500 without a trace in the log.
    UnloggedServerError {
        name: "unlogged-server-error",
        area: Errors,
        severity: Medium,
        confidence: Certain,
        summary: "unexpected error that becomes a 500 without a trace in the log",
        why: "FastAPI answers `HTTPException` without logging it: when something breaks, callers see 500 and the log shows nothing.",
        recommendation: "Let the exception pass, or log it with its trace (`logger.exception(...)`) before the answer.",
        trade_off: "More lines in the log.",
        contract_effect: "none",
        cwe: [778, 390],
        owasp: [],
        profile: Default,
        page: "errors/unlogged-server-error.md",
        references: ["https://fastapi.tiangolo.com/tutorial/handling-errors/", "https://docs.python.org/3/library/logging.html#logging.Logger.exception"],
        check: check,
    }
}

/// Libraries that record errors by themselves, 500 answers included.
const RECORDERS: &[&str] =
    &["sentry_sdk", "logfire", "ddtrace", "newrelic", "elasticapm", "rollbar", "bugsnag", "honeybadger"];

/// A clause that loses what went wrong.
struct Lost {
    node: usize,
    clause: Location,
    answer: Location,
    status: u16,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    let code = context.call_graph();
    let records = analysis.codes.iter().any(|module| {
        module
            .imports
            .iter()
            .any(|import| RECORDERS.contains(&import.module.split('.').next().unwrap_or_default()))
    });
    if records {
        return;
    }
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    if sees_http_exceptions(interpreter) {
        return;
    }
    // A file that does so does so everywhere: one fact.
    let mut files: Vec<(FileId, Vec<Lost>)> = Vec::new();
    for number in 0..code.nodes.len() {
        for lost in lost_in(interpreter, code, number) {
            let file = lost.clause.file;
            match files.iter_mut().find(|(known, _)| *known == file) {
                Some((_, all)) if all.iter().any(|known| known.clause == lost.clause) => {}
                Some((_, all)) => all.push(lost),
                None => files.push((file, vec![lost])),
            }
        }
    }
    for (_, mut all) in files {
        all.sort_by_key(|lost| lost.clause.span.start);
        let first = &all[0];
        let function = &code.nodes[first.node].definition;
        let routes = code.routes_of(first.node);
        let Some(reached) = routes.first() else { continue };
        let title = route_name(reached.route_in(analysis));
        let others = match all.len() {
            1 => String::new(),
            2 => ", and so does another clause of this file".to_owned(),
            count => format!(", and so do {} other clauses of this file", count - 1),
        };
        let mut draft = Draft::new(
            first.clause,
            function.qualname.as_str(),
            format!(
                "`{}` answers {} for `{title}` and logs nothing of the error{others}",
                function.name, first.status
            ),
        )
        .route(reached.route_in(analysis))
        .evidence_chain(code.evidence(analysis, reached))
        .evidence("this clause catches every error", first.clause)
        .evidence(format!("and becomes {}; nothing is logged between", first.status), first.answer);
        for lost in all.iter().skip(1).take(5) {
            let name = code.nodes[lost.node].definition.name;
            draft = draft.evidence(format!("`{name}` does the same"), lost.clause);
        }
        let draft = draft.fix(fix(context, code, &all));
        report.report(draft.example("except Exception:\n    logger.exception(\"...\")\n    raise"));
    }
}

/// Logs in each of the clauses, with a logger of the module.
fn fix(context: &Context<'_>, code: &CallGraph, all: &[Lost]) -> Option<Fix> {
    let file = all.first()?.clause.file;
    let source = Source::of(context, file)?;
    let mut fix = Fix::safe("log the error with its traceback");
    let logger = match source.logger() {
        Some(known) => known,
        None => {
            let first = source.behind_imports();
            if first == 0 || crate::fixes::imports::mentions(&source, "logger", &[]) {
                return None;
            }
            let (logging, imports) = source.import("logging", None)?;
            fix = fix
                .imports(file, imports)
                .edit(source.insert(first, format!("\nlogger = {logging}.getLogger(__name__)\n")));
            "logger"
        }
    };
    for lost in all {
        let function = &code.nodes[lost.node].definition;
        let mut body = None;
        syntax::statements(&function.body, &mut |statement| {
            if let StmtKind::Try { handlers, .. } = &statement.kind {
                let own = handlers.iter().find(|handler| handler.span.start == lost.clause.span.start);
                body = body.or(own.and_then(|handler| handler.body.first().map(|first| first.span)));
            }
        });
        let first = source.statement(body?)?;
        fix = fix.edit(
            source.statement_before(first, &format!("{logger}.exception(\"`{}` failed\")", function.name))?,
        );
    }
    Some(fix)
}

/// Whether an app has a handler that may log answers of 500.
fn sees_http_exceptions(interpreter: &Interpreter<'_>) -> bool {
    let registry = interpreter.extension::<Registry>();
    registry.routers.values().flat_map(|state| &state.exception_handlers).any(|(class, _, _)| {
        class.as_int().is_some_and(|status| status >= 500)
            || class.as_external().is_some_and(|name| name.last_part() == "HTTPException")
    })
}

fn lost_in(interpreter: &mut Interpreter<'_>, code: &CallGraph, number: usize) -> Vec<Lost> {
    let node = &code.nodes[number];
    if !node.may_try {
        return Vec::new();
    }
    let summary = Rc::clone(&node.summary);
    let function = Rc::clone(&summary.function);
    let file = function.id.file;
    let is_handler = node.entries.iter().any(|entry| matches!(entry, Entry::Handler(..)));
    let answering = if is_handler { EventKinds::RAISE.or(EventKinds::RETURN) } else { EventKinds::RAISE };
    // Few functions answer so: the others need not be read.
    let answers: Vec<(Location, u16)> = node
        .events_of(answering)
        .filter(|(_, event)| event.location.file == file)
        .filter_map(|(_, event)| {
            let status = match &event.kind {
                EventKind::Raise { exception, again: false } => {
                    // What is no `HTTPException` is logged by the server, or by a handler of its own.
                    let Some(Symbolic::Call { callee, .. }) = exception.as_symbolic() else { return None };
                    if !interpreter.derives_from(callee, "starlette.exceptions.HTTPException") {
                        return None;
                    }
                    status_of_exception(interpreter, exception)?
                }
                EventKind::Return(value) if is_handler => status_of_response(interpreter, value)?,
                _ => return None,
            };
            (status >= 500).then_some((event.location, status))
        })
        .collect();
    if !answers.iter().any(|(_, status)| *status == 500) {
        return Vec::new();
    }
    let mut broad: Vec<&Handler> = Vec::new();
    syntax::statements(&function.definition.body, &mut |statement| {
        if let StmtKind::Try { handlers, .. } = &statement.kind {
            broad.extend(handlers.iter());
        }
    });
    let mut found = Vec::new();
    for handler in broad {
        if !is_broad(interpreter, &function, handler) || tells(&handler.body, handler.name) {
            continue;
        }
        // One of several named classes may be what was expected.
        let several = handler
            .exception
            .as_ref()
            .and_then(|exception| class_named(interpreter, &function, exception))
            .is_some_and(|class| class.as_external().is_none());
        if several {
            continue;
        }
        let answer = answers.iter().find(|(place, _)| syntax::encloses(handler.span, place.span));
        let Some((answer, status)) = answer.copied() else { continue };
        // Another library's or service's failure is often answered with 502 to 504 on purpose.
        if status != 500 {
            continue;
        }
        let clause = Location { file, span: Span::new(handler.span.start, handler.span.start + 6) };
        found.push(Lost { node: number, clause, answer, status });
    }
    found
}

/// Whether a clause logs, raises again, or hands the exception to something that may log.
fn tells(body: &[Stmt], name: Option<Name>) -> bool {
    let is_caught = |expression: &Expr| matches!((&expression.kind, name), (ExprKind::Name(own), Some(name)) if *own == name);
    syntax::any_statement(body, &mut |statement| match &statement.kind {
        StmtKind::Raise { exception: None, .. } => true,
        StmtKind::Raise { exception: Some(raised), .. } if is_caught(raised) => true,
        // A question about the exception means that some are expected.
        StmtKind::If { test, .. } => syntax::any_within(test, &mut |part| is_caught(part)),
        _ => false,
    }) || syntax::any_expression(body, &mut |expression| {
        let ExprKind::Call(call) = &unawaited(expression).kind else { return false };
        let callee = match &call.callee.kind {
            ExprKind::Attribute(attribute) => {
                let (base, method) = attribute.parts();
                let of_log = base.dotted_name().is_some_and(|name| {
                    let name = name.to_lowercase();
                    name.contains("log") || name.contains("traceback") || name.contains("sentry")
                });
                if of_log {
                    return true;
                }
                *method
            }
            ExprKind::Name(name) => *name,
            _ => return true,
        };
        let lower = callee.to_lowercase();
        if ["log", "print", "report", "record", "capture", "notify", "trace", "emit", "alert"]
            .iter()
            .any(|word| lower.contains(word))
            || matches!(
                lower.as_str(),
                "debug" | "info" | "warning" | "warn" | "error" | "exception" | "critical"
            )
        {
            return true;
        }
        // Text of it may be made; everything else may log it.
        let makes_text = matches!(
            callee.as_str(),
            "str" | "repr" | "type" | "getattr" | "isinstance" | "HTTPException" | "JSONResponse"
        );
        !makes_text && call.arguments.iter().any(|argument| is_caught(&argument.value))
    })
}
