//! Apps and routers: how FastAPI and Starlette register routes (FastAPI 0.165 `applications.py`,
//! `routing.py`; Starlette 1.0 `applications.py`, `routing.py`).

use super::route_list::{push, synchronize};
use super::strawberry;
use crate::registry::*;
use fastwright_python::interpreter::{ActiveCondition, Evaluated, Interpreter};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::*;

pub(crate) const APP: &str = "fastapi.applications.FastAPI";
const GENERATOR: &str = "fastapi.openapi.utils.get_openapi";
pub(super) const ROUTER: &str = "fastapi.routing.APIRouter";

/// Makes an app or router.
pub(super) fn construct(
    interpreter: &mut Interpreter<'_>,
    class: &str,
    arguments: &Arguments,
    site: Location,
) -> Option<Evaluated> {
    if class == GENERATOR {
        let call = OpenapiCall::Generator(arguments.clone());
        let answer = interpreter.extension_mut::<Registry>().openapi_answer(call)?;
        return Some(Ok(answer.unwrap_or_else(|| interpreter.dict(Vec::new()))));
    }
    router_kind(class)?;
    let id = interpreter.new_instance(Value::external(class), arguments.clone(), site);
    let _ = initialize(interpreter, class, &Kind::Instance(id).into(), arguments, site)?;
    Some(Ok(Kind::Instance(id).into()))
}

pub(super) fn router_kind(class: &str) -> Option<RouterKind> {
    Some(match class {
        APP => RouterKind::App,
        ROUTER | strawberry::GRAPHQL_ROUTER => RouterKind::Router,
        "starlette.applications.Starlette" | "starlette.routing.Router" => RouterKind::Starlette,
        _ => return None,
    })
}

/// The library's own constructor, for instances of it and of subclasses.
pub(super) fn initialize(
    interpreter: &mut Interpreter<'_>,
    owner: &str,
    receiver: &Value,
    arguments: &Arguments,
    site: Location,
) -> Option<Evaluated> {
    let kind = router_kind(owner)?;
    let Kind::Instance(id) = *receiver.kind() else { return None };
    let conditions = interpreter.active_conditions().to_vec();
    interpreter.extension_mut::<Registry>().start(id, kind, arguments.clone(), site, conditions);
    if let Some(routes) = arguments.keyword("routes").cloned() {
        add_route_objects(interpreter, id, &routes);
    }
    if let Some(list) = arguments.keyword("middleware").cloned()
        && let Some(items) = interpreter.elements(&list)
    {
        for item in items {
            if let Some(Symbolic::Call { callee, arguments, site }) = item.as_symbolic()
                && callee.as_external().is_some_and(|name| name == "starlette.middleware.Middleware")
                && let Some(middleware) = arguments.positional.first()
            {
                let entry = MiddlewareEntry {
                    middleware: middleware.clone(),
                    arguments: Arguments::clone(arguments),
                    is_function: false,
                    site: *site,
                };
                // The list is outermost first; `add_middleware` puts each new one outside.
                if let Some(state) = interpreter.extension_mut::<Registry>().routers.get_mut(&id) {
                    state.middleware.insert(0, entry);
                }
            }
        }
    }
    if let Some(handlers) = arguments.keyword("exception_handlers")
        && let Kind::Dict(dict) = *handlers.kind()
        && let Object::Dict(dict) = interpreter.object(dict)
    {
        let handlers: Vec<(Value, Value)> = dict.entries.values().cloned().collect();
        if let Some(state) = interpreter.extension_mut::<Registry>().routers.get_mut(&id) {
            state.exception_handlers.extend(handlers.into_iter().map(|(key, handler)| (key, handler, site)));
        }
    }
    if owner == strawberry::GRAPHQL_ROUTER {
        strawberry::register_routes(interpreter, id, arguments, site);
    }
    Some(Ok(Value::NONE))
}

/// Route objects given as a list: `Route(...)`, `Mount(...)`, `WebSocketRoute(...)`.
fn add_route_objects(interpreter: &mut Interpreter<'_>, id: ObjectId, routes: &Value) {
    let Some(items) = interpreter.elements(routes) else { return };
    for item in items {
        if let Some(entry) = route_object(interpreter, id, &item) {
            push(interpreter, id, entry);
        }
    }
}

/// The entry that a route object stands for: `Route(...)`, `APIRoute(...)`, `Mount(...)`, or an instance
/// of a class derived from them.
pub(super) fn route_object(interpreter: &mut Interpreter<'_>, id: ObjectId, item: &Value) -> Option<Entry> {
    let (name, arguments, site) = match item.kind() {
        Kind::Instance(instance) => {
            let known = interpreter.extension::<Registry>().route_objects.get(instance);
            if let Some((entry, _)) = known {
                return Some(entry.clone());
            }
            let instance = interpreter.instance(*instance)?;
            let (class, arguments, site) =
                (instance.class.clone(), instance.arguments.clone(), instance.site);
            let order = interpreter.class_order(&class);
            let base = order.iter().filter_map(Value::as_external).find(|name| is_route_class(name))?;
            (base, arguments, site)
        }
        _ => {
            let Symbolic::Call { callee, arguments, site } = item.as_symbolic()?.clone() else { return None };
            (callee.as_external()?, arguments, site)
        }
    };
    let conditions = conditions_on(interpreter, id);
    Some(match name.as_str() {
        "starlette.routing.Route" | "fastapi.routing.APIRoute" => {
            let endpoint = arguments.get(1, "endpoint")?.clone();
            let methods = methods_of(interpreter, arguments.keyword("methods"));
            Entry::Route(RouteEntry {
                kind: if name == "starlette.routing.Route" { EntryKind::Plain } else { EntryKind::Operation },
                path: arguments.get(0, "path")?.clone(),
                own_prefix: None,
                methods: methods.or_else(|| Some(vec!["GET".to_owned()])),
                endpoint,
                options: StrongRc::unwrap_or_clone(arguments),
                site,
                conditions,
                moment: interpreter.extension::<Registry>().registrations,
            })
        }
        "starlette.routing.WebSocketRoute" | "fastapi.routing.APIWebSocketRoute" => {
            Entry::Route(RouteEntry {
                kind: EntryKind::WebSocket,
                path: arguments.get(0, "path")?.clone(),
                own_prefix: None,
                methods: Some(Vec::new()),
                endpoint: arguments.get(1, "endpoint")?.clone(),
                options: StrongRc::unwrap_or_clone(arguments),
                site,
                conditions,
                moment: interpreter.extension::<Registry>().registrations,
            })
        }
        "starlette.routing.Mount" => {
            let app = match arguments.get(1, "app").filter(|app| !app.is_none()) {
                Some(app) => app.clone(),
                None => {
                    let routes = arguments.keyword("routes")?.clone();
                    let class = Value::external("starlette.routing.Router");
                    let router = interpreter.new_instance(class, Arguments::default(), site);
                    interpreter.extension_mut::<Registry>().start(
                        router,
                        RouterKind::Starlette,
                        Arguments::default(),
                        site,
                        conditions.clone(),
                    );
                    add_route_objects(interpreter, router, &routes);
                    Kind::Instance(router).into()
                }
            };
            Entry::Mount(MountEntry { path: arguments.get(0, "path")?.clone(), app, site, conditions })
        }
        _ => return None,
    })
}

fn is_route_class(name: &str) -> bool {
    matches!(
        name,
        "starlette.routing.Route"
            | "fastapi.routing.APIRoute"
            | "starlette.routing.WebSocketRoute"
            | "fastapi.routing.APIWebSocketRoute"
            | "starlette.routing.Mount"
    )
}

fn methods_of(interpreter: &mut Interpreter<'_>, value: Option<&Value>) -> Option<Vec<String>> {
    let value = value?;
    if value.is_none() {
        return None;
    }
    let items = interpreter.elements(&value.clone())?;
    let mut methods = Vec::new();
    for item in items {
        methods.push(interpreter.text_of(&item)?.to_uppercase());
    }
    Some(methods)
}

/// A method of an app or router.
pub(super) fn method(
    interpreter: &mut Interpreter<'_>,
    owner: &str,
    name: &str,
    receiver: &Value,
    arguments: &Arguments,
    site: Location,
) -> Option<Evaluated> {
    let kind = router_kind(owner)?;
    let Kind::Instance(id) = *receiver.kind() else { return None };
    if !interpreter.extension::<Registry>().routers.contains_key(&id) {
        // A subclass whose constructor was not followed to the library's.
        let given = interpreter
            .instance(id)
            .map(|instance| Arguments::clone(&instance.arguments))
            .unwrap_or_default();
        let made_at = interpreter.instance(id).map_or(site, |instance| instance.site);
        interpreter.extension_mut::<Registry>().start(id, kind, given, made_at, Vec::new());
    }
    match name {
        "__init__" => initialize(interpreter, owner, receiver, arguments, site),
        "get" | "put" | "post" | "delete" | "options" | "head" | "patch" | "trace"
            if kind != RouterKind::Starlette =>
        {
            let methods = interpreter.list(vec![Value::str(&name.to_uppercase())]);
            if kind == RouterKind::Router
                && let Some(result) = overridden(
                    interpreter,
                    receiver,
                    "api_route",
                    |arguments| {
                        arguments.keywords.push((Name::from("methods"), methods.clone()));
                    },
                    arguments,
                    site,
                )
            {
                return Some(result);
            }
            Some(Ok(decorator(receiver, "operation", methods, arguments, site)))
        }
        "api_route" => {
            let methods = match arguments.keyword("methods").filter(|methods| !methods.is_none()) {
                Some(methods) => methods.clone(),
                None => interpreter.list(vec![Value::str("GET")]),
            };
            Some(Ok(decorator(receiver, "operation", methods, arguments, site)))
        }
        "route" => {
            let methods = arguments.get(1, "methods").cloned().unwrap_or(Value::NONE);
            Some(Ok(decorator(receiver, "plain", methods, arguments, site)))
        }
        "websocket" | "websocket_route" => {
            Some(Ok(decorator(receiver, "websocket", Value::NONE, arguments, site)))
        }
        "add_api_route" | "add_route" | "add_api_websocket_route" | "add_websocket_route" => {
            let path = arguments.get(0, "path")?.clone();
            let endpoint = arguments
                .get(1, if name.contains("api") { "endpoint" } else { "route" })
                .or_else(|| arguments.keyword("endpoint"))?
                .clone();
            let kind = match name {
                "add_api_route" => EntryKind::Operation,
                "add_route" => EntryKind::Plain,
                _ => EntryKind::WebSocket,
            };
            let methods = arguments
                .keyword("methods")
                .or_else(|| (kind == EntryKind::Plain).then(|| arguments.positional.get(2)).flatten());
            let methods = methods.cloned();
            register(interpreter, id, kind, path, methods.as_ref(), endpoint, arguments.clone(), site);
            Some(Ok(Value::NONE))
        }
        "include_router" => {
            let router = arguments.get(0, "router")?.clone();
            let conditions = conditions_on(interpreter, id);
            for alternative in router.alternatives() {
                if alternative.is_none() {
                    continue;
                }
                let count = match *alternative.kind() {
                    Kind::Instance(included) => {
                        synchronize(interpreter, included);
                        interpreter
                            .extension::<Registry>()
                            .routers
                            .get(&included)
                            .map_or(0, |state| state.entries.len())
                    }
                    _ => 0,
                };
                let entry = Entry::Include(IncludeEntry {
                    router: alternative.clone(),
                    options: arguments.clone(),
                    only: None,
                    count,
                    site,
                    conditions: conditions.clone(),
                    moment: 0,
                });
                push(interpreter, id, entry);
            }
            Some(Ok(Value::NONE))
        }
        "mount" => {
            let conditions = conditions_on(interpreter, id);
            let path = arguments.get(0, "path")?.clone();
            let app = arguments.get(1, "app")?.clone();
            push(interpreter, id, Entry::Mount(MountEntry { path, app, site, conditions }));
            Some(Ok(Value::NONE))
        }
        "openapi" if kind == RouterKind::App => {
            let answer = interpreter.extension_mut::<Registry>().openapi_answer(OpenapiCall::Own(id))?;
            Some(Ok(answer.unwrap_or_else(|| interpreter.dict(Vec::new()))))
        }
        "host" => Some(Ok(Value::NONE)),
        "frontend" => {
            let conditions = conditions_on(interpreter, id);
            let path = arguments.get(0, "path")?.clone();
            push(interpreter, id, Entry::Frontend { path, site, conditions });
            Some(Ok(Value::NONE))
        }
        "add_middleware" => {
            let middleware = arguments.get(0, "middleware_class")?.clone();
            let entry =
                MiddlewareEntry { middleware, arguments: arguments.clone(), is_function: false, site };
            interpreter.extension_mut::<Registry>().routers.get_mut(&id)?.middleware.push(entry);
            Some(Ok(Value::NONE))
        }
        "middleware" | "exception_handler" | "on_event" => {
            let label = Value::str(name);
            let first =
                arguments.positional.first().or_else(|| arguments.keywords.first().map(|(_, value)| value));
            Some(Ok(decorator_call(receiver, vec![label, first?.clone()], Keywords::new(), site)))
        }
        "add_exception_handler" => {
            let (class, handler) =
                (arguments.get(0, "exc_class_or_status_code")?.clone(), arguments.get(1, "handler")?.clone());
            interpreter
                .extension_mut::<Registry>()
                .routers
                .get_mut(&id)?
                .exception_handlers
                .push((class, handler, site));
            Some(Ok(Value::NONE))
        }
        "add_event_handler" => {
            let event = arguments.get(0, "event_type")?.as_str().unwrap_or_default().to_owned();
            let handler = arguments.get(1, "func")?.clone();
            interpreter.extension_mut::<Registry>().routers.get_mut(&id)?.events.push((event, handler, site));
            Some(Ok(Value::NONE))
        }
        _ => None,
    }
}

/// Calls the program's own override of a registering method, which FastAPI's decorators go through.
fn overridden(
    interpreter: &mut Interpreter<'_>,
    receiver: &Value,
    name: &str,
    change: impl FnOnce(&mut Arguments),
    arguments: &Arguments,
    site: Location,
) -> Option<Evaluated> {
    let class = interpreter.class_of(receiver)?;
    let (own, _) = interpreter.find_in_class(&class, Name::from(name))?;
    let Kind::Function(_) = *own.kind() else { return None };
    let bound = interpreter.attribute(receiver, Name::from(name), site.span);
    let mut arguments = arguments.clone();
    change(&mut arguments);
    add_defaults(&mut arguments, site);
    Some(interpreter.call_value(&bound, arguments, site.span))
}

/// FastAPI's decorators hand every keyword on, those that are not given with their defaults: an override
/// that asks whether one is `None` must not see it missing.
fn add_defaults(arguments: &mut Arguments, site: Location) {
    const NONE: &[&str] = &[
        "status_code",
        "tags",
        "dependencies",
        "summary",
        "description",
        "responses",
        "deprecated",
        "operation_id",
        "response_model_include",
        "response_model_exclude",
        "name",
        "callbacks",
        "openapi_extra",
    ];
    const PLACEHOLDERS: &[(&str, &str)] = &[
        ("response_model", "builtins.NoneType"),
        ("response_class", "starlette.responses.JSONResponse"),
        ("generate_unique_id_function", "fastapi.utils.generate_unique_id"),
    ];
    const FLAGS: &[(&str, bool)] = &[
        ("response_model_by_alias", true),
        ("response_model_exclude_unset", false),
        ("response_model_exclude_defaults", false),
        ("response_model_exclude_none", false),
        ("include_in_schema", true),
    ];
    let placeholder = |stands_for: &str| {
        Value::call(Value::external(PLACEHOLDER), Arguments::of([Value::external(stands_for)]), site)
    };
    let mut defaults: Vec<(&str, Value)> = NONE.iter().map(|name| (*name, Value::NONE)).collect();
    defaults.extend(PLACEHOLDERS.iter().map(|(name, stands_for)| (*name, placeholder(stands_for))));
    defaults.extend(FLAGS.iter().map(|(name, flag)| (*name, Value::bool(*flag))));
    defaults.push(("response_description", Value::str("Successful Response")));
    for (name, value) in defaults {
        if arguments.keyword(name).is_none() {
            arguments.keywords.push((Name::from(name), value));
        }
    }
}

/// FastAPI's `Default(...)`.
const PLACEHOLDER: &str = "fastapi.datastructures.Default";

/// Whether a value is FastAPI's `Default(...)`, which stands for something that is not given.
pub fn is_placeholder(value: &Value) -> bool {
    let Some(Symbolic::Call { callee, .. }) = value.as_symbolic() else { return false };
    callee.as_external().is_some_and(|name| is_placeholder_class(&name))
}

/// Whether a name is that of FastAPI's `Default` or of what it makes.
pub(super) fn is_placeholder_class(name: &str) -> bool {
    matches!(
        name,
        PLACEHOLDER
            | "fastapi.datastructures.DefaultPlaceholder"
            | "fastapi.routing.Default"
            | "fastapi.applications.Default"
    )
}

fn decorator(receiver: &Value, label: &str, methods: Value, arguments: &Arguments, site: Location) -> Value {
    let path = arguments
        .get(0, "path")
        .cloned()
        .unwrap_or_else(|| Value::unknown("the route has no path", Some(site)));
    decorator_call(receiver, vec![Value::str(label), path, methods], arguments.keywords.clone(), site)
}

fn decorator_call(receiver: &Value, mut parts: Vec<Value>, keywords: Keywords, site: Location) -> Value {
    parts.insert(0, receiver.clone());
    Value::call(
        Value::external("fastwright.registration"),
        Arguments { positional: parts.into(), keywords, incomplete: false },
        site,
    )
}

/// Applies a decorator that [`method`] handed out.
pub(super) fn apply_decorator(
    interpreter: &mut Interpreter<'_>,
    bound: &Arguments,
    made_at: Location,
    arguments: &Arguments,
) -> Option<Evaluated> {
    let function = arguments.positional.first()?.clone();
    let receiver = bound.positional.first()?;
    let label = bound.positional.get(1)?.as_str()?;
    let Kind::Instance(id) = *receiver.kind() else { return None };
    match label {
        "middleware" => {
            let entry = MiddlewareEntry {
                middleware: function.clone(),
                arguments: Arguments::default(),
                is_function: true,
                site: made_at,
            };
            interpreter.extension_mut::<Registry>().routers.get_mut(&id)?.middleware.push(entry);
        }
        "exception_handler" => {
            let class = bound.positional.get(2)?.clone();
            let state = interpreter.extension_mut::<Registry>().routers.get_mut(&id)?;
            state.exception_handlers.push((class, function.clone(), made_at));
        }
        "on_event" => {
            let event = bound.positional.get(2)?.as_str().unwrap_or_default().to_owned();
            let state = interpreter.extension_mut::<Registry>().routers.get_mut(&id)?;
            state.events.push((event, function.clone(), made_at));
        }
        _ => {
            let path = bound.positional.get(2)?.clone();
            let methods = bound.positional.get(3).cloned();
            let mut options = Arguments { keywords: bound.keywords.clone(), ..Arguments::default() };
            let (kind, registering) = match label {
                "operation" => (EntryKind::Operation, "add_api_route"),
                "plain" => (EntryKind::Plain, "add_route"),
                _ => (EntryKind::WebSocket, "add_api_websocket_route"),
            };
            let is_router = interpreter
                .extension::<Registry>()
                .routers
                .get(&id)
                .is_some_and(|state| state.kind == RouterKind::Router);
            if is_router && kind == EntryKind::Operation {
                let mut call = options.clone();
                call.keywords.retain(|(name, _)| *name != "methods" && *name != "path");
                call.positional = vec![path.clone(), function.clone()].into();
                let methods = methods.clone();
                let answer = overridden(
                    interpreter,
                    receiver,
                    registering,
                    |call| {
                        if let Some(methods) = methods {
                            call.keywords.push((Name::from("methods"), methods));
                        }
                    },
                    &call,
                    made_at,
                );
                if let Some(result) = answer {
                    return Some(result.map(|_| function));
                }
            }
            options.keywords.retain(|(name, _)| *name != "path");
            let methods = methods.filter(|methods| !methods.is_none());
            register(interpreter, id, kind, path, methods.as_ref(), function.clone(), options, made_at);
        }
    }
    Some(Ok(function))
}

#[allow(clippy::too_many_arguments, reason = "they are the parts of a route")]
fn register(
    interpreter: &mut Interpreter<'_>,
    id: ObjectId,
    kind: EntryKind,
    path: Value,
    methods: Option<&Value>,
    endpoint: Value,
    options: Arguments,
    site: Location,
) {
    let known = match methods.filter(|methods| !methods.is_none()) {
        Some(methods) => methods_of(interpreter, Some(methods)),
        None if kind == EntryKind::WebSocket => Some(Vec::new()),
        // A class-based endpoint of Starlette answers for the methods that it defines.
        None if kind == EntryKind::Plain && matches!(endpoint.kind(), Kind::Class(_)) => {
            Some(endpoint_class_methods(interpreter, &endpoint))
        }
        None => Some(vec!["GET".to_owned()]),
    };
    let mut options = options;
    options
        .keywords
        .retain(|(name, value)| !is_placeholder(value) && (!value.is_none() || *name == "response_model"));
    // APIRouter.add_api_route puts the router's prefix of that moment before the path.
    let own_prefix = prefix_of(interpreter, id);
    let conditions = conditions_on(interpreter, id);
    let entry =
        RouteEntry { kind, path, own_prefix, methods: known, endpoint, options, site, conditions, moment: 0 };
    push(interpreter, id, Entry::Route(entry));
}

fn endpoint_class_methods(interpreter: &mut Interpreter<'_>, class: &Value) -> Vec<String> {
    ["get", "post", "put", "patch", "delete", "options", "head"]
        .into_iter()
        .filter(|name| interpreter.find_in_class(class, Name::from(name)).is_some())
        .map(str::to_uppercase)
        .collect()
}

/// The prefix that a router has now.
pub(crate) fn prefix_of(interpreter: &Interpreter<'_>, id: ObjectId) -> Option<Value> {
    let state = interpreter.extension::<Registry>().routers.get(&id)?;
    if state.kind != RouterKind::Router {
        return None;
    }
    let set =
        interpreter.instance(id).and_then(|instance| instance.attributes.get(&Name::from("prefix")).cloned());
    set.or_else(|| state.arguments.keyword("prefix").cloned())
}

/// The conditions under which code registers something now, beyond those under which the router exists.
pub(super) fn conditions_on(interpreter: &Interpreter<'_>, id: ObjectId) -> Vec<ActiveCondition> {
    let active = interpreter.active_conditions();
    if active.is_empty() {
        return Vec::new();
    }
    let made_under =
        interpreter.extension::<Registry>().routers.get(&id).map(|state| state.conditions.as_slice());
    let shared =
        made_under.unwrap_or_default().iter().zip(active).take_while(|(made, now)| made == now).count();
    active[shared..].to_vec()
}
