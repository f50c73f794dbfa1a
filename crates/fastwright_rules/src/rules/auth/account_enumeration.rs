//! `account-enumeration`: sign-in that answers differently for accounts that don't exist.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::data_flow::{input_text, inputs};
use crate::reporter::Reporter;
use crate::syntax::encloses;
use crate::vocabulary::{any_word, holds_any, words};
use crate::wording::{route_name, short_name};
use fastwright_model::application::{GuardKind, Route};
use fastwright_model::facts::status_of_exception;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::Comparison;
use fastwright_python::location::Location;
use fastwright_python::summary::{CallEvent, Event, EventKind};
use fastwright_python::value::*;

crate::declare_rule! {
    /// Sign-in that answers differently for accounts that don't exist.
    AccountEnumeration {
        name: "account-enumeration",
        area: Auth,
        severity: Medium,
        confidence: Certain,
        summary: "sign-in that answers differently for accounts that don't exist",
        why: "A list of addresses is tried until it is known who has an account: a start for stolen passwords and for fraud.",
        recommendation: "Answer the same (status and text) for an unknown account and a wrong password, and hash something in both cases so that the time is the same.",
        trade_off: "People who mistype their name are told less.",
        contract_effect: "one answer for both cases",
        cwe: [204, 203],
        owasp: ["API2:2023"],
        profile: Strict,
        page: "auth/account-enumeration.md",
        references: ["https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#authentication-and-error-messages"],
        check: check,
    }
}

/// Words in names of functions that verify a password.
const VERIFYING: &[&str] =
    &["verify", "checkpw", "check_password", "check_hash", "compare", "matches", "authenticate"];

/// Two answers that tell accounts that exist from others.
struct Difference {
    unknown: (u16, Option<String>, Location),
    wrong: (u16, Option<String>, Location),
    verified: (String, Location),
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let analysis = context.analysis;
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    let named = code.calls().named(|name| holds_any(name, VERIFYING));
    let candidates = named.or(&code.calls().libraries(|name| holds_any(name, VERIFYING)));
    let candidates = candidates.or(&code.calls().methods(&[
        "verify",
        "verify_password",
        "check_password",
        "verify_and_update",
    ]));
    for node in candidates.iter() {
        let Some(found) = difference(interpreter, code, node) else { continue };
        let function = &code.nodes[node].definition;
        for reached in &code.routes_of(node) {
            let route = reached.route_in(analysis);
            if route.guard.kind == GuardKind::Required || !signs_in(route) {
                continue;
            }
            let outline = reached.outline(analysis, found.unknown.2, &function.qualname);
            report.report_on_route(&outline, |draft| {
                draft
                    .message(format!(
                        "`{}` tells whether an account exists: {} when there is none, {} when the password is wrong",
                        route_name(route),
                        answer(&found.unknown),
                        answer(&found.wrong),
                    ))
                    .evidence_chain(code.evidence(analysis, reached))
                    .evidence(format!("{} when there is no such account", answer(&found.unknown)), found.unknown.2)
                    .evidence(format!("`{}` is verified", found.verified.0), found.verified.1)
                    .evidence(format!("{} when it is wrong", answer(&found.wrong)), found.wrong.2)
            });
        }
    }
}

fn answer((status, text, _): &(u16, Option<String>, Location)) -> String {
    match text {
        Some(text) => format!("{status} “{text}”"),
        None => status.to_string(),
    }
}

/// Whether a route is one for signing in, not for making an account or for a link that was sent.
fn signs_in(route: &Route) -> bool {
    let says = |text: &str| {
        any_word(text, &mut |word| {
            matches!(
                word,
                "register" | "registration" | "signup" | "invite" | "invitation" | "verify" | "activate"
            )
        })
    };
    route.methods.iter().any(|method| method == "POST")
        && !says(&route.path)
        && !says(short_name(&route.handler))
}

fn difference(interpreter: &mut Interpreter<'_>, code: &CallGraph, node: usize) -> Option<Difference> {
    let events = &code.nodes[node].summary.events;
    for (position, event) in events.iter().enumerate() {
        let EventKind::Call(call) = &event.kind else { continue };
        let Some(what) = verified(interpreter, code, node, position, call) else { continue };
        let unknown = refusal_of_missing(interpreter, &events[..position])?;
        let wrong = events[position..].iter().enumerate().find_map(|(later, event)| {
            let conditions = events[position..position + later].iter();
            let tested = conditions.filter(|event| matches!(event.kind, EventKind::Condition(_))).count();
            (tested == 1).then(|| refusal(interpreter, event)).flatten()
        })?;
        let differs = unknown.0 != wrong.0
            || matches!((&unknown.1, &wrong.1), (Some(one), Some(other)) if one != other);
        return differs.then_some(Difference { unknown, wrong, verified: (what, event.location) });
    }
    None
}

/// The password that a call verifies.
fn verified(
    interpreter: &Interpreter<'_>,
    code: &CallGraph,
    node: usize,
    position: usize,
    call: &CallEvent,
) -> Option<String> {
    let name = match (&call.target, call.callee.as_symbolic()) {
        (Some((function, _)), _) => function.definition.name.as_str(),
        (None, Some(Symbolic::Member { name, .. })) => name.as_str(),
        (None, _) => code.nodes[node].callee(position)?.rsplit('.').next()?,
    };
    if !holds_any(name, VERIFYING) {
        return None;
    }
    let given =
        call.arguments.positional.iter().chain(call.arguments.keywords.iter().map(|(_, value)| value));
    given.flat_map(|value| inputs(interpreter, value)).map(|input| input_text(&input)).find(|text| {
        let last = text.rsplit('.').next().unwrap_or_default();
        let words = words(last);
        words.iter().any(|word| matches!(word.as_str(), "password" | "passwd" | "pwd"))
            && !words.iter().any(|word| matches!(word.as_str(), "hashed" | "hash"))
    })
}

/// The last refusal of a request whose account was looked for and not found.
fn refusal_of_missing(
    interpreter: &mut Interpreter<'_>,
    events: &[Event],
) -> Option<(u16, Option<String>, Location)> {
    (0..events.len()).rev().find_map(|position| {
        let refused = refusal(interpreter, &events[position])?;
        // Only the making of the exception stands between a condition and the refusal.
        let before = events[..position].iter().rev().find(|event| {
            !matches!(event.kind, EventKind::Call(_)) || !encloses(refused.2.span, event.location.span)
        })?;
        matches!(&before.kind, EventKind::Condition(condition) if is_missing(condition)).then_some(refused)
    })
}

/// Whether a condition asks whether something was found.
fn is_missing(condition: &Value) -> bool {
    match condition.as_symbolic() {
        Some(Symbolic::Compare { comparison: Comparison::Is, right, .. }) => right.is_none(),
        Some(Symbolic::Not(inner)) => {
            inner.alternatives().len() > 1
                || matches!(
                    inner.as_symbolic(),
                    Some(Symbolic::Call { .. } | Symbolic::Item { .. } | Symbolic::Parameter(_))
                )
        }
        _ => false,
    }
}

/// Status, text and place of an `HTTPException` that is raised.
fn refusal(interpreter: &mut Interpreter<'_>, event: &Event) -> Option<(u16, Option<String>, Location)> {
    let EventKind::Raise { exception, again: false } = &event.kind else { return None };
    let status = status_of_exception(interpreter, exception)?;
    if !matches!(status, 400..=404 | 422) {
        return None;
    }
    let text = match exception.as_symbolic() {
        Some(Symbolic::Call { arguments, .. }) => {
            arguments.get(1, "detail").and_then(Value::as_str).map(str::to_owned)
        }
        _ => None,
    };
    Some((status, text, event.location))
}
