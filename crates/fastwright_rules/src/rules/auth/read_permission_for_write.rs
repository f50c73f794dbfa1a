//! `read-permission-for-write`: route that changes something and asks for the permission to read it.

use crate::context::Context;
use crate::ownership::sounds_like_permission;
use crate::reporter::{Draft, Reporter};
use crate::syntax::expressions;
use crate::vocabulary::{any_word, words};
use crate::wording::{handler_step, registration_step, route_name, short_name};
use fastwright_model::application::{GuardKind, Route, RouteKind};
use fastwright_model::dependant::Dependant;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::ExprKind;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::{Event, EventKind};
use fastwright_python::value::*;

crate::declare_rule! {
    /// Route that changes something and asks for the permission to read it.
    ReadPermissionForWrite {
        name: "read-permission-for-write",
        area: Auth,
        severity: High,
        confidence: Likely,
        summary: "route that changes something and asks for the permission to read it",
        why: "Everybody who may look may change or delete as well; the permission for that is there and other routes ask for it.",
        recommendation: "Ask for the permission that the neighbouring writes ask for.",
        trade_off: "Callers with the permission to read only are refused from then on.",
        contract_effect: "403 for callers who may only read",
        cwe: [863],
        owasp: ["API5:2023"],
        profile: Audit,
        page: "auth/read-permission-for-write.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa5-broken-function-level-authorization/"],
        check: check,
    }
}

/// What a permission allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Allows {
    Read,
    Write,
}

/// A permission that a dependency of a route was made for.
struct Permission {
    text: String,
    /// What it is about: all its words but the one that says what it allows.
    about: Vec<String>,
    allows: Allows,
    location: Location,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    check_in_code(context, report);
    for (app, details) in context.apps() {
        let interpreter = &mut *context.analysis.interpreter.borrow_mut();
        let mut asked: Vec<(&Route, Vec<Permission>)> = Vec::new();
        for (route, detail) in app.routes.iter().zip(details) {
            let Some(handler) = &detail.dependant else { continue };
            if route.kind == RouteKind::Http && route.guard.kind == GuardKind::Required {
                asked.push((route, permissions(interpreter, handler)));
            }
        }
        for (route, own) in &asked {
            if !changes(route) || own.iter().any(|permission| permission.allows == Allows::Write) {
                continue;
            }
            let found = own.iter().find_map(|permission| {
                let neighbour = asked.iter().find_map(|(other, permissions)| {
                    let writing = permissions
                        .iter()
                        .find(|other| other.allows == Allows::Write && other.about == permission.about)?;
                    changes(other).then_some((*other, writing))
                })?;
                Some((permission, neighbour))
            });
            let Some((permission, (neighbour, writing))) = found else { continue };
            report.report(
                Draft::new(
                    route.location,
                    short_name(&route.handler),
                    format!(
                        "`{}` writes `{}` and asks for `{}` only: `{}` asks for `{}`",
                        route_name(route),
                        route.writes.join("`, `"),
                        permission.text,
                        route_name(neighbour),
                        writing.text
                    ),
                )
                .route(route)
                .evidence_chain(registration_step(route))
                .evidence_chain([handler_step(route)])
                .evidence(format!("it asks for `{}`", permission.text), permission.location)
                .evidence(
                    format!("`{}` asks for `{}`", route_name(neighbour), writing.text),
                    writing.location,
                )
                .example(format!("\"{}\"", writing.text)),
            );
        }
    }
}

/// A check of permissions that a function makes: by which function, for what, and where.
struct CodeCheck {
    by: Name,
    allows: Allows,
    location: Location,
}

/// Handlers that change something behind a check for reading, where others ask the same check for writing.
fn check_in_code(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let mut writing: Vec<(Name, Location, &Route)> = Vec::new();
    let mut reading: Vec<(&Route, CodeCheck, Location)> = Vec::new();
    for (_, route, detail) in context.routes() {
        let Some(node) = detail.dependant.as_ref().and_then(|handler| code.of_dependant(handler)) else {
            continue;
        };
        if route.kind != RouteKind::Http || route.guard.kind != GuardKind::Required {
            continue;
        }
        let summary = &code.nodes[node].summary;
        let mut checks: Vec<CodeCheck> = summary.events.iter().filter_map(code_check).collect();
        if let Some(found) = checks.iter().find(|check| check.allows == Allows::Write) {
            writing.push((found.by, found.location, route));
            continue;
        }
        let Some(change) = summary.events.iter().find_map(changing_call) else { continue };
        let is_change = route
            .methods
            .iter()
            .any(|method| matches!(method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE"))
            && any_word(&format!("{} {}", route.path, short_name(&route.handler)), &mut |word| {
                matches!(
                    word,
                    "update" | "delete" | "edit" | "remove" | "change" | "set" | "rename" | "pin" | "archive"
                )
            });
        if is_change && !checks.is_empty() {
            reading.push((route, checks.swap_remove(0), change));
        }
    }
    for (route, asked, change) in reading {
        let Some((_, place, neighbour)) = writing.iter().find(|(by, ..)| *by == asked.by) else { continue };
        report.report(
            Draft::new(
                route.location,
                short_name(&route.handler),
                format!(
                    "`{}` changes something and asks `{}` for reading only: `{}` asks it for writing",
                    route_name(route),
                    asked.by,
                    route_name(neighbour)
                ),
            )
            .route(route)
            .evidence_chain([handler_step(route)])
            .evidence(format!("`{}` is asked whether the caller may read", asked.by), asked.location)
            .evidence("here it changes something", change)
            .evidence(format!("`{}` asks whether the caller may write", route_name(neighbour)), *place),
        );
    }
}

/// A call of something that sounds like a check, with a constant for what it shall allow.
fn code_check(event: &Event) -> Option<CodeCheck> {
    let EventKind::Call(call) = &event.kind else { return None };
    let by = match &call.target {
        Some((function, _)) => function.definition.name,
        None => match call.callee.as_symbolic() {
            Some(Symbolic::Member { name, .. }) => *name,
            _ => return None,
        },
    };
    if !sounds_like_permission(&by) {
        return None;
    }
    let given =
        call.arguments.positional.iter().chain(call.arguments.keywords.iter().map(|(_, value)| value));
    let allows = given.filter_map(Value::as_str).find_map(|text| match text {
        "read" | "view" | "r" => Some(Allows::Read),
        "write" | "edit" | "update" | "w" | "delete" | "manage" => Some(Allows::Write),
        _ => None,
    })?;
    Some(CodeCheck { by, allows, location: event.location })
}

/// Where a function of the program is called that changes something, as its name says.
fn changing_call(event: &Event) -> Option<Location> {
    let EventKind::Call(call) = &event.kind else { return None };
    let (function, _) = call.target.as_ref()?;
    let name = function.definition.name;
    ["update_", "delete_", "remove_", "edit_", "set_", "insert_"]
        .iter()
        .any(|verb| name.starts_with(verb))
        .then_some(event.location)
}

/// Whether a route changes what is stored, and says so with its method.
fn changes(route: &Route) -> bool {
    !route.writes.is_empty()
        && route.methods.iter().any(|method| matches!(method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE"))
}

/// The permissions that the dependencies of a route were made for: scopes, what their factory or constructor got.
fn permissions(interpreter: &mut Interpreter<'_>, handler: &Dependant) -> Vec<Permission> {
    let mut found = Vec::new();
    for node in handler.walk() {
        let mut texts = node.scopes.clone();
        match node.call.kind() {
            Kind::Instance(id) => {
                if let Some(instance) = interpreter.instance(*id) {
                    let arguments = &instance.arguments;
                    let given =
                        arguments.positional.iter().chain(arguments.keywords.iter().map(|(_, value)| value));
                    let given: Vec<Value> = given.cloned().collect();
                    for value in given {
                        texts.extend(texts_of(interpreter, &value));
                    }
                }
            }
            _ => {
                if let Some(function) = &node.function
                    && function.definition.qualname.contains("<locals>")
                {
                    let mut names = Vec::new();
                    expressions(&function.definition.body, &mut |expression| {
                        if let ExprKind::Name(name) = &expression.kind
                            && !names.contains(name)
                        {
                            names.push(*name);
                        }
                    });
                    let own = &function.definition.parameters;
                    for name in
                        names.into_iter().filter(|name| own.iter().all(|parameter| parameter.name != *name))
                    {
                        if let Some(value) = interpreter.lookup(function.scope, name) {
                            texts.extend(texts_of(interpreter, &value));
                        }
                    }
                }
            }
        }
        found.extend(texts.into_iter().filter_map(|text| permission(text, node.location)));
    }
    found
}

/// The text of a value, or those of a list; an enumeration's member by its value.
fn texts_of(interpreter: &mut Interpreter<'_>, value: &Value) -> Vec<String> {
    match value.kind() {
        Kind::Str(text) => vec![text.to_string()],
        Kind::List(_) | Kind::Tuple(_) | Kind::Set(_) => {
            let items = interpreter.elements(value).unwrap_or_default();
            items.iter().filter_map(|item| interpreter.text_of(item)).collect()
        }
        Kind::Instance(_) => interpreter.text_of(value).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn permission(text: String, location: Location) -> Option<Permission> {
    let words = words(&text);
    let allows = words.iter().find_map(|word| allows(word))?;
    let about: Vec<String> = words.into_iter().filter(|word| self::allows(word).is_none()).collect();
    (!about.is_empty() && text.len() < 60).then_some(Permission { text, about, allows, location })
}

/// What a word in a permission allows.
fn allows(word: &str) -> Option<Allows> {
    match word {
        "read" | "view" | "list" | "get" | "reader" | "viewer" => Some(Allows::Read),
        "write" | "edit" | "update" | "create" | "delete" | "manage" | "modify" | "writer" | "editor"
        | "remove" | "change" => Some(Allows::Write),
        _ => None,
    }
}
