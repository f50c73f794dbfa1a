//! `unpinned-jwt-algorithms`: token accepted without a pinned algorithm or without checking its signature.

use crate::call_graph::{CallGraph, Edge};
use crate::context::Context;
use crate::data_flow::holds;
use crate::finding::{Confidence, Fix, Severity};
use crate::fixes::arguments::keyword;
use crate::fixes::recipes::with_value;
use crate::metadata::Profile;
use crate::reporter::{Draft, Reporter};
use crate::syntax::{any_expression, expressions};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{ArgumentKind, Expr, ExprKind};
use fastwright_python::location::Location;
use fastwright_python::summary::{CallEvent, EventKind};
use fastwright_python::value::*;

crate::declare_rule! {
    /// Token accepted without a pinned algorithm or without checking its signature.
    UnpinnedJwtAlgorithms {
        name: "unpinned-jwt-algorithms",
        area: Auth,
        severity: Critical,
        confidence: Certain,
        summary: "token accepted without a pinned algorithm or without checking its signature",
        why: "A caller can write a token, or choose how it is checked, and is believed.",
        recommendation: "Pass a constant list of algorithms to `jwt.decode` and leave signature verification on.",
        trade_off: "Tokens signed with another algorithm are refused from then on.",
        contract_effect: "401 for tokens signed with another algorithm",
        cwe: [347, 327],
        owasp: ["API2:2023"],
        profile: Default,
        page: "auth/unpinned-jwt-algorithms.md",
        references: ["https://datatracker.ietf.org/doc/html/rfc8725", "https://pyjwt.readthedocs.io/en/stable/api.html"],
        check: check,
    }
}

/// Functions that read a token, whatever the library (python-jose counts as PyJWT).
const DECODING: &[&str] =
    &["jwt.decode", "jwt.decode_complete", "jwt.api_jwt.decode_complete", "authlib.jose.jwt.decode"];

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let analysis = context.analysis;
    let mut interpreter = analysis.interpreter.borrow_mut();
    let interpreter = &mut *interpreter;
    for node in code.calls().libraries(|name| DECODING.contains(&name)).iter() {
        let summary = &code.nodes[node].summary;
        for event in &summary.events {
            let EventKind::Call(call) = &event.kind else { continue };
            if !is_decoding(call) {
                continue;
            }
            let Some((what, effect)) = fault(interpreter, code, node, call) else { continue };
            let function = &summary.function.definition;
            let tell = |draft: Draft| {
                draft
                    .message(format!("`{}` {what}", function.name))
                    .evidence(effect.clone(), event.location)
                    .example("jwt.decode(token, KEY, algorithms=[\"HS256\"])")
                    .fix(fix(context, event.location, &what))
            };
            let routes = code.routes_of(node);
            if routes.is_empty() {
                let draft = Draft::new(event.location, function.qualname.as_str(), "");
                report.report(tell(draft).discriminator(what.clone()));
                continue;
            }
            for reached in &routes {
                let mut outline =
                    reached.outline(analysis, event.location, &function.qualname).discriminator(&what);
                // Outside of guards, somebody else may have checked the token before.
                if reached.dependency.is_none() && what.contains("signature") {
                    if context.settings.profile < Profile::Audit {
                        continue;
                    }
                    outline = outline.severity(Severity::High).confidence(Confidence::Possible);
                }
                report.report_on_route(&outline, |draft| {
                    tell(draft.evidence_chain(code.evidence(analysis, reached)))
                });
            }
        }
    }
}

/// The one algorithm with which the project signs its own tokens.
fn fix(context: &Context<'_>, place: Location, what: &str) -> Option<Fix> {
    if what.contains("signature") {
        return None;
    }
    let mut algorithms: Vec<String> = Vec::new();
    for code in &context.analysis.codes {
        for function in &code.functions {
            any_expression(&function.body, &mut |expression| {
                if let ExprKind::Call(call) = &expression.kind
                    && call
                        .callee
                        .dotted_name()
                        .is_some_and(|name| name == "encode" || name.ends_with("jwt.encode"))
                {
                    let given = keyword(call, "algorithm").map(|argument| &argument.value);
                    let given = given.or_else(|| call.arguments.get(2).map(|argument| &argument.value));
                    if let Some(Expr { kind: ExprKind::Str(name), .. }) = given {
                        algorithms.push(name.to_string());
                    }
                }
                false
            });
        }
    }
    algorithms.sort_unstable();
    algorithms.dedup();
    let [only] = algorithms.as_slice() else { return None };
    let fix = Fix::changes_guard(
        "accept the algorithm that signs the tokens, and no other",
        format!("tokens that are not signed with `{only}` are refused"),
    );
    with_value(context, place, "algorithms", &format!("[\"{only}\"]"), fix)
}

fn is_decoding(call: &CallEvent) -> bool {
    call.callee.as_external().is_some_and(|name| DECODING.contains(&name.as_str()))
}

/// What is wrong with a call: the end of the message, and the note of the evidence.
fn fault(
    interpreter: &mut Interpreter<'_>,
    code: &CallGraph,
    node: usize,
    call: &CallEvent,
) -> Option<(String, String)> {
    if is_unverified(interpreter, call) {
        if is_verified_nearby(interpreter, code, node) {
            return None;
        }
        return Some((
            "believes a token without checking its signature".to_owned(),
            "the signature is not checked here".to_owned(),
        ));
    }
    let algorithms = call.arguments.get(2, "algorithms")?;
    let is_header = |value: &Value| {
        holds(interpreter, value, &mut |part| {
            matches!(part.as_symbolic(), Some(Symbolic::Call { callee, .. })
                if callee.as_external().is_some_and(|name| name.ends_with(".get_unverified_header") || name.ends_with(".get_unverified_headers")))
        })
    };
    // The id of a key may come from there, the algorithm may not.
    let from_token = holds(interpreter, algorithms, &mut |part| match part.as_symbolic() {
        Some(Symbolic::Item { base, index }) => index.as_str() == Some("alg") && is_header(base),
        Some(Symbolic::Call { callee, arguments, .. }) => {
            arguments.positional.first().and_then(Value::as_str) == Some("alg")
                && matches!(callee.as_symbolic(), Some(Symbolic::Member { base, .. }) if is_header(base))
        }
        _ => false,
    });
    if from_token {
        return Some((
            "takes the algorithm of a token from the token itself".to_owned(),
            "the header that nobody has verified names the algorithm".to_owned(),
        ));
    }
    let names: Vec<String> = match algorithms.as_str() {
        Some(name) => vec![name.to_owned()],
        None => interpreter
            .elements(&algorithms.clone())?
            .iter()
            .filter_map(|item| interpreter.text_of(item))
            .collect(),
    };
    if let Some(none) = names.iter().find(|name| name.eq_ignore_ascii_case("none")) {
        return Some((
            format!("accepts tokens with the algorithm `{none}`, which nobody has to sign"),
            format!("`{none}` is among the algorithms"),
        ));
    }
    let shared = names.iter().find(|name| name.starts_with("HS"))?;
    let public =
        names.iter().find(|name| ["RS", "ES", "PS", "Ed"].iter().any(|family| name.starts_with(family)))?;
    Some((
        format!(
            "accepts `{shared}` and `{public}` with one key: the public key would do as the shared secret"
        ),
        format!("`{shared}` takes a shared secret, `{public}` a public key"),
    ))
}

fn is_unverified(interpreter: &Interpreter<'_>, call: &CallEvent) -> bool {
    if call.arguments.keyword("verify").and_then(Value::as_bool) == Some(false) {
        return true;
    }
    let Some(options) = call.arguments.get(3, "options") else { return false };
    let Kind::Dict(id) = *options.kind() else { return false };
    let Object::Dict(dict) = interpreter.object(id) else { return false };
    dict.entries
        .get(&Key::Str("verify_signature".into()))
        .is_some_and(|(_, value)| value.as_bool() == Some(false))
}

/// Whether the function, a caller of it, or what these call verifies a token as well: then this is a second look.
fn is_verified_nearby(interpreter: &Interpreter<'_>, code: &CallGraph, node: usize) -> bool {
    // What comes after a return that defaults decide is not walked; it counts nevertheless.
    let mut verifies = false;
    expressions(&code.nodes[node].definition.body, &mut |expression| {
        if let ExprKind::Call(call) = &expression.kind
            && let Some((_, name)) = call.callee.as_attribute()
        {
            verifies |= *name == "decode"
                && call
                    .arguments
                    .iter()
                    .any(|argument| argument.kind == ArgumentKind::Keyword("algorithms".into()));
        }
    });
    if verifies {
        return true;
    }
    let mut near = vec![node];
    near.extend(code.callers(node).map(Edge::from));
    let called: Vec<usize> = near.iter().flat_map(|node| code.edges(*node)).map(Edge::to).collect();
    near.extend(called);
    near.iter().any(|node| {
        code.nodes[*node].summary.events.iter().any(|event| match &event.kind {
            EventKind::Call(call) => is_decoding(call) && !is_unverified(interpreter, call),
            _ => false,
        })
    })
}
