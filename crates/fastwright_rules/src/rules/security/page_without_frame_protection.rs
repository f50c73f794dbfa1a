//! `page-without-frame-protection`: pages that every other site may show in a frame.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::syntax::any_expression;
use crate::vocabulary::holds_any;
use crate::wording::{handler_step, registration_step, route_name};
use fastwright_model::application::App;
use fastwright_model::assemble::RouteDetail;
use fastwright_model::registry::Registry;
use fastwright_python::ir::ExprKind;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::Value;

crate::declare_rule! {
    /// Pages that every other site may show in a frame.
    PageWithoutFrameProtection {
        name: "page-without-frame-protection",
        area: Security,
        severity: Low,
        confidence: Likely,
        summary: "pages that every other site may show in a frame",
        why: "Another site puts the page under its own buttons: visitors who are signed in click where they don't mean to. Without a policy one injected script may also load whatever it wants.",
        recommendation: "Send `Content-Security-Policy` with `frame-ancestors`, and `X-Content-Type-Options: nosniff`, from a middleware or from the proxy.",
        trade_off: "Sites that embed the page have to be listed.",
        contract_effect: "other sites can't embed the pages",
        cwe: [1021],
        owasp: ["API8:2023"],
        profile: Audit,
        page: "security/page-without-frame-protection.md",
        references: ["https://cheatsheetseries.owasp.org/cheatsheets/Clickjacking_Defense_Cheat_Sheet.html"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let says = |text: &str| {
        text.len() < 200
            && holds_any(text, &["x-frame-options", "frame-ancestors", "content-security-policy"])
    };
    let mut protects = None;
    for (app, details) in context.apps() {
        let by_name =
            |name: &str| holds_any(name, &["secure", "security", "headers", "csp", "talisman", "helmet"]);
        if app.middleware.iter().any(|middleware| by_name(&middleware.name))
            || dispatched(context, app).iter().any(|name| by_name(name))
        {
            continue;
        }
        let Some((detail, place)) = page(code, app, details) else { continue };
        let protected = *protects.get_or_insert_with(|| {
            code.nodes.iter().any(|node| {
                if holds_any(&node.name(), &["secure_headers", "security_headers"]) {
                    return true;
                }
                any_expression(
                    &node.definition.body,
                    &mut |expression| matches!(&expression.kind, ExprKind::Str(text) if says(text)),
                )
            })
        });
        if protected {
            continue;
        }
        let route = &app.routes[detail];
        report.report(
            Draft::new(
                app.location,
                app.locator.clone(),
                format!(
                    "`{}` sends pages, `{}` among them, and nothing forbids other sites to show them in a frame",
                    app.locator,
                    route_name(route)
                ),
            )
            .evidence("no middleware of the application sends headers for that", app.location)
            .evidence_chain(registration_step(route))
            .evidence_chain([handler_step(route)])
            .evidence("the page is sent here", place)
            .example("response.headers[\"Content-Security-Policy\"] = \"frame-ancestors 'none'\""),
        );
    }
}

/// Names of the functions that middleware of an app is given to run.
fn dispatched(context: &Context<'_>, app: &App) -> Vec<Name> {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let registry = interpreter.extension::<Registry>();
    let Some(state) = registry.routers.values().find(|state| state.site == app.location) else {
        return Vec::new();
    };
    let given: Vec<Value> =
        state.middleware.iter().filter_map(|entry| entry.arguments.keyword("dispatch").cloned()).collect();
    given.iter().filter_map(|value| Some(interpreter.plain_function(value)?.definition.name)).collect()
}

/// The first route that certainly sends a page, and where.
fn page(code: &CallGraph, app: &App, details: &[RouteDetail]) -> Option<(usize, Location)> {
    let is_page = |name: &str| name.ends_with(".HTMLResponse") || name.ends_with(".TemplateResponse");
    for (position, (route, detail)) in app.routes.iter().zip(details).enumerate() {
        let class = detail.flat.options.keyword("response_class").and_then(|class| class.as_external());
        if class.is_some_and(|class| class.ends_with(".HTMLResponse")) {
            return Some((position, route.location));
        }
        let node = detail.dependant.as_ref().and_then(|handler| code.of_dependant(handler));
        let made = node.and_then(|node| code.nodes[node].library_calls(is_page).next());
        if let Some((_, place, _)) = made {
            return Some((position, place));
        }
    }
    None
}
