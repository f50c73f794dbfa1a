//! `lost-task`: task that is started and forgotten.

use crate::call_graph::{CallGraph, first_site};
use crate::context::Context;
use crate::finding::Fix;
use crate::fixes::Source;
use crate::fixes::imports::mentions;
use crate::reached::visit_reached;
use crate::reporter::Reporter;
use crate::syntax::{call_expression, expressions, statements};
use crate::tasks::is_task_maker;
use crate::wording::route_name;
use fastwright_python::ir::{Expr, ExprKind, Stmt, StmtKind};
use fastwright_python::location::{Location, Span};
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Task that is started and forgotten.
    LostTask {
        name: "lost-task",
        area: Performance,
        severity: Medium,
        confidence: Certain,
        summary: "task that is started and forgotten",
        why: "The task may be garbage-collected in the middle of its work, and its error is never seen.",
        recommendation: "Keep a reference until it is done and look at its result; or use `BackgroundTasks`, a task group or a queue.",
        trade_off: "A set of running tasks to look after.",
        contract_effect: "none",
        cwe: [772, 755],
        owasp: [],
        profile: Default,
        page: "performance/lost-task.md",
        references: ["https://docs.python.org/3/library/asyncio-task.html#asyncio.create_task"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let making = graph.calls().libraries(is_task_maker);
    let lost: FxHashMap<usize, Vec<(Location, String)>> = making
        .iter()
        .map(|node| (node, lost_tasks(context, graph, node)))
        .filter(|(_, lost)| !lost.is_empty())
        .collect();
    visit_reached(context, graph, |node| lost.contains_key(&node), |_| true, &mut |entry, node, path| {
        for (place, what) in &lost[&node] {
            let symbol = graph.nodes[node].symbol();
            let next = first_site(path).unwrap_or(*place);
            report.report_on_route(&entry.outline(*place, &symbol, next).discriminator(what), |draft| {
                let route = route_name(entry.route);
                draft
                    .message(format!("`{route}` starts `{what}` and keeps no reference to the task"))
                    .evidence_chain(entry.steps())
                    .evidence_chain(graph.steps(path))
                    .evidence("the task that is made here is thrown away: it may vanish before it is done, and nobody sees its error", *place)
                    .fix(fix(context, *place))
            });
        }
    });
}

/// The tasks of the module.
const TASKS: &str = "background_tasks";

/// Keeps the task in a set of the module until it is done.
fn fix(context: &Context<'_>, place: Location) -> Option<Fix> {
    let source = Source::of(context, place.file)?;
    let statement = source.statement(place.span)?;
    let (start, name) = match &statement.kind {
        StmtKind::Expr(value) if value.span == place.span => (true, "task"),
        StmtKind::Assign { targets, .. } => match &**targets {
            [Expr { kind: ExprKind::Name(name), .. }] => (false, name.as_str()),
            _ => return None,
        },
        _ => return None,
    };
    let function = source.function(place.span)?;
    let is_taken = start && crate::syntax::uses_name(function, name);
    if is_taken || mentions(&source, TASKS, &[]) {
        return None;
    }
    let (asyncio, imports) = source.import("asyncio", None)?;
    let kept = format!("{TASKS}.add({name})\n{name}.add_done_callback({TASKS}.discard)");
    let first = source.behind_imports();
    if first == 0 {
        return None;
    }
    let mut fix = Fix::needs_review("keep a reference to the task until it is done")
        .edit(source.insert(first, format!("\n{TASKS}: set[{asyncio}.Task] = set()\n")))
        .edit(source.statement_after(statement, &kept)?)
        .imports(place.file, imports);
    if start {
        fix = fix.edit(source.insert(statement.span.start, format!("{name} = ")));
    }
    Some(fix)
}

fn lost_tasks(context: &Context<'_>, graph: &CallGraph, node: usize) -> Vec<(Location, String)> {
    let node = &graph.nodes[node];
    let definition = &node.definition;
    let mut found = Vec::new();
    for (_, place, _) in node.library_calls(is_task_maker) {
        if place.file != node.file || !is_lost(&definition.body, place.span, definition.is_generator) {
            continue;
        }
        let file = context.analysis.files.get(place.file);
        let what = call_expression(&definition.body, place.span).and_then(|call| call.arguments.first()).map(
            |argument| match &argument.value.kind {
                ExprKind::Call(inner) => file.slice(inner.callee.span),
                _ => file.slice(argument.value.span),
            },
        );
        found.push((place, what.unwrap_or("a task").to_owned()));
    }
    found
}

/// Whether the result of a call is dropped: a statement of its own, or a variable that is never read.
/// The variables of a generator live as long as it waits at its `yield`.
fn is_lost(body: &[Stmt], made: Span, is_generator: bool) -> bool {
    let mut alone = false;
    let mut name = None;
    statements(body, &mut |statement| match &statement.kind {
        StmtKind::Expr(value) => alone |= value.span == made,
        StmtKind::Assign { targets, value } if value.span == made => {
            if let [Expr { kind: ExprKind::Name(target), span }] = &**targets {
                name = Some((*target, *span));
            }
        }
        _ => {}
    });
    if alone {
        return true;
    }
    let Some((name, target)) = name.filter(|_| !is_generator) else { return false };
    let mut read = false;
    // Functions inside may read it too: look at the whole text of the body.
    statements(body, &mut |statement| {
        read |= matches!(
            statement.kind,
            StmtKind::Function(_) | StmtKind::Class(_) | StmtKind::Global(_) | StmtKind::Nonlocal(_)
        );
    });
    expressions(body, &mut |expression| {
        read |=
            expression.span != target && matches!(expression.kind, ExprKind::Name(other) if other == name);
        read |= matches!(expression.kind, ExprKind::Lambda(_));
    });
    !read
}
