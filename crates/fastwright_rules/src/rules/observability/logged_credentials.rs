//! `logged-credentials`: password, token or key written to a log.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::data_flow::{holds, input_text, member_path, root_parameter, text_parts};
use crate::methods::method_of;
use crate::reporter::{Draft, Reporter};
use crate::syntax::within;
use crate::vocabulary::is_credential_name;
use fastwright_model::schemas::fields;
use fastwright_python::interpreter::{Interpreter, plain_type};
use fastwright_python::ir::{Expr, ExprKind, Stmt, StmtKind};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::{Event, EventKind};
use fastwright_python::value::*;
use rustc_hash::FxHashSet;

crate::declare_rule! {
    /// Password, token or key written to a log.
    LoggedCredentials {
        name: "logged-credentials",
        area: Observability,
        severity: High,
        confidence: Likely,
        summary: "password, token or key written to a log",
        why: "Everybody who reads logs, and every system that stores them, gets credentials that work.",
        recommendation: "Leave the value out, or log something that identifies it without being it.",
        trade_off: "Debugging needs another hint, such as an id.",
        contract_effect: "none",
        cwe: [532, 200],
        owasp: ["API8:2023"],
        profile: Default,
        page: "observability/logged-credentials.md",
        references: ["https://owasp.org/www-project-top-ten/", "https://cwe.mitre.org/data/definitions/532.html"],
        check: check,
    }
}

/// Methods of loggers that write a line.
const LEVELS: &[&str] = &[
    "debug",
    "info",
    "warning",
    "warn",
    "error",
    "exception",
    "critical",
    "log",
    "trace",
    "success",
    "fatal",
];

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let analysis = context.analysis;
    let mut interpreter = analysis.interpreter.borrow_mut();
    let interpreter = &mut *interpreter;
    let mut seen: FxHashSet<Location> = FxHashSet::default();
    for node in code.calls().libraries(is_log).iter() {
        for (place, what) in logged(interpreter, code, node) {
            if !seen.insert(place) {
                continue;
            }
            let function = &code.nodes[node].definition;
            let step = (format!("{what} is written to the log"), place);
            let routes = code.routes_of(node);
            if routes.is_empty() {
                let message = format!("`{}` logs {what}", function.name);
                report.report(
                    Draft::new(place, function.qualname.as_str(), message)
                        .discriminator(what.clone())
                        .evidence_chain([step.clone()]),
                );
            }
            for reached in &routes {
                let outline = reached.outline(analysis, place, &function.qualname).discriminator(&what);
                report.report_on_route(&outline, |draft| {
                    draft
                        .message(format!("`{}` logs {what}", function.name))
                        .evidence_chain(code.evidence(analysis, reached))
                        .evidence_chain([step.clone()])
                });
            }
        }
    }
    at_module_level(context, interpreter, report);
}

/// Log calls of one function that get a credential: place, and what it is.
fn logged(interpreter: &mut Interpreter<'_>, code: &CallGraph, node: usize) -> Vec<(Location, String)> {
    let mut found = Vec::new();
    for (position, place, _) in code.nodes[node].library_calls(is_log) {
        let EventKind::Call(call) = &code.nodes[node].summary.events[position].kind else { continue };
        let given = call.arguments.positional.iter().chain(
            call.arguments
                .keywords
                .iter()
                .filter(|(name, _)| {
                    !matches!(
                        name.as_str(),
                        "exc_info" | "stack_info" | "stacklevel" | "file" | "end" | "sep"
                    )
                })
                .map(|(_, value)| value),
        );
        let events = &code.nodes[node].summary.events[..position];
        // Few are credentials: what was done before is looked at for those.
        for value in given {
            if let Some(what) = credential(interpreter, value, 0)
                && !is_masked(interpreter, events, value)
            {
                found.push((place, what));
                break;
            }
        }
    }
    found
}

/// Whether what is logged is a copy in which a credential was replaced or taken out before: `shown["token"] = "..."`,
/// `shown.pop("password")`.
fn is_masked(interpreter: &Interpreter<'_>, before: &[Event], value: &Value) -> bool {
    let made_at = |value: &Value| match value.as_symbolic() {
        Some(Symbolic::Call { site, .. }) => Some(*site),
        _ => None,
    };
    let masked: Vec<Location> = before
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::StoreItem { base, index, .. } if index.as_str().is_some_and(is_credential_name) => {
                made_at(base)
            }
            EventKind::Call(call) => {
                let (base, name) = method_of(&call.callee)?;
                let key = call.arguments.positional.first()?;
                (name == "pop" && key.as_str().is_some_and(is_credential_name)).then(|| made_at(&base))?
            }
            _ => None,
        })
        .collect();
    !masked.is_empty()
        && holds(interpreter, value, &mut |part| made_at(part).is_some_and(|site| masked.contains(&site)))
}

/// Whether a function of a library writes to the log, or prints.
fn is_log(name: &str) -> bool {
    if name == "builtins.print" {
        return true;
    }
    ["logging.", "structlog.", "loguru."].iter().any(|package| name.starts_with(package))
        && LEVELS.contains(&name.rsplit('.').next().unwrap_or_default())
}

/// The credential in a logged value, in words.
fn credential(interpreter: &mut Interpreter<'_>, value: &Value, depth: u32) -> Option<String> {
    if depth > 8 {
        return None;
    }
    if let Some(root) = root_parameter(value) {
        let root = root.clone();
        let path = member_path(value);
        let name = path.last().copied().unwrap_or(root.name);
        let request = interpreter
            .class_of(&base_of(value))
            .is_some_and(|class| interpreter.derives_from(&class, "starlette.requests.HTTPConnection"));
        if request {
            return matches!(name.as_str(), "headers" | "cookies")
                .then(|| format!("all `{name}` of the request, credentials among them"));
        }
        if is_credential_name(&name) && is_text(interpreter, value) {
            return Some(format!("`{}`", input_text(value)));
        }
        return model_credential(interpreter, value);
    }
    match value.as_symbolic()? {
        Symbolic::Call { callee, .. } => {
            if let Some(Symbolic::Member { base, name }) = callee.as_symbolic() {
                let base = base.clone();
                match name.as_str() {
                    "get_secret_value" => {
                        let name = match base.as_symbolic() {
                            Some(Symbolic::Member { name, .. }) => name.to_string(),
                            _ => {
                                let setting = base
                                    .configurable()
                                    .map(|setting| interpreter.setting_name(setting).to_owned());
                                setting.map_or_else(
                                    || "a secret".to_owned(),
                                    |name| name.rsplit('.').next().unwrap_or(&name).to_owned(),
                                )
                            }
                        };
                        return Some(format!("the secret `{name}`"));
                    }
                    "model_dump" | "model_dump_json" | "dict" | "json" => {
                        return model_credential(interpreter, &base);
                    }
                    // One header or cookie by name.
                    "get" => {
                        let Some(Symbolic::Call { arguments, .. }) = value.as_symbolic() else { return None };
                        return one_part(&base, arguments.positional.first()?);
                    }
                    _ => {}
                }
            }
        }
        Symbolic::Item { base, index } => return one_part(base, index),
        _ => {}
    }
    text_parts(interpreter, value).iter().find_map(|part| credential(interpreter, part, depth + 1))
}

/// `request.headers["authorization"]`.
fn one_part(base: &Value, index: &Value) -> Option<String> {
    let Some(Symbolic::Member { name, .. }) = base.as_symbolic() else { return None };
    let key = index.as_str()?;
    (matches!(name.as_str(), "headers" | "cookies") && is_credential_name(key))
        .then(|| format!("the header `{key}`"))
}

fn base_of(value: &Value) -> Value {
    match value.as_symbolic() {
        Some(Symbolic::Member { base, .. }) => base.clone(),
        _ => value.clone(),
    }
}

/// Whether a value is text that is shown as it is, as far as its type tells.
fn is_text(interpreter: &mut Interpreter<'_>, value: &Value) -> bool {
    match interpreter.declared_type(value) {
        None => true,
        Some(declared) => is_text_type(&declared),
    }
}

fn is_text_type(declared: &Value) -> bool {
    let plain = plain_type(declared);
    plain
        .as_external()
        .is_some_and(|name| matches!(name.as_str(), "builtins.str" | "typing.Any" | "builtins.bytes"))
}

/// The field with a credential in a model that is logged as a whole.
fn model_credential(interpreter: &mut Interpreter<'_>, value: &Value) -> Option<String> {
    let class = interpreter.class_of(value)?;
    if !interpreter.derives_from(&class, "pydantic.main.BaseModel") {
        return None;
    }
    for method in ["__str__", "__repr__", "__repr_args__"] {
        if interpreter.find_in_class(&class, Name::from(method)).is_some() {
            return None;
        }
    }
    for field in fields(interpreter, &class) {
        if !is_credential_name(&field.name) {
            continue;
        }
        let Some((annotation, _)) = interpreter.annotation_in_class(&class, field.name) else { continue };
        let declared = interpreter.evaluate_annotation(&annotation);
        let hidden = interpreter.find_in_class(&class, field.name).is_some_and(|(value, _)| {
            matches!(value.as_symbolic(), Some(Symbolic::Call { arguments, .. })
                if arguments.keyword("repr").and_then(Value::as_bool) == Some(false))
        });
        if is_text_type(&declared) && !hidden {
            return Some(format!("`{}` as a whole, with its `{}`", input_text(value), field.name));
        }
    }
    None
}

/// The method that gives the text of a secret of Pydantic.
const UNPACKING: &str = "get_secret_value";

/// Log calls of modules themselves: nothing is summarized there, so only secrets that are unpacked in the
/// call are seen.
fn at_module_level(context: &Context<'_>, interpreter: &Interpreter<'_>, report: &mut Reporter<'_>) {
    let mut files: Vec<_> = interpreter.modules().filter_map(|(_, module)| module.file).collect();
    files.sort();
    files.dedup();
    let unpacking = Name::from(UNPACKING);
    for file in files {
        let source = context.analysis.files.get(file);
        let Some(module) = context.analysis.codes.get(file.0 as usize).filter(|_| source.first_party) else {
            continue;
        };
        if !module.mentions.may_hold(unpacking) {
            continue;
        }
        for statement in &module.body {
            let Some((name, call)) = unpacked_secret(statement) else { continue };
            let place = Location { file, span: call.span };
            report.report(
                Draft::new(
                    place,
                    name.as_str(),
                    format!("the module logs the secret `{name}` when it is imported"),
                )
                .evidence(format!("`{name}` is unpacked and written to the log"), place)
                .discriminator(name.as_str()),
            );
        }
    }
}

fn unpacked_secret(statement: &Stmt) -> Option<(Name, &Expr)> {
    let StmtKind::Expr(expression) = &statement.kind else { return None };
    let ExprKind::Call(call) = &expression.kind else { return None };
    let logs = match &call.callee.kind {
        ExprKind::Name(name) => *name == "print",
        ExprKind::Attribute(attribute) => {
            let (base, name) = attribute.parts();
            LEVELS.contains(&name.as_str())
                && base.dotted_name().is_some_and(|name| {
                    let name = name.to_lowercase();
                    name.contains("log")
                })
        }
        _ => false,
    };
    if !logs {
        return None;
    }
    let mut found = None;
    for argument in &call.arguments {
        within(&argument.value, &mut |inner| {
            if let ExprKind::Call(call) = &inner.kind
                && let Some((base, method)) = call.callee.as_attribute()
                && *method == UNPACKING
                && let Some((_, name)) = base.as_attribute()
            {
                found = Some(*name);
            }
        });
    }
    Some((found?, expression))
}
