//! The objects that clients choose: ids in the path, the query and the body of guarded routes, with what the
//! code does about them.

use super::marks::{Mark, Marks, origin};
use super::ties::{Use, is_key, ties, use_of};
use crate::access::few::Few;
use crate::call_graph::CallGraph;
use crate::data_flow::holds;
use crate::ownership::OWNER_COLUMNS;
use crate::vocabulary::any_word;
use fastwright_model::analysis::Analysis;
use fastwright_model::application::{Guard, GuardKind, ParameterPlace, RouteKind};
use fastwright_model::dependant::{Dependant, DependantKind, DependantParameter};
use fastwright_model::facts::status_of_exception;
use fastwright_python::interpreter::{Interpreter, plain_type};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::program::FunctionId;
use fastwright_python::summary::EventKind;
use fastwright_python::value::*;

/// Parts of a request that middleware and libraries fill with what they know of the caller.
const CALLER_PARTS: &[&str] = &["state", "user", "session", "auth"];

/// Bodies with more chosen fields than this are not looked at further.
const MOST_FIELDS: usize = 24;

/// An object that the client of a guarded route chooses.
#[derive(Debug, Clone)]
pub struct ChosenObject {
    /// Position of the app.
    pub app: usize,
    /// Position of the route in it.
    pub route: usize,
    /// As people write it in the handler: `id`, `form_data.file_id`.
    pub text: String,
    /// Its last name, by which routes are compared.
    pub name: Name,
    /// Where in the request it stands.
    pub place: ParameterPlace,
    /// Where it is declared.
    pub location: Location,
    /// What acts on it.
    pub used: Option<Use>,
    /// Whether the handler finds something by it.
    pub is_key: bool,
    /// Where something that runs for the route ties it to the caller.
    pub tied: Option<Location>,
    /// The parameter of the handler that gets the caller.
    pub caller: Option<Name>,
    /// Whether the handler looks at that parameter at all.
    pub caller_is_used: bool,
}

/// The objects that clients choose, of all guarded routes that not only some callers may use.
pub fn chosen_objects(
    interpreter: &mut Interpreter<'_>,
    analysis: &Analysis,
    code: &CallGraph,
) -> Vec<ChosenObject> {
    let mut found = Vec::new();
    for (app, details) in analysis.details.iter().enumerate() {
        if analysis.apps[app].mounted && !analysis.apps[app].latent {
            continue;
        }
        let few = Few::of(&analysis.apps[app]);
        for (route, detail) in details.iter().enumerate() {
            let known = &analysis.apps[app].routes[route];
            let Some(handler) = &detail.dependant else { continue };
            // Who guards a router that nobody is known to include is not known either.
            if known.guard.kind != GuardKind::Required && !analysis.apps[app].latent
                || !matches!(known.kind, RouteKind::Http | RouteKind::WebSocket)
                || few.guards(&known.guard)
            {
                continue;
            }
            let Some(node) = code.of_dependant(handler) else { continue };
            let function = code.nodes[node].summary.function.id;
            let caller = callers(handler, function, &known.guard);
            let caller_parameter =
                caller.inputs().iter().find(|mark| mark.path.is_empty()).map(|mark| mark.parameter);
            let caller_is_used = caller_parameter.is_some_and(|name| {
                is_used(interpreter, code, node, &Marks::of(vec![Mark::parameter(function, name)]))
            });
            let first = found.len();
            let mut marks = Vec::new();
            for (mark, place, location) in candidates(interpreter, code, handler, node) {
                let name = mark.path.last().copied().unwrap_or(mark.parameter);
                let mut tied = None;
                let mut used = None;
                visit(interpreter, code, handler, &known.guard, &mark, place, &mut tied, &mut used);
                marks.push(mark.clone());
                let text = std::iter::once(mark.parameter.as_str())
                    .chain(mark.path.iter().map(|name| name.as_str()))
                    .collect::<Vec<_>>()
                    .join(".");
                found.push(ChosenObject {
                    app,
                    route,
                    text,
                    name,
                    place,
                    location,
                    used,
                    is_key: is_key(interpreter, code, node, &Marks::of(vec![mark.clone()])),
                    tied,
                    caller: caller_parameter,
                    caller_is_used,
                });
            }
            tie_through_others(interpreter, code, node, &marks, &mut found[first..]);
        }
    }
    found
}

/// An object that is selected within a tied one, or compared with it, is tied as well: the message of a channel
/// that the caller is a member of.
fn tie_through_others(
    interpreter: &mut Interpreter<'_>,
    code: &CallGraph,
    handler: usize,
    marks: &[Mark],
    objects: &mut [ChosenObject],
) {
    loop {
        let tied: Vec<Mark> = marks
            .iter()
            .zip(&*objects)
            .filter(|(_, object)| object.tied.is_some())
            .map(|(mark, _)| mark.clone())
            .collect();
        let tied = Marks::of(tied);
        if tied.is_empty() {
            return;
        }
        let mut changed = false;
        for (mark, object) in marks.iter().zip(objects.iter_mut()) {
            if object.tied.is_none() {
                object.tied = ties(interpreter, code, handler, &Marks::of(vec![mark.clone()]), &tied);
                changed |= object.tied.is_some();
            }
        }
        if !changed {
            return;
        }
    }
}

/// Looks at a callable of the route after what it depends on; tells what of it comes from the object.
#[allow(clippy::too_many_arguments)]
fn visit(
    interpreter: &mut Interpreter<'_>,
    code: &CallGraph,
    dependant: &Dependant,
    guard: &Guard,
    wanted: &Mark,
    place: ParameterPlace,
    tied: &mut Option<Location>,
    used: &mut Option<Use>,
) -> bool {
    let Some(node) = code.of_dependant(dependant) else { return false };
    let function = code.nodes[node].summary.function.id;
    let mut inputs = Vec::new();
    for dependency in &dependant.dependencies {
        let gives = visit(interpreter, code, dependency, guard, wanted, place, tied, used);
        if gives && let Some(name) = dependency.parameter_name {
            inputs.push(Mark::parameter(function, name));
        }
    }
    let is_handler = dependant.kind == DependantKind::Handler;
    if is_handler && !wanted.path.is_empty() {
        inputs.push(wanted.clone());
    } else if wanted.path.is_empty() {
        let own = dependant
            .parameters
            .iter()
            .filter(|parameter| parameter.name == wanted.parameter && parameter.place == place);
        inputs.extend(own.map(|parameter| Mark::parameter(function, parameter.name)));
    }
    if place == ParameterPlace::Path {
        for (name, _) in dependant.special.iter().filter(|(_, class)| is_connection(class)) {
            let path = vec![Name::from("path_params"), wanted.parameter];
            inputs.push(Mark { function, parameter: *name, path });
        }
    }
    let objects = Marks::of(inputs);
    if objects.is_empty() {
        return false;
    }
    let touches = is_used(interpreter, code, node, &objects);
    if !touches {
        return false;
    }
    let own_callers = callers(dependant, function, guard);
    // A guard that looks at the object decides about it.
    if !is_handler && (guard.by.contains(&dependant.qualified) || refuses(interpreter, code, node)) {
        *tied = Some(dependant.location);
    }
    if tied.is_none() {
        *tied = ties(interpreter, code, node, &objects, &own_callers);
    }
    if used.is_none() || is_handler {
        *used = use_of(interpreter, code, node, &objects).or(used.take());
    }
    true
}

/// Whether a dependency can answer that the caller may not.
fn refuses(interpreter: &mut Interpreter<'_>, code: &CallGraph, node: usize) -> bool {
    let summary = std::rc::Rc::clone(&code.nodes[node].summary);
    summary.events.iter().any(|event| match &event.kind {
        EventKind::Raise { exception, .. } => {
            matches!(status_of_exception(interpreter, exception), Some(401 | 403))
        }
        _ => false,
    })
}

fn is_connection(class: &str) -> bool {
    class.ends_with(".Request") || class.ends_with(".WebSocket") || class.ends_with("HTTPConnection")
}

/// What a callable knows of the caller: what guards give it, and what middleware left in the request.
fn callers(dependant: &Dependant, function: FunctionId, guard: &Guard) -> Marks {
    let mut inputs = Vec::new();
    for dependency in &dependant.dependencies {
        if let Some(name) = dependency.parameter_name
            && knows_caller(dependency, guard)
        {
            inputs.push(Mark::parameter(function, name));
        }
    }
    for (name, _) in dependant.special.iter().filter(|(_, class)| is_connection(class)) {
        inputs.extend(CALLER_PARTS.iter().map(|part| Mark {
            function,
            parameter: *name,
            path: vec![Name::from(*part)],
        }));
    }
    Marks::of(inputs)
}

/// Whether a callable, or anything that it depends on, looks at who calls.
pub fn knows_caller(dependant: &Dependant, guard: &Guard) -> bool {
    matches!(dependant.kind, DependantKind::SecurityScheme(_))
        || guard.by.contains(&dependant.qualified)
        || dependant.dependencies.iter().any(|inner| knows_caller(inner, guard))
}

/// Whether anything that a function does involves marked values.
fn is_used(interpreter: &Interpreter<'_>, code: &CallGraph, node: usize, marks: &Marks) -> bool {
    code.nodes[node].summary.events.iter().any(|event| match &event.kind {
        EventKind::Condition(value) | EventKind::Return(value) | EventKind::Yield(value) => {
            marks.are_in(interpreter, value)
        }
        EventKind::Raise { .. } => false,
        EventKind::Store { base, value, .. } | EventKind::StoreItem { base, value, .. } => {
            marks.are_in(interpreter, value) || marks.are_in(interpreter, base)
        }
        EventKind::Call(call) => {
            marks.are_in(interpreter, &call.callee)
                || call
                    .arguments
                    .positional
                    .iter()
                    .chain(call.arguments.keywords.iter().map(|(_, value)| value))
                    .any(|value| marks.are_in(interpreter, value))
        }
    })
}

/// Inputs of a handler that may name an object.
fn candidates(
    interpreter: &mut Interpreter<'_>,
    code: &CallGraph,
    handler: &Dependant,
    node: usize,
) -> Vec<(Mark, ParameterPlace, Location)> {
    let function = code.nodes[node].summary.function.id;
    let mut found: Vec<(Mark, ParameterPlace, Location)> = Vec::new();
    let mut add = |mark: Mark, place, location| {
        if !found.iter().any(|(known, at, _)| *known == mark && *at == place) {
            found.push((mark, place, location));
        }
    };
    for dependant in handler.walk() {
        for parameter in &dependant.parameters {
            match parameter.place {
                ParameterPlace::Path
                    if names_something(parameter) && !sounds_like_position(&parameter.name) =>
                {
                    add(Mark::parameter(function, parameter.name), ParameterPlace::Path, parameter.location);
                }
                ParameterPlace::Query if names_something(parameter) && sounds_like_id(&parameter.name) => {
                    add(Mark::parameter(function, parameter.name), ParameterPlace::Query, parameter.location);
                }
                _ => {}
            }
        }
    }
    for parameter in handler.parameters.iter().filter(|parameter| parameter.place == ParameterPlace::Body) {
        let fields = parameter.annotation.as_ref().and_then(|declared| {
            let class = interpreter.class_of_type(declared)?;
            matches!(class.kind(), Kind::Class(_)).then_some(class)
        });
        for path in fields_read(interpreter, code, node, parameter.name) {
            // `form_data.model_dump` is no field.
            let is_field = match &fields {
                Some(class) => interpreter.annotation_in_class(class, path[0]).is_some(),
                None => !is_method_of_collections(&path[0]),
            };
            let last = path.last().map_or("", |last| last.as_str());
            // Whose an object shall be is not which one it is.
            if !is_field || is_method_of_collections(last) || OWNER_COLUMNS.contains(&last) {
                continue;
            }
            add(Mark { function, parameter: parameter.name, path }, ParameterPlace::Body, parameter.location);
        }
    }
    // A whole of which parts are taken is no object itself.
    let whole: Vec<Mark> = found
        .iter()
        .map(|(mark, ..)| mark.clone())
        .filter(|mark| {
            found.iter().any(|(other, ..)| {
                other.parameter == mark.parameter
                    && other.path.len() > mark.path.len()
                    && other.path.starts_with(&mark.path)
            })
        })
        .collect();
    found.retain(|(mark, ..)| !whole.contains(mark));
    found
}

/// Whether a parameter can name any object: text, a number, a UUID.
fn names_something(parameter: &DependantParameter) -> bool {
    let Some(declared) = &parameter.annotation else { return true };
    let plain = plain_type(declared);
    match plain.kind() {
        Kind::External(name) => matches!(
            name.as_str(),
            "builtins.str" | "builtins.int" | "uuid.UUID" | "pydantic.types.UUID4" | "typing.Any"
        ),
        Kind::Symbolic(_) => !matches!(plain.as_symbolic(), Some(Symbolic::Item { base, .. })
            if base.as_external().is_some_and(|name| name.ends_with(".Literal"))),
        _ => false,
    }
}

/// Whether a name is that of a position, a file or a version, not of an object.
fn sounds_like_position(name: &str) -> bool {
    any_word(name, &mut |word| {
        matches!(
            word,
            "idx"
                | "index"
                | "page"
                | "offset"
                | "limit"
                | "path"
                | "filename"
                | "version"
                | "number"
                | "date"
                | "year"
                | "month"
                | "day"
                | "kind"
                | "type"
                | "format"
                | "lang"
                | "language"
                | "locale"
                | "rest"
                | "action"
                | "provider"
        )
    })
}

/// Whether a name is that of an id or of a key.
pub(crate) fn sounds_like_id(name: &str) -> bool {
    let name = name.to_lowercase();
    [
        "id",
        "ids",
        "uuid",
        "uuids",
        "guid",
        "pk",
        "slug",
        "key",
        "keys",
        "collection_name",
        "collection_names",
        "username",
    ]
    .iter()
    .any(|word| name == *word || name.strip_suffix(word).is_some_and(|rest| rest.ends_with('_')))
}

/// Names that stand behind texts and collections when they are called.
fn is_method_of_collections(name: &str) -> bool {
    matches!(
        name,
        "get"
            | "keys"
            | "values"
            | "items"
            | "pop"
            | "copy"
            | "update"
            | "model_dump"
            | "model_dump_json"
            | "dict"
            | "json"
            | "setdefault"
            | "replace"
            | "encode"
            | "decode"
            | "strip"
            | "lower"
            | "upper"
            | "split"
            | "startswith"
            | "endswith"
            | "append"
            | "extend"
            | "model_copy"
            | "model_fields_set"
            | "join"
            | "format"
            | "read"
            | "removeprefix"
            | "removesuffix"
    )
}

/// The fields of a body that a handler takes by name.
fn fields_read(interpreter: &Interpreter<'_>, code: &CallGraph, node: usize, body: Name) -> Vec<Vec<Name>> {
    let mut found: Vec<Vec<Name>> = Vec::new();
    let mut look = |value: &Value| {
        holds(interpreter, value, &mut |part| {
            if found.len() < MOST_FIELDS
                && matches!(
                    part.as_symbolic(),
                    Some(Symbolic::Member { .. } | Symbolic::Item { .. } | Symbolic::Call { .. })
                )
                && let Some((parameter, path)) = origin(part)
                && parameter.name == body
                && !path.is_empty()
                && path.len() < 4
                && !found.contains(&path)
            {
                found.push(path);
            }
            false
        });
    };
    for event in &code.nodes[node].summary.events {
        match &event.kind {
            EventKind::Condition(value) | EventKind::Return(value) => look(value),
            EventKind::Call(call) => {
                call.arguments.positional.iter().for_each(&mut look);
                call.arguments.keywords.iter().for_each(|(_, value)| look(value));
            }
            EventKind::StoreItem { index, value, .. } => {
                look(index);
                look(value);
            }
            EventKind::Store { value, .. } => look(value),
            _ => {}
        }
    }
    found
}
