//! `blocking-call-in-async`: call that waits without giving way, reached from async code.

use crate::call_graph::{CallGraph, CallPath, Edge, Node};
use crate::call_index::FunctionSet;
use crate::context::Context;
use crate::entry_points::EntryPoint;
use crate::event_loop::{
    awaits_nothing, confidence_of_way, plain_function_fix, stays_on_loop, surely_stays_on_loop,
};
use crate::finding::{Confidence, Fix, Severity};
use crate::fixes::Source;
use crate::reporter::{Draft, Reporter};
use crate::sessions::call_at;
use crate::syntax::{any_expression, any_statement, call_expression, encloses};
use crate::wording::route_name;
use fastwright_model::library::blocking::{Waits, asynchronous_counterpart, waits};
use fastwright_python::ir::{Argument, Expr, ExprKind, FunctionDef, Stmt, StmtKind};
use fastwright_python::location::{Location, Span};
use fastwright_python::name::Name;
use fastwright_python::summary::EventKind;
use fastwright_python::value::{Kind, Value};
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Call that waits without giving way, reached from async code.
    BlockingCallInAsync {
        name: "blocking-call-in-async",
        area: Performance,
        severity: High,
        confidence: Certain,
        summary: "call that waits without giving way, reached from async code",
        why: "The event loop stands still for as long as the call takes: no other request is answered, not even the health check.",
        recommendation: "Make the handler `def`, use an async client, or hand the call to a thread with `await run_in_threadpool(...)`.",
        trade_off: "`def` handlers share a pool of 40 threads; an async client is another library to learn.",
        contract_effect: "none",
        cwe: [400, 833],
        owasp: ["API4:2023"],
        profile: Default,
        page: "performance/blocking-call-in-async.md",
        references: ["https://fastapi.tiangolo.com/async/", "https://www.starlette.dev/threadpool/"],
        check: check,
    }
}

/// How many calls below a coroutine a file operation is reported. Deeper ones are mostly configuration that
/// is read once.
const FILE_DEPTH: usize = 1;

/// The blocking calls of functions themselves.
type Calls = FxHashMap<usize, Vec<(Location, Name, Waits)>>;

/// A blocking call, and the calls that lead to it from a function on the event loop.
struct Blocking {
    node: usize,
    path: CallPath,
    place: Location,
    callee: Name,
    waits: Waits,
    severity: Severity,
    confidence: Confidence,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let mut names = FxHashMap::default();
    let calls: Calls = graph
        .calls()
        .libraries(|callee| waits(callee).is_some())
        .iter()
        .map(|node| (node, own_calls(graph, node, &mut names)))
        .filter(|(_, calls)| !calls.is_empty())
        .collect();
    let reaching = graph
        .reaching(graph.functions(|node, _| calls.contains_key(&node)), |edge| stays_on_loop(graph, edge));
    let mut known: FxHashMap<usize, Vec<Blocking>> = FxHashMap::default();
    let mut below = |root: usize, tell: &mut dyn FnMut(&Blocking)| {
        known
            .entry(root)
            .or_insert_with(|| blocking_below(context, graph, root, &calls, &reaching))
            .iter()
            .for_each(tell);
    };
    for entry in context.entry_points() {
        if entry.dependant().is_async
            && let Some(root) = entry.node(graph)
            && reaching.contains(root)
        {
            below(root, &mut |blocking| {
                let symbol = graph.nodes[blocking.node].symbol();
                let outline = entry
                    .outline(blocking.place, &symbol, graph.nodes[root].location())
                    .severity(blocking.severity)
                    .confidence(blocking.confidence)
                    .discriminator(&blocking.callee);
                report.report_on_route(&outline, |draft| {
                    let draft = draft.evidence_chain(entry.steps());
                    tell(draft, context, graph, root, Some(entry), blocking)
                });
            });
        }
    }
    for middleware in &graph.middleware {
        let (root, site) = (middleware.node, middleware.site);
        if graph.nodes[root].is_async() && reaching.contains(root) {
            below(root, &mut |blocking| {
                let draft = Draft::new(blocking.place, graph.nodes[blocking.node].symbol(), "")
                    .severity(blocking.severity)
                    .confidence(blocking.confidence)
                    .discriminator(blocking.callee.as_str())
                    .evidence(format!("`{}` runs for each request", graph.nodes[root].name()), site);
                report.report(tell(draft, context, graph, root, None, blocking));
            });
        }
    }
}

/// The blocking calls that a function on the event loop makes, itself or in what it calls there.
fn blocking_below(
    context: &Context<'_>,
    graph: &CallGraph,
    root: usize,
    calls: &Calls,
    reaching: &FunctionSet,
) -> Vec<Blocking> {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    // From the others nothing that waits is reached.
    let ways =
        graph.ways(root, |edge| reaching.contains(edge.to()) && surely_stays_on_loop(graph, edge, reaching));
    let mut found = Vec::new();
    for (position, node) in ways.nodes().enumerate() {
        let Some(calls) = calls.get(&node) else { continue };
        let path = ways.path(position);
        for (place, callee, waits) in calls {
            if *waits == Waits::File && path.len() > FILE_DEPTH {
                continue;
            }
            let installs =
                |edge: &Edge| without_module(&graph.nodes[edge.from()].definition.body, edge.site.span);
            if !graph.may_be_taken(interpreter, &path, *place) || path.iter().any(installs) {
                continue;
            }
            let severity = match waits {
                Waits::File => Severity::Low,
                Waits::Processor => Severity::Medium,
                Waits::Time if sleeps_briefly(&graph.nodes[node], *place) => Severity::Low,
                _ => BlockingCallInAsync::METADATA.severity,
            };
            found.push(Blocking {
                node,
                path: path.clone(),
                place: *place,
                callee: *callee,
                waits: *waits,
                severity,
                confidence: confidence_of_way(graph, &path, node, *place),
            });
        }
    }
    found
}

/// The blocking calls of a function itself, one for each library. `names` remembers what names stand for.
fn own_calls(
    graph: &CallGraph,
    node: usize,
    names: &mut FxHashMap<Name, Option<Waits>>,
) -> Vec<(Location, Name, Waits)> {
    let node = &graph.nodes[node];
    let mut found: Vec<(Location, Name, Waits)> = Vec::new();
    for (callee, index) in &node.facts.callees {
        let (callee, index) = (*callee, *index as usize);
        let Some(waits) = *names.entry(callee).or_insert_with(|| waits(&callee)) else { continue };
        let place = node.summary.events[index].location;
        let awaited = matches!(&node.summary.events[index].kind, EventKind::Call(call) if call.awaited);
        let package = |name: Name| name.as_str().split('.').next();
        let by_others = waits == Waits::File && uses_handle_elsewhere(&node.definition);
        let body = &node.definition.body;
        let for_once = without_module(body, place.span);
        if !awaited
            && !by_others
            && !for_once
            && !found.iter().any(|(_, known, _)| package(*known) == package(callee))
        {
            found.push((place, callee, waits));
        }
    }
    found
}

/// Whether a place is only reached where a module is missing: what installs it runs once.
fn without_module(body: &[Stmt], place: Span) -> bool {
    any_statement(body, &mut |statement| {
        let StmtKind::Try { handlers, .. } = &statement.kind else { return false };
        handlers.iter().any(|handler| {
            let class = handler.exception.as_ref().and_then(Expr::dotted_name);
            class.is_some_and(|name| name == "ImportError" || name == "ModuleNotFoundError")
                && handler.body.iter().any(|inner| encloses(inner.span, place))
        })
    })
}

/// Whether a function hands what it does with files to threads: `await asyncio.to_thread(handle.read, ...)`. Only the
/// opening is left on the loop.
fn uses_handle_elsewhere(function: &FunctionDef) -> bool {
    any_expression(&function.body, &mut |expression| {
        let ExprKind::Call(call) = &expression.kind else { return false };
        let name = call.callee.dotted_name().unwrap_or_default();
        matches!(
            name.rsplit('.').next(),
            Some("to_thread" | "run_in_threadpool" | "run_in_executor" | "run_sync")
        ) && call.arguments.iter().any(|argument| {
            argument.value.as_attribute().is_some_and(|(_, name)| {
                matches!(name.as_str(), "read" | "write" | "readline" | "readlines" | "seek")
            })
        })
    })
}

/// A draft in words, from the coroutine on.
fn tell(
    draft: Draft,
    context: &Context<'_>,
    graph: &CallGraph,
    root: usize,
    entry: Option<&EntryPoint<'_>>,
    blocking: &Blocking,
) -> Draft {
    let files = &context.analysis.files;
    let callee = blocking.callee.trim_start_matches("builtins.");
    let holder = &graph.nodes[blocking.node];
    let root_name = graph.nodes[root].name();
    let who = match entry {
        Some(entry) => format!("`{}`", route_name(entry.route)),
        None => format!("The middleware `{root_name}`"),
    };
    let way = match blocking.path.len() {
        0 if entry.is_none_or(EntryPoint::is_handler) => String::new(),
        0 => format!(" in its dependency `{root_name}`"),
        1 => format!(" in `{}`", holder.name()),
        calls => format!(" in `{}`, {calls} calls below `{root_name}`", holder.name()),
    };
    let message = format!("{who} calls `{callee}` on the event loop{way}");
    let root_node = &graph.nodes[root];
    let mut draft = draft
        .message(message)
        .evidence(format!("`{root_name}` is a coroutine: it runs on the event loop"), root_node.location())
        .evidence_chain(graph.steps(&blocking.path))
        .evidence(format!("`{callee}` {}", what_it_waits_for(blocking.waits)), blocking.place);
    if let Some(text) = in_thread(context, graph, blocking) {
        draft = draft.example(text);
    }
    if let Some(counterpart) = asynchronous_counterpart(&blocking.callee) {
        draft = draft.recommendation(format!(
            "Give the wait back to the event loop with `{counterpart}`, or do it in a thread: `run_in_threadpool`."
        ));
    }
    let function = &root_node.summary.function;
    if blocking.path.is_empty()
        && entry.is_some()
        && !graph.is_called(root)
        && awaits_nothing(&function.definition)
        && !crate::fixes::recipes::is_called_by_name(context, function.definition.name)
        && let Some(fix) = plain_function_fix(files, function.id.file, &function.definition)
    {
        draft = draft.fix(fix);
    } else if let Some(fix) = thread_fix(context, graph, blocking) {
        draft = draft.fix(fix);
    }
    draft
}

/// Whether a sleep takes less than a twentieth of a second.
fn sleeps_briefly(holder: &Node, place: Location) -> bool {
    let seconds = call_at(holder, place.span).and_then(|(_, call)| call.arguments.get(0, "secs").cloned());
    matches!(seconds.map(Value::into_kind), Some(Kind::Float(seconds)) if seconds < 0.05)
}

fn what_it_waits_for(waits: Waits) -> &'static str {
    match waits {
        Waits::Time => "sleeps, and every other request of the worker with it",
        Waits::Network => "waits for the network, and every other request of the worker with it",
        Waits::Process => "waits for another program, and every other request of the worker with it",
        Waits::Processor => "computes for long on purpose, and every other request of the worker waits",
        Waits::File => "waits for the disk, and every other request of the worker with it",
    }
}

/// The call where the chain leaves the coroutines, with the function that makes it and the one that is called, where
/// that is the program's own.
fn leaving_call(graph: &CallGraph, blocking: &Blocking) -> (usize, Location, Option<usize>) {
    match blocking.path.iter().rev().find(|edge| graph.nodes[edge.from()].is_async()) {
        Some(edge) if !graph.nodes[edge.to()].is_async() => (edge.from(), edge.site, Some(edge.to())),
        _ => (blocking.node, blocking.place, None),
    }
}

/// The call where the chain leaves the coroutines, written with a thread.
fn in_thread(context: &Context<'_>, graph: &CallGraph, blocking: &Blocking) -> Option<String> {
    let (caller, site, _) = leaving_call(graph, blocking);
    let function = &graph.nodes[caller].summary.function;
    if !function.definition.is_async || function.id.file != site.file {
        return None;
    }
    let file = context.analysis.files.get(site.file);
    let call = call_expression(&function.definition.body, site.span)?;
    let mut parts = vec![file.slice(call.callee.span)];
    parts.extend(call.arguments.iter().map(|argument| file.slice(argument.span)));
    Some(format!("await run_in_threadpool({})", parts.join(", ")))
}

/// The fix that hands a call of a plain function of the program to a thread. The coroutine waits for it there, so that
/// the function computes the same with the same arguments, in the same order.
fn thread_fix(context: &Context<'_>, graph: &CallGraph, blocking: &Blocking) -> Option<Fix> {
    let (caller, site, callee) = leaving_call(graph, blocking);
    let function = &graph.nodes[caller].summary.function;
    let called = &graph.nodes[callee?].definition;
    // A generator does nothing when it is called; one that yields here may be waited for in other ways.
    if called.is_generator
        || called.is_async
        || !function.definition.is_async
        || function.definition.is_generator
        || function.id.file != site.file
    {
        return None;
    }
    let body = &function.definition.body;
    let call = call_expression(body, site.span)?;
    let is_dotted = matches!(call.callee.kind, ExprKind::Name(_)) || call.callee.dotted_name().is_some();
    let is_bare_generator = |argument: &Argument| matches!(argument.value.kind, ExprKind::Comprehension(_));
    if !is_dotted || !is_whole_statement(body, site.span) || call.arguments.iter().any(is_bare_generator) {
        return None;
    }
    let source = Source::of(context, site.file)?;
    let parenthesis =
        source.code_after(call.callee.span.end).filter(|token| source.slice(token.span) == "(")?;
    let (name, imports) = match source.import("starlette.concurrency", Some("run_in_threadpool")) {
        Some((name, imports)) if imports.is_empty() => (name, imports),
        _ => source.import("fastapi.concurrency", Some("run_in_threadpool"))?,
    };
    let next = source.text[parenthesis.span.end as usize..].chars().next();
    let separator = match (call.arguments.is_empty(), next) {
        (true, _) => "",
        (false, Some('\n' | '\r' | ' ')) => ",",
        (false, _) => ", ",
    };
    Some(
        Fix::safe("run it in a thread and await it")
            .edit(source.insert(call.callee.span.start, format!("await {name}(")))
            .edit(source.replace(Span::new(call.callee.span.end, parenthesis.span.end), separator))
            .imports(site.file, imports),
    )
}

/// Whether a call is a statement by itself, or all that is assigned or returned: an `await` needs no parentheses there,
/// and nothing else of the statement is computed before it.
fn is_whole_statement(body: &[Stmt], span: Span) -> bool {
    any_statement(body, &mut |statement| match &statement.kind {
        StmtKind::Expr(value) | StmtKind::Return(Some(value)) | StmtKind::Assign { value, .. } => {
            value.span == span
        }
        StmtKind::AnnAssign { value: Some(value), .. } => value.span == span,
        _ => false,
    })
}
