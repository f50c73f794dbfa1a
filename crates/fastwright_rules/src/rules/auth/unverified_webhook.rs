//! `unverified-webhook`: webhook that believes whoever calls it.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::public_by_nature::resource;
use crate::reporter::{Draft, Reporter};
use crate::syntax::any_expression;
use crate::vocabulary::{any_word, holds_any};
use crate::wording::{handler_step, registration_step, route_name, short_name};
use fastwright_model::application::{App, GuardKind, ParameterPlace, Route, RouteKind};
use fastwright_model::dependant::Dependant;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::ExprKind;

crate::declare_rule! {
    /// Webhook that believes whoever calls it.
    UnverifiedWebhook {
        name: "unverified-webhook",
        area: Auth,
        severity: High,
        confidence: Likely,
        summary: "webhook that believes whoever calls it",
        why: "The path is all that protects it: whoever knows or guesses it reports payments that never happened.",
        recommendation: "Check the signature of the sender over the raw body (`hmac.compare_digest` with `await request.body()`), with the time that it covers.",
        trade_off: "The secret of each sender has to be kept and changed.",
        contract_effect: "401 for calls without a valid signature",
        cwe: [345, 306],
        owasp: ["API2:2023", "API10:2023"],
        profile: Strict,
        page: "auth/unverified-webhook.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xaa-unsafe-consumption-of-apis/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    for (app, route, detail) in context.routes() {
        if route.kind != RouteKind::Http
            || route.guard.kind != GuardKind::Public
            || route.guard.assumption.is_some()
            || route.function.is_none()
            || !route.methods.iter().any(|method| method == "POST")
            || !is_webhook(route)
            || context.settings.public_reason("POST", &route.path).is_some()
            || keeps_webhooks(app, route)
        {
            continue;
        }
        let Some(handler) = &detail.dependant else { continue };
        let what = match (route.writes.first(), route.effects.first()) {
            (Some(table), _) => format!("writes `{table}`"),
            (None, Some(effect)) => effect.clone(),
            (None, None) => continue,
        };
        let interpreter = &mut *context.analysis.interpreter.borrow_mut();
        if has_secret(context, interpreter, route, handler) || verifies(code, handler) {
            continue;
        }
        report.report(
            Draft::new(
                route.location,
                short_name(&route.handler),
                format!("`{}` {what} for whoever calls it: nothing checks a signature", route_name(route)),
            )
            .route(route)
            .evidence_chain(registration_step(route))
            .evidence_chain([handler_step(route)])
            .evidence("nothing that it runs reads a header, a key or a signature", route.location),
        );
    }
}

/// Whether a path says that another service calls it.
fn is_webhook(route: &Route) -> bool {
    let fixed = route.path.split('/').filter(|segment| !segment.starts_with('{'));
    fixed.into_iter().any(|segment| {
        any_word(segment, &mut |word| matches!(word, "webhook" | "webhooks" | "hook" | "hooks" | "ipn"))
    })
}

/// Whether the route is one of several with which users manage their webhooks.
fn keeps_webhooks(app: &App, route: &Route) -> bool {
    let is_list = route.path.ends_with("hooks") || route.path.ends_with("hooks/");
    let managed = |other: &&Route| {
        other.path.starts_with(route.path.trim_end_matches('/'))
            && other
                .methods
                .iter()
                .any(|method| matches!(method.as_str(), "GET" | "DELETE" | "PUT" | "PATCH"))
            && resource(&other.path) == resource(&route.path)
    };
    is_list && app.routes.iter().any(|other| managed(&other))
}

/// Whether the route takes something that only the sender knows, or the address of a webhook to come.
fn has_secret(
    context: &Context<'_>,
    interpreter: &mut Interpreter<'_>,
    route: &Route,
    handler: &Dependant,
) -> bool {
    const SECRETS: &[&str] =
        &["secret", "token", "signature", "sign", "key", "hash", "hmac", "digest", "password"];
    let named = route
        .parameters
        .iter()
        .any(|parameter| parameter.place == ParameterPlace::Header || holds_any(&parameter.name, SECRETS));
    let in_path = route.path.split('/').any(|part| part.starts_with('{') && holds_any(part, SECRETS));
    if named || in_path {
        return true;
    }
    let bodies = handler.walk().into_iter().flat_map(|node| &node.parameters);
    let bodies: Vec<_> = bodies
        .filter(|parameter| parameter.place == ParameterPlace::Body)
        .filter_map(|parameter| parameter.annotation.clone())
        .collect();
    bodies.iter().filter_map(|declared| interpreter.class_of_type(declared)).collect::<Vec<_>>().iter().any(
        |class| {
            context
                .fields(interpreter, class)
                .iter()
                .any(|field| holds_any(&field.name, SECRETS) || holds_any(&field.name, &["url", "address"]))
        },
    )
}

/// Whether anything that the route runs looks at headers, keys or signatures.
fn verifies(code: &CallGraph, handler: &Dependant) -> bool {
    const WORDS: &[&str] = &[
        "hmac",
        "hashlib",
        "verify",
        "verif",
        "signature",
        "compare_digest",
        "construct_event",
        "auth",
        "secret",
        "jwt",
        "check_key",
        "validate",
    ];
    let own = handler.walk().into_iter().filter_map(|node| code.of_dependant(node));
    code.reached_from(own).into_iter().any(|node| {
        let function = &code.nodes[node].definition;
        holds_any(&function.name, WORDS)
            || code.nodes[node].calls_library(|name| holds_any(name, WORDS))
            || any_expression(&function.body, &mut |expression| match &expression.kind {
                ExprKind::Attribute(attribute) => {
                    let name = attribute.name;
                    matches!(name.as_str(), "headers" | "client" | "cookies") || holds_any(&name, WORDS)
                }
                ExprKind::Name(name) => holds_any(name, WORDS),
                _ => false,
            })
    })
}
