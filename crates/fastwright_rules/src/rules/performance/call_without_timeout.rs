//! `call-without-timeout`: call over the network that may wait forever.

use crate::call_graph::{Node, first_site};
use crate::context::Context;
use crate::finding::Fix;
use crate::fixes::recipes::with_value;
use crate::reached::visit_reached;
use crate::reporter::Reporter;
use crate::syntax::program_uses_name;
use crate::wording::route_name;
use fastwright_model::facts::EdgeKind;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::{CallEvent, EventKind};
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Call over the network that may wait forever.
    CallWithoutTimeout {
        name: "call-without-timeout",
        area: Performance,
        severity: Medium,
        confidence: Certain,
        summary: "call over the network that may wait forever",
        why: "A partner that takes the connection and never answers stops one thread or request after the other, until none is left.",
        recommendation: "Pass `timeout=`, in seconds.",
        trade_off: "Calls that are slow but would succeed fail.",
        contract_effect: "an error after some seconds instead of a request that never ends",
        cwe: [400, 1088],
        owasp: ["API4:2023", "API10:2023"],
        profile: Strict,
        page: "performance/call-without-timeout.md",
        references: ["https://docs.python.org/3/library/smtplib.html#smtplib.SMTP", "https://requests.readthedocs.io/en/latest/user/advanced/#timeouts"],
        check: check,
    }
}

/// Where a call takes its time-out, as the number of the positional argument; none where it is no such call.
fn position_of_timeout(callee: &str) -> Option<usize> {
    Some(match callee {
        "urllib.request.urlopen" => 2,
        "smtplib.SMTP" => 3,
        "smtplib.SMTP_SSL" => 3,
        "ftplib.FTP" | "ftplib.FTP_TLS" => 4,
        "imaplib.IMAP4" | "poplib.POP3" => 2,
        "imaplib.IMAP4_SSL" | "poplib.POP3_SSL" => 3,
        "socket.create_connection" => 1,
        _ => {
            let (owner, verb) = callee.rsplit_once('.')?;
            let session =
                matches!(owner, "requests.Session" | "requests.session" | "requests.sessions.Session");
            let sends =
                matches!(verb, "get" | "post" | "put" | "patch" | "delete" | "head" | "options" | "request");
            (session && sends).then_some(usize::MAX)?
        }
    })
}

/// Clients whose time-out can be switched off.
fn is_httpx_client(callee: &str) -> bool {
    matches!(callee, "httpx.Client" | "httpx.AsyncClient")
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let calls: FxHashMap<usize, Vec<(Location, Name)>> = graph
        .calls()
        .libraries(|callee| position_of_timeout(callee).is_some() || is_httpx_client(callee))
        .iter()
        .map(|node| (node, endless(&graph.nodes[node])))
        .filter(|(_, calls)| !calls.is_empty())
        .collect();
    // One for all of the standard library.
    if calls.is_empty() || program_uses_name(context.analysis, "setdefaulttimeout") {
        return;
    }
    visit_reached(
        context,
        graph,
        |node| calls.contains_key(&node),
        |edge| edge.kind != EdgeKind::Background,
        &mut |entry, node, path| {
            let symbol = graph.nodes[node].symbol();
            for (place, callee) in &calls[&node] {
                let next = first_site(path).unwrap_or(*place);
                report.report_on_route(
                    &entry.outline(*place, &symbol, next).discriminator(callee),
                    |draft| {
                        let written =
                            if is_httpx_client(callee) { "with `timeout=None`" } else { "without `timeout`" };
                        draft
                            .message(format!("`{}` waits for `{callee}` {written}", route_name(entry.route)))
                            .evidence_chain(entry.steps())
                            .evidence_chain(graph.steps(path))
                            .evidence(
                                format!("`{callee}` {written} waits as long as the other side likes"),
                                *place,
                            )
                            .example("timeout=10")
                            .fix(with_value(
                                context,
                                *place,
                                "timeout",
                                "10",
                                Fix::needs_review("give up after ten seconds"),
                            ))
                    },
                );
            }
        },
    );
}

fn endless(node: &Node) -> Vec<(Location, Name)> {
    let mut found = Vec::new();
    for (index, place, callee) in
        node.library_calls(|callee| is_httpx_client(callee) || position_of_timeout(callee).is_some())
    {
        let EventKind::Call(call) = &node.summary.events[index].kind else { continue };
        let ends = if is_httpx_client(&callee) {
            call.arguments.keyword("timeout").is_none_or(|timeout| !timeout.is_none())
        } else {
            match position_of_timeout(&callee) {
                Some(position) => is_given(call, position),
                None => continue,
            }
        };
        if !ends && place.file == node.file {
            found.push((place, callee));
        }
    }
    found
}

fn is_given(call: &CallEvent, position: usize) -> bool {
    call.arguments.incomplete
        || call.arguments.positional.len() > position
        || call.arguments.keyword("timeout").is_some_and(|timeout| !timeout.is_none())
}
