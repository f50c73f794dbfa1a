//! `body-on-get`: `GET` route that reads a body.

use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{registered_at, source, title};
use fastwright_model::application::{ParameterPlace, RouteKind};
use fastwright_model::dependant::{DependantParameter, type_text};
use fastwright_model::schemas::{is_model, is_schema};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::value::Kind;

crate::declare_rule! {
    /// `GET` route that reads a body.
    BodyOnGet {
        name: "body-on-get",
        area: Validation,
        severity: Medium,
        confidence: Certain,
        summary: "`GET` route that reads a body",
        why: "Browsers refuse to send a body with `GET`, and proxies and caches may drop it or ignore it when they choose what to answer.",
        recommendation: "Take it from the query (`Annotated[Model, Query()]`), or make the route a `POST`.",
        trade_off: "Clients have to change with the route; a query can't be as large or as deep as a body.",
        contract_effect: "the input moves to the query, or the method changes",
        cwe: [],
        owasp: [],
        profile: Default,
        page: "validation/body-on-get.md",
        references: ["https://www.rfc-editor.org/rfc/rfc9110#section-9.3.1", "https://fastapi.tiangolo.com/tutorial/query-param-models/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    for (_, route, detail) in context.routes() {
        let Some(dependant) = &detail.dependant else { continue };
        let only_reads = !route.methods.is_empty()
            && route.methods.iter().all(|method| matches!(method.as_str(), "GET" | "HEAD"));
        if route.kind != RouteKind::Http || !only_reads {
            continue;
        }
        for node in dependant.walk() {
            for parameter in &node.parameters {
                let what = match parameter.place {
                    ParameterPlace::Body if is_surely_body(context, interpreter, parameter) => "JSON body",
                    ParameterPlace::Form | ParameterPlace::File => "form",
                    _ => continue,
                };
                let name = title(route);
                let symbol = node.qualified.rsplit(':').next().unwrap_or_default().to_owned();
                let mut draft = Draft::new(
                    parameter.location,
                    symbol,
                    format!(
                        "`{name}` reads `{}` from a {what}, which many clients can't send with `GET`",
                        parameter.name
                    ),
                )
                .route(route)
                .discriminator(parameter.name.to_string())
                .evidence(format!("`{name}` is registered here"), registered_at(route))
                .evidence(format!("`{}` is read from the {what}", parameter.name), parameter.location);
                if let Some(annotation) = &parameter.annotation {
                    let kind = type_text(interpreter, annotation);
                    let class = interpreter.class_of_type(annotation);
                    if class.is_some_and(|class| is_model(interpreter, &class)) && kind != "?" {
                        draft = draft.example(format!("{}: Annotated[{kind}, Query()]", parameter.name));
                    }
                }
                report.report(draft);
            }
        }
    }
}

/// Whether FastAPI certainly takes a parameter from the body: it says so, or has a type that comes from
/// nowhere else and nothing beside it that is not known.
fn is_surely_body(
    context: &Context<'_>,
    interpreter: &mut Interpreter<'_>,
    parameter: &DependantParameter,
) -> bool {
    if parameter.field.is_some() {
        return true;
    }
    // A marker that is made by something unknown may say anything.
    let written = source(context.analysis, parameter.location);
    if written.contains("Annotated") && written.contains('(') {
        return false;
    }
    let Some(annotation) = &parameter.annotation else { return false };
    match interpreter.class_of_type(annotation) {
        Some(class) if matches!(class.kind(), Kind::Class(_)) => is_schema(interpreter, &class),
        Some(_) => true,
        None => false,
    }
}
