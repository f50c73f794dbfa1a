//! `unintended-query-parameters`: plain parameters of a writing route that silently become query parameters.

use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{handler_name, registered_at, title};
use crate::stored_credential::{StoredCredential, stored_credential};
use fastwright_model::application::{ParameterPlace, Route};
use fastwright_model::dependant::{Dependant, DependantParameter, type_text};
use fastwright_python::interpreter::plain_type;

crate::declare_rule! {
    /// Plain parameters of a writing route that silently become query parameters.
    UnintendedQueryParameters {
        name: "unintended-query-parameters",
        area: Validation,
        severity: Medium,
        confidence: Likely,
        summary: "plain parameters of a writing route that silently become query parameters",
        why: "The values travel in the address, where logs, proxies and browser histories keep them.",
        recommendation: "Declare a body model, or say `Body()`; say `Query()` where the query is meant.",
        trade_off: "Clients have to send the values in the body.",
        contract_effect: "the parameters move from the query to the body",
        cwe: [598],
        owasp: [],
        profile: Default,
        page: "validation/unintended-query-parameters.md",
        references: ["https://fastapi.tiangolo.com/tutorial/body-multiple-params/", "https://cwe.mitre.org/data/definitions/598.html"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    for (_, route, detail) in context.routes() {
        let Some(dependant) = &detail.dependant else { continue };
        let writes = route.methods.iter().any(|method| matches!(method.as_str(), "POST" | "PUT" | "PATCH"));
        if !writes || takes_body(dependant) {
            continue;
        }
        let plain: Vec<&DependantParameter> = dependant
            .parameters
            .iter()
            .filter(|parameter| parameter.place == ParameterPlace::Query && parameter.field.is_none())
            .collect();
        let is_secret = |parameter: &&&DependantParameter| {
            matches!(
                stored_credential(&parameter.name),
                Some(StoredCredential::Password | StoredCredential::Secret)
            )
        };
        let secret = plain.iter().find(is_secret).copied();
        let required: Vec<&DependantParameter> =
            plain.iter().copied().filter(|parameter| parameter.required).collect();
        let has_text = required.iter().any(|parameter| {
            parameter.annotation.as_ref().is_some_and(|annotation| {
                plain_type(annotation).as_external().is_some_and(|name| {
                    matches!(
                        name.as_str(),
                        "builtins.str" | "pydantic.networks.EmailStr" | "datetime.date" | "datetime.datetime"
                    )
                })
            })
        });
        if secret.is_none() && (required.len() < 2 || !has_text) {
            continue;
        }
        let kinds: Vec<(String, String)> = plain
            .iter()
            .map(|parameter| {
                let kind = parameter.annotation.as_ref().map(|annotation| type_text(interpreter, annotation));
                (parameter.name.to_string(), kind.unwrap_or_else(|| "str".to_owned()))
            })
            .collect();
        report.report(draft(route, &plain, secret, &kinds));
    }
}

/// Whether a route reads a body, declared or by hand.
fn takes_body(dependant: &Dependant) -> bool {
    dependant.walk().iter().any(|node| {
        node.parameters.iter().any(|parameter| {
            matches!(parameter.place, ParameterPlace::Body | ParameterPlace::Form | ParameterPlace::File)
        })
    }) || dependant.special.iter().any(|(_, class)| *class == "starlette.requests.Request")
}

fn draft(
    route: &Route,
    plain: &[&DependantParameter],
    secret: Option<&DependantParameter>,
    kinds: &[(String, String)],
) -> Draft {
    let name = title(route);
    let shown: Vec<String> = plain.iter().take(4).map(|parameter| format!("`{}`", parameter.name)).collect();
    let message = match secret {
        Some(secret) => {
            format!("`{name}` takes `{}` from the query string, where logs and proxies keep it", secret.name)
        }
        None => format!("`{name}` takes {} from the query string and has no body", shown.join(", ")),
    };
    let mut draft = Draft::new(route.location, handler_name(route), message)
        .route(route)
        .discriminator(secret.map_or("several", |secret| secret.name.as_str()))
        .evidence(format!("`{name}` is registered here"), registered_at(route))
        .evidence_chain(plain.iter().take(4).map(|parameter| {
            (
                format!("`{}` is a plain parameter: FastAPI reads it from the query", parameter.name),
                parameter.location,
            )
        }));
    if secret.is_none() {
        draft =
            draft.why("What clients send as a JSON body is not read, and the values stand in access logs.");
    }
    let class: String = handler_name(route)
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .split('_')
        .map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_uppercase().chain(letters).collect::<String>())
                .unwrap_or_default()
        })
        .collect();
    let lines: Vec<String> = kinds.iter().map(|(name, kind)| format!("    {name}: {kind}")).collect();
    draft.example(format!("class {class}Body(BaseModel):\n{}", lines.join("\n")))
}
