//! `server-side-request-forgery`: address from the client that the server requests.

use crate::context::Context;
use crate::data_flow::RequestInput;
use crate::finding::{Confidence, Severity};
use crate::injection::addresses::host_part;
use crate::injection::{Danger, Injection, report_injections};
use crate::reporter::Reporter;
use fastwright_model::application::Route;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::summary::CallEvent;
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
    let sends = |name: &str| address_position(name).is_some();
    let message = |input: &RequestInput, route: &str, acts: &str| {
        format!("`{}` of `{route}` decides where `{acts}` sends a request", input.text)
    };
    let injection = Injection {
        calls: &sends,
        argument: &|_: &Interpreter<'_>, name: &str, call: &CallEvent| requested(name, call),
        accepts: &|input: &RequestInput, _: &Route| input.is_address(),
        message: &message,
        severity: Severity::High,
        confidence: Confidence::Likely,
        to_the_text: false,
        whole_is_meant: false,
        fix: &|_, _, _| None,
    };
    report_injections(context, report, &injection);
}

/// The part of the address that decides the host, where the client is not made for one server.
pub(super) fn requested(name: &str, call: &CallEvent) -> Option<Danger> {
    if has_base_address(call) {
        return None;
    }
    let (package, last) = (name.split('.').next()?, name.rsplit('.').next()?);
    Some(Danger { acts: format!("{package}.{last}"), value: host_part(address(name, call)?, 0)? })
}

/// The address that a call of an HTTP library gets.
fn address<'c>(name: &str, call: &'c CallEvent) -> Option<&'c Value> {
    call.arguments.get(address_position(name)?, "url")
}

/// Where a function of an HTTP library takes the address, as a position; none for all others.
pub(super) fn address_position(name: &str) -> Option<usize> {
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
