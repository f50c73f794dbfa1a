//! `trivial-dependency-in-thread`: dependency that returns at once and is run in a thread nevertheless.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::finding::Fix;
use crate::fixes::Source;
use crate::fixes::recipes::{coroutine_edit, is_called_by_name};
use crate::reporter::{Draft, Reporter};
use fastwright_model::application::RouteKind;
use fastwright_model::dependant::DependantKind;
use fastwright_python::ir::{FunctionDef, StmtKind};
use fastwright_python::location::{FileId, Location};
use fastwright_python::summary::EventKind;
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Dependency that returns at once and is run in a thread nevertheless.
    TrivialDependencyInThread {
        name: "trivial-dependency-in-thread",
        area: Performance,
        severity: Low,
        confidence: Certain,
        summary: "dependency that returns at once and is run in a thread nevertheless",
        why: "FastAPI runs each `def` dependency in one of 40 threads. Handlers that need no thread wait for one when slow handlers have taken them all.",
        recommendation: "Make the dependency `async def`: it waits for nothing.",
        trade_off: "Other callers have to await it, and a blocking call must not be added later.",
        contract_effect: "none",
        cwe: [400],
        owasp: [],
        profile: Strict,
        page: "performance/trivial-dependency-in-thread.md",
        references: ["https://fastapi.tiangolo.com/async/#dependencies"],
        check: check,
    }
}

/// What uses a dependency.
struct Used {
    routes: usize,
    handler: String,
    attached: Location,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let mut trivial: FxHashMap<usize, bool> = FxHashMap::default();
    let mut used: FxHashMap<usize, Used> = FxHashMap::default();
    for entry in context.entry_points() {
        let dependency = entry.dependant();
        if entry.is_handler()
            || dependency.is_async
            || dependency.is_generator
            || entry.route.kind != RouteKind::Http
            || !entry.handler().is_async
            || matches!(dependency.kind, DependantKind::SecurityScheme(_))
        {
            continue;
        }
        let Some(node) = graph.of_dependant(dependency) else { continue };
        if !*trivial.entry(node).or_insert_with(|| is_trivial(graph, node)) {
            continue;
        }
        let used = used.entry(node).or_insert_with(|| Used {
            routes: 0,
            handler: entry.route.handler.rsplit(':').next().unwrap_or_default().to_owned(),
            attached: dependency.location,
        });
        used.routes += 1;
    }
    let mut used: Vec<(usize, Used)> = used.into_iter().collect();
    used.sort_unstable_by_key(|(node, _)| *node);
    for (node, used) in used {
        let function = &graph.nodes[node];
        let name = function.name();
        let many = if used.routes == 1 { "1 route".to_owned() } else { format!("{} routes", used.routes) };
        report.report(
            Draft::new(
                function.location(),
                function.symbol().as_str(),
                format!("`{name}` takes a thread for each request of {many}, and waits for nothing"),
            )
            .evidence(format!("`{}` is a coroutine and depends on it", used.handler), used.attached)
            .evidence("it is `def`, so that FastAPI runs it in a thread", function.location())
            .example(format!("async def {name}(...)"))
            .fix(fix(context, function.location().file, &function.summary.function.definition)),
        );
    }
}

fn fix(context: &Context<'_>, file: FileId, function: &FunctionDef) -> Option<Fix> {
    if is_called_by_name(context, function.name.as_str()) {
        return None;
    }
    let source = Source::of(context, file)?;
    Some(Fix::safe("let it run on the event loop: `async def`").edit(coroutine_edit(&source, function)?))
}

/// Whether a function calls nothing that may take its time: no function of the program or a library, and no
/// loop.
fn is_trivial(graph: &CallGraph, number: usize) -> bool {
    let node = &graph.nodes[number];
    let function = &node.summary.function;
    // A method may be replaced in a subclass, and a decorator may do anything.
    if node.summary.incomplete
        || !function.definition.decorators.is_empty()
        || function.class.is_some()
        || graph.is_called(number)
        || !graph.edges(number).is_empty()
    {
        return false;
    }
    let calls = node.summary.events.iter().enumerate().all(|(event, happened)| match &happened.kind {
        EventKind::Call(_) => node.callee(event).is_some_and(returns_at_once),
        _ => true,
    });
    let loops = crate::syntax::any_statement(&function.definition.body, &mut |statement| {
        matches!(
            statement.kind,
            StmtKind::While { .. }
                | StmtKind::For { .. }
                | StmtKind::With { .. }
                | StmtKind::Import(_)
                | StmtKind::ImportFrom { .. }
        )
    });
    calls && !loops
}

fn returns_at_once(callee: &str) -> bool {
    matches!(
        callee,
        "builtins.str"
            | "builtins.int"
            | "builtins.bool"
            | "builtins.float"
            | "builtins.dict"
            | "builtins.list"
            | "builtins.tuple"
            | "builtins.set"
            | "builtins.len"
            | "builtins.min"
            | "builtins.max"
            | "builtins.isinstance"
            | "builtins.getattr"
            | "builtins.hasattr"
            | "fastapi.exceptions.HTTPException"
            | "starlette.exceptions.HTTPException"
            | "fastapi.HTTPException"
    ) || ["builtins.str.", "builtins.dict.", "starlette.requests.Request.", "fastapi.Request."]
        .iter()
        .any(|owner| callee.starts_with(owner) && !callee.ends_with(".json") && !callee.ends_with(".body"))
}
