//! `unchecked-oauth-state`: answer of a sign-in service that is not tied to the browser that asked.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::syntax::{any_expression, block_mentions_name};
use crate::vocabulary::holds_any;
use crate::wording::{handler_step, registration_step, route_name, short_name};
use fastwright_model::application::{ParameterPlace, RouteKind};
use fastwright_model::dependant::Dependant;
use fastwright_python::ir::ExprKind;
use fastwright_python::name::Name;

crate::declare_rule! {
    /// Answer of a sign-in service that is not tied to the browser that asked.
    UncheckedOauthState {
        name: "unchecked-oauth-state",
        area: Auth,
        severity: Medium,
        confidence: Likely,
        summary: "answer of a sign-in service that is not tied to the browser that asked",
        why: "An attacker sends a victim the link with their own code: the victim is signed in as the attacker, or the attacker's account is connected to the victim's.",
        recommendation: "Make a random `state` for each attempt, keep it in a cookie or the session, and refuse an answer whose `state` differs (`secrets.compare_digest`); or use Authlib, which does it, and PKCE.",
        trade_off: "A sign-in that is finished in another browser fails.",
        contract_effect: "400 for answers with another state",
        cwe: [352],
        owasp: ["API2:2023"],
        profile: Audit,
        page: "auth/unchecked-oauth-state.md",
        references: ["https://datatracker.ietf.org/doc/html/rfc9700#section-2.1", "https://datatracker.ietf.org/doc/html/rfc6749#section-10.12"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    for (_, route, detail) in context.routes() {
        let asks = |name: &str| {
            route.parameters.iter().find(|parameter| {
                parameter.place == ParameterPlace::Query
                    && (parameter.alias == name || parameter.name == name)
            })
        };
        let Some(answer) = asks("code").filter(|_| route.kind == RouteKind::Http) else { continue };
        let Some(handler) = &detail.dependant else { continue };
        let Some(function) = &handler.function else { continue };
        if !is_answer(&route.path, &route.handler) || !redeems(code, handler) {
            continue;
        }
        let (message, note, place) = match asks("state") {
            Some(state) => {
                if block_mentions_name(&function.definition.body, Name::from(&*state.name))
                    || state.declared_by != route.handler
                {
                    continue;
                }
                (
                    format!("`{}` takes `state` and never looks at it", route_name(route)),
                    "`state` is taken and not mentioned again",
                    state.location,
                )
            }
            None => {
                if reads_state(code, handler) {
                    continue;
                }
                (
                    format!("`{}` redeems `code` without asking for `state`", route_name(route)),
                    "nothing that it runs reads a `state`",
                    answer.location,
                )
            }
        };
        report.report(
            Draft::new(route.location, short_name(&route.handler), message)
                .route(route)
                .evidence_chain(registration_step(route))
                .evidence_chain([handler_step(route)])
                .evidence("`code` is redeemed for a token", answer.location)
                .evidence(note, place),
        );
    }
}

/// Whether a route is where a sign-in service sends people back to.
fn is_answer(path: &str, handler: &str) -> bool {
    const WORDS: &[&str] = &["callback", "oauth", "oidc", "sso", "redirect"];
    holds_any(path, WORDS) || holds_any(short_name(handler), WORDS)
}

/// Whether a route asks another service for something.
fn redeems(code: &CallGraph, handler: &Dependant) -> bool {
    let own = handler.walk().into_iter().filter_map(|node| code.of_dependant(node));
    code.reached_from(own).into_iter().any(|node| {
        code.nodes[node].calls_library(|name| {
            let package = name.split('.').next().unwrap_or_default();
            matches!(package, "httpx" | "requests" | "aiohttp" | "authlib" | "requests_oauthlib")
                && (name.ends_with(".post") || name.ends_with(".fetch_token") || name.ends_with(".request"))
        })
    })
}

/// Whether anything on the way reads a state, or a library does that checks it.
fn reads_state(code: &CallGraph, handler: &Dependant) -> bool {
    let own = handler.walk().into_iter().filter_map(|node| code.of_dependant(node));
    code.reached_from(own).into_iter().any(|node| {
        let function = &code.nodes[node].definition;
        any_expression(&function.body, &mut |expression| match &expression.kind {
            ExprKind::Attribute(attribute) => {
                holds_any(&attribute.name, &["authorize_access_token", "state", "verifier", "nonce"])
            }
            ExprKind::Name(name) => holds_any(name, &["state", "verifier", "nonce"]),
            ExprKind::Str(text) => matches!(&**text, "state" | "code_verifier" | "nonce"),
            _ => false,
        })
    })
}
