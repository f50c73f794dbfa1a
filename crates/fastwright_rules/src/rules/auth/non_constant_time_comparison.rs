//! `non-constant-time-comparison`: secret compared with an operator that stops at the first difference.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::data_flow::{Checks, Following, Sink, entry_dependant, flows, has_input, request_inputs};
use crate::finding::Fix;
use crate::fixes::Source;
use crate::reporter::{Draft, Reporter};
use crate::vocabulary::is_credential_name;
use crate::wording::{handler_step, route_name};
use fastwright_model::facts::EventKinds;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir;
use fastwright_python::ir::{Comparison, Expr, ExprKind};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::EventKind;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Secret compared with an operator that stops at the first difference.
    NonConstantTimeComparison {
        name: "non-constant-time-comparison",
        area: Auth,
        severity: Medium,
        confidence: Likely,
        summary: "secret compared with an operator that stops at the first difference",
        why: "How long the comparison takes tells how much of the secret was right, so that it can be guessed piece by piece.",
        recommendation: "Compare with `secrets.compare_digest` (or `hmac.compare_digest`) on bytes.",
        trade_off: "None worth naming: the call takes bytes, so text has to be encoded.",
        contract_effect: "none",
        cwe: [208],
        owasp: ["API2:2023"],
        profile: Default,
        page: "auth/non-constant-time-comparison.md",
        references: ["https://docs.python.org/3/library/secrets.html#secrets.compare_digest", "https://fastapi.tiangolo.com/advanced/security/http-basic-auth/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let analysis = context.analysis;
    let mut interpreter = analysis.interpreter.borrow_mut();
    let interpreter = &mut *interpreter;
    let following = Following { to_the_text: false, checks: Checks::Ignore };
    let comparing = code.calls().comparing();
    let found = flows(code, interpreter, following, &comparing, |interpreter, node| {
        comparisons(interpreter, code, node)
    });
    for flow in found {
        for entry in &code.nodes[flow.node].entries {
            let Some((app, position, dependant)) = entry_dependant(analysis, *entry) else { continue };
            let route = &analysis.apps[app].routes[position];
            let inputs = request_inputs(interpreter, dependant, &flow.value);
            let Some(input) = inputs.iter().find(|input| input.is_free_text()) else { continue };
            let function = &code.nodes[flow.place_node].definition;
            let written = written(context, flow.place);
            report.report(
                Draft::new(
                    flow.place,
                    function.qualname.as_str(),
                    format!(
                        "`{written}` compares what the client sent with {} and stops at the first difference",
                        flow.what
                    ),
                )
                .route(route)
                .evidence_chain([handler_step(route)])
                .evidence(format!("{} comes from the client", input.title()), input.location)
                .evidence_chain(flow.steps(code))
                .why(format!(
                    "The time that `{}` takes to refuse tells how much of a guess is right.",
                    route_name(route)
                ))
                .example(example(&written))
                .fix(fix(context, flow.place))
                .discriminator(function.name.as_str()),
            );
        }
    }
}

/// `secrets.compare_digest` in the place of the comparison, where both sides are texts.
fn fix(context: &Context<'_>, place: Location) -> Option<Fix> {
    let source = Source::of(context, place.file)?;
    let mut found = None;
    let statement = source.statement(place.span)?;
    crate::syntax::any_own_expression(statement, &mut |expression| {
        crate::syntax::any_within(expression, &mut |part| {
            if let ExprKind::Compare(comparison) = &part.kind
                && let [(operator, right)] = &*comparison.rest
                && matches!(operator, ir::Comparison::Equal | ir::Comparison::NotEqual)
            {
                found.get_or_insert((part, comparison, *operator, right));
            }
            false
        })
    });
    let (whole, comparison, operator, right) = found?;
    if source.has_comment(whole.span) {
        return None;
    }
    let (secrets, imports) = source.import("secrets", None)?;
    let side = |side: &Expr| {
        let text = source.slice(side.span);
        match &side.kind {
            ExprKind::Name(_) | ExprKind::Attribute(..) | ExprKind::Call(_) | ExprKind::Subscript(_) => {
                Some(format!("{text}.encode()"))
            }
            ExprKind::Str(_) | ExprKind::Format(_) => Some(format!("{text}.encode()")),
            _ => None,
        }
    };
    let not = if operator == ir::Comparison::NotEqual { "not " } else { "" };
    let text = format!("{not}{secrets}.compare_digest({}, {})", side(&comparison.first)?, side(right)?);
    Some(
        Fix::changes_guard("compare in constant time", "nothing but the time that a refusal takes")
            .edit(source.replace(whole.span, text))
            .imports(place.file, imports),
    )
}

/// The comparison as it is written, on one line.
fn written(context: &Context<'_>, place: Location) -> String {
    let text = context.analysis.files.get(place.file).slice(place.span);
    text.trim_start_matches("return ").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn example(written: &str) -> String {
    for (operator, not) in [(" != ", "not "), (" == ", "")] {
        if let Some((left, right)) = written.split_once(operator)
            && !right.contains(' ')
            && !left.contains(' ')
        {
            return format!("{not}secrets.compare_digest({left}.encode(), {right}.encode())");
        }
    }
    "secrets.compare_digest(given.encode(), expected.encode())".to_owned()
}

/// Comparisons of one function whose one side is a secret: the other side, and what the secret is.
fn comparisons(interpreter: &mut Interpreter<'_>, code: &CallGraph, node: usize) -> Vec<Sink<String>> {
    let mut found = Vec::new();
    for (position, event) in code.nodes[node].events_of(EventKinds::COMPARES) {
        let (EventKind::Condition(value) | EventKind::Return(value)) = &event.kind else { continue };
        let mut pairs = Vec::new();
        collect(value, &mut pairs, 0);
        for (left, right) in pairs {
            for (secret, other) in [(left, right), (right, left)] {
                let Some(what) = secret_behind(interpreter, secret, 0) else { continue };
                if !has_input(interpreter, other) {
                    continue;
                }
                found.push(Sink {
                    value: other.clone(),
                    what: what.clone(),
                    event: position,
                    note: format!("it is compared with {what}"),
                });
            }
        }
    }
    found
}

fn collect<'v>(value: &'v Value, pairs: &mut Vec<(&'v Value, &'v Value)>, depth: u32) {
    if depth > 4 {
        return;
    }
    match value.as_symbolic() {
        Some(Symbolic::Compare { comparison: Comparison::Equal | Comparison::NotEqual, left, right }) => {
            pairs.push((left, right));
        }
        Some(Symbolic::Not(inner)) => collect(inner, pairs, depth + 1),
        _ if value.alternatives().len() > 1 => {
            for part in value.alternatives() {
                collect(part, pairs, depth + 1);
            }
        }
        _ => {}
    }
}

/// The secret that a value is: a keyed hash, or a setting or variable of the environment with such a name.
fn secret_behind(interpreter: &mut Interpreter<'_>, value: &Value, depth: u32) -> Option<String> {
    if depth > 5 {
        return None;
    }
    if let Some(setting) = value.configurable() {
        let name = interpreter.setting_name(setting);
        let name = name.rsplit('.').next().unwrap_or_default().to_owned();
        if is_credential_name(&name) && !value.is_none() {
            return Some(format!("`{name}`"));
        }
    }
    match value.as_symbolic()? {
        Symbolic::Call { callee, arguments, .. } => {
            if let Some(name) = callee.as_external() {
                return match name.as_str() {
                    "os.getenv" | "os.environ.get" => environment(arguments.positional.first()?),
                    "hmac.digest" => Some("a keyed hash".to_owned()),
                    _ => None,
                };
            }
            match callee.as_symbolic()? {
                Symbolic::Member { base, name } => match name.as_str() {
                    "hexdigest" | "digest" => match base.as_symbolic()? {
                        Symbolic::Call { callee, .. }
                            if callee
                                .as_external()
                                .is_some_and(|name| name == "hmac.new" || name == "hmac.HMAC") =>
                        {
                            Some("a keyed hash".to_owned())
                        }
                        _ => None,
                    },
                    "get_secret_value" | "encode" | "strip" | "decode" => {
                        secret_behind(interpreter, base, depth + 1)
                    }
                    _ => None,
                },
                _ => None,
            }
        }
        Symbolic::Item { base, index } if base.as_external().is_some_and(|name| name == "os.environ") => {
            environment(index)
        }
        Symbolic::Member { base, name } => {
            let class = interpreter.class_of(base)?;
            (interpreter.derives_from(&class, "pydantic_settings.main.BaseSettings")
                && is_secret_field(*name))
            .then(|| format!("`{name}`"))
        }
        Symbolic::Format(parts) => {
            let parts = parts.clone();
            parts.iter().find_map(|part| secret_behind(interpreter, part, depth + 1))
        }
        _ => None,
    }
}

fn is_secret_field(name: Name) -> bool {
    is_credential_name(&name)
}

fn environment(name: &Value) -> Option<String> {
    let name = name.as_str()?;
    is_credential_name(name).then(|| format!("`{name}`"))
}
