//! `unprotected-session-cookie`: cookie with a session or token that scripts can read or that goes over plain HTTP.

use crate::context::Context;
use crate::finding::{Edit, Fix};
use crate::fixes::Source;
use crate::fixes::arguments::keyword;
use crate::metadata::Profile;
use crate::reporter::Reporter;
use crate::vocabulary::words;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
use fastwright_python::summary::{CallEvent, EventKind};
use fastwright_python::value::*;

crate::declare_rule! {
    /// Cookie with a session or token that scripts can read or that goes over plain HTTP.
    UnprotectedSessionCookie {
        name: "unprotected-session-cookie",
        area: Auth,
        severity: Medium,
        confidence: Certain,
        summary: "cookie with a session or token that scripts can read or that goes over plain HTTP",
        why: "One injected script reads the cookie and the session is somebody else's; without `secure` one request over HTTP shows it to the network.",
        recommendation: "Pass `httponly=True, secure=True, samesite=\"lax\"`; let a setting switch `secure` off for development.",
        trade_off: "Scripts of your own can no longer read the cookie.",
        contract_effect: "none for browsers; scripts don't see the cookie",
        cwe: [1004, 614, 1275],
        owasp: ["API8:2023"],
        profile: Default,
        page: "auth/unprotected-session-cookie.md",
        references: ["https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/Cookies", "https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let analysis = context.analysis;
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    let candidates = code.calls().libraries(|name| name.ends_with(".set_cookie"));
    let candidates = candidates.or(&code.calls().methods(&["set_cookie"]));
    for node in candidates.iter() {
        let summary = &code.nodes[node].summary;
        for event in &summary.events {
            let EventKind::Call(call) = &event.kind else { continue };
            if !sets_cookie(call) {
                continue;
            }
            let Some((name, missing)) = fault(interpreter, call) else { continue };
            // Development runs without TLS: what is only sent over plain HTTP is hygiene.
            if missing == ["secure"] && context.settings.profile < Profile::Strict {
                continue;
            }
            let lacks = missing.join("`, `");
            for reached in &code.routes_of(node) {
                let outline = reached
                    .outline(analysis, event.location, &summary.function.definition.qualname)
                    .discriminator(&name);
                report.report_on_route(&outline, |draft| {
                    draft
                        .message(format!("the cookie `{name}` is set without `{lacks}`"))
                        .evidence_chain(code.evidence(analysis, reached))
                        .evidence(format!("`{lacks}` is off here: Starlette's defaults are off"), event.location)
                        .example(format!(
                            "response.set_cookie(\"{name}\", ..., httponly=True, secure=True, samesite=\"lax\")"
                        ))
                        .fix(fix(context, event.location, &missing))
                });
            }
        }
    }
}

fn fix(context: &Context<'_>, place: Location, missing: &[&str]) -> Option<Fix> {
    let source = Source::of(context, place.file)?;
    let (expression, call) = source.call(place.span)?;
    let lacking: Vec<&str> = missing.iter().copied().filter(|name| keyword(call, name).is_none()).collect();
    let known = missing.iter().filter_map(|name| keyword(call, name));
    let mut edits: Vec<Edit> = known.map(|argument| source.replace(argument.value.span, "True")).collect();
    if !lacking.is_empty() {
        let text: Vec<String> = lacking.iter().map(|name| format!("{name}=True")).collect();
        edits.push(source.add_keyword(expression, &text.join(", "))?);
    }
    let changes = "browsers keep the cookie from scripts and from plain HTTP";
    Some(Fix::changes_contract("protect the cookie", changes).edits(edits))
}

fn sets_cookie(call: &CallEvent) -> bool {
    match call.callee.kind() {
        Kind::Method(method) => {
            method.function.as_external().is_some_and(|name| name.ends_with(".set_cookie"))
        }
        _ => {
            matches!(call.callee.as_symbolic(), Some(Symbolic::Member { name, .. }) if *name == "set_cookie")
        }
    }
}

/// The name of a cookie that signs its holder in, and what it lacks.
fn fault(interpreter: &mut Interpreter<'_>, call: &CallEvent) -> Option<(String, Vec<&'static str>)> {
    if call.arguments.incomplete {
        return None;
    }
    let name = interpreter.text_of(&call.arguments.get(0, "key")?.clone())?;
    let value = call.arguments.get(1, "value")?;
    // A cookie that is taken back protects nothing.
    let is_removed = value.as_str() == Some("")
        || value.is_none()
        || call.arguments.get(2, "max_age").and_then(Value::as_int).is_some_and(|seconds| seconds <= 0);
    if is_removed || !signs_in(&name) {
        return None;
    }
    let is_off = |position: usize, keyword: &str| match call.arguments.get(position, keyword) {
        None => true,
        Some(value) if value.configurable().is_some() => false,
        Some(value) => interpreter.truth(&value.clone()) == Some(false),
    };
    let (insecure, readable) = (is_off(6, "secure"), is_off(7, "httponly"));
    let mut missing = Vec::new();
    if readable {
        missing.push("httponly");
    }
    if insecure {
        missing.push("secure");
    }
    (!missing.is_empty()).then_some((name, missing))
}

/// Whether the name of a cookie says that it signs its holder in.
fn signs_in(name: &str) -> bool {
    let words = words(name);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    has(&[
        "token",
        "session",
        "sessionid",
        "auth",
        "jwt",
        "sid",
        "access",
        "refresh",
        "authorization",
        "apikey",
    ]) && !has(&[
        "csrf",
        "xsrf",
        "expires",
        "expiry",
        "expiration",
        "type",
        "state",
        "nonce",
        "count",
        "name",
        "user",
    ])
}
