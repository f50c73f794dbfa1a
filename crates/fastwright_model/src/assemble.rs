//! Putting an app together: from its routing table to routes with everything that is known of them.

use crate::analysis::text_at;
use crate::application::*;
use crate::dependant::{Callable, Dependant, DependantBuilder, shown_callable, type_text};
use crate::effects::{EffectTable, Effects};
use crate::guards::GuardAnalysis;
use crate::latent;
use crate::library::describe;
use crate::registry::{EntryKind, Registry};
use crate::routes::{FlatRoute, routing_table};
use crate::selection::SelectedApp;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::loader::SharedProgram;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::project::Version;
use fastwright_python::value::*;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;
use std::rc::Rc;

/// What rules need of a route beyond the table.
#[derive(Debug, Clone)]
pub struct RouteDetail {
    /// The route as registered.
    pub flat: FlatRoute,
    /// What FastAPI resolves before the handler, and where each parameter comes from; none for mounts,
    /// plain Starlette routes and endpoints whose code is not known.
    pub dependant: Option<Dependant>,
}

/// Assembles the selected apps.
pub(crate) fn assemble(
    interpreter: &mut Interpreter<'static>,
    shared: &SharedProgram,
    selected: Vec<SelectedApp>,
    version: Version,
    latent_routes: bool,
) -> (Vec<App>, Vec<Vec<RouteDetail>>) {
    let tables = crate::tables::tables(interpreter);
    let mut effects = EffectTable::new(interpreter, &tables);
    let mut guards = GuardAnalysis::new(version);
    let mut apps = Vec::new();
    let mut details = Vec::new();
    let mut mounted = Vec::new();
    let mut seen = FxHashSet::default();
    let mut latent = Vec::new();
    for selected in &selected {
        let source_text = |location: Location| text_at(shared, location);
        let table = routing_table(interpreter, selected.id, version, &source_text);
        mounted.extend(table.mounted.iter().copied());
        let Some(state) = interpreter.extension::<Registry>().routers.get(&selected.id).cloned() else {
            continue;
        };
        seen.extend(
            table
                .routes
                .iter()
                .chain(&table.partly_known)
                .flat_map(|flat| flat.layers.iter().filter_map(|layer| layer.object)),
        );
        if latent_routes && !table.partly_known.is_empty() {
            latent.push((selected.locator.clone(), state.site, table.partly_known));
        }
        let (routes, own_details) = describe_all(interpreter, &mut effects, &mut guards, table.routes);
        let title = state.arguments.keyword("title").and_then(Value::as_str).unwrap_or("FastAPI").to_owned();
        let lifespan = state.arguments.keyword("lifespan").filter(|value| !value.is_none());
        apps.push(App {
            locator: selected.locator.clone(),
            location: state.site,
            title,
            routes,
            middleware: state
                .middleware
                .iter()
                .rev()
                .map(|entry| Middleware {
                    name: qualified(interpreter, &entry.middleware),
                    location: entry.site,
                })
                .collect(),
            exception_handlers: state
                .exception_handlers
                .iter()
                .map(|(class, _, _)| match class.as_int() {
                    Some(status) => status.to_string(),
                    None => describe(interpreter, class),
                })
                .collect(),
            lifespan: lifespan.map(|value| qualified(interpreter, value)),
            undecided: table
                .left_out
                .into_iter()
                .chain(table.undecided)
                .chain(table.unknown_mounts)
                .map(|(reason, location)| Undecided { reason, location: Some(location) })
                .collect(),
            mounted: false,
            latent: false,
        });
        details.push(own_details);
    }
    for (app, selected) in apps.iter_mut().zip(&selected) {
        app.mounted = mounted.contains(&selected.id);
    }
    if latent_routes {
        latent.extend(latent::not_included(interpreter, shared, version, &seen));
        latent.extend(latent::registered_by_uncalled(interpreter, shared, version));
    }
    for (locator, location, flat) in latent {
        let (routes, own_details) = describe_all(interpreter, &mut effects, &mut guards, flat);
        apps.push(latent::app(locator, location, routes));
        details.push(own_details);
    }
    effects.end(interpreter);
    (apps, details)
}

/// Routes with their details, as FastAPI would serve them.
fn describe_all(
    interpreter: &mut Interpreter<'static>,
    effects: &mut EffectTable,
    guards: &mut GuardAnalysis,
    flat_routes: Vec<FlatRoute>,
) -> (Vec<Route>, Vec<RouteDetail>) {
    let mut routes = Vec::with_capacity(flat_routes.len());
    let mut details = Vec::with_capacity(flat_routes.len());
    for flat in flat_routes {
        let dependant = dependant(interpreter, &flat);
        let mut route = route(interpreter, &flat);
        if let Some(dependant) = &dependant {
            describe_inputs(interpreter, &mut route, dependant);
        }
        describe_response(interpreter, &mut route, &flat);
        if matches!(flat.kind, RouteKind::Http | RouteKind::WebSocket) {
            let (guard, statuses) =
                guards.guard(interpreter, effects, dependant.as_ref(), &flat.endpoint, flat.app, &flat.path);
            route.guard = guard;
            route.statuses.extend(statuses);
            describe_effects(interpreter, effects, &mut route, dependant.as_ref(), &flat);
        }
        routes.push(route);
        details.push(RouteDetail { flat, dependant });
    }
    (routes, details)
}

fn route(interpreter: &mut Interpreter<'static>, flat: &FlatRoute) -> Route {
    let function = interpreter.plain_function(&flat.endpoint);
    let location = function.as_ref().map_or_else(
        || {
            flat.registration
                .first()
                .map_or_else(|| unreachable_location(interpreter), |(_, location)| *location)
        },
        |function| {
            let written = written_function(interpreter, function);
            Location { file: written.id.file, span: written.definition.name_span }
        },
    );
    let name = flat.options.keyword("name").and_then(Value::as_str).map(str::to_owned);
    Route {
        kind: flat.kind,
        methods: flat.methods.clone(),
        path: flat.path.clone(),
        handler: qualified(interpreter, &flat.endpoint),
        location,
        registration: flat.registration.clone(),
        name: name.unwrap_or_else(|| {
            let name = interpreter.attribute(&flat.endpoint, Name::from("__name__"), location.span);
            name.as_str().unwrap_or_default().to_owned()
        }),
        tags: flat.tags.clone(),
        guard: Guard {
            kind: GuardKind::Public,
            by: Vec::new(),
            roles: Vec::new(),
            scopes: Vec::new(),
            evidence: Vec::new(),
            assumption: None,
        },
        parameters: Vec::new(),
        request: None,
        response: None,
        statuses: Vec::new(),
        reads: Vec::new(),
        writes: Vec::new(),
        effects: Vec::new(),
        conditional: flat.conditional.clone(),
        include_in_schema: flat.include_in_schema,
        deprecated: flat.options.keyword("deprecated").and_then(Value::as_bool) == Some(true),
        function: function.map(|function| function.id),
    }
}

/// The function that a decorator with `functools.wraps` stands around: what people mean by the handler. All handlers
/// that share the decorator share its inner function, and would stand at one place.
fn written_function(interpreter: &Interpreter<'_>, function: &Rc<FunctionValue>) -> Rc<FunctionValue> {
    let mut found = Rc::clone(function);
    // Decorators in each other are few; a function that is said to wrap itself must not hold us up.
    for _ in 0..8 {
        let wrapped = interpreter.function_set_attribute(&found, "__wrapped__");
        let Some(inner) = wrapped.and_then(|wrapped| interpreter.plain_function(wrapped)) else { break };
        found = inner;
    }
    found
}

fn dependant(interpreter: &mut Interpreter<'static>, flat: &FlatRoute) -> Option<Dependant> {
    if !matches!(flat.kind, RouteKind::Http | RouteKind::WebSocket) || flat.entry_kind == EntryKind::Plain {
        return None;
    }
    let location = flat.registration.first().map(|(_, location)| *location)?;
    Some(DependantBuilder::new(interpreter, &flat.path).endpoint(
        &flat.endpoint,
        &flat.dependencies,
        location,
    ))
}

/// Parameters and request body of a route, from its dependency tree.
fn describe_inputs(interpreter: &mut Interpreter<'static>, route: &mut Route, dependant: &Dependant) {
    let mut bodies: Vec<String> = Vec::new();
    for node in dependant.walk() {
        for parameter in &node.parameters {
            let annotation = match &parameter.annotation {
                Some(annotation) => type_text(interpreter, annotation),
                None => "?".to_owned(),
            };
            if matches!(parameter.place, ParameterPlace::Body | ParameterPlace::Form | ParameterPlace::File) {
                let text = match parameter.place {
                    ParameterPlace::Body => annotation.clone(),
                    place => format!("{} {}", place.name(), parameter.name),
                };
                if !bodies.contains(&text) {
                    bodies.push(text);
                }
            }
            let default = match &parameter.default {
                Some(value) => match value.as_str() {
                    Some(text) => Some(format!("{text:?}")),
                    None => interpreter.text_of(value),
                },
                None => None,
            };
            let constraints = parameter
                .constraints
                .iter()
                .filter_map(|(name, value)| Some((name.to_string(), interpreter.text_of(value)?)))
                .collect();
            let known = route
                .parameters
                .iter()
                .any(|known| known.alias == parameter.alias && known.place == parameter.place);
            if known {
                continue;
            }
            route.parameters.push(Parameter {
                name: parameter.name.to_string(),
                alias: parameter.alias.clone(),
                place: parameter.place,
                annotation,
                required: parameter.required,
                default,
                constraints,
                location: parameter.location,
                declared_by: node.qualified.clone(),
            });
        }
    }
    route.parameters.shrink_to_fit();
    route.request = (!bodies.is_empty()).then(|| bodies.join(", "));
}

/// The declared response: `response_model=`, else the return annotation unless it is a response class. As
/// `inspect.signature`, which FastAPI asks, it is that of the function behind `functools.wraps`.
pub fn declared_response(interpreter: &mut Interpreter<'_>, flat: &FlatRoute) -> Option<Value> {
    if let Some(model) = flat.options.keyword("response_model") {
        return (!model.is_none()).then(|| model.clone());
    }
    if flat.entry_kind != EntryKind::Operation {
        return None;
    }
    let Callable::Function { function, .. } = shown_callable(interpreter, &flat.endpoint) else {
        return None;
    };
    let expression = function.definition.returns.clone()?;
    let annotation = Annotation::Written { expression, scope: function.scope, module: function.module };
    let declared = interpreter.evaluate_annotation(&annotation);
    if let Some(class) = interpreter.class_of_type(&declared)
        && interpreter.derives_from(&class, "starlette.responses.Response")
    {
        return None;
    }
    (!declared.is_none()).then_some(declared)
}

fn describe_response(interpreter: &mut Interpreter<'static>, route: &mut Route, flat: &FlatRoute) {
    let declared = declared_response(interpreter, flat);
    route.response = declared.map(|declared| type_text(interpreter, &declared));
    if flat.kind != RouteKind::Http || flat.entry_kind != EntryKind::Operation {
        return;
    }
    let status = flat.options.keyword("status_code").and_then(Value::as_int).unwrap_or(200);
    route.statuses.push(u16::try_from(status).unwrap_or(200));
    if !route.parameters.is_empty() {
        route.statuses.push(422);
    }
    route.statuses.sort_unstable();
}

/// Tables, statuses and other effects of the handler and everything resolved before it.
fn describe_effects(
    interpreter: &mut Interpreter<'static>,
    table: &mut EffectTable,
    route: &mut Route,
    dependant: Option<&Dependant>,
    flat: &FlatRoute,
) {
    let mut functions: Vec<(Rc<FunctionValue>, Option<ObjectId>)> = Vec::new();
    match dependant {
        Some(dependant) => {
            for node in dependant.walk() {
                if let Some(function) = &node.function {
                    functions.push((Rc::clone(function), node.receiver));
                }
            }
        }
        None => functions.extend(interpreter.plain_function(&flat.endpoint).map(|function| (function, None))),
    }
    let effects: Vec<Rc<Effects>> = functions
        .iter()
        .map(|(function, receiver)| table.effects(interpreter, function, *receiver))
        .collect();
    route.reads = joined(&effects, |effects| &effects.reads);
    route.writes = joined(&effects, |effects| &effects.writes);
    route.effects = joined(&effects, |effects| &effects.outside);
    if flat.kind == RouteKind::Http {
        route.statuses.extend(effects.iter().flat_map(|effects| &effects.statuses));
    }
    route.statuses.sort_unstable();
    route.statuses.dedup();
    route.statuses.shrink_to_fit();
}

/// What several functions do, each text once, sorted.
fn joined(effects: &[Rc<Effects>], part: fn(&Effects) -> &BTreeSet<String>) -> Vec<String> {
    let mut texts: Vec<&String> = effects.iter().flat_map(|effects| part(effects)).collect();
    texts.sort_unstable();
    texts.dedup();
    texts.into_iter().cloned().collect()
}

/// Every route is registered somewhere, so this is never shown.
fn unreachable_location(interpreter: &Interpreter<'_>) -> Location {
    interpreter.here(fastwright_python::location::Span::default())
}

/// `module:qualname`, as Python names it: through `functools.partial` and methods to the function, with
/// the identity that `functools.wraps` copies.
pub fn qualified(interpreter: &mut Interpreter<'_>, value: &Value) -> String {
    match value.kind() {
        Kind::Function(function) => {
            let set = |name| interpreter.function_set_attribute(function, name).and_then(Value::as_str);
            let module =
                set("__module__").unwrap_or_else(|| interpreter.module(function.module).name.as_str());
            let qualname = set("__qualname__").unwrap_or_else(|| function.definition.qualname.as_str());
            [module, ":", qualname].concat()
        }
        Kind::Method(method) => {
            let function = method.function.clone();
            qualified(interpreter, &function)
        }
        Kind::Descriptor(descriptor) => {
            let function = descriptor.function.clone();
            qualified(interpreter, &function)
        }
        Kind::Class(id) => interpreter.class(*id).map_or_else(String::new, |class| {
            format!("{}:{}", interpreter.module(class.module).name, class.qualname)
        }),
        Kind::Instance(_) => match interpreter.class_of(value) {
            Some(class) => format!("{}()", qualified(interpreter, &class)),
            None => String::new(),
        },
        Kind::External(name) => match name.rsplit_once('.') {
            Some((module, name)) => format!("{module}:{name}"),
            None => name.to_string(),
        },
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Call { callee, arguments, .. } => {
                if callee.as_external().is_some_and(|name| name == "functools.partial")
                    && let Some(function) = arguments.positional.first()
                {
                    return qualified(interpreter, &function.clone());
                }
                let callee = callee.clone();
                format!("{}()", qualified(interpreter, &callee))
            }
            _ => describe(interpreter, value),
        },
        _ => describe(interpreter, value),
    }
}
