//! `session-in-background-task`: session, row or upload of a request handed to a background task.

use crate::call_graph::{CallGraph, first_site};
use crate::context::Context;
use crate::finding::Severity;
use crate::metadata::Profile;
use crate::reached::visit_reached;
use crate::reporter::Reporter;
use crate::sessions::call_at;
use crate::syntax::{any_expression, call_expression, expressions, mentions_name, statements};
use crate::tasks::is_task_maker;
use crate::versions::FastapiVersions;
use crate::wording::route_name;
use fastwright_model::analysis::Analysis;
use fastwright_model::facts::EdgeKind;
use fastwright_model::library::sqlalchemy::{is_new_session, session_kind};
use fastwright_python::ir::{ArgumentKind, Call, Expr, ExprKind, Stmt, StmtKind};
use fastwright_python::location::{Location, Span};
use fastwright_python::name::Name;
use fastwright_python::project::Version;
use fastwright_python::summary::{CallEvent, EventKind};
use fastwright_python::value::{Kind, Symbolic, Value};
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Session, row or upload of a request handed to a background task.
    SessionInBackgroundTask {
        name: "session-in-background-task",
        area: Database,
        severity: High,
        confidence: Likely,
        summary: "session, row or upload of a request handed to a background task",
        why: "The task works with something that belongs to the request: it may be closed, shared with the exit code, or hold a connection for as long as the task runs.",
        recommendation: "Hand over ids or bytes, and let the task open its own session.",
        trade_off: "The task reads the row again.",
        contract_effect: "none",
        cwe: [672, 664],
        owasp: [],
        profile: Default,
        page: "database/session-in-background-task.md",
        references: ["https://fastapi.tiangolo.com/tutorial/background-tasks/", "https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/"],
        check: check,
    }
}

/// The version from which a request's session stays open until its background tasks are done.
const OPEN_DURING_TASKS: Version = Version::new(0, 118, 0);

/// Something of the request that is handed on.
struct Handed {
    place: Location,
    text: String,
    what: &'static str,
    parameter: Option<Name>,
    outlives: bool,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let versions = FastapiVersions::of(context.analysis);
    let closed_before = versions.lowest < OPEN_DURING_TASKS;
    let starting = graph.calls().libraries(|callee| is_background(callee) || is_task_maker(callee));
    let handed: FxHashMap<usize, Vec<Handed>> = starting
        .iter()
        .map(|node| (node, handed_on(context, graph, node, closed_before)))
        .filter(|(_, handed)| !handed.is_empty())
        .collect();
    visit_reached(
        context,
        graph,
        |node| handed.contains_key(&node),
        |edge| edge.kind == EdgeKind::Call,
        &mut |entry, node, path| {
            for handed in &handed[&node] {
                // What FastAPI gives the handler itself comes from a dependency that ends it, or not.
                let own = if path.is_empty() { handed.parameter } else { None };
                if let Some(parameter) = own {
                    let dependency = entry.dependant().dependency_of(&parameter);
                    let upload = handed.what == "upload";
                    let ends = dependency
                        .is_some_and(|dependency| dependency.walk().iter().any(|part| part.is_generator));
                    if !upload && !ends {
                        continue;
                    }
                }
                let task = if handed.outlives { "a task that outlives it" } else { "a background task" };
                let note = match (handed.outlives, closed_before) {
                    (true, _) => "the task goes on after the request has closed it",
                    (false, true) => "with this version of FastAPI it is closed before the task runs",
                    (false, false) => "it stays open, with its connection, until the task is done",
                };
                let severity = if handed.outlives || closed_before || handed.what == "session" {
                    Severity::High
                } else {
                    Severity::Medium
                };
                let symbol = graph.nodes[node].symbol();
                let next = first_site(path).unwrap_or(handed.place);
                let outline =
                    entry.outline(handed.place, &symbol, next).severity(severity).discriminator(&handed.text);
                report.report_on_route(&outline, |draft| {
                    let (route, what, text) = (route_name(entry.route), handed.what, &handed.text);
                    draft
                        .message(format!("`{route}` hands its {what} `{text}` to {task}"))
                        .evidence_chain(entry.steps())
                        .evidence_chain(graph.steps(path))
                        .evidence(format!("`{text}` is handed on: {note}"), handed.place)
                });
            }
        },
    );
}

fn handed_on(context: &Context<'_>, graph: &CallGraph, node: usize, closed_before: bool) -> Vec<Handed> {
    let node = &graph.nodes[node];
    let function = &node.summary.function;
    let mut found = Vec::new();
    for (index, place, callee) in node.library_calls(|_| true) {
        if place.file != function.id.file {
            continue;
        }
        let background = is_background(&callee);
        let task = is_task_maker(&callee);
        if !background && !task {
            continue;
        }
        let EventKind::Call(call) = &node.summary.events[index].kind else { continue };
        let Some(written) = call_expression(&function.definition.body, place.span) else { continue };
        let (values, expressions): (Vec<&Value>, Vec<&Expr>) = if background {
            arguments_of(call, written, 1)
        } else {
            // A task gets its arguments in the call of the coroutine function.
            let Some(first) = written.arguments.first() else { continue };
            let ExprKind::Call(inner) = &first.value.kind else { continue };
            let Some((_, made)) = call_at(node, first.value.span) else { continue };
            if waited_for(&function.definition.body, place.span) {
                continue;
            }
            arguments_of(made, inner, 0)
        };
        let file = context.analysis.files.get(place.file);
        for (value, expression) in values.into_iter().zip(expressions) {
            let Some(what) = what_it_is(context, value) else { continue };
            if what == "upload" && background && !closed_before {
                continue;
            }
            let parameter = match value.as_symbolic() {
                Some(Symbolic::Parameter(parameter)) => Some(parameter.name),
                _ => None,
            };
            found.push(Handed {
                place,
                text: file.slice(expression.span).to_owned(),
                what,
                parameter,
                outlives: task,
            });
        }
    }
    found
}

/// Whether a call hands something to the tasks that run after the response.
fn is_background(callee: &str) -> bool {
    (callee.ends_with(".add_task") && callee.contains("BackgroundTasks"))
        || callee == "starlette.background.BackgroundTask"
}

/// Values and expressions of the arguments behind the first `skip`; keywords included.
fn arguments_of<'n>(event: &'n CallEvent, written: &'n Call, skip: usize) -> (Vec<&'n Value>, Vec<&'n Expr>) {
    let positional: Vec<&Expr> = written
        .arguments
        .iter()
        .filter(|argument| argument.kind == ArgumentKind::Positional)
        .map(|argument| &argument.value)
        .collect();
    // Methods of the program get their object as the first argument.
    let bound = event.arguments.positional.len().saturating_sub(positional.len());
    let mut values: Vec<&Value> = event.arguments.positional.iter().skip(bound + skip).collect();
    let mut expressions: Vec<&Expr> = positional.into_iter().skip(skip).collect();
    let count = values.len().min(expressions.len());
    values.truncate(count);
    expressions.truncate(count);
    for argument in &written.arguments {
        if let ArgumentKind::Keyword(name) = argument.kind
            && let Some(value) = event.arguments.keyword(&name)
        {
            values.push(value);
            expressions.push(&argument.value);
        }
    }
    (values, expressions)
}

/// Whether the task that is made here is awaited or gathered in the same function.
fn waited_for(body: &[Stmt], made: Span) -> bool {
    let mut name = None;
    let mut alone = false;
    statements(body, &mut |statement| match &statement.kind {
        StmtKind::Assign { targets, value } if value.span == made => {
            if let [Expr { kind: ExprKind::Name(target), .. }] = &**targets {
                name = Some(*target);
            }
        }
        StmtKind::Expr(value) if value.span == made => alone = true,
        _ => {}
    });
    if alone {
        return false;
    }
    // Made inside of something else, such as a list that is gathered.
    let Some(name) = name else { return true };
    let mut awaited = false;
    expressions(body, &mut |expression| {
        if let ExprKind::Await(inner) = &expression.kind {
            awaited |= mentions_name(inner, name);
        }
    });
    awaited
}

/// What of a request a value is: its session, a row that a session loaded, an upload.
fn what_it_is(context: &Context<'_>, value: &Value) -> Option<&'static str> {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    if is_new_session(value) {
        return None;
    }
    if session_kind(interpreter, value).is_some() {
        return Some("session");
    }
    let symbolic = value.as_symbolic()?;
    let class = interpreter.class_of(value)?;
    if class
        .as_external()
        .is_some_and(|name| name == "fastapi.UploadFile" || name == "starlette.datastructures.UploadFile")
    {
        return matches!(symbolic, Symbolic::Parameter(_)).then_some("upload");
    }
    let Kind::Class(id) = *class.kind() else { return None };
    let mapped = context.analysis.tables.iter().any(|table| table.class == id);
    // What was loaded stays readable where commits expire nothing.
    if mapped && context.settings.profile < Profile::Strict && rows_stay_loaded(context.analysis) {
        return None;
    }
    match symbolic {
        Symbolic::Parameter(_) if mapped => Some("row"),
        // Made by a constructor: nothing was loaded.
        Symbolic::Call { callee, .. } if matches!(callee.kind(), Kind::Class(_)) => None,
        _ if mapped => Some("row"),
        _ => None,
    }
}

/// Whether the project makes sessions that keep what they loaded: `expire_on_commit=False`.
fn rows_stay_loaded(analysis: &Analysis) -> bool {
    let keeps = |expression: &Expr| match &expression.kind {
        ExprKind::Call(call) => call.arguments.iter().any(|argument| {
            matches!(&argument.kind, ArgumentKind::Keyword(name) if *name == "expire_on_commit")
                && matches!(argument.value.kind, ExprKind::Bool(false))
        }),
        _ => false,
    };
    analysis.codes.iter().any(|code| {
        any_expression(&code.body, &mut |expression| keeps(expression))
            || code
                .functions
                .iter()
                .any(|function| any_expression(&function.body, &mut |expression| keeps(expression)))
    })
}
