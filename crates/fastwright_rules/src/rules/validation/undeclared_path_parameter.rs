//! `undeclared-path-parameter`: parameter in the path that the handler never receives.

use crate::context::Context;
use crate::finding::Severity;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{handler_name, registered_at, registration_steps, title};
use fastwright_model::application::{ParameterPlace, Route, RouteKind};
use fastwright_model::dependant::{Dependant, DependantKind, DependantParameter, path_parameters};
use fastwright_model::facts::{mentions, reach};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::summary::EventKind;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Parameter in the path that the handler never receives.
    UndeclaredPathParameter {
        name: "undeclared-path-parameter",
        area: Validation,
        severity: High,
        confidence: Certain,
        summary: "parameter in the path that the handler never receives",
        why: "The value in the address is thrown away; a parameter of another name is read from the query and required there.",
        recommendation: "Give the parameter in the signature the name that the path has.",
        trade_off: "None: the route could not work as it reads.",
        contract_effect: "the parameter moves from the query to the path",
        cwe: [],
        owasp: [],
        profile: Default,
        page: "validation/undeclared-path-parameter.md",
        references: ["https://fastapi.tiangolo.com/tutorial/path-params/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    for (app, details) in context.apps() {
        let mounts: Vec<&str> = app
            .routes
            .iter()
            .filter(|route| route.kind == RouteKind::Mount && route.path.contains('{'))
            .map(|route| route.path.as_str())
            .collect();
        for (route, detail) in app.routes.iter().zip(details) {
            let Some(dependant) = &detail.dependant else { continue };
            // What a mount takes belongs to the mounting application.
            let outside =
                mounts.iter().filter(|path| route.path.starts_with(**path)).map(|path| path.len()).max();
            let own_path = &route.path[outside.unwrap_or(0)..];
            let nodes = dependant.walk();
            if nodes.iter().any(|node| node.kind == DependantKind::Opaque) {
                continue;
            }
            let declared: Vec<&DependantParameter> = nodes
                .iter()
                .flat_map(|node| &node.parameters)
                .filter(|parameter| parameter.place == ParameterPlace::Path)
                .collect();
            let missing: Vec<String> = path_parameters(own_path)
                .into_iter()
                .filter(|name| {
                    !declared.iter().any(|parameter| parameter.alias == *name || parameter.name == *name)
                })
                // What takes the rest of the address often only catches it, to serve one page for all.
                .filter(|name| !own_path.contains(&format!("{{{name}:path}}")))
                .collect();
            if missing.is_empty() || reads_request(interpreter, &nodes) {
                continue;
            }
            for name in missing {
                let meant = probably_meant(dependant, &name);
                report.report(draft(route, &name, meant));
            }
        }
    }
}

/// Whether code gets the request and may look at the path itself.
fn reads_request(interpreter: &mut Interpreter<'_>, nodes: &[&Dependant]) -> bool {
    for node in nodes.iter().filter(|node| !node.special.is_empty()) {
        let Some(function) = &node.function else { return true };
        let is_request = |value: &Value| match value.as_symbolic() {
            Some(Symbolic::Parameter(parameter)) => {
                parameter.function == function.id
                    && node.special.iter().any(|(name, class)| {
                        *name == parameter.name
                            && !class.ends_with("BackgroundTasks")
                            && !class.ends_with("Response")
                    })
            }
            _ => false,
        };
        for reached in reach(interpreter, function, node.receiver) {
            for event in &reached.summary.events {
                let mut looks = |value: &Value| {
                    mentions(value, &mut |part| match part.as_symbolic() {
                        Some(Symbolic::Member { name, .. }) => {
                            matches!(name.as_str(), "path_params" | "scope" | "url")
                        }
                        _ => false,
                    })
                };
                let found = match &event.kind {
                    EventKind::Call(call) => {
                        looks(&call.callee)
                            || call.arguments.positional.iter().any(&mut looks)
                            || call.arguments.keywords.iter().any(|(_, value)| looks(value))
                            // Code that is not known gets the whole request.
                            || call.target.is_none()
                                && !is_template(&call.callee)
                                && call
                                    .arguments
                                    .positional
                                    .iter()
                                    .chain(call.arguments.keywords.iter().map(|(_, value)| value))
                                    .any(is_request)
                    }
                    EventKind::Return(value) | EventKind::Condition(value) | EventKind::Yield(value) => {
                        looks(value)
                    }
                    EventKind::Store { value, .. } | EventKind::StoreItem { value, .. } => looks(value),
                    EventKind::Raise { .. } => false,
                };
                if found {
                    return true;
                }
            }
        }
    }
    false
}

fn is_template(callee: &Value) -> bool {
    match callee.kind() {
        Kind::Symbolic(symbolic) => {
            matches!(&**symbolic, Symbolic::Member { name, .. } if *name == "TemplateResponse")
        }
        Kind::Method(method) => {
            method.function.as_external().is_some_and(|name| name.ends_with("TemplateResponse"))
        }
        _ => false,
    }
}

/// The parameter of the query that was probably meant: part of the name, or close to it.
fn probably_meant<'d>(dependant: &'d Dependant, name: &str) -> Option<&'d DependantParameter> {
    let from_query = dependant
        .parameters
        .iter()
        .filter(|parameter| parameter.place == ParameterPlace::Query && parameter.field.is_none());
    from_query
        .map(|parameter| {
            let own = parameter.alias.as_str();
            let part = name.ends_with(&format!("_{own}")) || own.ends_with(&format!("_{name}"));
            let likeness = strsim::normalized_damerau_levenshtein(own, name);
            (if part { 1.0 } else { likeness }, parameter)
        })
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, parameter)| parameter)
}

fn draft(route: &Route, name: &str, meant: Option<&DependantParameter>) -> Draft {
    let address = title(route);
    let handler = handler_name(route);
    let message = match meant {
        Some(meant) => format!(
            "`{address}` never reads `{name}` of its path: `{handler}` takes `{}` from the query instead",
            meant.alias
        ),
        None => format!("`{address}` never reads `{name}` of its path"),
    };
    let mut draft = Draft::new(registered_at(route), handler, message)
        .route(route)
        .discriminator(name)
        .evidence_chain(registration_steps(route))
        .evidence(format!("neither `{handler}` nor a dependency takes `{name}`"), route.location);
    match meant {
        Some(meant) => {
            draft = draft.evidence(
                format!("`{}` is no part of the path, so it comes from the query", meant.alias),
                meant.location,
            );
        }
        None => {
            draft = draft.severity(Severity::Low).why(format!(
                "Each value of `{name}` gets the same answer, and the document does not name the parameter."
            ));
        }
    }
    draft
}
