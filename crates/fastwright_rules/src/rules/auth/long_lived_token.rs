//! `long-lived-token`: token for access that is good for more than a day.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::data_flow::{holds, inputs, root_parameter};
use crate::reporter::Reporter;
use crate::vocabulary::any_word;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
use fastwright_python::summary::EventKind;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Token for access that is good for more than a day.
    LongLivedToken {
        name: "long-lived-token",
        area: Auth,
        severity: Low,
        confidence: Certain,
        summary: "token for access that is good for more than a day",
        why: "A signed token can't be taken back: a copy, an employee who has left or a role that was taken away stay good until it expires.",
        recommendation: "Let access tokens live for minutes and renew them with a refresh token that is stored and can be deleted; or keep a version of the user's tokens in the database.",
        trade_off: "Clients have to renew tokens.",
        contract_effect: "401 earlier than before",
        cwe: [613],
        owasp: ["API2:2023"],
        profile: Strict,
        page: "auth/long-lived-token.md",
        references: ["https://datatracker.ietf.org/doc/html/rfc9700"],
        check: check,
    }
}

/// Seconds that a token for access may live.
const LONGEST: i64 = 24 * 60 * 60;

/// Calls that are followed upwards from the one that signs.
const LONGEST_CHAIN: usize = 4;

struct Waiting {
    node: usize,
    value: Value,
    steps: Vec<(String, Location)>,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let analysis = context.analysis;
    let signs = |name: &str| matches!(name, "jwt.encode" | "jwt.api_jwt.encode" | "jose.jwt.encode");
    let signing = code.calls().libraries(signs);
    if signing.is_empty() || can_be_revoked(code) {
        return;
    }
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    for node in signing.iter() {
        for (position, place, _) in code.nodes[node].library_calls(signs) {
            let EventKind::Call(call) = &code.nodes[node].summary.events[position].kind else { continue };
            let Some(payload) = call.arguments.get(0, "payload") else { continue };
            let mut waiting = vec![Waiting { node, value: expiry(interpreter, payload), steps: Vec::new() }];
            while let Some(Waiting { node: at, value, steps }) = waiting.pop() {
                if is_for_something_else(code, at) {
                    continue;
                }
                if let Some((seconds, made)) = lifetime(interpreter, &value) {
                    if seconds <= LONGEST {
                        continue;
                    }
                    let function = code.nodes[node].name();
                    for reached in &code.routes_of(at) {
                        let symbol = code.nodes[node].symbol();
                        let outline = reached.outline(analysis, place, &symbol);
                        report.report_on_route(&outline, |draft| {
                            let lifetime = words_of(seconds);
                            draft
                                .message(format!(
                                    "`{function}` signs tokens that are good for {lifetime}, and nothing can take one back"
                                ))
                                .evidence_chain(code.evidence(analysis, reached))
                                .evidence(format!("the token is to expire after {lifetime}"), made)
                                .evidence_chain(steps.iter().cloned())
                                .evidence("it is signed here", place)
                        });
                    }
                    continue;
                }
                if steps.len() >= LONGEST_CHAIN || inputs(interpreter, &value).is_empty() {
                    continue;
                }
                let function = code.nodes[at].summary.function.id;
                for edge in code.callers(at) {
                    let bound = code.bindings(interpreter, edge);
                    let given = inputs(interpreter, &value).iter().find_map(|input| {
                        let root = root_parameter(input).filter(|root| root.function == function)?;
                        bound.get(root.name).cloned()
                    });
                    let Some(given) = given else { continue };
                    let called = code.nodes[at].name();
                    let mut steps = steps.clone();
                    steps.insert(0, (format!("it is passed to `{called}`"), edge.site));
                    waiting.push(Waiting { node: edge.from(), value: given, steps });
                }
            }
        }
    }
}

/// What a payload has as `exp`, or the payload itself when that is not known.
fn expiry(interpreter: &Interpreter<'_>, payload: &Value) -> Value {
    let Kind::Dict(id) = *payload.kind() else { return payload.clone() };
    let Object::Dict(dict) = interpreter.object(id) else { return payload.clone() };
    dict.entries.get(&Key::Str("exp".into())).map_or_else(|| payload.clone(), |(_, value)| value.clone())
}

/// Seconds of the `timedelta` in a value, with its place, when all parts of it are known.
fn lifetime(interpreter: &Interpreter<'_>, value: &Value) -> Option<(i64, Location)> {
    let mut found = None;
    holds(interpreter, value, &mut |part| {
        if let Some(Symbolic::Call { callee, arguments, site }) = part.as_symbolic()
            && callee.as_external().is_some_and(|name| name == "datetime.timedelta")
        {
            let known = arguments.keywords.iter().map(|(name, value)| {
                let unit = match name.as_str() {
                    "weeks" => 7 * 86_400,
                    "days" => 86_400,
                    "hours" => 3_600,
                    "minutes" => 60,
                    "seconds" => 1,
                    _ => return None,
                };
                value.as_int().and_then(|count| count.checked_mul(unit))
            });
            let days = arguments.positional.first().map(|value| value.as_int().map(|days| days * 86_400));
            let seconds: Option<Vec<i64>> = known.chain(days).collect();
            found = seconds.map(|seconds| (seconds.iter().sum(), *site));
            return true;
        }
        false
    });
    found
}

fn words_of(seconds: i64) -> String {
    match (seconds / 86_400, seconds / 3_600) {
        (days, _) if days >= 2 => format!("{days} days"),
        (_, hours) => format!("{hours} hours"),
    }
}

/// Whether a function makes another kind of token: one that renews, a link, a key of a machine.
fn is_for_something_else(code: &CallGraph, node: usize) -> bool {
    any_word(&code.nodes[node].symbol(), &mut |word| {
        matches!(
            word,
            "refresh"
                | "reset"
                | "invite"
                | "invitation"
                | "verify"
                | "verification"
                | "confirm"
                | "confirmation"
                | "email"
                | "link"
                | "share"
                | "download"
                | "unsubscribe"
                | "service"
                | "machine"
                | "api"
                | "key"
                | "remember"
                | "device"
                | "worker"
                | "agent"
        )
    })
}

/// Whether anything that runs knows of tokens that were taken back.
fn can_be_revoked(code: &CallGraph) -> bool {
    const WORDS: &[&str] = &[
        "revoke",
        "revoked",
        "denylist",
        "blacklist",
        "blocklist",
        "jti",
        "token_version",
        "is_token_valid",
    ];
    code.nodes.iter().any(|node| crate::vocabulary::holds_any(&node.name(), WORDS))
}
