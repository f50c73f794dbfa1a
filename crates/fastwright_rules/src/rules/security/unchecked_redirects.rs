//! `unchecked-redirects`: address that is checked before a request whose redirects are not.

use super::server_side_request_forgery::{address_position, requested};
use crate::context::Context;
use crate::data_flow::RequestInput;
use crate::finding::{Confidence, Fix, Severity};
use crate::fixes::recipes::with_value;
use crate::injection::{Injection, report_checked_injections};
use crate::reporter::Reporter;
use fastwright_model::application::Route;
use fastwright_model::facts::mentions;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
use fastwright_python::summary::CallEvent;
use fastwright_python::value::Symbolic;

crate::declare_rule! {
    /// Address that is checked before a request whose redirects are not.
    UncheckedRedirects {
        name: "unchecked-redirects",
        area: Security,
        severity: Medium,
        confidence: Possible,
        summary: "address that is checked before a request whose redirects are not",
        why: "The check sees the first address only. The server behind it answers with a redirect to the metadata service of the cloud, or to another address that the check would refuse, and the library follows.",
        recommendation: "Follow no redirects (`allow_redirects=False`, httpx does not by default), or follow them yourself and check each address.",
        trade_off: "Sources that redirect to another address (http to https, short links) need the loop.",
        contract_effect: "requests for addresses that redirect fail, unless each is checked",
        cwe: [918],
        owasp: ["API7:2023"],
        profile: Audit,
        page: "security/unchecked-redirects.md",
        references: ["https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let injection = Injection {
        calls: &|name: &str| address_position(name).is_some(),
        argument: &|_: &Interpreter<'_>, name: &str, call: &CallEvent| {
            if follows_redirects(name, call) { requested(name, call) } else { None }
        },
        accepts: &|input: &RequestInput, _: &Route| input.is_address(),
        message: &|input: &RequestInput, route: &str, acts: &str| {
            format!(
                "`{}` of `{route}` is checked before `{acts}` sends a request there, and the answer may redirect anywhere",
                input.text
            )
        },
        severity: Severity::Medium,
        confidence: Confidence::Possible,
        to_the_text: false,
        is_path: false,
        fix: &without_redirects,
    };
    report_checked_injections(context, report, &injection);
}

/// Whether a request goes on to where the answer redirects (defaults: requests 2 and aiohttp 3 follow, httpx doesn't).
fn follows_redirects(name: &str, call: &CallEvent) -> bool {
    let asked = |keyword: &str| {
        let given = call.arguments.keyword(keyword).map(|value| value.as_bool());
        given.or_else(|| of_client(call, keyword))
    };
    match name.split('.').next() {
        Some("requests" | "aiohttp") => asked("allow_redirects").is_none_or(|allowed| allowed == Some(true)),
        Some("httpx" | "httpx2") => asked("follow_redirects").is_some_and(|asked| asked == Some(true)),
        _ => true,
    }
}

/// What the client that sends the request was told when it was made, as far as it was made in sight.
fn of_client(call: &CallEvent, keyword: &str) -> Option<Option<bool>> {
    let mut told = None;
    mentions(&call.callee, &mut |part| {
        if let Some(Symbolic::Call { arguments, .. }) = part.as_symbolic() {
            told = told.or_else(|| arguments.keyword(keyword).map(|value| value.as_bool()));
        }
        told.is_some()
    });
    told
}

/// A request that does not go on to where the answer redirects.
fn without_redirects(context: &Context<'_>, place: Location, acts: &str) -> Option<Fix> {
    let keyword = match acts.split('.').next() {
        Some("requests" | "aiohttp") => "allow_redirects",
        Some("httpx" | "httpx2") => "follow_redirects",
        _ => return None,
    };
    let fix = Fix::changes_contract("do not follow redirects", "an answer that redirects is taken as it is");
    with_value(context, place, keyword, "False", fix)
}
