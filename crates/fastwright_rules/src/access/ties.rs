//! Whether a function ties an object to the caller: compares something of the one with something of the
//! other, selects by both, or asks a check about it.

use super::marks::Marks;
use crate::call_graph::CallGraph;
use crate::data_flow::holds_of;
use crate::ownership::sounds_like_permission;
use fastwright_model::facts::EdgeKind;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::Comparison;
use fastwright_python::location::Location;
use fastwright_python::summary::{CallEvent, EventKind};
use fastwright_python::value::*;

/// Calls that are followed downwards from a handler.
const DEEPEST: u32 = 5;

/// Methods of queries that select rows.
const SELECTING: &[&str] = &[
    "where",
    "filter",
    "filter_by",
    "having",
    "find_one",
    "find",
    "select_from",
    "join",
    "outerjoin",
    "and_",
    "get_or_none",
];

/// Verbs of functions that handle grants and policies without asking them.
const HANDLING: &[&str] = &[
    "get_", "list_", "fetch_", "load_", "read_", "find_", "set_", "create_", "add_", "insert_", "update_",
    "delete_", "remove_", "build_", "parse_", "make_", "to_", "save_", "grant_", "revoke_", "upsert_",
    "replace_", "format_",
];

/// Where a function ties marked objects to a marked caller, in its own code or in what it calls.
pub fn ties(
    interpreter: &mut Interpreter<'_>,
    code: &CallGraph,
    node: usize,
    objects: &Marks,
    callers: &Marks,
) -> Option<Location> {
    ties_at(interpreter, code, node, objects, callers, 0)
}

fn ties_at(
    interpreter: &mut Interpreter<'_>,
    code: &CallGraph,
    node: usize,
    objects: &Marks,
    callers: &Marks,
    depth: u32,
) -> Option<Location> {
    if objects.is_empty() {
        return None;
    }
    let mut objects = objects.clone();
    let mut policies: Vec<u32> = Vec::new();
    let summary = std::rc::Rc::clone(&code.nodes[node].summary);
    for (position, event) in summary.events.iter().enumerate() {
        match &event.kind {
            EventKind::Condition(value) | EventKind::Return(value) | EventKind::Yield(value)
                if relates(interpreter, value, &objects, callers) =>
            {
                return Some(event.location);
            }
            EventKind::Call(call) => {
                let given = all_of(call);
                let has_object = given.iter().any(|value| {
                    objects.are_in(interpreter, value)
                        || matches!(value.kind(), Kind::Function(function) if policies.contains(&function.serial))
                });
                let is_inside = call.target.as_ref().is_some_and(|(function, _)| {
                    function
                        .definition
                        .qualname
                        .strip_prefix(&*summary.function.definition.qualname)
                        .is_some_and(|rest| rest.starts_with(".<locals>."))
                });
                if !has_object && !is_inside && !passes_whole(call, &objects) {
                    continue;
                }
                if has_object && is_check(code, node, position, call) {
                    return Some(event.location);
                }
                if !callers.is_empty() {
                    if given.iter().any(|value| compares(interpreter, value, &objects, callers)) {
                        return Some(event.location);
                    }
                    let has_caller = given.iter().any(|value| callers.are_in(interpreter, value));
                    if has_caller
                        && call.target.is_none()
                        && method_of(call).is_some_and(|name| SELECTING.contains(&name))
                    {
                        return Some(event.location);
                    }
                }
                if depth < DEEPEST {
                    for edge in code.edges(node).iter().filter(|edge| edge.event() == position) {
                        if edge.kind == EdgeKind::Background {
                            continue;
                        }
                        let bound = code.bindings(interpreter, edge);
                        let called = code.nodes[edge.to()].summary.function.id;
                        let inner_objects = objects.passed_on(interpreter, called, &bound);
                        let inner_callers = callers.passed_on(interpreter, called, &bound);
                        let tied =
                            ties_at(interpreter, code, edge.to(), &inner_objects, &inner_callers, depth + 1);
                        if tied.is_some() {
                            return tied;
                        }
                    }
                }
                if let Some((function, _)) = &call.target {
                    objects.add_result(function.id);
                    // `DatasetPolicy.get(dataset)` gives the function that decides about it.
                    if let Kind::Function(decides) = call.result.kind() {
                        policies.push(decides.serial);
                    }
                }
            }
            _ => {}
        }
    }
    None
}

/// Receiver and arguments of a call.
fn all_of(call: &CallEvent) -> Vec<Value> {
    let mut all: Vec<Value> = call.arguments.positional.to_vec();
    all.extend(call.arguments.keywords.iter().map(|(_, value)| value.clone()));
    if let Some(Symbolic::Member { base, .. }) = call.callee.as_symbolic() {
        all.push(base.clone());
    }
    all
}

/// Whether a call gets something whole of which a part is marked.
fn passes_whole(call: &CallEvent, objects: &Marks) -> bool {
    let keywords = call.arguments.keywords.iter().map(|(_, value)| value);
    call.target.is_some()
        && call.arguments.positional.iter().chain(keywords).any(|value| match value.as_symbolic() {
            Some(Symbolic::Parameter(parameter)) => objects
                .inputs()
                .iter()
                .any(|mark| mark.function == parameter.function && mark.parameter == parameter.name),
            _ => false,
        })
}

fn method_of(call: &CallEvent) -> Option<&'static str> {
    match call.callee.as_symbolic() {
        Some(Symbolic::Member { name, .. }) => Some(name.as_str()),
        _ => None,
    }
}

/// Whether what is called sounds like a check of permissions.
fn is_check(code: &CallGraph, node: usize, position: usize, call: &CallEvent) -> bool {
    let by_name = |name: &str| {
        let last = name.rsplit('.').next().unwrap_or(name).trim_start_matches('_');
        sounds_like_permission(last) && !HANDLING.iter().any(|verb| last.starts_with(verb))
    };
    match &call.target {
        Some((function, _)) => by_name(&function.definition.name),
        None => {
            method_of(call).is_some_and(by_name) || code.nodes[node].callee(position).is_some_and(by_name)
        }
    }
}

/// Whether a value compares something of the object with something of the caller, anywhere inside.
fn compares(interpreter: &Interpreter<'_>, value: &Value, objects: &Marks, callers: &Marks) -> bool {
    if callers.is_empty() {
        return false;
    }
    holds_of(interpreter, value, objects.owners(), &mut |part| match part.as_symbolic() {
        Some(Symbolic::Compare { left, right, .. }) => {
            objects.are_in(interpreter, left) && callers.are_in(interpreter, right)
                || objects.are_in(interpreter, right) && callers.are_in(interpreter, left)
        }
        _ => false,
    })
}

/// Whether a value compares object and caller, or is the answer of a call that got both.
fn relates(interpreter: &Interpreter<'_>, value: &Value, objects: &Marks, callers: &Marks) -> bool {
    if callers.is_empty() || !objects.are_in(interpreter, value) || !callers.are_in(interpreter, value) {
        return false;
    }
    holds_of(interpreter, value, objects.owners(), &mut |part| match part.as_symbolic() {
        Some(Symbolic::Compare { left, right, .. }) => {
            objects.are_in(interpreter, left) && callers.are_in(interpreter, right)
                || objects.are_in(interpreter, right) && callers.are_in(interpreter, left)
        }
        // Making something of both says nothing about whether they belong together.
        Some(Symbolic::Call { callee, .. }) if makes(callee) => false,
        Some(Symbolic::Call { callee, arguments, .. }) => {
            let given = || {
                let base = match callee.as_symbolic() {
                    Some(Symbolic::Member { base, .. }) => Some(base),
                    _ => None,
                };
                arguments
                    .positional
                    .iter()
                    .chain(arguments.keywords.iter().map(|(_, value)| value))
                    .chain(base)
            };
            given().any(|value| objects.are_carried_by(interpreter, value))
                && given().any(|value| callers.are_carried_by(interpreter, value))
        }
        _ => false,
    })
}

/// Whether what is called makes something new of what it gets: a class, or a function that says so.
fn makes(callee: &Value) -> bool {
    let says_so = |name: &str| {
        ["add", "create", "insert", "save", "upsert", "model_validate", "model_construct"]
            .iter()
            .any(|verb| name.strip_prefix(verb).is_some_and(|rest| rest.is_empty() || rest.starts_with('_')))
    };
    match callee.kind() {
        Kind::Class(_) => true,
        Kind::Function(function) => says_so(&function.definition.name),
        Kind::Method(method) => match method.function.kind() {
            Kind::Function(function) => says_so(&function.definition.name),
            _ => false,
        },
        _ => matches!(callee.as_symbolic(), Some(Symbolic::Member { name, .. }) if says_so(name)),
    }
}

/// Where a function hands an object to something that acts on it.
#[derive(Debug, Clone)]
pub struct Use {
    /// What gets it.
    pub callee: String,
    /// Where.
    pub site: Location,
}

/// The first call that acts on a marked object: of the program, or of a library that reaches data.
pub fn use_of(interpreter: &Interpreter<'_>, code: &CallGraph, node: usize, objects: &Marks) -> Option<Use> {
    code.nodes[node].summary.events.iter().enumerate().find_map(|(position, event)| {
        let EventKind::Call(call) = &event.kind else { return None };
        let callee = match &call.target {
            Some((function, _)) if function.definition.name != "__init__" => {
                function.definition.name.to_string()
            }
            Some(_) => return None,
            None if code.edge_at(node, position).is_some() => {
                let edge = code.edge_at(node, position)?;
                code.nodes[edge.to()].definition.name.to_string()
            }
            None => {
                let name = code.nodes[node].callee(position).unwrap_or_default();
                let method = method_of(call)?;
                let reaches = SELECTING.contains(&method)
                    || matches!(
                        method,
                        "get"
                            | "get_one"
                            | "delete"
                            | "execute"
                            | "scalar"
                            | "scalars"
                            | "request"
                            | "post"
                            | "put"
                    );
                if !reaches || name.starts_with("builtins.") {
                    return None;
                }
                method.to_owned()
            }
        };
        let given = all_of(call);
        given
            .iter()
            .any(|value| objects.are_in(interpreter, value))
            .then_some(Use { callee, site: event.location })
    })
}

/// Whether a function finds something by a marked value: takes an item of a mapping by it, asks whether it is in
/// one, or hands it to a function that says that it finds something.
pub fn is_key(interpreter: &Interpreter<'_>, code: &CallGraph, node: usize, objects: &Marks) -> bool {
    let is_looked_up = |value: &Value| {
        holds_of(interpreter, value, objects.owners(), &mut |part| match part.as_symbolic() {
            Some(Symbolic::Item { index, .. }) => objects.is(index),
            Some(Symbolic::Compare { comparison: Comparison::In | Comparison::NotIn, left, .. }) => {
                objects.is(left)
            }
            _ => false,
        })
    };
    code.nodes[node].summary.events.iter().any(|event| match &event.kind {
        EventKind::Condition(value) | EventKind::Return(value) => is_looked_up(value),
        EventKind::Call(call) => {
            let finds = call.target.as_ref().is_some_and(|(function, _)| {
                ["get_", "find_", "load_", "fetch_", "delete_", "remove_"]
                    .iter()
                    .any(|verb| function.definition.name.starts_with(verb))
            });
            let given = all_of(call);
            given.iter().any(is_looked_up) || finds && given.iter().any(|value| objects.is(value))
        }
        _ => false,
    })
}
