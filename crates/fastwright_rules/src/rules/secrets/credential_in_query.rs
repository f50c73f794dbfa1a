//! `credential-in-query`: password, token or key that clients send in the address.

use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::vocabulary::{any_word, is_credential_name};
use crate::wording::{registration_step, route_name, short_name};
use fastwright_model::application::{GuardKind, ParameterPlace, Route, RouteKind};
use fastwright_model::dependant::DependantKind;

crate::declare_rule! {
    /// Password, token or key that clients send in the address.
    CredentialInQuery {
        name: "credential-in-query",
        area: Secrets,
        severity: Medium,
        confidence: Certain,
        summary: "password, token or key that clients send in the address",
        why: "Addresses are written down everywhere: logs of servers and proxies, the history of browsers, the `Referer` of the next request.",
        recommendation: "Take it from a header (`Authorization: Bearer`, `APIKeyHeader`) or from the body.",
        trade_off: "Clients have to change; a link that somebody opens can't send a header.",
        contract_effect: "the credential is sent in another place",
        cwe: [598],
        owasp: ["API8:2023"],
        profile: Strict,
        page: "secrets/credential-in-query.md",
        references: ["https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#sensitive-information-in-http-requests"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    for (app, details) in context.apps() {
        for (route, detail) in app.routes.iter().zip(details) {
            // Browsers can send no header when they open a WebSocket, a link or a download.
            if route.kind != RouteKind::Http || is_for_links(route) {
                continue;
            }
            let schemes = detail.dependant.iter().flat_map(|dependant| dependant.walk());
            let keys = schemes.filter(|node| {
                matches!(&node.kind, DependantKind::SecurityScheme(class) if class.ends_with("APIKeyQuery"))
            });
            for node in keys {
                report.report(
                    Draft::new(
                        node.location,
                        short_name(&route.handler),
                        format!("`{}` takes a key from the address", route_name(route)),
                    )
                    .route(route)
                    .evidence_chain(registration_step(route))
                    .evidence("`APIKeyQuery` reads the key from the query", node.location)
                    .example("APIKeyHeader(name=\"X-API-Key\")"),
                );
            }
            for parameter in &route.parameters {
                if parameter.place != ParameterPlace::Query || !is_secret(&parameter.name) {
                    continue;
                }
                // Where something else tells who calls, a token of the handler marks a place or a job.
                let is_guarded = route.guard.kind == GuardKind::Required;
                if is_guarded && parameter.name == "token" && parameter.declared_by == route.handler {
                    continue;
                }
                report.report(
                    Draft::new(
                        parameter.location,
                        short_name(&parameter.declared_by),
                        format!("`{}` takes `{}` from the address", route_name(route), parameter.alias),
                    )
                    .route(route)
                    .evidence_chain(registration_step(route))
                    .evidence(format!("`{}` is a query parameter", parameter.name), parameter.location)
                    .discriminator(parameter.name.clone()),
                );
            }
        }
    }
}

/// Whether a parameter is a credential, and not one that marks a place in a list.
fn is_secret(name: &str) -> bool {
    is_credential_name(name)
        && !any_word(name, &mut |word| {
            matches!(
                word,
                "page"
                    | "next"
                    | "sync"
                    | "continue"
                    | "cursor"
                    | "start"
                    | "reset"
                    | "verification"
                    | "invite"
                    | "invitation"
                    | "share"
                    | "download"
                    | "hub"
                    | "verify"
                    | "new"
                    | "max"
                    | "unsubscribe"
            )
        })
}

/// Whether people come to a route by a link.
fn is_for_links(route: &Route) -> bool {
    let says = |text: &str| {
        any_word(text, &mut |word| {
            matches!(
                word,
                "verify"
                    | "verification"
                    | "confirm"
                    | "confirmation"
                    | "activate"
                    | "activation"
                    | "unsubscribe"
                    | "invite"
                    | "invitation"
                    | "invitations"
                    | "callback"
                    | "download"
                    | "share"
                    | "shared"
                    | "magic"
                    | "webhook"
                    | "webhooks"
                    | "hook"
                    | "hooks"
                    | "accept"
                    | "feed"
                    | "calendar"
                    | "ics"
                    | "stream"
                    | "events"
                    | "sse"
            )
        })
    };
    says(&route.path) || says(short_name(&route.handler))
}
