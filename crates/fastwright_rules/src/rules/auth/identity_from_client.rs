//! `identity-from-client`: caller's identity taken from the request although the caller is known.

use crate::call_graph::{CallGraph, Wanted};
use crate::context::Context;
use crate::data_flow::{Checks, Following, Sink, entry_dependant, flows, request_inputs};
use crate::finding::{Confidence, Severity};
use crate::ownership::{Caller, OWNER_COLUMNS, is_for_some, is_owner_column};
use crate::reporter::{Draft, Reporter};
use crate::wording::{handler_step, route_name};
use fastwright_model::application::{GuardKind, ParameterPlace};
use fastwright_model::dependant::DependantKind;
use fastwright_model::facts::EventKinds;
use fastwright_model::library::sqlalchemy::entity;
use fastwright_model::tables::Table;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::Comparison;
use fastwright_python::summary::EventKind;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Caller's identity taken from the request although the caller is known.
    IdentityFromClient {
        name: "identity-from-client",
        area: Auth,
        severity: Critical,
        confidence: Likely,
        summary: "caller's identity taken from the request although the caller is known",
        why: "Whoever changes one value in the request acts as somebody else.",
        recommendation: "Take the identity from the guard (`user.id`) and drop the parameter.",
        trade_off: "Callers that send the parameter today keep working only if it is ignored; administrators who act for others need a route of their own.",
        contract_effect: "the parameter leaves the contract",
        cwe: [639, 290],
        owasp: ["API1:2023"],
        profile: Default,
        page: "auth/identity-from-client.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/"],
        check: check,
    }
}

/// Whose rows: a table, and what is done with the identity.
#[derive(Debug, Clone)]
struct Whose {
    table: String,
    writes: bool,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    if analysis.tables.is_empty() {
        return;
    }
    let code = context.call_graph();
    let mut interpreter = analysis.interpreter.borrow_mut();
    let interpreter = &mut *interpreter;
    let following = Following { to_the_text: false, checks: Checks::StopAtAny };
    let classes = analysis.tables.iter().map(|table| table.class);
    let naming = code.calls().methods(&["where", "filter", "filter_by"]).or(&code.calls().classes(classes));
    let found = flows(code, interpreter, following, &naming, |interpreter, node| {
        identities(interpreter, code, node, &analysis.tables)
    });
    for flow in &found {
        for entry in &code.nodes[flow.node].entries {
            let Some((app, position, dependant)) = entry_dependant(analysis, *entry) else { continue };
            let route = &analysis.apps[app].routes[position];
            let Some(handler) = analysis.details[app][position].dependant.as_ref() else { continue };
            if route.guard.kind != GuardKind::Required {
                continue;
            }
            let inputs = request_inputs(interpreter, dependant, &flow.value);
            let Some(input) = inputs.iter().find(|input| {
                matches!(
                    input.place,
                    Some(
                        ParameterPlace::Query
                            | ParameterPlace::Body
                            | ParameterPlace::Form
                            | ParameterPlace::Header
                    )
                ) && names_caller(&input.text)
            }) else {
                continue;
            };
            if is_for_some(interpreter, handler, &route.guard) {
                continue;
            }
            let caller = Caller::of(interpreter, handler, &route.guard);
            let own = code.reached_from(code.of_dependant(handler));
            if !caller.is_something()
                || own.iter().any(|node| {
                    caller.decides_about(interpreter, code, *node, &|name| {
                        flow.passes(*node) && names_caller(name)
                    })
                })
            {
                continue;
            }
            let name = input.text.rsplit('.').next().unwrap_or_default();
            let (severity, confidence) = match flow.what.writes {
                true => (Severity::High, Confidence::Likely),
                false => (Severity::Medium, Confidence::Possible),
            };
            let guard = handler.walk().into_iter().find(|node| {
                node.kind == DependantKind::Dependency && route.guard.by.contains(&node.qualified)
            });
            let title = route_name(route);
            let mut draft = Draft::new(
                route.location,
                crate::wording::short_name(&route.handler),
                format!(
                    "`{title}` believes the client's `{name}` about whose rows of `{}` these are",
                    flow.what.table
                ),
            )
            .severity(severity)
            .confidence(confidence)
            .route(route)
            .evidence_chain([handler_step(route)])
            .evidence(format!("{} names a person", input.title()), input.location)
            .evidence_chain(flow.steps(code))
            .discriminator(name);
            if let Some(guard) = guard {
                let known = crate::wording::short_name(&guard.qualified);
                draft = draft
                    .evidence(format!("`{known}` knows who calls"), guard.location)
                    .example(format!("user: Annotated[..., Depends({known})]\n{name} = user.id"));
            }
            report.report(draft);
        }
    }
}

/// Whether a name is that of the caller's identity.
fn names_caller(text: &str) -> bool {
    let name = text.rsplit('.').next().unwrap_or_default().to_lowercase().replace('-', "_");
    let name = name.strip_prefix("x_").unwrap_or(&name);
    OWNER_COLUMNS.contains(&name)
}

/// Where one function reads or makes rows for an identity.
fn identities(
    interpreter: &mut Interpreter<'_>,
    code: &CallGraph,
    node: usize,
    tables: &[Table],
) -> Vec<Sink<Whose>> {
    let table_of = |class: &Value| match *class.kind() {
        Kind::Class(id) => tables.iter().find(|table| table.class == id),
        _ => None,
    };
    let mut found = Vec::new();
    let wanted = Wanted::kinds(EventKinds::CLASS_CALL).or_methods(&["where", "filter", "filter_by"]);
    for position in code.nodes[node].wanted(wanted) {
        let EventKind::Call(call) = &code.nodes[node].summary.events[position].kind else { continue };
        if let Some(table) = table_of(&call.callee) {
            for (name, value) in &call.arguments.keywords {
                if is_owner_column(table, *name) {
                    let note = format!("it becomes `{name}` of a new row of `{}`", table.name);
                    let what = Whose { table: table.name.clone(), writes: true };
                    found.push(Sink { value: value.clone(), what, event: position, note });
                }
            }
            continue;
        }
        let Some(Symbolic::Member { base, name }) = call.callee.as_symbolic() else { continue };
        match name.as_str() {
            "where" | "filter" => {
                for condition in &call.arguments.positional {
                    let Some(Symbolic::Compare { comparison: Comparison::Equal, left, right }) =
                        condition.as_symbolic()
                    else {
                        continue;
                    };
                    for (column, other) in [(left, right), (right, left)] {
                        if let Some(Symbolic::Member { base, name }) = column.as_symbolic()
                            && let Some(table) = table_of(base)
                            && is_owner_column(table, *name)
                        {
                            let note = format!("rows of `{}` are selected by it", table.name);
                            let what = Whose { table: table.name.clone(), writes: false };
                            found.push(Sink { value: other.clone(), what, event: position, note });
                        }
                    }
                }
            }
            "filter_by" => {
                let Some(class) = entity(interpreter, base, 0) else { continue };
                let Some(table) = table_of(&class) else { continue };
                for (name, value) in &call.arguments.keywords {
                    if is_owner_column(table, *name) {
                        let note = format!("rows of `{}` are selected by it", table.name);
                        let what = Whose { table: table.name.clone(), writes: false };
                        found.push(Sink { value: value.clone(), what, event: position, note });
                    }
                }
            }
            _ => {}
        }
    }
    found
}
