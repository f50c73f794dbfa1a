//! `lenient-content-type`: app that reads JSON from requests which do not say that they are JSON.

use crate::context::Context;
use crate::credential_inputs::cookie_readers;
use crate::reporter::{Draft, Reporter};
use crate::rules::auth::cross_site_session_cookie::{STRICT_CONTENT_TYPE, reads_any_content_type};
use crate::versions::FastapiVersions;
use crate::wording::{handler_step, route_name};
use fastwright_model::application::{GuardKind, ParameterPlace, Route};

crate::declare_rule! {
    /// App that reads JSON from requests which do not say that they are JSON.
    LenientContentType {
        name: "lenient-content-type",
        area: Security,
        severity: Medium,
        confidence: Certain,
        summary: "app that reads JSON from requests which do not say that they are JSON",
        why: "A page of any site can send such a request without asking first, with the visitor's cookies, or into the visitor's own network.",
        recommendation: "Leave `strict_content_type` on, and let clients send `Content-Type: application/json`.",
        trade_off: "Clients that send no content type get 422.",
        contract_effect: "422 for JSON without its content type",
        cwe: [352],
        owasp: ["API8:2023"],
        profile: Strict,
        page: "security/lenient-content-type.md",
        references: ["https://fastapi.tiangolo.com/advanced/strict-content-type/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    if !FastapiVersions::of(context.analysis).maybe_at_least(STRICT_CONTENT_TYPE) {
        return;
    }
    let graph = context.call_graph();
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    for (position, (app, details)) in context.analysis.apps.iter().zip(&context.analysis.details).enumerate()
    {
        if !details.first().is_some_and(|detail| reads_any_content_type(interpreter, detail)) {
            continue;
        }
        let readers = cookie_readers(context, graph, interpreter);
        let by_cookie = |route: usize| {
            readers
                .iter()
                .find(|reader| reader.app == position && reader.route == route)
                .map(|reader| reader.place)
        };
        let takes_json = |route: &Route| {
            let places: Vec<ParameterPlace> =
                route.parameters.iter().map(|parameter| parameter.place).collect();
            places.contains(&ParameterPlace::Body) && route.methods.iter().any(|method| method == "POST")
        };
        let open = app.routes.iter().enumerate().filter(|(_, route)| takes_json(route)).find_map(
            |(number, route)| match (route.guard.kind, by_cookie(number)) {
                (_, Some(place)) => {
                    Some((route, format!("a cookie says who calls `{}`", route_name(route)), place))
                }
                (GuardKind::Public, None) => Some((
                    route,
                    format!("nothing looks at who calls `{}`", route_name(route)),
                    route.location,
                )),
                _ => None,
            },
        );
        let Some((route, who, place)) = open else { continue };
        report.report(
            Draft::new(
                app.location,
                app.locator.clone(),
                format!("a page of any site can send JSON to `{}`", route_name(route)),
            )
            .route(route)
            .evidence(
                "`strict_content_type` is off: JSON is read whatever the request says that it is",
                app.location,
            )
            .evidence_chain([handler_step(route)])
            .evidence(who, place)
            .example("FastAPI(...)  # strict_content_type is on by default"),
        );
    }
}
