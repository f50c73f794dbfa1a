//! Apps made by functions and methods that no module calls.

use super::users::{self, Kin};
use super::{SelectedApp, app_behind, around, is_inside, locator_of};
use crate::library::APP_NAMES;
use crate::library::routing::APP;
use crate::registry::{Escape, Registry, RouterKind};
use fastwright_python::interpreter::{Evaluated, Interpreter, ModuleState};
use fastwright_python::ir::{self, ExprKind, StmtKind};
use fastwright_python::loader::SharedProgram;
use fastwright_python::location::{FileId, Span};
use fastwright_python::name::Name;
use fastwright_python::value::*;
use rustc_hash::FxHashSet;
use std::rc::Rc;

/// Steps for making an object only because one of its methods makes an app.
const METHOD_STEPS: u64 = 60_000;

/// Calls functions and methods that make an app and that no module calls (`create_app`), with what their
/// parameters default to.
pub(super) fn call_factories(
    interpreter: &mut Interpreter<'static>,
    shared: &SharedProgram,
    files: &[FileId],
    apps: &mut Vec<SelectedApp>,
) {
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
        match function.class.filter(|class| needs_object(interpreter, *class, function.definition.name)) {
            Some(class) => call_on_object(interpreter, shared, &function, class, apps),
            None => {
                call_and_select(interpreter, &function, apps);
            }
        }
    }
}

/// Calls a method that makes an app and that needs an object of its class.
fn call_on_object(
    interpreter: &mut Interpreter<'static>,
    shared: &SharedProgram,
    method: &Rc<FunctionValue>,
    class: ObjectId,
    apps: &mut Vec<SelectedApp>,
) {
    let made_before = interpreter.extension::<Registry>().order.len();
    let kin = Kin::of(interpreter, class);
    // What is registered once the object is there is seen where the program makes one and uses it.
    for user in users::of(interpreter, shared, &kin) {
        if interpreter.was_called(method.id) {
            break;
        }
        // What it raises says nothing about the apps that it made.
        let _ = call(interpreter, &user);
    }
    if interpreter.was_called(method.id) {
        for id in made_since(interpreter, made_before) {
            select(interpreter, id, None, apps);
        }
        return;
    }
    let usual = interpreter.limit_factories(METHOD_STEPS);
    let made = call_and_select(interpreter, method, apps);
    interpreter.limit_factories(usual);
    for (method, location) in users::uncalled_registrations(interpreter, &kin) {
        for id in &made {
            let escape = Escape::Uncalled { method: method.clone() };
            if let Some(state) = interpreter.extension_mut::<Registry>().routers.get_mut(id) {
                state.escapes.push((escape, location));
            }
        }
    }
}

/// Calls a function or method of the program from outside.
fn call(interpreter: &mut Interpreter<'static>, function: &Rc<FunctionValue>) -> Evaluated {
    match function.class {
        None => {
            let value: Value = Kind::Function(Rc::clone(function)).into();
            interpreter.call_from_outside(&value, Arguments::default())
        }
        Some(class) => call_method(interpreter, class, function.definition.name),
    }
}

/// Calls a function or method and selects the apps that it gives back or makes; gives those that are new.
fn call_and_select(
    interpreter: &mut Interpreter<'static>,
    function: &Rc<FunctionValue>,
    apps: &mut Vec<SelectedApp>,
) -> Vec<ObjectId> {
    let made_before = interpreter.extension::<Registry>().order.len();
    let result = call(interpreter, function);
    let returned = result.ok().and_then(|result| app_behind(interpreter, &result));
    let made = made_since(interpreter, made_before);
    let candidates = returned.into_iter().chain(made);
    candidates.filter(|id| select(interpreter, *id, Some(function), apps)).collect()
}

/// Apps and routers that were made since there were so many, those left out that stand in others.
fn made_since(interpreter: &Interpreter<'static>, before: usize) -> Vec<ObjectId> {
    let made = interpreter.extension::<Registry>().order[before..].iter().copied();
    made.filter(|id| !is_inside(interpreter, *id)).collect()
}

/// Selects an object if it is an app and not selected: by the name that leads to it, else by the function that was
/// called for it, else by the one that makes it. Says whether it did.
fn select(
    interpreter: &Interpreter<'static>,
    id: ObjectId,
    called: Option<&FunctionValue>,
    apps: &mut Vec<SelectedApp>,
) -> bool {
    let Some(state) = interpreter.extension::<Registry>().routers.get(&id) else { return false };
    if state.kind != RouterKind::App || apps.iter().any(|app| app.id == id) {
        return false;
    }
    let bound = locator_of(interpreter, id, state.site.file);
    let by_call = || {
        let function = called.or_else(|| around(interpreter, state.site))?;
        let module = interpreter.module(function.module).name;
        Some(format!("{module}:{}()", function.definition.qualname))
    };
    let Some(locator) = bound.or_else(by_call) else { return false };
    apps.push(SelectedApp { id, locator });
    true
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
fn call_method(interpreter: &mut Interpreter<'static>, class: ObjectId, name: Name) -> Evaluated {
    let class_value: Value = Kind::Class(class).into();
    if !needs_object(interpreter, class, name) {
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

/// Whether a method needs an object of its class: it is no class method and no static one.
fn needs_object(interpreter: &mut Interpreter<'static>, class: ObjectId, name: Name) -> bool {
    let found = interpreter.find_in_class(&Kind::Class(class).into(), name).map(|(value, _)| value);
    !found.is_some_and(|value| matches!(value.kind(), Kind::Descriptor(_)))
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
