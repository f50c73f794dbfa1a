//! The list of route objects of an app or router, `app.routes`.
//!
//! While nobody asks for it, what is registered is kept as entries. Once a program reads `routes`, the
//! list becomes an ordinary list of objects, which the program may read, filter, extend and replace; from
//! then on the list says what is registered ([`synchronize`]).

use super::routing;
use crate::registry::*;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::name::Name;
use fastwright_python::value::*;

/// The list of route objects, made when it is asked for the first time.
pub(super) fn routes_of(interpreter: &mut Interpreter<'_>, id: ObjectId) -> Option<Value> {
    let entries = interpreter.extension::<Registry>().routers.get(&id)?.entries.clone();
    let mut objects = Vec::new();
    for entry in entries {
        objects.extend(objects_of(interpreter, id, entry));
    }
    let list = interpreter.list(objects);
    interpreter.instance_mut(id)?.attributes.insert(Name::from("routes"), list.clone());
    Some(list)
}

/// The list that the program works with, if it has asked for it.
fn live_list(interpreter: &Interpreter<'_>, id: ObjectId) -> Option<Value> {
    interpreter.instance(id)?.attributes.get(&Name::from("routes")).cloned()
}

/// Adds an entry that is registered now.
pub(super) fn push(interpreter: &mut Interpreter<'_>, id: ObjectId, entry: Entry) {
    let mut entry = entry;
    let registry = interpreter.extension_mut::<Registry>();
    match &mut entry {
        Entry::Route(route) => route.moment = registry.registrations,
        Entry::Include(include) => include.moment = registry.registrations,
        Entry::Mount(_) | Entry::Frontend { .. } => {}
    }
    registry.registrations += 1;
    if let Some(list) = live_list(interpreter, id)
        && let Kind::List(list) = *list.kind()
    {
        let objects = objects_of(interpreter, id, entry.clone());
        if let Object::List(list) = interpreter.object_mut(list) {
            list.items.extend(objects);
        }
    }
    if let Some(state) = interpreter.extension_mut::<Registry>().routers.get_mut(&id) {
        state.entries.push(entry);
    }
}

/// Takes over what the program has done to the list of routes.
pub(crate) fn synchronize(interpreter: &mut Interpreter<'_>, id: ObjectId) {
    let Some(list) = live_list(interpreter, id) else { return };
    let (items, incomplete) = match list.kind() {
        Kind::List(list) => match interpreter.object(*list) {
            Object::List(list) => (list.items.clone(), list.incomplete),
            _ => return,
        },
        _ => match interpreter.elements(&list) {
            Some(items) => (items, false),
            None => (Vec::new(), true),
        },
    };
    let mut entries = Vec::new();
    for item in &items {
        entries.extend(entry_of(interpreter, id, item));
    }
    if let Some(state) = interpreter.extension_mut::<Registry>().routers.get_mut(&id) {
        state.list_is_open |= incomplete;
        if !incomplete || entries.len() >= state.entries.len() {
            state.entries = entries;
        }
    }
}

/// The objects that an entry stands for: one, or where FastAPI copies included routes, one for each.
fn objects_of(interpreter: &mut Interpreter<'_>, router: ObjectId, entry: Entry) -> Vec<Value> {
    let Entry::Include(include) = &entry else {
        let prefix = String::new();
        return vec![object_of(interpreter, router, entry, &prefix)];
    };
    let copies = interpreter.extension::<Registry>().copies_included_routes;
    let Kind::Instance(included) = *include.router.kind() else {
        return vec![included_object(interpreter, entry)];
    };
    if !copies || included == router || include.only.is_some() {
        return vec![included_object(interpreter, entry)];
    }
    let mut prefix = text(interpreter, routing::prefix_of(interpreter, router));
    let given = include.options.get(1, "prefix").cloned();
    prefix.push_str(&text(interpreter, given));
    let include = include.clone();
    synchronize(interpreter, included);
    let inner = match interpreter.extension::<Registry>().routers.get(&included) {
        Some(state) => state.entries.clone(),
        None => return Vec::new(),
    };
    let mut objects = Vec::new();
    for inner in inner.into_iter().take(include.count) {
        if objects.len() > 5_000 {
            break;
        }
        for object in objects_of(interpreter, included, inner) {
            let Kind::Instance(id) = *object.kind() else { continue };
            let known = interpreter.extension::<Registry>().route_objects.get(&id).cloned();
            let Some((inner, path)) = known else { continue };
            let mut copy = include.clone();
            copy.only = Some(Box::new(inner));
            let full = path.map(|path| format!("{prefix}{path}"));
            copy_object(interpreter, id, Entry::Include(copy), full);
            objects.push(object);
        }
    }
    objects
}

fn text(interpreter: &mut Interpreter<'_>, value: Option<Value>) -> String {
    value.and_then(|value| interpreter.text_of(&value)).unwrap_or_default()
}

/// Gives an object that was made for an inner entry to the entry that copies it.
fn copy_object(interpreter: &mut Interpreter<'_>, id: ObjectId, entry: Entry, path: Option<String>) {
    if let (Some(path), Some(instance)) = (&path, interpreter.instance_mut(id)) {
        for name in ["path", "path_format"] {
            instance.attributes.insert(Name::from(name), Value::str(path));
        }
    }
    interpreter.extension_mut::<Registry>().route_objects.insert(id, (entry, path));
}

fn included_object(interpreter: &mut Interpreter<'_>, entry: Entry) -> Value {
    let site = entry.site();
    let class = Value::external("fastapi.routing._IncludedRouter");
    let id = interpreter.new_instance(class, Arguments::default(), site);
    if let (Entry::Include(include), Some(instance)) = (&entry, interpreter.instance_mut(id)) {
        instance.attributes.insert(Name::from("original_router"), include.router.clone());
    }
    interpreter.extension_mut::<Registry>().route_objects.insert(id, (entry, None));
    Kind::Instance(id).into()
}

/// An object with the attributes that programs read of routes.
fn object_of(interpreter: &mut Interpreter<'_>, router: ObjectId, entry: Entry, prefix: &str) -> Value {
    let class = match &entry {
        Entry::Route(route) => match route.kind {
            EntryKind::Operation => "fastapi.routing.APIRoute",
            EntryKind::Plain => "starlette.routing.Route",
            EntryKind::WebSocket => "fastapi.routing.APIWebSocketRoute",
        },
        Entry::Mount(_) => "starlette.routing.Mount",
        Entry::Frontend { .. } => "fastapi.routing._FrontendRouteGroup",
        Entry::Include(_) => "fastapi.routing._IncludedRouter",
    };
    let own = interpreter
        .instance(router)
        .and_then(|instance| instance.attributes.get(&Name::from("route_class")).cloned());
    let given = interpreter
        .extension::<Registry>()
        .routers
        .get(&router)
        .and_then(|state| state.arguments.keyword("route_class").cloned());
    let class = match (own.or(given), class) {
        (Some(class), "fastapi.routing.APIRoute") if matches!(class.kind(), Kind::Class(_)) => class,
        _ => Value::external(class),
    };
    let id = interpreter.new_instance(class, Arguments::default(), entry.site());
    let mut attributes: Vec<(&str, Value)> = Vec::new();
    let mut known_path = None;
    match &entry {
        Entry::Route(route) => {
            let own = text(interpreter, route.own_prefix.clone());
            let path = interpreter.text_of(&route.path).map(|path| format!("{prefix}{own}{path}"));
            let shown = path.as_deref().map_or_else(|| route.path.clone(), Value::str);
            known_path = path;
            attributes.push(("path", shown.clone()));
            attributes.push(("path_format", shown));
            attributes.push(("endpoint", route.endpoint.clone()));
            if let Some(methods) = &route.methods {
                let items = methods.iter().map(|method| Value::str(method)).collect();
                let set = ListObject { items, incomplete: false };
                attributes.push(("methods", Kind::Set(interpreter.allocate(Object::Set(set))).into()));
            }
            let name = match route.options.keyword("name").filter(|name| !name.is_none()) {
                Some(name) => name.clone(),
                None => interpreter.attribute(&route.endpoint, Name::from("__name__"), route.site.span),
            };
            attributes.push(("name", name));
            for option in ["tags", "dependencies"] {
                let items = match route.options.keyword(option) {
                    Some(given) => interpreter.elements(&given.clone()).unwrap_or_default(),
                    None => Vec::new(),
                };
                attributes.push((option, interpreter.list(items)));
            }
            let in_schema = route.options.keyword("include_in_schema").cloned();
            attributes.push(("include_in_schema", in_schema.unwrap_or_else(|| Value::bool(true))));
            for option in [
                "operation_id",
                "summary",
                "description",
                "response_model",
                "status_code",
                "deprecated",
                "responses",
            ] {
                let given = route.options.keyword(option).cloned();
                attributes.push((option, given.unwrap_or(Value::NONE)));
            }
        }
        Entry::Mount(mount) => {
            let path = interpreter.text_of(&mount.path).map(|path| path.trim_end_matches('/').to_owned());
            attributes.push(("path", path.as_deref().map_or_else(|| mount.path.clone(), Value::str)));
            attributes.push(("app", mount.app.clone()));
            known_path = path;
        }
        Entry::Frontend { path, .. } => attributes.push(("path", path.clone())),
        Entry::Include(_) => {}
    }
    if let Some(instance) = interpreter.instance_mut(id) {
        for (name, value) in attributes {
            instance.attributes.insert(Name::from(name), value);
        }
    }
    interpreter.extension_mut::<Registry>().route_objects.insert(id, (entry, known_path));
    Kind::Instance(id).into()
}

/// The entry that an object in a list of routes stands for, with what the program has changed on it.
fn entry_of(interpreter: &mut Interpreter<'_>, router: ObjectId, item: &Value) -> Option<Entry> {
    let Kind::Instance(id) = *item.kind() else {
        let item = item.alternatives().iter().find(|item| item.as_symbolic().is_some())?;
        return routing::route_object(interpreter, router, item);
    };
    let Some((entry, path)) = interpreter.extension::<Registry>().route_objects.get(&id).cloned() else {
        return routing::route_object(interpreter, router, item);
    };
    let attributes = interpreter.instance(id)?.attributes.clone();
    let set = |name: &str| attributes.get(&Name::from(name));
    match entry {
        Entry::Route(mut route) => {
            let now = set("path").cloned();
            if let Some(now) = now
                && interpreter.text_of(&now) != path
            {
                route.path = now;
                route.own_prefix = None;
            }
            if let Some(endpoint) = set("endpoint") {
                route.endpoint = endpoint.clone();
            }
            for option in ["tags", "dependencies", "include_in_schema", "name", "operation_id", "deprecated"]
            {
                let Some(value) = set(option).filter(|value| !value.is_none()) else { continue };
                route.options.keywords.retain(|(name, _)| *name != option);
                route.options.keywords.push((Name::from(option), value.clone()));
            }
            Some(Entry::Route(route))
        }
        entry => Some(entry),
    }
}
