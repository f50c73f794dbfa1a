//! Routes of which is not known where they are reached: of routers that no known app includes, and those that
//! functions register which nobody calls (the program is a library, or called in a way that is not followed). What
//! they do can be looked at all the same.

use crate::analysis::{is_test_path, text_at};
use crate::application::{App, Route};
use crate::registry::{Entry, Registry, RouterKind};
use crate::routes::{FlatRoute, later_routes, routing_table};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{Expr, ExprKind, Stmt, StmtKind};
use fastwright_python::loader::SharedProgram;
use fastwright_python::location::{Location, Span};
use fastwright_python::project::Version;
use fastwright_python::traversal::statements;
use fastwright_python::value::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// Functions that are called only to see what they register.
const MOST_CALLS: usize = 200;

/// What an app is found by, where it is made, and routes.
pub(crate) type Group = (String, Location, Vec<FlatRoute>);

/// The routes of routers that no app includes, as far as it is known: each outermost router with its routes.
pub(crate) fn not_included(
    interpreter: &mut Interpreter<'static>,
    shared: &SharedProgram,
    version: Version,
    seen: &FxHashSet<ObjectId>,
) -> Vec<Group> {
    let registry = interpreter.extension::<Registry>();
    let included: FxHashSet<ObjectId> = registry
        .routers
        .values()
        .flat_map(|state| &state.entries)
        .filter_map(|entry| match entry {
            Entry::Include(include) => match *include.router.kind() {
                Kind::Instance(id) => Some(id),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let outermost: Vec<(ObjectId, Location)> = registry
        .order
        .iter()
        .filter(|id| !included.contains(id) && !seen.contains(id))
        .filter_map(|id| Some((*id, registry.routers.get(id)?)))
        .filter(|(_, state)| state.kind == RouterKind::Router && !state.entries.is_empty())
        .map(|(id, state)| (id, state.site))
        .collect();
    let mut found = Vec::new();
    for (id, site) in outermost {
        let source_text = |location: Location| text_at(shared, location);
        let table = routing_table(interpreter, id, version, &source_text);
        let routes: Vec<FlatRoute> = table.routes.into_iter().chain(table.partly_known).collect();
        if !routes.is_empty() {
            found.push((text_at(shared, site), site, routes));
        }
    }
    found
}

/// What functions register that nobody calls: they are called, with anything as arguments.
pub(crate) fn registered_by_uncalled(
    interpreter: &mut Interpreter<'static>,
    shared: &SharedProgram,
    version: Version,
) -> Vec<Group> {
    let candidates: Vec<Rc<FunctionValue>> = interpreter
        .functions()
        .iter()
        .filter(|function| {
            let program = shared.0.borrow();
            let file = program.files().get(function.id.file);
            file.first_party
                && !is_test_path(&file.relative)
                && !function.definition.qualname.contains("<locals>")
                && !interpreter.was_called(function.id)
                && registers(&function.definition.body)
        })
        .take(MOST_CALLS)
        .cloned()
        .collect();
    if candidates.is_empty() {
        return Vec::new();
    }
    let registry = interpreter.extension::<Registry>();
    let before: FxHashMap<ObjectId, usize> =
        registry.routers.iter().map(|(id, state)| (*id, state.entries.len())).collect();
    for function in candidates {
        // What one call runs need not be run again.
        if interpreter.was_called(function.id) {
            continue;
        }
        let value: Value = match function.class {
            None => Kind::Function(Rc::clone(&function)).into(),
            Some(class) => match object_of(interpreter, class) {
                Some(object) => interpreter.attribute(&object, function.definition.name, Span::default()),
                None => continue,
            },
        };
        // What it raises says nothing: its arguments are not those of the program.
        let _ = interpreter.call_from_outside(&value, Arguments::default());
    }
    let registry = interpreter.extension::<Registry>();
    let mut grown: Vec<(ObjectId, Location, usize)> = registry
        .order
        .iter()
        .filter_map(|id| {
            let state = registry.routers.get(id)?;
            let known = before.get(id).copied().unwrap_or(0);
            (state.entries.len() > known).then_some((*id, state.site, known))
        })
        .collect();
    grown.truncate(MOST_CALLS);
    let mut found = Vec::new();
    for (id, site, known) in grown {
        let source_text = |location: Location| text_at(shared, location);
        let routes = later_routes(interpreter, id, known, version, &source_text);
        if !routes.is_empty() {
            found.push((text_at(shared, site), site, routes));
        }
    }
    found
}

/// An object of a class: an app or router that there is, or one made for the purpose.
fn object_of(interpreter: &mut Interpreter<'static>, class: ObjectId) -> Option<Value> {
    let class: Value = Kind::Class(class).into();
    let made = interpreter.extension::<Registry>().order.clone();
    for id in made {
        let object: Value = Kind::Instance(id).into();
        let own = interpreter.class_of(&object)?;
        if interpreter.class_order(&own).iter().any(|owner| owner.same(&class)) {
            return Some(object);
        }
    }
    interpreter.call_from_outside(&class, Arguments::default()).ok()
}

/// Whether a body registers routes, as far as its words tell.
fn registers(body: &[Stmt]) -> bool {
    !registrations(body).is_empty()
}

/// What a body registers routes on, as far as its words tell, and where.
pub(crate) fn registrations(body: &[Stmt]) -> Vec<(&Expr, Span)> {
    let mut found = Vec::new();
    statements(body, &mut |statement| match &statement.kind {
        StmtKind::Expr(value) | StmtKind::Assign { value, .. } => {
            found.extend(called_on(value, |name| {
                matches!(
                    name,
                    "add_api_route"
                        | "add_route"
                        | "add_api_websocket_route"
                        | "add_websocket_route"
                        | "include_router"
                )
            }));
        }
        StmtKind::Function(function) => {
            let decorators = function.decorators.iter();
            found.extend(decorators.filter_map(|decorator| {
                called_on(decorator, |name| {
                    matches!(
                        name,
                        "get"
                            | "post"
                            | "put"
                            | "patch"
                            | "delete"
                            | "head"
                            | "options"
                            | "api_route"
                            | "route"
                            | "websocket"
                    )
                })
            }));
        }
        _ => {}
    });
    found
}

/// What a method with one of some names is called on, and where.
fn called_on(expression: &Expr, is_wanted: impl Fn(&str) -> bool) -> Option<(&Expr, Span)> {
    let ExprKind::Call(call) = &expression.kind else { return None };
    let (base, name) = call.callee.as_attribute()?;
    is_wanted(name).then_some((base, expression.span))
}

/// An app that stands for routes of which is not known where they are reached.
pub(crate) fn app(locator: String, location: Location, routes: Vec<Route>) -> App {
    App {
        locator,
        location,
        title: String::new(),
        routes,
        middleware: Vec::new(),
        exception_handlers: Vec::new(),
        lifespan: None,
        undecided: Vec::new(),
        mounted: true,
        latent: true,
    }
}
