//! Which apps a program has: bound to names, named by the user, made by functions that nobody calls, and
//! what their start adds.

mod factories;
mod users;

use crate::analysis::{AnalysisOptions, MAKES_APP, is_test_path};
use crate::application::Undecided;
use crate::registry::{Entry, Escape, Registry, RouterKind};
use factories::call_factories;
use fastwright_python::interpreter::{ActiveCondition, Interpreter};
use fastwright_python::loader::SharedProgram;
use fastwright_python::location::{FileId, Location, Span};
use fastwright_python::name::Name;
use fastwright_python::value::*;

/// Steps for a lifespan or startup handler.
const STARTUP_STEPS: u64 = 15_000;

/// Steps for one that says itself that it changes what an app serves.
const REGISTERING_STARTUP_STEPS: u64 = 300_000;

/// Words of code that changes what an app serves.
const REGISTERING: [&str; 8] = [
    "routes",
    "include_router",
    "mount",
    "add_api_route",
    "add_route",
    "add_api_websocket_route",
    "add_websocket_route",
    "frontend",
];

/// An app that is to be assembled.
#[derive(Debug, Clone)]
pub struct SelectedApp {
    /// The object.
    pub id: ObjectId,
    /// `module:attr` or `module:factory()`.
    pub locator: String,
}

/// Finds the apps, evaluating what it takes.
pub(crate) fn select_apps(
    interpreter: &mut Interpreter<'static>,
    shared: &SharedProgram,
    mentioning: &[FileId],
    options: &AnalysisOptions,
    undecided: &mut Vec<Undecided>,
) -> Vec<SelectedApp> {
    if !options.apps.is_empty() {
        let mut selected = Vec::new();
        for locator in &options.apps {
            match named_app(interpreter, shared, locator) {
                Ok(id) => selected.push(SelectedApp { id, locator: locator.clone() }),
                Err(reason) => undecided.push(Undecided { reason, location: None }),
            }
        }
        start(interpreter, &selected);
        return selected;
    }
    let is_test = |file: FileId| is_test_path(&shared.0.borrow().files().get(file).relative);
    let (tests, sources): (Vec<FileId>, Vec<FileId>) = mentioning.iter().partition(|file| is_test(**file));
    // Who makes an app is imported first in the running program. Starting elsewhere can run into a cycle of imports
    // that is none from there.
    let (making, others): (Vec<FileId>, Vec<FileId>) =
        sources.iter().partition(|file| shared.0.borrow().files().get(**file).may_hold(MAKES_APP));
    for file in making.iter().chain(&others) {
        evaluate_file(interpreter, shared, *file);
    }
    let mut apps = made_apps(interpreter);
    call_factories(interpreter, shared, &sources, &mut apps);
    if apps.is_empty() {
        for file in &tests {
            evaluate_file(interpreter, shared, *file);
        }
        apps = made_apps(interpreter);
        call_factories(interpreter, shared, &tests, &mut apps);
    }
    add_unbound(interpreter, shared, &mut apps);
    start(interpreter, &apps);
    apps
}

fn evaluate_file(interpreter: &mut Interpreter<'static>, shared: &SharedProgram, file: FileId) {
    if let Some(module) = shared.module_of(file) {
        interpreter.import_root(module);
    }
}

/// Apps that a name of a module leads to, in the order they were made.
fn made_apps(interpreter: &mut Interpreter<'static>) -> Vec<SelectedApp> {
    let registry = interpreter.extension::<Registry>();
    let made: Vec<(ObjectId, FileId)> = registry
        .order
        .iter()
        .filter_map(|id| {
            let state = registry.routers.get(id)?;
            (state.kind == RouterKind::App).then_some((*id, state.site.file))
        })
        .collect();
    made.into_iter()
        .filter_map(|(id, file)| Some(SelectedApp { id, locator: locator_of(interpreter, id, file)? }))
        .collect()
}

/// `module:attr` of an app. The name in the module that makes it comes before names elsewhere, the app
/// itself before middleware around it and objects that hold it (`module:server.app`).
fn locator_of(interpreter: &Interpreter<'static>, app: ObjectId, made_in: FileId) -> Option<String> {
    let mut found: Vec<(u8, bool, String, String)> = Vec::new();
    for (_, module) in interpreter.modules() {
        let elsewhere = module.file != Some(made_in);
        for (name, value) in &interpreter.scope(module.scope).names {
            for value in value.alternatives() {
                let Kind::Instance(id) = *value.kind() else {
                    if app_behind(interpreter, value) == Some(app) {
                        found.push((1, elsewhere, module.name.to_string(), name.to_string()));
                    }
                    continue;
                };
                if id == app {
                    found.push((0, elsewhere, module.name.to_string(), name.to_string()));
                    continue;
                }
                if app_behind(interpreter, value) == Some(app) {
                    let held = interpreter.instance(id).into_iter().flat_map(|instance| &instance.attributes);
                    let attribute = held
                        .filter(|(_, value)| matches!(*value.kind(), Kind::Instance(id) if id == app))
                        .map(|(attribute, _)| attribute)
                        .next();
                    let text = match attribute {
                        Some(attribute) => format!("{name}.{attribute}"),
                        None => name.to_string(),
                    };
                    found.push((2, elsewhere, module.name.to_string(), text));
                }
            }
        }
    }
    found.sort();
    found.into_iter().next().map(|(_, _, module, name)| format!("{module}:{name}"))
}

fn named_app(
    interpreter: &mut Interpreter<'static>,
    shared: &SharedProgram,
    locator: &str,
) -> Result<ObjectId, String> {
    let (module, attribute) = locator
        .split_once(':')
        .ok_or_else(|| format!("`{locator}` is no app: write it as module:attribute"))?;
    let found = shared.module_named(module).ok_or_else(|| {
        format!("the module `{module}` of the app `{locator}` is not found under the project's roots")
    })?;
    let id = interpreter.import_root(found);
    let scope = interpreter.module(id).scope;
    let is_factory = attribute.ends_with("()");
    let path = attribute.trim_end_matches("()");
    let mut parts = path.split('.');
    let first = Name::from(parts.next().unwrap_or_default());
    let mut value = match interpreter.scope(scope).names.get(&first).cloned() {
        Some(value) => value,
        None => interpreter.attribute(&Kind::Module(id).into(), first, Span::default()),
    };
    for part in parts {
        value = interpreter.attribute(&value, Name::from(part), Span::default());
    }
    if is_factory {
        value = interpreter
            .call_from_outside(&value, Arguments::default())
            .map_err(|_| format!("calling `{locator}` raises an exception"))?;
    }
    app_behind(interpreter, &value).ok_or_else(|| {
        let what = crate::library::describe(interpreter, &value);
        format!("`{locator}` is no FastAPI application that could be followed (it is {what})")
    })
}

/// The app that a value is, or that middleware objects wrap.
fn app_behind(interpreter: &Interpreter<'static>, value: &Value) -> Option<ObjectId> {
    app_within(interpreter, value, 4)
}

fn app_within(interpreter: &Interpreter<'static>, value: &Value, depth: u32) -> Option<ObjectId> {
    if depth == 0 {
        return None;
    }
    let within = |value: &Value| app_within(interpreter, value, depth - 1);
    value.alternatives().iter().find_map(|value| match value.kind() {
        Kind::Instance(id) => {
            let registry = interpreter.extension::<Registry>();
            if let Some(state) = registry.routers.get(id) {
                return (state.kind != RouterKind::Router).then_some(*id);
            }
            let attributes = &interpreter.instance(*id)?.attributes;
            let usual = attributes.get(&Name::from("app")).and_then(&within);
            usual.or_else(|| {
                attributes
                    .values()
                    .filter(|value| matches!(value.kind(), Kind::Instance(_)))
                    .find_map(&within)
            })
        }
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Call { arguments, .. } => {
                let given =
                    arguments.positional.iter().chain(arguments.keywords.iter().map(|(_, value)| value));
                given.filter(|value| !matches!(value.kind(), Kind::Method(_))).find_map(within)
            }
            _ => None,
        },
        _ => None,
    })
}

/// Whether an app is mounted or included in another.
fn is_inside(interpreter: &Interpreter<'static>, app: ObjectId) -> bool {
    let registry = interpreter.extension::<Registry>();
    registry.routers.iter().filter(|(id, _)| **id != app).any(|(_, state)| {
        state.entries.iter().any(|entry| {
            let inner = match entry {
                Entry::Mount(mount) => &mount.app,
                Entry::Include(include) => &include.router,
                _ => return false,
            };
            app_behind(interpreter, inner) == Some(app)
        })
    })
}

/// Apps of the project that no name leads to and that are in no other app, when they serve something: made
/// in a call and handed on.
fn add_unbound(interpreter: &Interpreter<'static>, shared: &SharedProgram, apps: &mut Vec<SelectedApp>) {
    let registry = interpreter.extension::<Registry>();
    for id in &registry.order {
        let Some(state) = registry.routers.get(id) else { continue };
        let file = state.site.file;
        let own = {
            let program = shared.0.borrow();
            let file = program.files().get(file);
            file.first_party && !is_test_path(&file.relative)
        };
        if !own
            || state.kind != RouterKind::App
            || state.entries.is_empty()
            || apps.iter().any(|app| app.id == *id)
            || is_inside(interpreter, *id)
        {
            continue;
        }
        let Some(function) = around(interpreter, state.site) else { continue };
        let module = interpreter.module(function.module).name;
        apps.push(SelectedApp { id: *id, locator: format!("{module}:{}()", function.definition.qualname) });
    }
}

/// The innermost function around a place.
fn around<'i>(interpreter: &'i Interpreter<'static>, site: Location) -> Option<&'i FunctionValue> {
    let around = interpreter.functions().iter().filter(|function| {
        let span = function.definition.span;
        function.id.file == site.file && span.start <= site.span.start && site.span.end <= span.end
    });
    let innermost =
        around.min_by_key(|function| function.definition.span.end - function.definition.span.start);
    innermost.map(|function| &**function)
}

/// Runs the lifespan and the startup handlers of the apps: routes that they add exist once the application
/// has started.
fn start(interpreter: &mut Interpreter<'static>, apps: &[SelectedApp]) {
    interpreter.extension_mut::<Registry>().starting = true;
    for app in apps {
        let Some(state) = interpreter.extension::<Registry>().routers.get(&app.id) else { continue };
        let given: Value = Kind::Instance(app.id).into();
        let mut handlers: Vec<(Value, Arguments)> = Vec::new();
        if let Some(lifespan) = state.arguments.keyword("lifespan") {
            handlers.push((lifespan.clone(), Arguments::of([given])));
        }
        if let Some(listed) = state.arguments.keyword("on_startup").cloned() {
            let listed = interpreter.elements(&listed).unwrap_or_default();
            handlers.extend(listed.into_iter().map(|handler| (handler, Arguments::default())));
        }
        if let Some(state) = interpreter.extension::<Registry>().routers.get(&app.id) {
            let starting = state.events.iter().filter(|(event, _, _)| event == "startup");
            handlers.extend(starting.map(|(_, handler, _)| (handler.clone(), Arguments::default())));
        }
        for (handler, arguments) in handlers {
            let Some(function) = interpreter.plain_function(&handler) else { continue };
            let location = Location { file: function.id.file, span: function.definition.name_span };
            let condition = ActiveCondition { location, negated: false, setting: None, startup: true };
            let registers =
                REGISTERING.iter().any(|word| function.definition.mentions.may_hold(Name::from(*word)));
            let steps = if registers { REGISTERING_STARTUP_STEPS } else { STARTUP_STEPS };
            let has_ended = interpreter.call_under(&handler, arguments, condition, steps);
            if registers
                && !has_ended
                && let Some(state) = interpreter.extension_mut::<Registry>().routers.get_mut(&app.id)
            {
                state.escapes.push((Escape::LongStart, location));
            }
        }
    }
    interpreter.extension_mut::<Registry>().starting = false;
}
