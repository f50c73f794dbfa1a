//! `nested-event-loop`: second event loop started where one is running.

use crate::context::Context;
use crate::event_loop::{confidence_of_way, stays_on_loop};
use crate::reached::visit_reached;
use crate::reporter::Reporter;
use crate::syntax::{call_expression, uses_name};
use crate::wording::route_name;
use fastwright_model::facts::EdgeKind;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Second event loop started where one is running.
    NestedEventLoop {
        name: "nested-event-loop",
        area: Performance,
        severity: High,
        confidence: Certain,
        summary: "second event loop started where one is running",
        why: "Python refuses to run an event loop inside of another: the call raises `RuntimeError`, and the request ends with 500.",
        recommendation: "Await the coroutine, and make the functions on the way coroutines too; or do the call in a thread.",
        trade_off: "Functions on the way become coroutines, and so do their callers.",
        contract_effect: "the intended response instead of 500",
        cwe: [755],
        owasp: [],
        profile: Default,
        page: "performance/nested-event-loop.md",
        references: ["https://docs.python.org/3/library/asyncio-runner.html#asyncio.run"],
        check: check,
    }
}

/// Calls that run an event loop until something is done.
fn runs_loop(callee: &str) -> bool {
    matches!(
        callee,
        "asyncio.run"
            | "anyio.run"
            | "asyncio.run_until_complete"
            | "asyncio.get_event_loop.run_until_complete"
            | "asyncio.new_event_loop.run_until_complete"
            | "asyncio.get_running_loop.run_until_complete"
            | "asyncio.AbstractEventLoop.run_until_complete"
    )
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let running: FxHashMap<usize, (Location, Name)> = graph
        .calls()
        .libraries(runs_loop)
        .iter()
        .filter_map(|node| {
            let call = graph.nodes[node].library_calls(runs_loop).next();
            call.map(|(_, place, callee)| (node, (place, callee)))
        })
        .collect();
    // This library makes Python accept it.
    let patched = context
        .analysis
        .codes
        .iter()
        .any(|code| code.imports.iter().any(|import| import.module == "nest_asyncio"));
    if running.is_empty() || patched {
        return;
    }
    visit_reached(
        context,
        graph,
        |node| running.contains_key(&node),
        |edge| stays_on_loop(graph, edge),
        &mut |entry, node, path| {
            let (place, callee) = running[&node];
            // Who asks whether a loop is running takes another way then.
            let asks = |node: usize| {
                let definition = &graph.nodes[node].definition;
                uses_name(definition, "get_running_loop") || uses_name(definition, "get_event_loop")
            };
            // Or asks a function of the program for the loop.
            let decides = |node: usize| {
                uses_name(&graph.nodes[node].definition, "get_running_loop")
                    || graph.edges(node).iter().any(|edge| edge.kind == EdgeKind::Call && asks(edge.to()))
            };
            if !entry.dependant().is_async || decides(node) || path.iter().any(|edge| decides(edge.from())) {
                return;
            }
            let symbol = graph.nodes[node].symbol();
            let root = entry.node(graph).unwrap_or(node);
            let on_loop = graph.nodes[root].location();
            let outline = entry
                .outline(place, &symbol, on_loop)
                .confidence(confidence_of_way(graph, path, node, place));
            report.report_on_route(&outline, |draft| {
                let function = &graph.nodes[node].summary.function;
                let file = context.analysis.files.get(place.file);
                let what = call_expression(&function.definition.body, place.span)
                    .and_then(|call| call.arguments.first())
                    .map(|argument| file.slice(argument.value.span));
                let draft = draft
                    .message(format!(
                        "`{}` calls `{callee}` while an event loop is running",
                        route_name(entry.route)
                    ))
                    .evidence_chain(entry.steps())
                    .evidence(
                        format!("`{}` is a coroutine: it runs on the event loop", graph.nodes[root].name()),
                        on_loop,
                    )
                    .evidence_chain(graph.steps(path))
                    .evidence("starting another one raises `RuntimeError` here", place);
                match what {
                    Some(what) if function.definition.is_async => draft.example(format!("await {what}")),
                    _ => draft,
                }
            });
        },
    );
}
