//! `pydantic-v1-model`: model of `pydantic.v1` in a route, which newer versions of FastAPI refuse.

use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{handler_name, registered_at, title};
use crate::versions::FastapiVersions;
use fastwright_model::application::Route;
use fastwright_model::assemble::declared_response;
use fastwright_model::schemas::classes_of_type;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
use fastwright_python::project::Version;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Model of `pydantic.v1` in a route, which newer versions of FastAPI refuse.
    PydanticV1Model {
        name: "pydantic-v1-model",
        area: Validation,
        severity: High,
        confidence: Certain,
        summary: "model of `pydantic.v1` in a route, which newer versions of FastAPI refuse",
        why: "From 0.128 on FastAPI raises `PydanticV1NotSupportedError` when such a route is registered: the application does not start.",
        recommendation: "Derive the model from `pydantic.BaseModel`.",
        trade_off: "Validators and configuration have other names in Pydantic 2.",
        contract_effect: "none, beside details of validation",
        cwe: [477],
        owasp: [],
        profile: Default,
        page: "validation/pydantic-v1-model.md",
        references: ["https://fastapi.tiangolo.com/release-notes/", "https://docs.pydantic.dev/latest/migration/"],
        check: check,
    }
}

/// From this version on such models are refused.
const REFUSED: Version = Version::new(0, 128, 0);

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let versions = FastapiVersions::of(context.analysis);
    if !versions.maybe_at_least(REFUSED) {
        return;
    }
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    // Cheap: most programs have none at all.
    if !context.analysis.codes.iter().any(|code| {
        code.imports.iter().any(|import| {
            import.module.starts_with("pydantic.v1")
                || import.module == "pydantic" && import.names.iter().any(|name| *name == "v1")
        })
    }) {
        return;
    }
    for (_, route, detail) in context.routes() {
        let Some(dependant) = &detail.dependant else { continue };
        for node in dependant.walk() {
            for parameter in &node.parameters {
                let Some(annotation) = &parameter.annotation else { continue };
                if let Some((name, place)) = old_model(interpreter, annotation) {
                    let symbol = node.qualified.rsplit(':').next().unwrap_or_default();
                    let what = format!("`{}` takes a `{name}`", parameter.name);
                    report.report(
                        draft(route, parameter.location, symbol, &name, &what, place)
                            .confidence(versions.confidence)
                            .discriminator(parameter.name.to_string()),
                    );
                }
            }
        }
        let Some(declared) = declared_response(interpreter, &detail.flat) else { continue };
        if let Some((name, place)) = old_model(interpreter, &declared) {
            let what = format!("the response is a `{name}`");
            report.report(
                draft(route, registered_at(route), handler_name(route), &name, &what, place)
                    .confidence(versions.confidence)
                    .discriminator("response"),
            );
        }
    }
}

/// A class of a type that derives from the old model: its name, and where it is defined.
fn old_model(interpreter: &mut Interpreter<'_>, annotation: &Value) -> Option<(String, Location)> {
    classes_of_type(interpreter, annotation).into_iter().find_map(|class| {
        let Kind::Class(id) = *class.kind() else { return None };
        let old = ["pydantic.v1.main.BaseModel", "pydantic.v1.BaseModel"]
            .iter()
            .any(|name| interpreter.derives_from(&class, name));
        let object = interpreter.class(id).filter(|_| old)?;
        Some((object.name.to_string(), object.location))
    })
}

fn draft(route: &Route, at: Location, symbol: &str, model: &str, what: &str, declared: Location) -> Draft {
    let name = title(route);
    Draft::new(
        at,
        symbol,
        format!("FastAPI 0.128 and later refuse `{name}`: `{model}` is a model of `pydantic.v1`"),
    )
    .route(route)
    .evidence(format!("`{name}` is registered here"), registered_at(route))
    .evidence(what, at)
    .evidence(format!("`{model}` derives from the `BaseModel` of `pydantic.v1`"), declared)
}
