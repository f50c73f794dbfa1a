//! Which apps a program has: bound to names, named by the user, made by functions that nobody calls, and
//! what their start adds.

use crate::analysis::{AnalysisOptions, MAKES_APP, is_test_path};
use crate::application::Undecided;
use crate::library::APP_NAMES;
use crate::library::routing::APP;
use crate::registry::{Entry, Registry, RouterKind};
use fastwright_python::interpreter::{ActiveCondition, Interpreter, ModuleState};
use fastwright_python::ir::{self, ExprKind, StmtKind};
use fastwright_python::loader::SharedProgram;
use fastwright_python::location::{FileId, Location, Span};
use fastwright_python::name::Name;
use fastwright_python::value::*;
use rustc_hash::FxHashSet;
use std::rc::Rc;

/// Steps for a lifespan or startup handler: what it adds to an app stands near its beginning.
const STARTUP_STEPS: u64 = 15_000;

/// Steps for making an object only because one of its methods makes an app.
const METHOD_STEPS: u64 = 60_000;

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
    call_factories(interpreter, &sources, &mut apps);
    if apps.is_empty() {
        for file in &tests {
            evaluate_file(interpreter, shared, *file);
        }
        apps = made_apps(interpreter);
        call_factories(interpreter, &tests, &mut apps);
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

/// Calls functions and methods that make an app and that no module calls (`create_app`), with what their
/// parameters default to.
fn call_factories(interpreter: &mut Interpreter<'static>, files: &[FileId], apps: &mut Vec<SelectedApp>) {
    let files = knowing_apps(interpreter, files);
    let candidates: Vec<Rc<FunctionValue>> = interpreter
        .functions()
        .iter()
        .filter(|function| {
            files.contains(&function.id.file) && !function.definition.qualname.contains("<locals>")
        })
        .cloned()
        .collect();
    for function in candidates {
        if interpreter.was_called(function.id) || !makes_app(interpreter, &function) {
            continue;
        }
        let made_before = interpreter.extension::<Registry>().order.len();
        let result = match function.class {
            None => {
                let value: Value = Kind::Function(Rc::clone(&function)).into();
                interpreter.call_from_outside(&value, Arguments::default())
            }
            Some(class) => {
                let usual = interpreter.limit_factories(METHOD_STEPS);
                let result = call_method(interpreter, class, function.definition.name);
                interpreter.limit_factories(usual);
                result
            }
        };
        let returned = result.ok().and_then(|result| app_behind(interpreter, &result));
        let made: Vec<ObjectId> = interpreter.extension::<Registry>().order[made_before..].to_vec();
        let module = interpreter.module(function.module).name;
        for id in returned.into_iter().chain(made) {
            let registry = interpreter.extension::<Registry>();
            let is_app = registry.routers.get(&id).is_some_and(|state| state.kind == RouterKind::App);
            if !is_app
                || apps.iter().any(|app| app.id == id)
                || Some(id) != returned && is_inside(interpreter, id)
            {
                continue;
            }
            let site = interpreter.extension::<Registry>().routers.get(&id).map(|state| state.site.file);
            let bound = site.and_then(|file| locator_of(interpreter, id, file));
            let called = || format!("{module}:{}()", function.definition.qualname);
            apps.push(SelectedApp { id, locator: bound.unwrap_or_else(called) });
        }
    }
}

/// Those of some files that know the class of apps or one derived from it: they bind it on the level of the module, or
/// mention its name. Functions of other files make none.
fn knowing_apps(interpreter: &Interpreter<'static>, files: &[FileId]) -> FxHashSet<FileId> {
    let is_app = |value: &Value| {
        matches!(value.kind(), Kind::Class(_) | Kind::External(_)) && interpreter.derives_from(value, APP)
    };
    // `fastapi.FastAPI()`, `base.OurApp()`.
    let mut names: Vec<Name> = APP_NAMES.iter().map(Name::from).collect();
    let own = interpreter.classes().iter().filter(|class| is_app(&Kind::Class(**class).into()));
    names.extend(own.filter_map(|class| interpreter.class(*class)).map(|class| class.name));
    let wanted: FxHashSet<FileId> = files.iter().copied().collect();
    let knows = |module: &ModuleState| {
        names.iter().any(|name| module.code.mentions.may_hold(*name))
            || interpreter.scope(module.scope).names.values().any(is_app)
    };
    let modules = interpreter.modules().filter_map(|(_, module)| Some((module.file?, module)));
    modules.filter(|(file, module)| wanted.contains(file) && knows(module)).map(|(file, _)| file).collect()
}

/// Calls a method of a class: on the class where it needs no object, else on an object made for it.
fn call_method(
    interpreter: &mut Interpreter<'static>,
    class: ObjectId,
    name: Name,
) -> fastwright_python::interpreter::Evaluated {
    let class_value: Value = Kind::Class(class).into();
    let found = interpreter.find_in_class(&class_value, name).map(|(value, _)| value);
    if found.is_some_and(|value| matches!(value.kind(), Kind::Descriptor(_))) {
        let method = interpreter.attribute(&class_value, name, Span::default());
        return interpreter.call_from_outside(&method, Arguments::default());
    }
    let made = interpreter.call_from_outside(&class_value, Arguments::default())?;
    if name == "__init__" {
        return Ok(made);
    }
    let method = interpreter.attribute(&made, name, Span::default());
    interpreter.call_from_outside(&method, Arguments::default())
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
        let around = interpreter.functions().iter().filter(|function| {
            let span = function.definition.span;
            function.id.file == file && span.start <= state.site.span.start && state.site.span.end <= span.end
        });
        let innermost =
            around.min_by_key(|function| function.definition.span.end - function.definition.span.start);
        let Some(function) = innermost else { continue };
        let module = interpreter.module(function.module).name;
        apps.push(SelectedApp { id: *id, locator: format!("{module}:{}()", function.definition.qualname) });
    }
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
            // What it raises says nothing about routes: nothing of the outside is there.
            let _ = interpreter.call_under(&handler, arguments, condition, STARTUP_STEPS);
        }
    }
    interpreter.extension_mut::<Registry>().starting = false;
}

/// Whether a function calls `FastAPI` or a subclass of it, or says that it returns one.
fn makes_app(interpreter: &mut Interpreter<'static>, function: &FunctionValue) -> bool {
    let mut callees = Vec::new();
    called(&function.definition.body, &mut callees);
    let is_app = |interpreter: &Interpreter<'static>, value: &Value| {
        matches!(value.kind(), Kind::Class(_) | Kind::External(_)) && interpreter.derives_from(value, APP)
    };
    for callee in callees {
        let value = match &callee.kind {
            ExprKind::Name(name) => interpreter.lookup(function.scope, *name),
            ExprKind::Attribute(attribute) => match &attribute.base.kind {
                ExprKind::Name(base) => interpreter
                    .lookup(function.scope, *base)
                    .map(|base| interpreter.attribute(&base, attribute.name, callee.span)),
                _ => None,
            },
            _ => None,
        };
        if value.is_some_and(|value| is_app(interpreter, &value)) {
            return true;
        }
    }
    let Some(expression) = function.definition.returns.clone() else { return false };
    let names_app = match &expression.kind {
        ExprKind::Str(text) => text.contains("FastAPI"),
        _ => expression.dotted_name().is_some(),
    };
    if !names_app {
        return false;
    }
    let annotation = Annotation::Written { expression, scope: function.scope, module: function.module };
    let declared = interpreter.evaluate_annotation(&annotation);
    is_app(interpreter, &declared)
}

/// What is called at the level of assignments, returns and arguments of a body: `app = FastAPI(...)`.
fn called<'b>(body: &'b [ir::Stmt], callees: &mut Vec<&'b ir::Expr>) {
    fn of<'b>(expression: &'b ir::Expr, callees: &mut Vec<&'b ir::Expr>) {
        if let ExprKind::Call(call) = &expression.kind {
            callees.push(&call.callee);
            for argument in &call.arguments {
                of(&argument.value, callees);
            }
        }
    }
    for statement in body {
        match &statement.kind {
            StmtKind::Assign { value, .. } | StmtKind::Return(Some(value)) | StmtKind::Expr(value) => {
                of(value, callees);
            }
            StmtKind::AnnAssign { value: Some(value), .. } => of(value, callees),
            StmtKind::If { body, orelse, .. } => {
                called(body, callees);
                called(orelse, callees);
            }
            StmtKind::With { body, .. } => called(body, callees),
            StmtKind::Try { body, orelse, finalbody, .. } => {
                called(body, callees);
                called(orelse, callees);
                called(finalbody, callees);
            }
            _ => {}
        }
    }
}
