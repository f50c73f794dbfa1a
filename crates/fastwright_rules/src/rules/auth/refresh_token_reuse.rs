//! `refresh-token-reuse`: refresh token that gives out new tokens as often as anybody sends it.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::vocabulary::words;
use crate::wording::{handler_step, route_name};
use fastwright_model::application::Route;
use fastwright_python::location::Location;
use fastwright_python::summary::EventKind;

crate::declare_rule! {
    /// Refresh token that gives out new tokens as often as anybody sends it.
    RefreshTokenReuse {
        name: "refresh-token-reuse",
        area: Auth,
        severity: Medium,
        confidence: Likely,
        summary: "refresh token that gives out new tokens as often as anybody sends it",
        why: "Who gets hold of one refresh token stays signed in for as long as it lasts, beside its owner, and nobody can end it: signing out and a new password change nothing.",
        recommendation: "Give each refresh token an id (`jti`) that is stored, replace it when it is used, and end all tokens of the user when an old one comes back.",
        trade_off: "A row is read and written for each refresh; two tabs that refresh at once need a few seconds of grace.",
        contract_effect: "401 for a refresh token that was used before",
        cwe: [613, 294],
        owasp: ["API2:2023"],
        profile: Strict,
        page: "auth/refresh-token-reuse.md",
        references: ["https://www.rfc-editor.org/rfc/rfc9700.html#name-refresh-token-protection"],
        check: check,
    }
}

/// Words of tables that remember which tokens are good.
const REMEMBERING: &[&str] = &[
    "token",
    "tokens",
    "session",
    "sessions",
    "revoked",
    "revocation",
    "blacklist",
    "denylist",
    "blocklist",
    "jti",
];

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let reads = |name: &str| name.ends_with("jwt.decode") || name.ends_with("jwt.api_jwt.decode");
    let writes = |name: &str| name.ends_with("jwt.encode") || name.ends_with("jwt.api_jwt.encode");
    let reading = graph.calls().libraries(reads);
    let writing = graph.calls().libraries(writes);
    if reading.iter().next().is_none() || writing.iter().next().is_none() {
        return;
    }
    for (app, details) in context.apps() {
        for (route, detail) in app.routes.iter().zip(details) {
            if !refreshes(route) || !route.writes.is_empty() {
                continue;
            }
            let remembers = route
                .reads
                .iter()
                .any(|table| words(table).iter().any(|word| REMEMBERING.contains(&word.as_str())));
            let Some(dependant) = &detail.dependant else { continue };
            if remembers {
                continue;
            }
            let starts = dependant.walk().into_iter().filter_map(|part| graph.of_dependant(part));
            let reached = graph.reached_from(starts);
            let (Some(read), Some(written)) =
                (place_of(graph, &reached, &reads), place_of(graph, &reached, &writes))
            else {
                continue;
            };
            if reached.iter().any(|node| may_remember(graph, *node)) {
                continue;
            }
            report.report(
                Draft::new(
                    route.location,
                    route.name.clone(),
                    format!(
                        "`{}` takes the same token again and again: nothing remembers that it was used",
                        route_name(route)
                    ),
                )
                .route(route)
                .evidence_chain([handler_step(route)])
                .evidence("the token that is sent is checked here, by its signature alone", read)
                .evidence("a new one is signed here, and the old one stays good", written)
                .example("token_id = payload[\"jti\"]  # look it up, replace it"),
            );
        }
    }
}

/// Whether a route is there to give out tokens for a refresh token.
fn refreshes(route: &Route) -> bool {
    let posts = route.methods.iter().any(|method| method == "POST" || method == "GET");
    let named = |text: &str| words(text).iter().any(|word| word == "refresh");
    let last = route.path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
    posts && (named(last) || named(&route.name))
}

fn place_of(graph: &CallGraph, nodes: &[usize], wanted: &dyn Fn(&str) -> bool) -> Option<Location> {
    nodes.iter().find_map(|node| graph.nodes[*node].library_calls(wanted).next().map(|(_, place, _)| place))
}

/// Whether a function calls something that may remember tokens: what is not known, or is a store.
fn may_remember(graph: &CallGraph, node: usize) -> bool {
    let node = &graph.nodes[node];
    if node.summary.incomplete {
        return true;
    }
    node.summary.events.iter().enumerate().any(|(position, event)| {
        let EventKind::Call(call) = &event.kind else { return false };
        if call.target.is_some() {
            return false;
        }
        if crate::methods::method_of(&call.callee).is_some_and(|(_, name)| keeps(&name)) {
            return true;
        }
        match node.callee(position) {
            Some(name) => !is_harmless(name) || keeps(name),
            // `.get` of a payload; anything else of something that is not known may be a store.
            None => !crate::methods::method_of(&call.callee).is_some_and(|(_, name)| {
                matches!(
                    name.as_str(),
                    "get"
                        | "copy"
                        | "strip"
                        | "split"
                        | "total_seconds"
                        | "timestamp"
                        | "startswith"
                        | "removeprefix"
                        | "lower"
                        | "get_secret_value"
                )
            }),
        }
    })
}

/// Whether a call puts something into a collection, or takes it out.
fn keeps(name: &str) -> bool {
    matches!(name.rsplit('.').next(), Some("add" | "append" | "discard" | "remove" | "insert" | "setdefault"))
}

/// Whether a library keeps nothing for later, or is only read.
fn is_harmless(name: &str) -> bool {
    let first = name.split('.').next().unwrap_or_default();
    let last = name.rsplit('.').next().unwrap_or_default();
    match first {
        "jwt" | "jose" | "authlib" | "joserfc" | "datetime" | "fastapi" | "starlette" | "builtins"
        | "pydantic" | "pydantic_settings" | "logging" | "uuid" | "time" | "typing" | "passlib"
        | "bcrypt" | "secrets" | "os" | "functools" => true,
        "sqlalchemy" | "sqlmodel" => {
            !matches!(last, "add" | "add_all" | "delete" | "commit" | "merge" | "update" | "insert" | "flush")
        }
        _ => false,
    }
}
