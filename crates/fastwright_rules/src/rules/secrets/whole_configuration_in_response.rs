//! `whole-configuration-in-response`: all settings or arguments of the program as the answer of a route.

use crate::context::Context;
use crate::finding::{Confidence, Severity};
use crate::reporter::{Draft, Reporter};
use crate::vocabulary::any_word;
use crate::wording::{handler_step, route_name, short_name};
use fastwright_model::application::GuardKind;
use fastwright_model::dependant::type_text;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::summary::{Event, EventKind};
use fastwright_python::value::*;

crate::declare_rule! {
    /// All settings or arguments of the program as the answer of a route.
    WholeConfigurationInResponse {
        name: "whole-configuration-in-response",
        area: Secrets,
        severity: High,
        confidence: Likely,
        summary: "all settings or arguments of the program as the answer of a route",
        why: "Passwords, keys and addresses of other services are among the settings, today or after the next change: nobody who adds one thinks of this route.",
        recommendation: "Answer with a model that names the settings which callers may see.",
        trade_off: "A new setting has to be added to the model before clients see it.",
        contract_effect: "settings that the model does not name leave the response",
        cwe: [200, 497],
        owasp: ["API3:2023", "API8:2023"],
        profile: Audit,
        page: "secrets/whole-configuration-in-response.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let analysis = context.analysis;
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    for (app, details) in analysis.apps.iter().zip(&analysis.details).filter(|(app, _)| !app.mounted) {
        for (route, detail) in app.routes.iter().zip(details) {
            let Some(node) = detail.dependant.as_ref().and_then(|handler| code.of_dependant(handler)) else {
                continue;
            };
            let shown = code.nodes[node].summary.events.iter().find_map(|event| match &event.kind {
                EventKind::Return(value) => {
                    let events = &code.nodes[node].summary.events;
                    let shown = whole(interpreter, value, 0)
                        .or_else(|| copy_of_environment(interpreter, events, value, 0));
                    Some((shown?, event.location))
                }
                _ => None,
            });
            let Some((what, place)) = shown else { continue };
            let title = route_name(route);
            let mut draft = Draft::new(
                route.location,
                short_name(&route.handler),
                format!("`{title}` answers with all of `{what}`"),
            )
            .route(route)
            .evidence_chain([handler_step(route)])
            .evidence(format!("everything in `{what}` is in the answer"), place);
            if route.guard.kind == GuardKind::Required {
                draft = draft.severity(Severity::Medium).confidence(Confidence::Possible);
            }
            report.report(draft);
        }
    }
}

/// The configuration that a value shows whole, if every alternative of it does.
fn whole(interpreter: &mut Interpreter<'_>, value: &Value, depth: u32) -> Option<String> {
    if depth > 6 {
        return None;
    }
    match value.kind() {
        Kind::Union(values) => {
            let mut found = None;
            for value in values.iter().filter(|value| !value.is_none() && !value.is_unknown()) {
                found = Some(whole(interpreter, value, depth + 1)?);
            }
            found
        }
        Kind::External(name) if *name == "os.environ" => Some("os.environ".to_owned()),
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Member { base, name } if *name == "__dict__" => configuration(interpreter, base),
            Symbolic::Call { callee, arguments, .. } => {
                let first = arguments.positional.first().or_else(|| arguments.keyword("content"));
                match callee.as_external() {
                    Some(name) => match name.as_str() {
                        "builtins.vars" => configuration(interpreter, first?),
                        "builtins.dict" | "fastapi.encoders.jsonable_encoder" => {
                            whole(interpreter, first?, depth + 1).or_else(|| environment(first?))
                        }
                        name if name.ends_with("Response") => whole(interpreter, first?, depth + 1),
                        _ => None,
                    },
                    None => match callee.as_symbolic() {
                        Some(Symbolic::Member { base, name }) => {
                            let shows_all = matches!(
                                name.as_str(),
                                "as_dict"
                                    | "to_dict"
                                    | "model_dump"
                                    | "dict"
                                    | "asdict"
                                    | "get_all"
                                    | "items"
                            );
                            let limited = arguments
                                .keywords
                                .iter()
                                .any(|(name, _)| matches!(name.as_str(), "include" | "exclude"));
                            if shows_all && !limited { configuration(interpreter, base) } else { None }
                        }
                        // A response class of the program.
                        _ => match callee.kind() {
                            Kind::Class(_) => whole(interpreter, first?, depth + 1),
                            _ => None,
                        },
                    },
                }
            }
            _ => None,
        },
        _ => None,
    }
}

/// The environment, where a value is a dictionary that `dict(os.environ)` made, or holds one.
fn copy_of_environment(
    interpreter: &Interpreter<'_>,
    events: &[Event],
    value: &Value,
    depth: u32,
) -> Option<String> {
    let Kind::Dict(id) = *value.kind() else { return None };
    let copies = events.iter().any(|event| match &event.kind {
        EventKind::Call(call) => {
            matches!(*call.result.kind(), Kind::Dict(made) if made == id)
                && call.callee.as_external().is_some_and(|name| name == "builtins.dict")
                && call.arguments.positional.first().and_then(environment).is_some()
        }
        _ => false,
    });
    if copies {
        return Some("os.environ".to_owned());
    }
    let Object::Dict(dict) = interpreter.object(id) else { return None };
    let mut values = dict.entries.values().map(|(_, value)| value);
    (depth < 3)
        .then(|| values.find_map(|value| copy_of_environment(interpreter, events, value, depth + 1)))?
}

fn environment(value: &Value) -> Option<String> {
    value.as_external().filter(|name| *name == "os.environ").map(|name| name.to_string())
}

/// The name of a configuration, where a value is one: by its class, or by its name (`self.config`, `settings`,
/// `args`).
fn configuration(interpreter: &mut Interpreter<'_>, value: &Value) -> Option<String> {
    if let Some(class) = interpreter.class_of(value) {
        let is_settings = interpreter.class_order(&class).iter().any(|class| {
            class
                .as_external()
                .is_some_and(|name| name == "argparse.Namespace" || name.ends_with(".BaseSettings"))
        });
        if is_settings {
            return Some(type_text(interpreter, &class));
        }
    }
    let name = match value.as_symbolic()? {
        Symbolic::Member { name, .. } => *name,
        Symbolic::Parameter(parameter) => parameter.name,
        Symbolic::Call { callee, .. } => {
            return callee
                .as_external()
                .filter(|name| *name == "argparse.Namespace")
                .map(|name| name.to_string());
        }
        _ => return None,
    };
    any_word(&name, &mut |word| {
        matches!(
            word,
            "config" | "configuration" | "settings" | "args" | "arguments" | "options" | "environ" | "env"
        )
    })
    .then(|| name.to_string())
}
