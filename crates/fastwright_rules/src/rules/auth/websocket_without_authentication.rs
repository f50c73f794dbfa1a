//! `websocket-without-authentication`: WebSocket that anyone may open in an application that knows who calls.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::syntax::any_expression;
use crate::vocabulary::{any_word, holds_any};
use crate::wording::{handler_step, registration_step, route_name, short_name};
use fastwright_model::application::{GuardKind, Route, RouteKind};
use fastwright_model::dependant::Dependant;
use fastwright_python::ir::ExprKind;

crate::declare_rule! {
    /// WebSocket that anyone may open in an application that knows who calls.
    WebsocketWithoutAuthentication {
        name: "websocket-without-authentication",
        area: Auth,
        severity: High,
        confidence: Possible,
        summary: "WebSocket that anyone may open in an application that knows who calls",
        why: "WebSockets get none of what guards the other routes: CORS does not apply to them, and dependencies of HTTP routes are not theirs. Any page of any site may open one.",
        recommendation: "Check a token (a short-lived ticket in the query, a cookie with a check of `Origin`, or the first message) before `accept()`, and refuse with `WebSocketException(1008)`.",
        trade_off: "Clients have to send the token in a way that browsers allow.",
        contract_effect: "connections without credentials are refused",
        cwe: [306, 1385],
        owasp: ["API2:2023"],
        profile: Audit,
        page: "auth/websocket-without-authentication.md",
        references: ["https://fastapi.tiangolo.com/advanced/websockets/", "https://cheatsheetseries.owasp.org/cheatsheets/WebSocket_Security_Cheat_Sheet.html"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    for (app, details) in context.apps() {
        let http = || app.routes.iter().filter(|route| route.kind == RouteKind::Http);
        let guarded = http().filter(|route| route.guard.kind == GuardKind::Required).count();
        let Some(neighbour) = http().find(|route| route.guard.kind == GuardKind::Required) else { continue };
        // An application that is open for the most part has reasons for it.
        if guarded * 3 < http().count() {
            continue;
        }
        for (route, detail) in app.routes.iter().zip(details) {
            let Some(handler) = &detail.dependant else { continue };
            if route.kind != RouteKind::WebSocket
                || route.guard.kind != GuardKind::Public
                || route.guard.assumption.is_some()
                || context.settings.public_reason("WEBSOCKET", &route.path).is_some()
                || is_public(route)
                || looks_at_caller(code, handler)
            {
                continue;
            }
            report.report(
                Draft::new(
                    route.location,
                    short_name(&route.handler),
                    format!(
                        "`{}` accepts everybody: nothing that it runs looks at who connects, while {guarded} other routes are guarded",
                        route_name(route)
                    ),
                )
                .route(route)
                .evidence_chain(registration_step(route))
                .evidence_chain([handler_step(route)])
                .evidence(format!("`{}` is guarded", route_name(neighbour)), neighbour.location)
                .evidence_chain(neighbour.guard.evidence.iter().take(1).cloned()),
            );
        }
    }
}

fn is_public(route: &Route) -> bool {
    any_word(&route.path, &mut |word| matches!(word, "public" | "health" | "ping" | "status" | "echo"))
}

/// Whether anything on the way reads what tells who connects.
fn looks_at_caller(code: &CallGraph, handler: &Dependant) -> bool {
    const WORDS: &[&str] = &[
        "auth",
        "token",
        "ticket",
        "verify",
        "credential",
        "api_key",
        "apikey",
        "current_user",
        "session_id",
        "secret",
        "permission",
        "jwt",
    ];
    let asked = handler.walk().into_iter().any(|node| {
        holds_any(&node.qualified, WORDS)
            || node
                .parameters
                .iter()
                .any(|parameter| holds_any(&parameter.name, WORDS) || holds_any(&parameter.alias, WORDS))
    });
    if asked {
        return true;
    }
    let own = handler.walk().into_iter().filter_map(|node| code.of_dependant(node));
    code.reached_from(own).into_iter().any(|node| {
        let function = &code.nodes[node].definition;
        holds_any(&function.name, WORDS)
            || any_expression(&function.body, &mut |expression| match &expression.kind {
                ExprKind::Attribute(attribute) => {
                    let name = attribute.name;
                    matches!(name.as_str(), "headers" | "cookies" | "query_params" | "session" | "user")
                        || holds_any(&name, WORDS)
                }
                ExprKind::Name(name) => holds_any(name, WORDS),
                ExprKind::Str(text) => text.len() < 30 && holds_any(text, WORDS),
                _ => false,
            })
    })
}
