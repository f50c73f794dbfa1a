//! `guarded-health-check`: application whose only health checks ask callers to sign in.

use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::wording::{handler_step, route_name};
use fastwright_model::application::{GuardKind, Route, RouteKind};

crate::declare_rule! {
    /// Application whose only health checks ask callers to sign in.
    GuardedHealthCheck {
        name: "guarded-health-check",
        area: Observability,
        severity: Medium,
        confidence: Likely,
        summary: "application whose only health checks ask callers to sign in",
        why: "Probes of platforms and load balancers send no credentials: they get 401 and take the service for dead.",
        recommendation: "Register a health check outside of the guard that tells no more than that the service is well.",
        trade_off: "Everybody may ask it: no details.",
        contract_effect: "the check answers without credentials",
        cwe: [778],
        owasp: [],
        profile: Strict,
        page: "observability/guarded-health-check.md",
        references: ["https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/"],
        check: check,
    }
}

/// The last parts of paths of health checks.
const CHECKS: &[&str] = &[
    "health",
    "healthz",
    "health-check",
    "healthcheck",
    "health_check",
    "livez",
    "readyz",
    "liveness",
    "readiness",
    "live",
    "ready",
    "alive",
];

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    for (app, _) in context.apps() {
        let checks: Vec<&Route> = app.routes.iter().filter(|route| is_check(route)).collect();
        let Some(first) = checks.first() else { continue };
        // An open one is enough; what is not sure is no reason to speak.
        if checks
            .iter()
            .any(|route| route.guard.kind != GuardKind::Required || route.guard.assumption.is_some())
        {
            continue;
        }
        let (step, place) = handler_step(first);
        report.report(
            Draft::new(
                first.location,
                first.handler.rsplit(':').next().unwrap_or_default(),
                format!("`{}` refuses probes, which send no credentials", route_name(first)),
            )
            .route(first)
            .evidence(step, place)
            .evidence_chain(first.guard.evidence.iter().cloned()),
        );
    }
}

fn is_check(route: &Route) -> bool {
    let reads = route.methods.iter().any(|method| method == "GET");
    let last = route.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    route.kind == RouteKind::Http && reads && !route.path.contains('{') && CHECKS.contains(&last)
}
