//! `guard-that-never-refuses`: authentication dependency that looks at the caller and lets everybody pass.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::credential_inputs::takes_credentials;
use crate::data_flow::{holds, root_parameter};
use crate::reporter::{Draft, Reporter};
use crate::syntax::{any_statement, block_mentions_name};

use crate::wording::short_name;
use crate::wording::{registration_step, route_name};
use fastwright_model::application::{GuardKind, Route};
use fastwright_model::dependant::{Dependant, DependantKind};
use fastwright_model::facts::{callee_name, status_of_exception};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::StmtKind;
use fastwright_python::location::{Files, Location};
use fastwright_python::summary::{EventKind, Summary};
use fastwright_python::value::*;
use std::rc::Rc;

crate::declare_rule! {
    /// Authentication dependency that looks at the caller and lets everybody pass.
    GuardThatNeverRefuses {
        name: "guard-that-never-refuses",
        area: Auth,
        severity: Critical,
        confidence: Likely,
        summary: "authentication dependency that looks at the caller and lets everybody pass",
        why: "The route looks protected in code and in the documentation, and every caller passes.",
        recommendation: "Raise 401 in the dependency when the credentials are missing or wrong, and pass the dependency itself, called where it is a factory.",
        trade_off: "Callers with missing or wrong credentials, who got an answer until now, get 401.",
        contract_effect: "401 for callers with missing or wrong credentials",
        cwe: [287, 863],
        owasp: ["API2:2023"],
        profile: Default,
        page: "auth/guard-that-never-refuses.md",
        references: ["https://fastapi.tiangolo.com/reference/security/", "https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let mut interpreter = context.analysis.interpreter.borrow_mut();
    let interpreter = &mut *interpreter;
    for (_, route, detail) in context.routes() {
        let Some(handler) = &detail.dependant else { continue };
        if context.settings.public_reason(crate::reporter::route_method(route), &route.path).is_some() {
            continue;
        }
        for node in &handler.dependencies {
            let Some((what, evidence)) = harmless(interpreter, code, route, handler, node) else { continue };
            let name = name_of(&context.analysis.files, node);
            report.report(
                Draft::new(
                    node.location,
                    short_name(&route.handler),
                    format!(
                        "`{name}` looks like a guard of `{}` and refuses nobody: {what}",
                        route_name(route)
                    ),
                )
                .route(route)
                .evidence_chain(registration_step(route))
                .evidence(format!("`{name}` is attached ({})", node.via), node.location)
                .evidence_chain(evidence)
                .discriminator(name),
            );
        }
    }
}

/// What makes a dependency that looks like a guard harmless, if it is.
fn harmless(
    interpreter: &mut Interpreter<'_>,
    code: &CallGraph,
    route: &Route,
    handler: &Dependant,
    node: &Dependant,
) -> Option<(String, Option<(String, Location)>)> {
    let given_for_effect = node.via.starts_with("dependencies of");
    if let DependantKind::SecurityScheme(class) = &node.kind {
        if !required_by_schemes_alone(route) {
            return None;
        }
        let unused = given_for_effect || node.parameter_name.is_some_and(|name| !uses(code, handler, name));
        // The request is at hand: what the header holds may be read there.
        let reads_request = handler.special.iter().any(|(_, class)| class.ends_with(".Request"));
        if !unused || reads_request {
            return None;
        }
        let class = class.rsplit('.').next().unwrap_or_default();
        let no_other_guard = || {
            handler.dependencies.iter().all(|other| std::ptr::eq(other, node) || !takes_credentials(other))
        };
        let is_mentioned = || {
            let named = node.parameter_name.zip(handler.function.as_ref());
            named.is_some_and(|(name, function)| block_mentions_name(&function.definition.body, name))
        };
        if route.guard.kind == GuardKind::Optional && no_other_guard() && !is_mentioned() {
            return Some((
                format!(
                    "`{class}` lets everybody in (`auto_error=False`), and nobody looks at what it finds"
                ),
                None,
            ));
        }
        if route.guard.kind != GuardKind::Required {
            return None;
        }
        return Some((
            format!("`{class}` only checks that the header is there, and nobody looks at what it holds"),
            None,
        ));
    }
    if !given_for_effect {
        return None;
    }
    let function = Rc::clone(node.function.as_ref()?);
    let summary = interpreter.summarize(&function, node.receiver)?;
    let defined = Location { file: function.id.file, span: function.definition.name_span };
    if let Kind::Function(inner) = summary.returns.kind() {
        let guarding = interpreter.summarize(inner, None)?;
        let refuses = statuses(interpreter, &guarding).iter().any(|status| matches!(status, 401 | 403));
        return refuses.then(|| {
            (
                format!(
                    "it is passed without being called, so `{}` inside of it never runs",
                    inner.definition.name
                ),
                Some((
                    format!("`{}` gives back a function that nobody calls", function.definition.name),
                    defined,
                )),
            )
        });
    }
    let refused_elsewhere = match route.guard.kind {
        GuardKind::Required => !required_by_schemes_alone(route),
        _ => false,
    };
    if refused_elsewhere || !takes_credentials(node) || function.definition.is_generator {
        return None;
    }
    let reached = code.reached_from(code.of_dependant(node));
    if reached.is_empty() || reached.iter().any(|node| may_refuse(interpreter, &code.nodes[*node].summary)) {
        return None;
    }
    Some((
        "whatever it finds out, it only gives it back".to_owned(),
        Some((format!("`{}` raises nothing", function.definition.name), defined)),
    ))
}

/// Whether nothing refuses callers of a route but schemes that look for a header.
fn required_by_schemes_alone(route: &Route) -> bool {
    route.guard.by.iter().all(|by| by.starts_with("fastapi.security"))
}

/// Whether a function uses one of its parameters.
fn uses(code: &CallGraph, dependant: &Dependant, name: fastwright_python::name::Name) -> bool {
    let Some(node) = code.of_dependant(dependant) else { return true };
    let summary = &code.nodes[node].summary;
    if summary.incomplete {
        return true;
    }
    let text = |value: &Value| root_parameter(value).is_some_and(|parameter| parameter.name == name);
    summary.events.iter().any(|event| match &event.kind {
        EventKind::Call(call) => {
            mentions_any(&call.callee, &text)
                || call.arguments.incomplete
                || call.arguments.positional.iter().any(|value| mentions_any(value, &text))
                || call.arguments.keywords.iter().any(|(_, value)| mentions_any(value, &text))
        }
        EventKind::Raise { exception, .. } => mentions_any(exception, &text),
        EventKind::Store { base, value, .. } => mentions_any(base, &text) || mentions_any(value, &text),
        EventKind::StoreItem { base, index, value } => {
            mentions_any(base, &text) || mentions_any(index, &text) || mentions_any(value, &text)
        }
        EventKind::Condition(value) | EventKind::Yield(value) => mentions_any(value, &text),
        // Collections on the heap hide what they hold: a return of one counts as use.
        EventKind::Return(value) => {
            mentions_any(value, &text) || matches!(value.kind(), Kind::Dict(_) | Kind::List(_) | Kind::Set(_))
        }
    })
}

fn mentions_any(value: &Value, predicate: &dyn Fn(&Value) -> bool) -> bool {
    fastwright_model::facts::mentions(value, &mut |part| predicate(part))
}

fn statuses(interpreter: &mut Interpreter<'_>, summary: &Summary) -> Vec<u16> {
    summary
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Raise { exception, again: false } => status_of_exception(interpreter, exception),
            _ => None,
        })
        .collect()
}

/// Whether a function can end a request, or does something that others may rely on: it raises, calls a
/// library that raises on bad credentials, or stores what it found.
fn may_refuse(interpreter: &mut Interpreter<'_>, summary: &Summary) -> bool {
    if summary.incomplete || summary.always_raises {
        return true;
    }
    // A branch that settings leave out today may refuse tomorrow.
    let raises = any_statement(&summary.function.definition.body, &mut |statement| {
        matches!(statement.kind, StmtKind::Raise { .. })
    });
    if raises {
        return true;
    }
    summary.events.iter().any(|event| match &event.kind {
        EventKind::Raise { .. } | EventKind::Store { .. } | EventKind::StoreItem { .. } => true,
        EventKind::Call(call) if call.target.is_none() => {
            let is_input = call
                .arguments
                .positional
                .iter()
                .chain(call.arguments.keywords.iter().map(|(_, value)| value))
                .any(|value| holds(interpreter, value, &mut |part| root_parameter(part).is_some()));
            let name = callee_name(interpreter, &call.callee);
            let plain = match name.as_deref() {
                Some(name) => name.starts_with("builtins.") || name.starts_with("logging."),
                // A method of something that is not known: `.get` of a dict raises nothing.
                None => {
                    matches!(call.callee.as_symbolic(), Some(Symbolic::Member { name, .. }) if *name == "get")
                        || matches!(call.callee.kind(), Kind::Method(_))
                }
            };
            is_input && !plain
        }
        _ => false,
    })
}

/// The name by which people know a dependency: for a scheme, which is an object, what `Depends` is given.
fn name_of(files: &Files, node: &Dependant) -> String {
    let DependantKind::SecurityScheme(class) = &node.kind else {
        return short_name(&node.qualified).to_owned();
    };
    let written = files.get(node.location.file).slice(node.location.span);
    let given = ["Depends(", "Security("].iter().find_map(|marker| written.split(marker).nth(1));
    let name: String = given
        .unwrap_or_default()
        .chars()
        .take_while(|character| character.is_alphanumeric() || matches!(character, '_' | '.'))
        .collect();
    if name.is_empty() { class.rsplit('.').next().unwrap_or_default().to_owned() } else { name }
}
