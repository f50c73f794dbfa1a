//! `open-redirect`: redirect to an address that the client chooses.

use crate::context::Context;
use crate::data_flow::RequestInput;
use crate::finding::{Confidence, Severity};
use crate::injection::{Danger, Injection, report_injections};
use crate::injection::{addresses::host_part, may_hold_slash};
use crate::reporter::Reporter;
use fastwright_model::application::Route;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::summary::CallEvent;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Redirect to an address that the client chooses.
    OpenRedirect {
        name: "open-redirect",
        area: Security,
        severity: Medium,
        confidence: Likely,
        summary: "redirect to an address that the client chooses",
        why: "A link to your site leads to another one: users trust the first part of the address and type their password into the copy behind it; tokens in the address go along.",
        recommendation: "Redirect to a path of your own (refuse what has a host, also `//host` and a backslash), or to one of the addresses that you list.",
        trade_off: "Partners that are redirected to have to be listed.",
        contract_effect: "400 for other addresses",
        cwe: [601],
        owasp: ["API8:2023"],
        profile: Default,
        page: "security/open-redirect.md",
        references: ["https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let injection = Injection {
        calls: &|name: &str| {
            name.ends_with("responses.RedirectResponse") || name.ends_with("responses.Response")
        },
        argument: &|interpreter: &Interpreter<'_>, name: &str, call: &CallEvent| {
            let (address, acts) = if name.ends_with(".RedirectResponse") {
                (call.arguments.get(0, "url")?.clone(), "RedirectResponse")
            } else {
                (location_header(interpreter, call.arguments.get(2, "headers")?)?, "Location")
            };
            Some(Danger { acts: acts.to_owned(), value: host_part(&address, 0)? })
        },
        accepts: &|input: &RequestInput, route: &Route| input.is_address() && may_hold_slash(input, route),
        message: &|input: &RequestInput, route: &str, _: &str| {
            format!("`{}` of `{route}` decides to which site the answer redirects", input.text)
        },
        severity: Severity::Medium,
        confidence: Confidence::Likely,
        to_the_text: false,
        is_path: false,
        fix: &|_, _, _| None,
    };
    report_injections(context, report, &injection);
}

/// What the header says that sends a browser elsewhere.
fn location_header(interpreter: &Interpreter<'_>, headers: &Value) -> Option<Value> {
    let Kind::Dict(id) = *headers.kind() else { return None };
    let Object::Dict(dict) = interpreter.object(id) else { return None };
    let mut entries = dict.entries.values();
    entries
        .find(|(key, _)| key.as_str().is_some_and(|name| name.eq_ignore_ascii_case("location")))
        .map(|(_, value)| value.clone())
}
