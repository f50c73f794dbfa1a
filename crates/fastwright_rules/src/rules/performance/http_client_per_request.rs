//! `http-client-per-request`: client with a pool of connections that lives for one request.

use crate::call_graph::Node;
use crate::context::Context;
use crate::loops::is_cache;
use crate::reached::visit_reached;
use crate::reporter::{Draft, Reporter};
use crate::syntax::{self, any_statement, encloses};
use crate::wording::route_name;
use fastwright_model::facts::EdgeKind;
use fastwright_python::ir::{Expr, ExprKind, Stmt, StmtKind};
use fastwright_python::location::{Location, Span};
use fastwright_python::name::Name;
use fastwright_python::summary::EventKind;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

crate::declare_rule! {
    /// Client with a pool of connections that lives for one request.
    HttpClientPerRequest {
        name: "http-client-per-request",
        area: Performance,
        severity: Low,
        confidence: Likely,
        summary: "client with a pool of connections that lives for one request",
        why: "Each request reads the certificates again and opens a connection of its own, with two or three round trips before the first byte; under load the host runs out of ports.",
        recommendation: "Make one client in the lifespan, keep it in the state, and close it there.",
        trade_off: "Cookies and time-outs of the client are shared; pass what differs with each call.",
        contract_effect: "none",
        cwe: [400],
        owasp: ["API4:2023"],
        profile: Strict,
        page: "performance/http-client-per-request.md",
        references: ["https://www.python-httpx.org/advanced/clients/", "https://docs.aiohttp.org/en/stable/client_quickstart.html"],
        check: check,
    }
}

/// Places that evidence shows at most.
const SHOWN: usize = 5;

/// The client that a call makes, as people write it.
fn client(callee: &str) -> Option<&'static str> {
    Some(match callee {
        "httpx.AsyncClient" => "httpx.AsyncClient",
        "httpx.Client" => "httpx.Client",
        "aiohttp.ClientSession" | "aiohttp.client.ClientSession" => "aiohttp.ClientSession",
        "requests.Session" | "requests.session" | "requests.sessions.Session" => "requests.Session",
        _ => return None,
    })
}

/// What is told of one class of clients.
struct Made {
    draft_place: Location,
    symbol: Name,
    route: String,
    steps: Vec<(String, Location)>,
    others: Vec<(Name, Location)>,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let made: FxHashMap<usize, (Location, &'static str)> = graph
        .calls()
        .libraries(|callee| client(callee).is_some())
        .iter()
        .filter_map(|node| Some((node, made(&graph.nodes[node])?)))
        .collect();
    if made.is_empty() {
        return;
    }
    // One fact of the application for each class of clients, however many functions do it.
    let mut told: BTreeMap<&'static str, Made> = BTreeMap::new();
    visit_reached(
        context,
        graph,
        |node| made.contains_key(&node),
        |edge| edge.kind == EdgeKind::Call && !remembers(&graph.nodes[edge.to()]),
        &mut |entry, node, path| {
            let (place, class) = made[&node];
            let symbol = graph.nodes[node].symbol();
            match told.get_mut(class) {
                Some(known) => {
                    if known.draft_place != place && !known.others.iter().any(|(_, other)| *other == place) {
                        known.others.push((graph.nodes[node].name(), place));
                    }
                }
                None => {
                    let steps = entry.steps().into_iter().chain(graph.steps(path)).collect();
                    let route = route_name(entry.route);
                    told.insert(class, Made { draft_place: place, symbol, route, steps, others: Vec::new() });
                }
            }
        },
    );
    for (class, found) in told {
        let name = found.symbol;
        let also = match found.others.len() {
            0 => String::new(),
            1 => ", and so does another function".to_owned(),
            others => format!(", and so do {others} other functions"),
        };
        let mut draft = Draft::new(
            found.draft_place,
            name.as_str(),
            format!("`{name}` makes a new `{class}` for `{}`{also}", found.route),
        )
        .discriminator(class)
        .evidence_chain(found.steps)
        .evidence(
            "a client with an empty pool is made here, and thrown away with the call",
            found.draft_place,
        );
        for (other, place) in found.others.iter().take(SHOWN) {
            draft = draft.evidence(format!("`{other}` does the same"), *place);
        }
        report.report(draft.example(format!(
            "async with {class}() as client:  # in the lifespan\n    yield {{\"client\": client}}"
        )));
    }
}

fn remembers(node: &Node) -> bool {
    let definition = &node.definition;
    definition.decorators.iter().any(is_cache)
        || any_statement(&definition.body, &mut |statement| {
            matches!(statement.kind, StmtKind::Global(_) | StmtKind::Nonlocal(_))
        })
        || answers_from_dictionary(&definition.body)
}

/// Whether a function keeps its answers in a dictionary from outside: `KNOWN[key] = answer` and `return KNOWN[key]`.
fn answers_from_dictionary(body: &[Stmt]) -> bool {
    let element_of = |value: &Expr| match &value.kind {
        ExprKind::Subscript(parts) => match parts.0.kind {
            ExprKind::Name(name) => Some(name),
            _ => None,
        },
        _ => None,
    };
    let mut kept = Vec::new();
    let mut own = Vec::new();
    let mut given = Vec::new();
    syntax::statements(body, &mut |statement| match &statement.kind {
        StmtKind::Assign { targets, .. } => {
            kept.extend(targets.iter().filter_map(element_of));
            own.extend(targets.iter().filter_map(|target| match target.kind {
                ExprKind::Name(name) => Some(name),
                _ => None,
            }));
        }
        StmtKind::Return(Some(value)) => given.extend(element_of(value)),
        _ => {}
    });
    kept.iter().any(|name| given.contains(name) && !own.contains(name))
}

/// Where a function makes a client that it keeps for itself.
fn made(node: &Node) -> Option<(Location, &'static str)> {
    let function = &node.summary.function;
    if remembers(node) || matches!(function.definition.name.as_str(), "__init__" | "__aenter__" | "lifespan")
    {
        return None;
    }
    node.library_calls(|callee| client(callee).is_some()).find_map(|(index, place, callee)| {
        let class = client(&callee)?;
        let EventKind::Call(call) = &node.summary.events[index].kind else { return None };
        // What is made for one target cannot be shared: certificates, proxies, accounts.
        let special = [
            "transport",
            "cert",
            "verify",
            "proxy",
            "proxies",
            "mounts",
            "auth",
            "app",
            "connector",
            "cookies",
            "cookie_jar",
        ]
        .iter()
        .any(|option| call.arguments.keyword(option).is_some());
        let own = place.file == function.id.file && !special && !call.arguments.incomplete;
        (own && !is_handed_out(node, place.span)).then_some((place, class))
    })
}

/// Whether a client is stored or given to whoever calls.
fn is_handed_out(node: &Node, made: Span) -> bool {
    let definition = &node.definition;
    let mut name = None;
    let stored = any_statement(&definition.body, &mut |statement| match &statement.kind {
        StmtKind::Return(Some(value)) => encloses(value.span, made),
        StmtKind::Assign { targets, value } if encloses(value.span, made) => {
            for target in targets {
                if let ExprKind::Name(target) = target.kind {
                    name = Some(target);
                }
            }
            targets
                .iter()
                .any(|target| matches!(target.kind, ExprKind::Attribute(..) | ExprKind::Subscript(_)))
        }
        _ => false,
    });
    stored
        || name.is_some_and(|name| {
            any_statement(&definition.body, &mut |statement| {
                matches!(&statement.kind, StmtKind::Return(Some(value)) if matches!(value.kind, ExprKind::Name(other) if other == name))
            })
        })
}
