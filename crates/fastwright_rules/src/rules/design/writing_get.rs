//! `writing-get`: `GET` route that changes rows.

use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{handler_name, title};
use crate::sessions::is_session_method;
use crate::vocabulary::holds_any;
use crate::wording::handler_step;
use fastwright_model::application::RouteKind;
use fastwright_model::facts::EdgeKind;

crate::declare_rule! {
    /// `GET` route that changes rows.
    WritingGet {
        name: "writing-get",
        area: Design,
        severity: Low,
        confidence: Possible,
        summary: "`GET` route that changes rows",
        why: "Browsers load links ahead, crawlers and previews follow them, proxies repeat them: whatever the route changes happens without anybody asking. With cookies, a picture on another page is enough.",
        recommendation: "Make it a `POST`, `PUT` or `DELETE`.",
        trade_off: "Links in mails need a page with a button.",
        contract_effect: "the method changes",
        cwe: [650, 352],
        owasp: [],
        profile: Audit,
        page: "design/writing-get.md",
        references: ["https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1"],
        check: check,
    }
}

/// Methods of sessions that change rows.
const CHANGING: &[&str] = &["add", "add_all", "delete", "merge", "bulk_save_objects"];

/// What may be written while something is read: traces of the reading itself.
const TRACES: &[&str] = &[
    "log", "audit", "event", "history", "view", "visit", "seen", "cache", "session", "token", "metric",
    "usage",
];

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let changing = graph.calls().libraries(|callee| is_session_method(callee, CHANGING));
    if changing.is_empty() {
        return;
    }
    let reaching = graph.reaching(changing.clone(), |edge| edge.kind == EdgeKind::Call);
    for (_, route, detail) in context.routes() {
        let only_reads = !route.methods.is_empty()
            && route.methods.iter().all(|method| matches!(method.as_str(), "GET" | "HEAD"));
        let written: Vec<&String> = route.writes.iter().filter(|table| !holds_any(table, TRACES)).collect();
        // Who signs in elsewhere is sent back with `GET`.
        let is_callback = holds_any(&route.path, &["callback", "oauth", "login"]);
        if route.kind != RouteKind::Http || !only_reads || written.is_empty() || is_callback {
            continue;
        }
        // What dependencies write, such as the last request of a user, is no effect of the route.
        let Some(root) = detail.dependant.as_ref().and_then(|handler| graph.of_dependant(handler)) else {
            continue;
        };
        if !reaching.contains(root) {
            continue;
        }
        let ways = graph.ways(root, |edge| edge.kind == EdgeKind::Call && reaching.contains(edge.to()));
        let Some((position, node)) = ways.nodes().enumerate().find(|(_, node)| changing.contains(*node))
        else {
            continue;
        };
        let node = &graph.nodes[node];
        // A row that is made when it is missing is there the next time.
        let makes_missing = holds_any(&node.name(), &["or_create", "ensure", "upsert", "init", "default"]);
        let call = node.library_calls(|callee| is_session_method(callee, CHANGING)).next();
        let Some((_, place, callee)) = call.filter(|_| !makes_missing) else { continue };
        let method = callee.last_part();
        let name = title(route);
        report.report(
            Draft::new(
                route.location,
                handler_name(route),
                format!("`{name}` changes rows: {}", shown(&written)),
            )
            .route(route)
            .evidence_chain([handler_step(route)])
            .evidence_chain(graph.steps(&ways.path(position)))
            .evidence(format!("`{method}` of the session changes rows"), place),
        );
    }
}

fn shown(tables: &[&String]) -> String {
    let names: Vec<String> = tables.iter().take(4).map(|table| format!("`{table}`")).collect();
    names.join(", ")
}
