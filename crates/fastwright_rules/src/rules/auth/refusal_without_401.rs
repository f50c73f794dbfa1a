//! `refusal-without-401`: guard that tells callers without credentials that they are not allowed to.

use crate::context::Context;
use crate::credential_inputs::takes_credentials;
use crate::entry_points::callable_name;
use crate::reporter::{Outline, Reporter};
use crate::wording::{registration_step, route_name};
use fastwright_model::application::{GuardKind, RouteKind};
use fastwright_model::facts::status_of_exception;
use fastwright_python::summary::EventKind;

crate::declare_rule! {
    /// Guard that tells callers without credentials that they are not allowed to.
    RefusalWithout401 {
        name: "refusal-without-401",
        area: Auth,
        severity: Low,
        confidence: Certain,
        summary: "guard that tells callers without credentials that they are not allowed to",
        why: "Clients sign in again or refresh a token when they get 401; 403 tells them that signing in does not help.",
        recommendation: "Raise 401 with a `WWW-Authenticate` header where credentials are missing or wrong, and keep 403 for callers who are known.",
        trade_off: "Clients that look for 403 have to be changed.",
        contract_effect: "401 instead of 403 for callers without credentials",
        cwe: [],
        owasp: ["API2:2023"],
        profile: Strict,
        page: "auth/refusal-without-401.md",
        references: ["https://www.rfc-editor.org/rfc/rfc9110.html#name-401-unauthorized", "https://fastapi.tiangolo.com/tutorial/security/get-current-user/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    for entry in context.entry_points() {
        let route = entry.route;
        if entry.is_handler() || route.guard.kind != GuardKind::Required || route.kind != RouteKind::Http {
            continue;
        }
        let guard = entry.dependant();
        // Callers without credentials meet the first guard only: behind it they don't get.
        if route.guard.by.first() != Some(&guard.qualified) || !takes_credentials(guard) {
            continue;
        }
        let Some(node) = graph.of_dependant(guard) else { continue };
        let summary = &graph.nodes[node].summary;
        if !context.analysis.files.get(summary.function.id.file).first_party {
            continue;
        }
        // The probe came without credentials: what it met is what such a caller gets.
        let refuses = |place| route.guard.evidence.iter().any(|(_, at)| *at == place);
        let refusal = summary.events.iter().find_map(|event| match &event.kind {
            EventKind::Raise { exception, again: false } if refuses(event.location) => {
                (status_of_exception(interpreter, exception) == Some(403)).then_some(event.location)
            }
            _ => None,
        });
        let Some(place) = refusal else { continue };
        let symbol = graph.nodes[node].symbol();
        let start = registration_step(route).map_or(place, |(_, place)| place);
        report.report_on_route(&Outline::new(place, &symbol, route, start), |draft| {
            draft
                .message(format!(
                    "`{}` answers 403 to callers of `{}` who send no credentials",
                    callable_name(guard),
                    route_name(route)
                ))
                .evidence_chain(entry.steps())
                .evidence("a caller without credentials gets here", place)
                .example("raise HTTPException(status_code=401, headers={\"WWW-Authenticate\": \"Bearer\"})")
        });
    }
}
