//! `server-side-request-forgery`: address from the client that the server requests.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::data_flow::{Following, Sink, entry_dependant, flows, inputs, request_inputs};
use crate::finding::{Confidence, Severity};
use crate::reporter::{Draft, Reporter};
use crate::wording::{handler_step, route_name};
use fastwright_model::application::GuardKind;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::BinaryOperator;
use fastwright_python::summary::{CallEvent, EventKind};
use fastwright_python::value::*;

crate::declare_rule! {
    /// Address from the client that the server requests.
    ServerSideRequestForgery {
        name: "server-side-request-forgery",
        area: Security,
        severity: High,
        confidence: Likely,
        summary: "address from the client that the server requests",
        why: "The client makes the server call what only the server can reach: the metadata service of the cloud, databases, other services.",
        recommendation: "Allow only known hosts, or resolve the name and refuse private addresses, and follow no redirects.",
        trade_off: "Addresses that are allowed have to be listed, or a check has to be kept up to date.",
        contract_effect: "requests for other addresses are refused",
        cwe: [918],
        owasp: ["API7:2023"],
        profile: Default,
        page: "security/server-side-request-forgery.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa7-server-side-request-forgery/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let analysis = context.analysis;
    let mut interpreter = analysis.interpreter.borrow_mut();
    let interpreter = &mut *interpreter;
    let following = Following { to_the_text: false, stops_at_checks: true };
    let sending = code.calls().libraries(|name| address_position(name).is_some());
    let found =
        flows(code, interpreter, following, &sending, |interpreter, node| requests(interpreter, code, node));
    for flow in found {
        for entry in &code.nodes[flow.node].entries {
            let Some((app, position, dependant)) = entry_dependant(analysis, *entry) else { continue };
            let Some(host) = host_part(interpreter, &flow.value, 0) else { continue };
            let inputs = request_inputs(interpreter, dependant, &host);
            let Some(input) = inputs.iter().find(|input| input.is_address()) else { continue };
            let route = &analysis.apps[app].routes[position];
            let function = &code.nodes[flow.place_node].summary.function.definition;
            let for_few = route.guard.kind == GuardKind::Required && !route.guard.roles.is_empty();
            let mut draft = Draft::new(
                flow.place,
                function.qualname.as_str(),
                format!(
                    "`{}` of `{}` decides where `{}` sends a request",
                    input.text,
                    route_name(route),
                    function.name
                ),
            )
            .route(route)
            .evidence_chain([handler_step(route)])
            .evidence(format!("{} is any address", input.title()), input.location)
            .evidence_chain(flow.steps(code))
            .discriminator(input.text.clone());
            if for_few {
                draft = draft.severity(Severity::Medium).confidence(Confidence::Possible);
            }
            report.report(draft);
        }
    }
}

/// Requests that one function sends: their address.
fn requests(interpreter: &mut Interpreter<'_>, code: &CallGraph, node: usize) -> Vec<Sink<()>> {
    let mut found = Vec::new();
    for (position, event) in code.nodes[node].summary.events.iter().enumerate() {
        let EventKind::Call(call) = &event.kind else { continue };
        if call.target.is_some() {
            continue;
        }
        let Some(name) = code.nodes[node].callee(position) else { continue };
        let Some(address) = address(name, call) else { continue };
        if has_base_address(call) {
            continue;
        }
        let Some(host) = host_part(interpreter, address, 0) else { continue };
        if inputs(interpreter, &host).is_empty() {
            continue;
        }
        let last = name.rsplit('.').next().unwrap_or_default();
        let package = name.split('.').next().unwrap_or_default();
        found.push(Sink {
            value: address.clone(),
            what: (),
            event: position,
            note: format!("the request goes there (`{package}`, `{last}`)"),
        });
    }
    found
}

/// The address that a call of an HTTP library gets.
fn address<'c>(name: &str, call: &'c CallEvent) -> Option<&'c Value> {
    call.arguments.get(address_position(name)?, "url")
}

/// Where a function of an HTTP library takes the address, as a position; none for all others.
fn address_position(name: &str) -> Option<usize> {
    const PACKAGES: &[&str] = &["httpx", "requests", "aiohttp", "urllib"];
    if !PACKAGES.iter().any(|package| name.starts_with(package)) {
        return None;
    }
    let (package, last) = (name.split('.').next()?, name.rsplit('.').next()?);
    match (package, last) {
        (
            "httpx" | "requests" | "aiohttp" | "httpx2",
            "get" | "post" | "put" | "patch" | "delete" | "head" | "options" | "ws_connect",
        ) => Some(0),
        ("httpx" | "requests" | "aiohttp" | "urllib3", "request" | "stream") => Some(1),
        ("urllib", "urlopen" | "urlretrieve") => Some(0),
        _ => None,
    }
}

/// Whether the client that sends the request was made for one server.
fn has_base_address(call: &CallEvent) -> bool {
    fastwright_model::facts::mentions(
        &call.callee,
        &mut |value| matches!(value.as_symbolic(), Some(Symbolic::Call { arguments, .. }) if arguments.keyword("base_url").is_some()),
    )
}

/// The part of an address that decides the host; nothing when the host is fixed or not known.
fn host_part(interpreter: &Interpreter<'_>, value: &Value, depth: u32) -> Option<Value> {
    if depth > 8 {
        return None;
    }
    match &value.kind {
        Kind::Union(values) => values.iter().find_map(|value| host_part(interpreter, value, depth + 1)),
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Parameter(_)
            | Symbolic::Member { .. }
            | Symbolic::Item { .. }
            | Symbolic::Element(_) => Some(value.clone()),
            Symbolic::Format(parts) => first_part(interpreter, parts, depth),
            Symbolic::Binary { operator: BinaryOperator::Add, left, right } => {
                first_part(interpreter, &[left.clone(), right.clone()], depth)
            }
            Symbolic::Call { callee, arguments, .. } => match &callee.kind {
                Kind::External(name) => match name.as_str() {
                    "builtins.str"
                    | "urllib.parse.urljoin"
                    | "urllib.request.Request"
                    | "httpx.URL"
                    | "yarl.URL" => host_part(interpreter, arguments.positional.first()?, depth + 1),
                    _ => None,
                },
                Kind::Symbolic(inner) => match &**inner {
                    Symbolic::Member { base, name }
                        if matches!(
                            name.as_str(),
                            "strip"
                                | "rstrip"
                                | "lstrip"
                                | "lower"
                                | "replace"
                                | "unicode_string"
                                | "get"
                                | "json"
                                | "removesuffix"
                        ) =>
                    {
                        host_part(interpreter, base, depth + 1)
                    }
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// Which of several texts in a row decides the host.
fn first_part(interpreter: &Interpreter<'_>, parts: &[Value], depth: u32) -> Option<Value> {
    for part in parts {
        match part.as_str() {
            Some("http://" | "https://" | "") => {}
            // A fixed beginning, or one that is not the beginning of an address.
            Some(_) => return None,
            None => return host_part(interpreter, part, depth + 1),
        }
    }
    None
}
