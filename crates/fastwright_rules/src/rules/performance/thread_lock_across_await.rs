//! `thread-lock-across-await`: lock of threads that a coroutine holds while it waits.

use crate::call_graph::{Node, first_site};
use crate::context::Context;
use crate::reached::visit_reached;
use crate::reporter::Reporter;
use crate::syntax::{any_expression, any_statement, encloses};
use crate::wording::route_name;
use fastwright_python::ir::{ExprKind, Stmt, StmtKind};
use fastwright_python::location::{Location, Span};
use fastwright_python::name::Name;
use fastwright_python::value::{Symbolic, Value};
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Lock of threads that a coroutine holds while it waits.
    ThreadLockAcrossAwait {
        name: "thread-lock-across-await",
        area: Performance,
        severity: High,
        confidence: Certain,
        summary: "lock of threads that a coroutine holds while it waits",
        why: "While one request waits inside, the next one stops the whole event loop at the lock: the first can then never go on, and the worker hangs for good.",
        recommendation: "Use `asyncio.Lock` with `async with`, or hold the lock only where nothing is awaited.",
        trade_off: "`asyncio.Lock` does not protect against threads.",
        contract_effect: "none",
        cwe: [833, 667],
        owasp: [],
        profile: Default,
        page: "performance/thread-lock-across-await.md",
        references: ["https://docs.python.org/3/library/asyncio-sync.html"],
        check: check,
    }
}

/// A lock that is held while something is awaited.
struct Held {
    lock: Location,
    waits: Location,
    made: Location,
    again: bool,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let held: FxHashMap<usize, Held> = graph
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| node.is_async())
        .filter_map(|(number, node)| Some((number, held(context, node)?)))
        .collect();
    visit_reached(context, graph, |node| held.contains_key(&node), |_| true, &mut |entry, node, path| {
        let found = &held[&node];
        let symbol = graph.nodes[node].symbol();
        let next = first_site(path).unwrap_or(found.made);
        report.report_on_route(&entry.outline(found.lock, &symbol, next), |draft| {
            let file = context.analysis.files.get(found.lock.file);
            let lock = file.slice(found.lock.span);
            let kind = if found.again { "threading.RLock" } else { "threading.Lock" };
            let harm = if found.again {
                "two requests enter together, because they run in the same thread"
            } else {
                "the next request stops the event loop at the lock, and this one never goes on"
            };
            draft
                .message(format!("`{}` waits while it holds `{lock}`, a `{kind}`", route_name(entry.route)))
                .evidence_chain(entry.steps())
                .evidence_chain(graph.steps(path))
                .evidence(format!("`{lock}` is a lock between threads"), found.made)
                .evidence("the coroutine takes it here", found.lock)
                .evidence(format!("and gives way to other requests here: {harm}"), found.waits)
                .example(format!("async with {lock}:  # {lock} = asyncio.Lock()"))
        });
    });
}

fn held(context: &Context<'_>, node: &Node) -> Option<Held> {
    // Nothing else can wait.
    if !node.may_enter || !node.is_async() {
        return None;
    }
    let function = &node.summary.function;
    let file = function.id.file;
    let mut candidates: Vec<(Span, Span)> = Vec::new();
    any_statement(&function.definition.body, &mut |statement| {
        if let StmtKind::With { items, body, is_async: false } = &statement.kind
            && let Some(waits) = first_wait(body)
        {
            candidates.extend(items.iter().map(|item| (item.context.span, waits)));
        }
        false
    });
    if candidates.is_empty() {
        return None;
    }
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    for (lock, waits) in candidates {
        let mut expression = None;
        any_expression(&function.definition.body, &mut |inner| {
            if inner.span == lock {
                expression = Some(inner);
            }
            expression.is_some()
        });
        let value = match &expression?.kind {
            ExprKind::Name(name) => interpreter.lookup(function.scope, *name),
            ExprKind::Attribute(attribute) => match &attribute.base.kind {
                // `self.lock`: what the constructor or the class made.
                ExprKind::Name(owner) if *owner == "self" => {
                    attribute_of_self(interpreter, node, attribute.name)
                }
                ExprKind::Name(owner) => {
                    let owner = interpreter.lookup(function.scope, *owner)?;
                    Some(interpreter.attribute(&owner, attribute.name, lock))
                }
                _ => None,
            },
            _ => None,
        };
        if let Some((made, again)) = value.as_ref().and_then(thread_lock) {
            let at = |span: Span| Location { file, span };
            return Some(Held { lock: at(lock), waits: at(waits), made, again });
        }
    }
    None
}

fn attribute_of_self(
    interpreter: &mut fastwright_python::interpreter::Interpreter<'_>,
    node: &Node,
    name: Name,
) -> Option<Value> {
    let (_, receiver) = node.summary.parameters.first()?;
    let found = interpreter.attribute(receiver, name, Span::new(0, 0));
    if thread_lock(&found).is_some() {
        return Some(found);
    }
    let class = interpreter.class_of(receiver)?;
    interpreter.find_in_class(&class, name).map(|(value, _)| value)
}

/// Where a lock between threads is made, and whether the same thread may take it again.
fn thread_lock(value: &Value) -> Option<(Location, bool)> {
    let Symbolic::Call { callee, site, .. } = value.as_symbolic()? else { return None };
    match callee.as_external()?.as_str() {
        "threading.Lock" | "threading.Semaphore" | "threading.BoundedSemaphore" => Some((*site, false)),
        "threading.RLock" | "threading.Condition" => Some((*site, true)),
        _ => None,
    }
}

/// The first place in a block where the coroutine gives way.
fn first_wait(body: &[Stmt]) -> Option<Span> {
    let mut found: Option<Span> = None;
    any_statement(body, &mut |statement| {
        match &statement.kind {
            StmtKind::With { is_async: true, items, .. } => {
                found = items.first().map(|item| item.context.span);
            }
            StmtKind::For { is_async: true, iterable, .. } => found = Some(iterable.span),
            _ => {}
        }
        found.is_some()
    });
    let mut awaited: Option<Span> = None;
    any_expression(body, &mut |expression| {
        if matches!(expression.kind, ExprKind::Await(_)) {
            awaited = Some(expression.span);
        }
        awaited.is_some()
    });
    match (found, awaited) {
        (Some(found), Some(awaited)) if encloses(found, awaited) || found.start < awaited.start => {
            Some(found)
        }
        (Some(found), None) => Some(found),
        (_, awaited) => awaited,
    }
}
