//! `unguarded-service-for-every-site`: service that knows no callers and lets every website use it.

use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::wording::{handler_step, route_name};
use fastwright_model::application::{App, GuardKind, Route, RouteKind};
use fastwright_model::registry::{MiddlewareEntry, Registry};
use fastwright_python::interpreter::Interpreter;

crate::declare_rule! {
    /// Service that knows no callers and lets every website use it.
    UnguardedServiceForEverySite {
        name: "unguarded-service-for-every-site",
        area: Security,
        severity: Medium,
        confidence: Likely,
        summary: "service that knows no callers and lets every website use it",
        why: "Where nobody has to sign in, the network is the guard, and the browser of everybody inside of it is a way around: any page that they open may call the service and read its answers.",
        recommendation: "Name the origins that need it, or guard the service.",
        trade_off: "Origins have to be configured for each environment.",
        contract_effect: "other origins are refused by browsers",
        cwe: [942, 306],
        owasp: ["API8:2023"],
        profile: Audit,
        page: "security/unguarded-service-for-every-site.md",
        references: ["https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    for (app, _) in context.apps() {
        let Some(route) = unguarded_change(app) else { continue };
        let interpreter = &mut *context.analysis.interpreter.borrow_mut();
        let Some(entry) = cors_for_all(interpreter, app) else { continue };
        report.report(
            Draft::new(
                entry.site,
                "CORSMiddleware",
                format!(
                    "every site may call `{}`: its routes, `{}` among them, ask nobody who they are, and `allow_origins` is `*`",
                    app.locator,
                    route_name(route)
                ),
            )
            .evidence("every origin is allowed here", entry.site)
            .evidence_chain([handler_step(route)])
            .example("allow_origins=[\"https://shop.example\"]")
            .discriminator(app.locator.clone()),
        );
    }
}

/// A route that changes something, in an app where nothing looks at who calls.
fn unguarded_change(app: &App) -> Option<&Route> {
    let routes = || app.routes.iter().filter(|route| route.kind == RouteKind::Http);
    let unclear = app.middleware.iter().any(|middleware| middleware.name.to_lowercase().contains("auth"));
    // One guarded corner makes no guarded service.
    let knows = |route: &&Route| {
        route.guard.kind == GuardKind::Required
            || route.guard.assumption.is_some()
            || route.statuses.contains(&401)
    };
    if unclear || routes().filter(knows).count() * 10 > routes().count() {
        return None;
    }
    routes().find(|route| {
        (!route.writes.is_empty() || !route.effects.is_empty())
            && route
                .methods
                .iter()
                .any(|method| matches!(method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE"))
    })
}

/// The CORS middleware of an app that allows every origin, without credentials.
fn cors_for_all(interpreter: &mut Interpreter<'_>, app: &App) -> Option<MiddlewareEntry> {
    let state =
        interpreter.extension::<Registry>().routers.values().find(|state| state.site == app.location)?;
    let entries = state.middleware.clone();
    entries.into_iter().find(|entry| {
        let is_cors = entry
            .middleware
            .as_external()
            .is_some_and(|name| name == "starlette.middleware.cors.CORSMiddleware");
        let Some(origins) = entry.arguments.keyword("allow_origins").filter(|_| is_cors) else {
            return false;
        };
        let credentials =
            entry.arguments.keyword("allow_credentials").and_then(|value| interpreter.truth(value));
        let all = interpreter.elements(origins).unwrap_or_default();
        credentials != Some(true) && all.iter().any(|item| item.as_str() == Some("*"))
    })
}
