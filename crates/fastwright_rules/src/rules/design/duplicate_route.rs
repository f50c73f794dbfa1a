//! `duplicate-route`: same method and path registered twice.

use super::shadowed_route::exists_with;
use crate::context::Context;
use crate::finding::Severity;
use crate::path_shape::PathShape;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{handler_name, registered_at, registration_steps};
use fastwright_model::application::{Route, RouteKind};
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Same method and path registered twice.
    DuplicateRoute {
        name: "duplicate-route",
        area: Design,
        severity: High,
        confidence: Certain,
        summary: "same method and path registered twice",
        why: "Only the first handler ever answers, and the document shows one of the two under an id that clashes.",
        recommendation: "Remove one, or give it a path of its own.",
        trade_off: "None.",
        contract_effect: "none",
        cwe: [561],
        owasp: [],
        profile: Default,
        page: "design/duplicate-route.md",
        references: ["https://fastapi.tiangolo.com/tutorial/bigger-applications/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    for (app, details) in context.apps() {
        // Paths without the names of their parameters, so that only few pairs are compared.
        let mut known: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        for (index, route) in app.routes.iter().enumerate() {
            if !matches!(route.kind, RouteKind::Http | RouteKind::WebSocket) {
                continue;
            }
            let same_text = known.entry(without_names(&route.path)).or_default();
            for earlier in same_text.iter().copied() {
                let first = &app.routes[earlier];
                if first.kind != route.kind
                    || !exists_with(first, route)
                    || PathShape::new(&first.path) != PathShape::new(&route.path)
                {
                    continue;
                }
                let Some(method) = common_method(first, route) else { continue };
                let same_handler = details[earlier].flat.endpoint.same(&details[index].flat.endpoint);
                report.report(draft(first, route, method, same_handler));
                break;
            }
            same_text.push(index);
        }
    }
}

fn without_names(path: &str) -> String {
    let mut inside = false;
    path.chars()
        .filter(|letter| {
            inside = (*letter == '{' || inside) && *letter != '}';
            !inside
        })
        .collect()
}

/// A method that both answer; `WEBSOCKET` stands for none.
fn common_method<'r>(first: &Route, route: &'r Route) -> Option<&'r str> {
    if route.kind == RouteKind::WebSocket {
        return Some("WEBSOCKET");
    }
    let mut methods = route.methods.iter().filter(|method| *method != "HEAD");
    methods.find(|method| first.methods.contains(method)).map(String::as_str)
}

fn draft(first: &Route, route: &Route, method: &str, same_handler: bool) -> Draft {
    let name = format!("{method} {}", route.path);
    let (first_handler, handler) = (handler_name(first), handler_name(route));
    let message = if same_handler {
        format!("`{name}` is registered twice with the same handler, `{handler}`")
    } else {
        format!("`{name}` is registered twice: `{first_handler}` answers, `{handler}` never does")
    };
    let draft = Draft::new(registered_at(route), handler, message)
        .route(route)
        .discriminator(format!("{method} {first_handler}"))
        .evidence_chain(registration_steps(first))
        .evidence_chain(registration_steps(route));
    if same_handler {
        draft
            .severity(Severity::Low)
            .why("The second registration does nothing, and the document warns about an operation id that is there twice.")
    } else {
        draft
    }
}
