//! `context-variable-lost-in-middleware`: middleware that reads what a route put into a context variable.

use crate::call_graph::{CallGraph, MiddlewareFunction};
use crate::context::Context;
use crate::methods::method_of;
use crate::reporter::{Draft, Reporter};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::{CallEvent, EventKind};
use fastwright_python::value::*;

crate::declare_rule! {
    /// Middleware that reads what a route put into a context variable.
    ContextVariableLostInMiddleware {
        name: "context-variable-lost-in-middleware",
        area: Lifecycle,
        severity: Medium,
        confidence: Certain,
        summary: "middleware that reads what a route put into a context variable",
        why: "`call_next` runs the route in a task of its own, with a copy of the context: what is set there never comes back, and the middleware reads the old value or gets `LookupError`.",
        recommendation: "Keep the value in `request.state`, which both share, or write the middleware as a plain ASGI class.",
        trade_off: "`request.state` needs the request where the value is set.",
        contract_effect: "none",
        cwe: [],
        owasp: [],
        profile: Default,
        page: "lifecycle/context-variable-lost-in-middleware.md",
        references: ["https://www.starlette.dev/middleware/#limitations"],
        check: check,
    }
}

/// A context variable, known by where it is made.
struct Use {
    variable: Location,
    name: Option<String>,
    place: Location,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    if graph.middleware.is_empty() {
        return;
    }
    for MiddlewareFunction { node, site } in &graph.middleware {
        let Some(call_next) = call_next(graph, *node) else { continue };
        let events = &graph.nodes[*node].summary.events;
        let is_route = |call: &CallEvent| matches!(call.callee.as_symbolic(), Some(Symbolic::Parameter(parameter)) if parameter.name == call_next);
        let calls =
            events.iter().position(|event| matches!(&event.kind, EventKind::Call(call) if is_route(call)));
        let Some(calls) = calls else { continue };
        // What the middleware sets itself is there afterwards.
        if events.iter().any(|event| variable_used(&event.kind, event.location, "set").is_some()) {
            continue;
        }
        let read = events[calls..].iter().find_map(|event| variable_used(&event.kind, event.location, "get"));
        let Some(read) = read else { continue };
        let Some((setter, set)) = setter(graph, read.variable) else { continue };
        let Some(reached) = graph.routes_of(setter).into_iter().next() else { continue };
        let function = graph.nodes[*node].symbol();
        let shown = read.name.clone().unwrap_or_else(|| "the variable".to_owned());
        report.report(
            Draft::new(
                read.place,
                function.as_str(),
                format!(
                    "`{function}` never sees what `{}` puts into the context variable `{shown}`",
                    graph.nodes[setter].name()
                ),
            )
            .route(reached.route_in(context.analysis))
            .discriminator(shown.clone())
            .evidence(
                "this middleware runs each route in a task of its own, with a copy of the context",
                *site,
            )
            .evidence_chain(graph.evidence(context.analysis, &reached))
            .evidence("the variable is set here, in the copy", set.place)
            .evidence("it is read here, where it still has its old value", read.place)
            .example(format!("request.state.{shown}")),
        );
    }
}

/// The parameter of a middleware function that runs the rest of the application.
fn call_next(graph: &CallGraph, node: usize) -> Option<Name> {
    let definition = &graph.nodes[node].definition;
    if definition.name == "__call__" {
        return None;
    }
    let parameters = &graph.nodes[node].summary.parameters;
    parameters.last().map(|(name, _)| *name)
}

/// The context variable that a call sets or reads.
fn variable_used(event: &EventKind, place: Location, method: &str) -> Option<Use> {
    let EventKind::Call(call) = event else { return None };
    let (base, name) = method_of(&call.callee)?;
    if name != method {
        return None;
    }
    let Symbolic::Call { callee, arguments, site } = base.as_symbolic()? else { return None };
    if callee.as_external()? != "contextvars.ContextVar" {
        return None;
    }
    let name = arguments.get(0, "name").and_then(Value::as_str).map(str::to_owned);
    Some(Use { variable: *site, name, place })
}

/// A function that routes run and that sets a context variable.
fn setter(graph: &CallGraph, variable: Location) -> Option<(usize, Use)> {
    graph
        .calls()
        .methods(&["set"])
        .or(&graph.calls().libraries(|name| name.ends_with("ContextVar.set")))
        .iter()
        .find_map(|node| {
            let events = &graph.nodes[node].summary.events;
            let set = events
                .iter()
                .filter_map(|event| variable_used(&event.kind, event.location, "set"))
                .find(|found| found.variable == variable)?;
            (!graph.routes_of(node).is_empty()).then_some((node, set))
        })
}
