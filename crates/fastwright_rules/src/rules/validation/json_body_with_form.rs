//! `json-body-with-form`: JSON body declared beside form fields or files.

use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{registered_at, title};
use fastwright_model::application::ParameterPlace;
use fastwright_model::dependant::type_text;
use fastwright_model::schemas::{is_model, is_schema};
use fastwright_python::interpreter::{Interpreter, plain_type};
use fastwright_python::name::Name;
use fastwright_python::value::*;

crate::declare_rule! {
    /// JSON body declared beside form fields or files.
    JsonBodyWithForm {
        name: "json-body-with-form",
        area: Validation,
        severity: High,
        confidence: Certain,
        summary: "JSON body declared beside form fields or files",
        why: "A request is either a form or JSON: the body model never receives JSON, and clients that send it get 422.",
        recommendation: "Make the model a form (`Annotated[Model, Form()]`), send it as a JSON text in a form field (`Json[Model]`), or use two routes.",
        trade_off: "The wire format changes for clients that found a way around it.",
        contract_effect: "the body is documented as what it is",
        cwe: [],
        owasp: [],
        profile: Default,
        page: "validation/json-body-with-form.md",
        references: ["https://fastapi.tiangolo.com/tutorial/request-forms-and-files/", "https://fastapi.tiangolo.com/tutorial/request-form-models/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    for (_, route, detail) in context.routes() {
        let Some(dependant) = &detail.dependant else { continue };
        let nodes = dependant.walk();
        let parameters =
            || nodes.iter().flat_map(|node| node.parameters.iter().map(move |parameter| (node, parameter)));
        let form = parameters()
            .map(|(_, parameter)| parameter)
            .find(|parameter| matches!(parameter.place, ParameterPlace::Form | ParameterPlace::File));
        let Some(form) = form else { continue };
        for (node, parameter) in parameters().filter(|(_, parameter)| parameter.place == ParameterPlace::Body)
        {
            let Some(annotation) = &parameter.annotation else { continue };
            if !is_structured(interpreter, annotation) {
                continue;
            }
            let name = title(route);
            let kind = type_text(interpreter, annotation);
            let symbol = node.qualified.rsplit(':').next().unwrap_or_default().to_owned();
            let what = if form.place == ParameterPlace::File { "file" } else { "form field" };
            report.report(
                Draft::new(
                    parameter.location,
                    symbol,
                    format!(
                        "`{name}` never gets `{}` as JSON: the {what} `{}` turns the whole body into a form",
                        parameter.name, form.name
                    ),
                )
                .route(route)
                .discriminator(parameter.name.to_string())
                .evidence(format!("`{name}` is registered here"), registered_at(route))
                .evidence(format!("`{}` is a `{kind}` and no form field", parameter.name), parameter.location)
                .evidence(format!("`{}` is a {what}", form.name), form.location)
                .example(format!("{}: Annotated[Json[{kind}], Form()]", parameter.name)),
            );
        }
    }
}

/// Whether a value has fields or elements, so that the text of one form field is none.
fn is_structured(interpreter: &mut Interpreter<'_>, annotation: &Value) -> bool {
    if let Some(class) = interpreter.class_of_type(annotation)
        && is_schema(interpreter, &class)
    {
        return !(is_model(interpreter, &class) && reads_text(interpreter, &class));
    }
    let plain = plain_type(annotation);
    let base = match plain.as_symbolic() {
        Some(Symbolic::Item { base, .. }) => base.as_external(),
        _ => plain.as_external(),
    };
    base.is_some_and(|name| matches!(name.as_str(), "builtins.dict" | "typing.Dict"))
}

/// Whether a model takes its input apart itself, which is the usual way to read JSON from a form field.
fn reads_text(interpreter: &Interpreter<'_>, class: &Value) -> bool {
    if interpreter.find_in_class(class, Name::from("__get_validators__")).is_some()
        || interpreter.find_in_class(class, Name::from("__get_pydantic_core_schema__")).is_some()
    {
        return true;
    }
    interpreter.class_order(class).iter().any(|owner| {
        let Kind::Class(id) = *owner.kind() else { return false };
        let Some(definition) = interpreter.class(id).and_then(|class| class.definition.as_ref()) else { return false };
        definition.body.iter().any(|statement| {
            matches!(&statement.kind, fastwright_python::ir::StmtKind::Function(function)
                if function.decorators.iter().any(|decorator| {
                    let callee = match &decorator.kind {
                        fastwright_python::ir::ExprKind::Call(call) => call.callee.dotted_name(),
                        _ => decorator.dotted_name(),
                    };
                    callee.is_some_and(|name| name.ends_with("model_validator") || name.ends_with("root_validator"))
                }))
        })
    })
}
