//! `cross-site-session-cookie`: cookie that browsers send from every site to a route that writes.

use crate::context::Context;
use crate::credential_inputs::{CookieReader, cookie_readers};
use crate::finding::Confidence;
use crate::methods::method_of;
use crate::reporter::{Draft, Reporter};
use crate::versions::FastapiVersions;
use crate::wording::{handler_step, route_name};
use fastwright_model::application::{ParameterPlace, Route, RouteKind};
use fastwright_model::assemble::RouteDetail;
use fastwright_model::registry::Registry;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
use fastwright_python::project::Version;
use fastwright_python::summary::EventKind;

crate::declare_rule! {
    /// Cookie that browsers send from every site to a route that writes.
    CrossSiteSessionCookie {
        name: "cross-site-session-cookie",
        area: Auth,
        severity: High,
        confidence: Likely,
        summary: "cookie that browsers send from every site to a route that writes",
        why: "A form on any page that the user visits calls the route in the user's name.",
        recommendation: "Set the cookie with `samesite=\"lax\"`; where other sites must use it, compare the `Origin` header with the sites that may, or ask for a token that only your pages know.",
        trade_off: "With `lax`, pages of other sites that embed yours are no longer signed in.",
        contract_effect: "403 for requests that other sites make",
        cwe: [352, 1275],
        owasp: ["API8:2023"],
        profile: Default,
        page: "auth/cross-site-session-cookie.md",
        references: ["https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html"],
        check: check,
    }
}

/// From this version FastAPI reads JSON only from requests that say that it is JSON, which forms can't.
pub(crate) const STRICT_CONTENT_TYPE: Version = Version::new(0, 132, 0);

/// What is written in programs that tell their own pages from others.
const CHECKS: &[&str] =
    &["csrf", "xsrf", "sec-fetch-site", "\"origin\"", "'origin'", "\"referer\"", "'referer'"];

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let candidates = graph.calls().libraries(|name| name.ends_with(".set_cookie"));
    let candidates = candidates.or(&graph.calls().methods(&["set_cookie"]));
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let mut cookies: Vec<(String, Location, usize)> = Vec::new();
    for node in candidates.iter() {
        for event in &graph.nodes[node].summary.events {
            let EventKind::Call(call) = &event.kind else { continue };
            if method_of(&call.callee).is_none_or(|(_, name)| name != "set_cookie") {
                continue;
            }
            let site = call.arguments.get(8, "samesite").cloned();
            let Some(name) = call.arguments.get(0, "key").cloned().and_then(|key| interpreter.text_of(&key))
            else {
                continue;
            };
            if site.is_some_and(|site| site.as_str().is_some_and(|text| text.eq_ignore_ascii_case("none"))) {
                cookies.push((name, event.location, node));
            }
        }
    }
    if cookies.is_empty() || tells_sites_apart(context) {
        return;
    }
    let readers = cookie_readers(context, graph, interpreter);
    for (name, set, node) in cookies {
        let reached = readers.iter().find_map(|reader| {
            let route = &context.analysis.apps[reader.app].routes[reader.route];
            let detail = &context.analysis.details[reader.app][reader.route];
            let reads = reader.name.as_deref() == Some(name.as_str())
                && route.guard.kind != fastwright_model::application::GuardKind::Public;
            (reads && form_reaches(context, interpreter, route, detail)).then_some((reader, route))
        });
        let Some((reader, route)) = reached else { continue };
        report.report(draft(context, graph, &name, set, node, reader, route));
    }
}

fn draft(
    context: &Context<'_>,
    graph: &crate::call_graph::CallGraph,
    name: &str,
    set: Location,
    node: usize,
    reader: &CookieReader,
    route: &Route,
) -> Draft {
    let way = match &reader.reached {
        Some(reached) => graph.evidence(context.analysis, reached),
        None => vec![handler_step(route)],
    };
    Draft::new(
        set,
        graph.nodes[node].symbol().as_str(),
        format!(
            "every site can call `{}` in the name of its visitors: `{name}` is sent along",
            route_name(route)
        ),
    )
    .route(route)
    .discriminator(name)
    .confidence(Confidence::Likely)
    .evidence("`samesite=\"none\"`: browsers send it with requests of every site", set)
    .evidence_chain(way)
    .evidence(format!("the caller is known by `{name}`"), reader.place)
    .example(format!("response.set_cookie(\"{name}\", ..., httponly=True, secure=True, samesite=\"lax\")"))
}

/// Whether a page of another site can call a route without asking first: a form can send it.
pub(crate) fn form_reaches(
    context: &Context<'_>,
    interpreter: &Interpreter<'_>,
    route: &Route,
    detail: &RouteDetail,
) -> bool {
    if route.kind != RouteKind::Http || !route.methods.iter().any(|method| method == "POST") {
        return false;
    }
    // A header of one's own can't be sent by a form.
    if route
        .parameters
        .iter()
        .any(|parameter| parameter.place == ParameterPlace::Header && parameter.required)
    {
        return false;
    }
    let takes_json = route.parameters.iter().any(|parameter| parameter.place == ParameterPlace::Body);
    !takes_json
        || !FastapiVersions::of(context.analysis).surely_at_least(STRICT_CONTENT_TYPE)
        || reads_any_content_type(interpreter, detail)
}

/// Whether the app of a route, or the route's router, reads JSON whatever the request says that it is.
pub(crate) fn reads_any_content_type(interpreter: &Interpreter<'_>, detail: &RouteDetail) -> bool {
    let registry = interpreter.extension::<Registry>();
    registry.routers.get(&detail.flat.app).is_some_and(|state| {
        state.arguments.keyword("strict_content_type").is_some_and(|value| value.as_bool() == Some(false))
    })
}

/// Whether the program looks at where requests come from, or asks for a token that only its pages know.
fn tells_sites_apart(context: &Context<'_>) -> bool {
    context.analysis.files.iter().filter(|(_, file)| file.first_party).any(|(_, file)| {
        let text = file.text.to_lowercase();
        CHECKS.iter().any(|check| text.contains(check))
    })
}
