//! `parameter-model-beside-parameters`: model of parameters that does not work beside the others of its place.

use crate::context::Context;
use crate::finding::Confidence;
use crate::model_settings::extra_fields;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{registered_at, title};
use crate::versions::FastapiVersions;
use fastwright_model::application::{ParameterPlace, Route, RouteKind};
use fastwright_model::dependant::{Dependant, DependantParameter, type_text};
use fastwright_model::schemas::is_model;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::project::Version;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Model of parameters that does not work beside the others of its place.
    ParameterModelBesideParameters {
        name: "parameter-model-beside-parameters",
        area: Validation,
        severity: High,
        confidence: Certain,
        summary: "model of parameters that does not work beside the others of its place",
        why: "Requests that the document calls right are refused with 422: the model sees parameters that are not its own, or is not taken apart at all.",
        recommendation: "Make the other parameters fields of the model.",
        trade_off: "Dependencies that bring parameters of their own need another way to get them.",
        contract_effect: "requests that are refused today are served",
        cwe: [],
        owasp: [],
        profile: Default,
        page: "validation/parameter-model-beside-parameters.md",
        references: ["https://fastapi.tiangolo.com/tutorial/query-param-models/"],
        check: check,
    }
}

/// From this version on parameters may be models.
const MODELS: Version = Version::new(0, 115, 0);
/// From this version on a model is taken apart beside other parameters as well; before, only alone.
const BESIDE_OTHERS: Version = Version::new(0, 157, 0);

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let versions = FastapiVersions::of(context.analysis);
    if !versions.maybe_at_least(MODELS) {
        return;
    }
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    for (_, route, detail) in context.routes() {
        let Some(dependant) = &detail.dependant else { continue };
        if route.kind != RouteKind::Http {
            continue;
        }
        let nodes = dependant.walk();
        for node in &nodes {
            for parameter in &node.parameters {
                if !matches!(
                    parameter.place,
                    ParameterPlace::Query | ParameterPlace::Cookie | ParameterPlace::Header
                ) {
                    continue;
                }
                let Some(annotation) = &parameter.annotation else { continue };
                let Kind::Class(_) = *annotation.kind() else { continue };
                if !is_model(interpreter, annotation) || parameter.field.is_none() {
                    continue;
                }
                let beside = node
                    .parameters
                    .iter()
                    .find(|other| other.place == parameter.place && other.location != parameter.location);
                if let Some(other) = beside
                    && !versions.maybe_at_least(BESIDE_OTHERS)
                {
                    report.report(not_taken_apart(interpreter, route, node, parameter, annotation, other));
                    continue;
                }
                if parameter.place != ParameterPlace::Query
                    || extra_fields(interpreter, annotation).as_deref() != Some("forbid")
                {
                    continue;
                }
                let own: Vec<String> = context
                    .fields(interpreter, annotation)
                    .iter()
                    .map(|field| field.name.to_string())
                    .collect();
                let other = nodes.iter().flat_map(|node| &node.parameters).find(|other| {
                    other.place == parameter.place
                        && other.location != parameter.location
                        && !own.contains(&other.alias)
                });
                if let Some(other) = other {
                    report.report(refused(interpreter, route, node, parameter, annotation, other));
                }
            }
        }
    }
}

fn not_taken_apart(
    interpreter: &mut Interpreter<'_>,
    route: &Route,
    node: &Dependant,
    parameter: &DependantParameter,
    model: &Value,
    other: &DependantParameter,
) -> Draft {
    let (name, model) = (title(route), type_text(interpreter, model));
    let place = parameter.place.name();
    draft(
        route,
        node,
        parameter,
        format!(
            "`{name}` never reads the fields of `{model}`: beside `{}` its parameter is one named `{}`",
            other.name, parameter.alias
        ),
    )
    .evidence(format!("`{}` is a model of {place} parameters", parameter.name), parameter.location)
    .evidence(
        format!("`{}` is another, so the model is not taken apart in this version", other.name),
        other.location,
    )
    .recommendation(format!("Make `{}` a field of `{model}`, or use FastAPI 0.157 or later.", other.name))
}

fn refused(
    interpreter: &mut Interpreter<'_>,
    route: &Route,
    node: &Dependant,
    parameter: &DependantParameter,
    model: &Value,
    other: &DependantParameter,
) -> Draft {
    let (name, model) = (title(route), type_text(interpreter, model));
    let when = if other.required { "every request" } else { "each request" };
    draft(
        route,
        node,
        parameter,
        format!("`{name}` refuses {when} with `{}`: `{model}` forbids what is not its own", other.alias),
    )
    .evidence(format!("`{}` is a model of query parameters", parameter.name), parameter.location)
    .evidence(format!("`{}` is read from the query as well", other.alias), other.location)
}

fn draft(route: &Route, node: &Dependant, parameter: &DependantParameter, message: String) -> Draft {
    let symbol = node.qualified.rsplit(':').next().unwrap_or_default().to_owned();
    Draft::new(parameter.location, symbol, message)
        .route(route)
        .confidence(Confidence::Certain)
        .discriminator(parameter.name.to_string())
        .evidence(format!("`{}` is registered here", title(route)), registered_at(route))
}
