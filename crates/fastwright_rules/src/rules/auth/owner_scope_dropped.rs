//! `owner-scope-dropped`: function that selects by owner once, and then by id alone.

use crate::access::{Mark, Marks, sounds_like_id};
use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::ownership::OWNER_COLUMNS;
use crate::reporter::{Draft, Reporter};
use crate::wording::{handler_step, route_name};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::{CallEvent, EventKind};
use fastwright_python::value::*;

crate::declare_rule! {
    /// Function that selects by owner once, and then by id alone.
    OwnerScopeDropped {
        name: "owner-scope-dropped",
        area: Auth,
        severity: Medium,
        confidence: Likely,
        summary: "function that selects by owner once, and then by id alone",
        why: "The first query is limited to the owner's rows and silently finds nothing for others; the second takes any row by its id and gives it to the caller.",
        recommendation: "Select by owner both times, or load the row once, compare the owner, and go on with it.",
        trade_off: "none worth mentioning: the second query is one condition longer",
        contract_effect: "callers who do not own the row get nothing instead of somebody else's",
        cwe: [639, 862],
        owasp: ["API1:2023"],
        profile: Audit,
        page: "auth/owner-scope-dropped.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let analysis = context.analysis;
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    for node in 0..code.nodes.len() {
        let Some(dropped) = dropped(interpreter, code, node) else { continue };
        let function = &code.nodes[node].definition;
        let routes = code.routes_of(node);
        let Some(reached) = routes.first() else { continue };
        let route = reached.route_in(analysis);
        report.report(
            Draft::new(
                dropped.unscoped,
                function.qualname.as_str(),
                format!(
                    "`{}` selects by `{}` and `{}`, and then gives back what `{}` alone finds",
                    function.name, dropped.id, dropped.owner, dropped.id
                ),
            )
            .route(route)
            .evidence_chain([handler_step(route)])
            .evidence_chain(code.evidence(analysis, reached).into_iter().skip(1))
            .evidence(
                format!("here the owner (`{}`) is part of the selection", dropped.owner),
                dropped.scoped,
            )
            .evidence(
                format!("here it is not, and `{}` answers with the row", route_name(route)),
                dropped.unscoped,
            ),
        );
    }
}

/// A function that forgets the owner.
struct Dropped {
    id: Name,
    owner: Name,
    scoped: Location,
    unscoped: Location,
}

fn dropped(interpreter: &Interpreter<'_>, code: &CallGraph, node: usize) -> Option<Dropped> {
    let summary = &code.nodes[node].summary;
    let named = |wanted: &dyn Fn(&str) -> bool| {
        summary.parameters.iter().map(|(name, _)| *name).find(|name| wanted(name.as_str()))
    };
    let owner = named(&|name| OWNER_COLUMNS.contains(&name))?;
    let id = named(&|name| sounds_like_id(name) && !OWNER_COLUMNS.contains(&name))?;
    let function = summary.function.id;
    let owners = Marks::of(vec![Mark::parameter(function, owner)]);
    let ids = Marks::of(vec![Mark::parameter(function, id)]);
    let mut scoped = None;
    for (position, event) in summary.events.iter().enumerate() {
        match &event.kind {
            // Whoever compares the owner decides by it.
            EventKind::Condition(value) if owners.are_in(interpreter, value) => return None,
            EventKind::Call(call) => {
                let given = all_of(call);
                let has_id = given.iter().any(|value| ids.are_in(interpreter, value));
                let has_owner = given.iter().any(|value| owners.are_in(interpreter, value));
                if !has_id {
                    continue;
                }
                match (has_owner, scoped) {
                    // A function of the program that gets both may be the check.
                    (true, _) if call.target.is_some() => return None,
                    (true, _) => scoped = Some(event.location),
                    (false, Some(scoped))
                        if given.iter().any(|value| ids.is(value))
                            && finds(code, node, position, call)
                            && is_returned(summary, call, position) =>
                    {
                        return Some(Dropped { id, owner, scoped, unscoped: event.location });
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    None
}

fn all_of(call: &CallEvent) -> Vec<Value> {
    let mut all: Vec<Value> = call.arguments.positional.to_vec();
    all.extend(call.arguments.keywords.iter().map(|(_, value)| value.clone()));
    if let Some(Symbolic::Member { base, .. }) = call.callee.as_symbolic() {
        all.push(base.clone());
    }
    all
}

/// Whether a call loads something: by the name of the program's function, or as a method of a session.
fn finds(code: &CallGraph, node: usize, position: usize, call: &CallEvent) -> bool {
    match &call.target {
        Some((function, _)) => {
            let name = function.definition.name;
            ["get_", "find_", "load_", "fetch_", "read_"]
                .iter()
                .any(|verb| name.trim_start_matches('_').starts_with(verb))
        }
        None => {
            let name = code.nodes[node].callee(position).unwrap_or_default();
            matches!(name.rsplit('.').next(), Some("get" | "get_one"))
        }
    }
}

/// Whether what a call gave is what the function gives back.
fn is_returned(summary: &fastwright_python::summary::Summary, call: &CallEvent, position: usize) -> bool {
    summary.events.iter().skip(position + 1).any(|event| match &event.kind {
        EventKind::Return(value) => {
            value.same(&call.result) || value.alternatives().iter().any(|part| part.same(&call.result))
        }
        _ => false,
    })
}
