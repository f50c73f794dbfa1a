//! `token-without-expiry`: token that says who somebody is and is good for ever.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::data_flow::root_parameter;
use crate::reporter::Reporter;
use crate::syntax::any_expression;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{ArgumentKind, ExprKind, Stmt};
use fastwright_python::location::Location;
use fastwright_python::summary::EventKind;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Token that says who somebody is and is good for ever.
    TokenWithoutExpiry {
        name: "token-without-expiry",
        area: Auth,
        severity: High,
        confidence: Certain,
        summary: "token that says who somebody is and is good for ever",
        why: "Whoever gets hold of one such token (a log, a backup, a lost phone) is that user until the key is changed for everybody.",
        recommendation: "Put `exp` into the payload, minutes for access tokens, and pass `options={\"require\": [\"exp\", \"sub\"]}` where tokens are read.",
        trade_off: "Clients have to sign in again or refresh; tokens that are out already stay good until `exp` is required.",
        contract_effect: "401 for tokens that have expired",
        cwe: [613],
        owasp: ["API2:2023"],
        profile: Default,
        page: "auth/token-without-expiry.md",
        references: ["https://datatracker.ietf.org/doc/html/rfc8725", "https://pyjwt.readthedocs.io/en/stable/usage.html#expiration-time-claim-exp"],
        check: check,
    }
}

/// Where functions that write a token take the payload.
fn payload_position(name: &str) -> Option<usize> {
    match name {
        "jwt.encode" | "jwt.api_jwt.encode" | "jose.jwt.encode" => Some(0),
        "authlib.jose.jwt.encode" | "joserfc.jwt.encode" => Some(1),
        _ => None,
    }
}

/// Claims that say who the holder is.
const WHO: &[&str] =
    &["sub", "user_id", "userid", "uid", "id", "user", "username", "email", "user_email", "account_id"];

/// Calls that are followed upwards from the one that writes the token.
const LONGEST_CHAIN: usize = 4;

/// A payload that is on its way to the call that signs it.
struct Waiting {
    node: usize,
    value: Value,
    steps: Vec<(String, Location)>,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let analysis = context.analysis;
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    for node in code.calls().libraries(|name| payload_position(name).is_some()).iter() {
        for (position, place, name) in code.nodes[node].library_calls(|name| payload_position(name).is_some())
        {
            let Some(argument) = payload_position(&name) else { continue };
            let EventKind::Call(call) = &code.nodes[node].summary.events[position].kind else { continue };
            let given = call.arguments.get(argument, "payload").or_else(|| call.arguments.keyword("claims"));
            let Some(payload) = given else { continue };
            let mut waiting = vec![Waiting { node, value: payload.clone(), steps: Vec::new() }];
            while let Some(Waiting { node: at, value, steps }) = waiting.pop() {
                let function = &code.nodes[at].summary.function;
                if names_expiry(&function.definition.body) {
                    continue;
                }
                if let Some((who, made)) = claims_without_expiry(interpreter, &value) {
                    let tell = Found { node, at, place, who, made, steps };
                    tell_of(context, report, code, &tell);
                    continue;
                }
                if steps.len() >= LONGEST_CHAIN {
                    continue;
                }
                let Some(parameter) = copied_parameter(&value) else { continue };
                for edge in code.callers(at) {
                    let bound = code.bindings(interpreter, edge);
                    let Some(value) = bound.get(parameter) else { continue };
                    let called = code.nodes[at].name();
                    let mut steps = steps.clone();
                    steps.insert(0, (format!("it is passed to `{called}`"), edge.site));
                    waiting.push(Waiting { node: edge.from(), value: value.clone(), steps });
                }
            }
        }
    }
}

struct Found {
    /// The function that signs.
    node: usize,
    /// The function that writes the payload down.
    at: usize,
    place: Location,
    who: String,
    made: Option<Location>,
    steps: Vec<(String, Location)>,
}

fn tell_of(context: &Context<'_>, report: &mut Reporter<'_>, code: &CallGraph, found: &Found) {
    let analysis = context.analysis;
    let function = code.nodes[found.node].name();
    for reached in &code.routes_of(found.at) {
        let symbol = code.nodes[found.node].symbol();
        let outline = reached.outline(analysis, found.place, &symbol).discriminator(&found.who);
        report.report_on_route(&outline, |draft| {
            let draft = draft
                .message(format!(
                    "`{function}` signs a token with `{}` that never expires: its payload has no `exp`",
                    found.who
                ))
                .evidence_chain(code.evidence(analysis, reached));
            let draft = match found.made {
                Some(made) => draft.evidence("the payload is written here, without `exp`", made),
                None => draft,
            };
            draft
                .evidence_chain(found.steps.iter().cloned())
                .evidence("it is signed here", found.place)
                .example(format!(
                    "{{\"{}\": ..., \"exp\": datetime.now(UTC) + timedelta(minutes=15)}}",
                    found.who
                ))
        });
    }
}

/// Whether a function says anything about `exp`.
fn names_expiry(body: &[Stmt]) -> bool {
    let is_expiry = |text: &str| matches!(text, "exp" | "expires" | "expire" | "expires_at" | "exp_at");
    any_expression(body, &mut |expression| match &expression.kind {
        ExprKind::Str(text) => is_expiry(text),
        ExprKind::Call(call) => call
            .arguments
            .iter()
            .any(|argument| matches!(&argument.kind, ArgumentKind::Keyword(name) if is_expiry(name))),
        _ => false,
    })
}

/// The claim of a payload that says who the holder is, when the whole payload is known and has no `exp`.
fn claims_without_expiry(interpreter: &Interpreter<'_>, value: &Value) -> Option<(String, Option<Location>)> {
    let Kind::Dict(id) = *value.kind() else { return None };
    let Object::Dict(dict) = interpreter.object(id) else { return None };
    if dict.incomplete || !dict.unknown_keys.is_empty() {
        return None;
    }
    let mut who = None;
    for key in dict.entries.keys() {
        let Key::Str(key) = key else { return None };
        if &**key == "exp" {
            return None;
        }
        if who.is_none() && WHO.contains(&&**key) {
            who = Some(key.to_string());
        }
    }
    Some((who?, None))
}

/// The parameter that a payload is, or is a copy of.
fn copied_parameter(value: &Value) -> Option<fastwright_python::name::Name> {
    match value.as_symbolic()? {
        Symbolic::Parameter(parameter) => Some(parameter.name),
        Symbolic::Call { callee, arguments, .. } => match callee.as_symbolic() {
            Some(Symbolic::Member { base, name }) if *name == "copy" => {
                root_parameter(base).map(|parameter| parameter.name)
            }
            _ if callee.as_external().is_some_and(|name| name == "builtins.dict") => {
                arguments.positional.first().and_then(root_parameter).map(|parameter| parameter.name)
            }
            _ => None,
        },
        _ => None,
    }
}
