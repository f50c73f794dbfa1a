//! `work-in-every-worker`: scheduler or migration that each of several worker processes starts.

use crate::context::Context;
use crate::imported_names::ImportedNames;
use crate::reporter::{Draft, Reporter};
use crate::syntax::expressions;
use fastwright_model::analysis::is_test_path;
use fastwright_model::application::App;
use fastwright_model::facts::{call_facts, reach};
use fastwright_model::registry::Registry;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{ArgumentKind, Call, Expr, ExprKind, Stmt};
use fastwright_python::location::{FileId, Location, Span};
use fastwright_python::value::{FunctionValue, Kind, Value};
use std::rc::Rc;

crate::declare_rule! {
    /// Scheduler or migration that each of several worker processes starts.
    WorkInEveryWorker {
        name: "work-in-every-worker",
        area: Lifecycle,
        severity: High,
        confidence: Likely,
        summary: "scheduler or migration that each of several worker processes starts",
        why: "A lifespan runs once in each worker. Jobs run as often as there are workers, and migrations run against each other.",
        recommendation: "Run scheduled jobs in a process of their own, and migrations before the server starts; or let one worker win a lock.",
        trade_off: "One process more to deploy.",
        contract_effect: "none",
        cwe: [362],
        owasp: [],
        profile: Default,
        page: "lifecycle/work-in-every-worker.md",
        references: ["https://fastapi.tiangolo.com/deployment/concepts/#previous-steps-before-starting", "https://apscheduler.readthedocs.io/en/3.x/faq.html"],
        check: check,
    }
}

/// A start of the server with several workers.
struct Start {
    workers: i64,
    place: Location,
    /// The application as written: `app.main:app`.
    locator: Option<String>,
}

/// Work that is meant to be done once.
struct Work {
    what: &'static str,
    place: Location,
    steps: Vec<(String, Location)>,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    for start in starts(context, interpreter) {
        let named = start
            .locator
            .as_ref()
            .and_then(|locator| analysis.apps.iter().find(|app| app.locator == *locator));
        let mut real = analysis.apps.iter().filter(|app| !app.mounted && !app.latent);
        let app = match (named, real.next(), real.next()) {
            (Some(app), ..) | (None, Some(app), None) => app,
            _ => continue,
        };
        for function in functions_of_start(interpreter, app) {
            let Some(work) = work_of(interpreter, &function) else { continue };
            let name = function.definition.name;
            report.report(
                Draft::new(
                    work.place,
                    function.definition.qualname.as_str(),
                    format!(
                        "each of {} workers of `{}` {} when it starts",
                        start.workers, app.locator, work.what
                    ),
                )
                .discriminator(work.what)
                .evidence(format!("the server is started with {} workers", start.workers), start.place)
                .evidence(
                    format!("each of them runs `{name}`"),
                    Location { file: function.id.file, span: function.definition.name_span },
                )
                .evidence_chain(work.steps)
                .evidence(format!("which {} here", work.what), work.place),
            );
        }
    }
}

/// Calls of `uvicorn.run` with more than one worker.
fn starts(context: &Context<'_>, interpreter: &mut Interpreter<'_>) -> Vec<Start> {
    let mut found = Vec::new();
    for (file, own) in context.analysis.files.iter() {
        let Some(code) = context.analysis.codes.get(file.0 as usize) else { continue };
        if !own.first_party || !code.imports_package("uvicorn") || is_test_path(&own.relative) {
            continue;
        }
        let names = ImportedNames::of(&own.module, code);
        let mut look = |body: &[Stmt]| {
            expressions(body, &mut |expression| {
                if let ExprKind::Call(call) = &expression.kind
                    && names.meaning(&call.callee).or_else(|| call.callee.dotted_name()).as_deref()
                        == Some("uvicorn.run")
                    && let Some(workers) =
                        keyword(call, "workers").and_then(|value| number(interpreter, file, value))
                    && workers > 1
                {
                    let first = call.arguments.first().map(|argument| &argument.value);
                    let locator = first.and_then(|app| match &app.kind {
                        ExprKind::Str(text) => Some(text.to_string()),
                        _ => None,
                    });
                    found.push(Start { workers, place: Location { file, span: expression.span }, locator });
                }
            });
        };
        look(&code.body);
        code.functions.iter().for_each(|function| look(&function.body));
    }
    found
}

fn keyword<'c>(call: &'c Call, wanted: &str) -> Option<&'c Expr> {
    call.arguments.iter().find_map(|argument| match argument.kind {
        ArgumentKind::Keyword(name) if name == wanted => Some(&argument.value),
        _ => None,
    })
}

/// The number that an expression is: written, or of a constant or setting of a module.
fn number(interpreter: &mut Interpreter<'_>, file: FileId, expression: &Expr) -> Option<i64> {
    fn value(interpreter: &mut Interpreter<'_>, file: FileId, expression: &Expr) -> Option<Value> {
        match &expression.kind {
            ExprKind::Int(number) => Some(Value::int(*number)),
            ExprKind::Name(name) => {
                let module = interpreter.module_of_file(file)?;
                let scope = interpreter.module(module).scope;
                interpreter.lookup(scope, *name)
            }
            ExprKind::Attribute(attribute) => {
                let (base, name) = attribute.parts();
                let base = value(interpreter, file, base)?;
                matches!(base.kind(), Kind::Instance(_) | Kind::Module(_) | Kind::Class(_))
                    .then(|| interpreter.attribute(&base, *name, Span::default()))
            }
            _ => None,
        }
    }
    value(interpreter, file, expression)?.as_int()
}

/// What runs when an application starts.
fn functions_of_start(interpreter: &Interpreter<'_>, app: &App) -> Vec<Rc<FunctionValue>> {
    let registry = interpreter.extension::<Registry>();
    let Some(state) = registry.routers.values().find(|state| state.site == app.location) else {
        return Vec::new();
    };
    let lifespan = state.arguments.keyword("lifespan").filter(|value| !value.is_none());
    match lifespan {
        Some(lifespan) => interpreter.plain_function(lifespan).into_iter().collect(),
        None => state
            .events
            .iter()
            .filter(|(event, ..)| event == "startup")
            .filter_map(|(_, handler, _)| interpreter.plain_function(handler))
            .collect(),
    }
}

/// The work of which there should be one, with the calls that lead to it. None where something on the way takes a lock.
fn work_of(interpreter: &mut Interpreter<'_>, function: &Rc<FunctionValue>) -> Option<Work> {
    let mut found = None;
    for reached in reach(interpreter, function, None) {
        if reached.leaves() {
            continue;
        }
        let facts = call_facts(interpreter, &reached.summary);
        for (callee, event) in &facts.callees {
            let lower = callee.to_lowercase();
            if lower.contains("lock") || lower.contains("leader") {
                return None;
            }
            let what = match callee.rsplit_once('.') {
                Some((owner, "start")) if owner.starts_with("apscheduler.") => "starts a scheduler",
                Some(("alembic.command", "upgrade")) => "runs migrations",
                _ => continue,
            };
            found.get_or_insert_with(|| Work {
                what,
                place: reached.summary.events[*event as usize].location,
                steps: reached
                    .chain
                    .iter()
                    .map(|step| (format!("`{}` is called", step.function.definition.name), step.site))
                    .collect(),
            });
        }
        let name = reached.summary.function.definition.name.to_lowercase();
        if name.contains("lock") || name.contains("leader") {
            return None;
        }
    }
    found
}
