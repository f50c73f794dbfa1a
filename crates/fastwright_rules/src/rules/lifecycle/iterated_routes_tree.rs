//! `iterated-routes-tree`: code that walks app.routes as if it were flat.

use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::syntax::{expressions, statements, within};
use crate::versions::FastapiVersions;
use fastwright_model::registry::{Entry, Registry, RouterKind};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{Expr, ExprKind, Stmt, StmtKind};
use fastwright_python::location::{FileId, Location};
use fastwright_python::name::Name;
use fastwright_python::program::FunctionId;
use fastwright_python::project::Version;
use fastwright_python::value::{Annotation, FunctionValue, Kind, ObjectId, ScopeId, Value};
use rustc_hash::FxHashMap;
use std::rc::Rc;
use std::sync::Arc;

crate::declare_rule! {
    /// Code that walks app.routes as if it were flat.
    IteratedRoutesTree {
        name: "iterated-routes-tree",
        area: Lifecycle,
        severity: Medium,
        confidence: Certain,
        summary: "code that walks app.routes as if it were flat",
        why: "Routes of included routers are missing from the walk, and reading `.path` from what stands there fails.",
        recommendation: "Walk `iter_route_contexts(app.routes)`.",
        trade_off: "The function exists since FastAPI 0.137: code for older versions needs both.",
        contract_effect: "none",
        cwe: [1127],
        owasp: [],
        profile: Default,
        page: "lifecycle/iterated-routes-tree.md",
        references: ["https://fastapi.tiangolo.com/release-notes/"],
        check: check,
    }
}

/// The version from which an included router stays one entry of the list.
const TREE: Version = Version::new(0, 137, 0);

/// Calls that hand the elements of a list on.
const WRAPPERS: &[&str] = &["list", "tuple", "sorted", "reversed", "enumerate", "filter", "iter"];

/// A loop over a list of routes that looks into each of them.
struct Loop<'s> {
    routes: &'s Expr,
    owner: &'s Expr,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let versions = FastapiVersions::of(context.analysis);
    if !versions.maybe_at_least(TREE) {
        return;
    }
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let Some((include, _)) = including_app(interpreter) else { return };
    let files: Vec<(FileId, ScopeId, Name)> = interpreter
        .modules()
        .filter_map(|(_, module)| Some((module.file?, module.scope, module.name)))
        .filter(|(file, ..)| context.analysis.files.get(*file).first_party)
        .collect();
    let functions: FxHashMap<FunctionId, Rc<FunctionValue>> =
        interpreter.functions().iter().map(|function| (function.id, Rc::clone(function))).collect();
    let routes = Name::from("routes");
    for (id, scope, module) in files {
        let Some(code) = context.analysis.codes.get(id.0 as usize) else { continue };
        let mut found: Vec<(Location, String, String)> = Vec::new();
        let file = context.analysis.files.get(id);
        for found_loop in loops(&code.body) {
            let place = Location { file: id, span: found_loop.routes.span };
            if is_app(interpreter, found_loop.owner, scope, None, &code.body) {
                found.push((place, module.to_string(), file.slice(found_loop.routes.span).to_owned()));
            }
        }
        let looking = code.functions.iter().filter(|function| function.mentions.may_hold(routes));
        for definition in looking {
            let function = functions.get(&FunctionId { file: id, index: definition.index });
            let inner = function.map_or(scope, |function| function.scope);
            for found_loop in loops(&definition.body) {
                let place = Location { file: id, span: found_loop.routes.span };
                if is_app(
                    interpreter,
                    found_loop.owner,
                    inner,
                    function.map(|function| &**function),
                    &definition.body,
                ) {
                    found.push((
                        place,
                        definition.qualname.to_string(),
                        file.slice(found_loop.routes.span).to_owned(),
                    ));
                }
            }
        }
        for (place, symbol, text) in found {
            report.report(
                Draft::new(
                    place,
                    symbol,
                    format!("The loop over `{text}` does not see the routes of included routers"),
                )
                .confidence(versions.confidence)
                .evidence(
                    "a router is included here: since FastAPI 0.137 it stays one entry of the list",
                    include,
                )
                .evidence("each entry is taken for a route here", place)
                .example(format!("for route in iter_route_contexts({text}):")),
            );
        }
    }
}

/// Where an app includes a router.
fn including_app(interpreter: &Interpreter<'_>) -> Option<(Location, ObjectId)> {
    let registry = interpreter.extension::<Registry>();
    registry.order.iter().find_map(|id| {
        let state = registry.routers.get(id)?;
        let include = state.entries.iter().find_map(|entry| match entry {
            Entry::Include(include) => Some(include.site),
            _ => None,
        })?;
        (state.kind == RouterKind::App).then_some((include, *id))
    })
}

/// Loops over `something.routes` whose body looks into the elements.
fn loops(body: &[Stmt]) -> Vec<Loop<'_>> {
    let mut found = Vec::new();
    statements(body, &mut |statement| {
        if let StmtKind::For { target, iterable, body, .. } = &statement.kind
            && let Some(name) = element_name(target)
            && let Some((routes, owner)) = routes_of(iterable)
        {
            let (mut looks, mut own) = (false, false);
            expressions(body, &mut |expression| {
                looks |= looks_into(expression, name);
                own |= asks_for_own_route(expression);
            });
            if looks && !own {
                found.push(Loop { routes, owner });
            }
        }
    });
    expressions(body, &mut |expression| {
        if let ExprKind::Comprehension(comprehension) = &expression.kind
            && let [generator] = &*comprehension.generators
            && let Some(name) = element_name(&generator.target)
            && let Some((routes, owner)) = routes_of(&generator.iterable)
        {
            let (mut looks, mut own) = (false, false);
            let mut look = |inner: &Expr| {
                looks |= looks_into(inner, name);
                own |= asks_for_own_route(inner);
            };
            within(&comprehension.element, &mut look);
            for part in generator.conditions.iter().chain(&comprehension.value) {
                within(part, &mut look);
            }
            if looks && !own {
                found.push(Loop { routes, owner });
            }
        }
    });
    found
}

/// The variable of the loop; the second one of `enumerate`.
fn element_name(target: &Expr) -> Option<Name> {
    match &target.kind {
        ExprKind::Name(name) => Some(*name),
        ExprKind::Tuple(parts) => parts.last().and_then(element_name),
        _ => None,
    }
}

/// `app.routes` and its owner, behind calls that only hand the elements on.
fn routes_of(iterable: &Expr) -> Option<(&Expr, &Expr)> {
    match &iterable.kind {
        ExprKind::Attribute(attribute) if attribute.name == "routes" => Some((iterable, &attribute.base)),
        ExprKind::Call(call)
            if call.callee.dotted_name().is_some_and(|name| WRAPPERS.contains(&name.as_str())) =>
        {
            routes_of(&call.arguments.last()?.value)
        }
        _ => None,
    }
}

/// Whether an expression reads an attribute of a route.
fn looks_into(expression: &Expr, route: Name) -> bool {
    expression.as_attribute().is_some_and(|(base, name)| {
        matches!(base.kind, ExprKind::Name(other) if other == route)
            && matches!(
                name.as_str(),
                "path"
                    | "methods"
                    | "endpoint"
                    | "name"
                    | "operation_id"
                    | "path_format"
                    | "tags"
                    | "include_in_schema"
            )
    })
}

/// Whether an expression is about the documentation routes, which the app always has itself.
fn asks_for_own_route(expression: &Expr) -> bool {
    expression.as_attribute().is_some_and(|(_, name)| {
        matches!(name.as_str(), "openapi_url" | "docs_url" | "redoc_url" | "swagger_ui_oauth2_redirect_url")
    })
}

/// Whether an expression is an app or router that includes others, as far as that can be told.
fn is_app(
    interpreter: &mut Interpreter<'_>,
    owner: &Expr,
    scope: ScopeId,
    function: Option<&FunctionValue>,
    body: &[Stmt],
) -> bool {
    match &owner.kind {
        ExprKind::Attribute(attribute) if attribute.name == "router" => {
            let base = &attribute.base;
            is_app(interpreter, base, scope, function, body)
        }
        ExprKind::Attribute(attribute) if attribute.name == "app" => {
            declared(interpreter, &attribute.base, function)
                .is_some_and(|class| interpreter.derives_from(&class, "starlette.requests.HTTPConnection"))
        }
        ExprKind::Name(name) => {
            if let Some(class) = declared(interpreter, owner, function) {
                return interpreter.derives_from(&class, "starlette.applications.Starlette");
            }
            let mut made_here = false;
            statements(body, &mut |statement| {
                if let StmtKind::Assign { targets, value } = &statement.kind
                    && targets
                        .iter()
                        .any(|target| matches!(target.kind, ExprKind::Name(other) if other == *name))
                {
                    made_here |= matches!(&value.kind, ExprKind::Call(call) if call.callee.dotted_name().is_some_and(|callee| callee.ends_with("FastAPI")));
                }
            });
            let global = match interpreter.lookup(scope, *name).map(Value::into_kind) {
                Some(Kind::Instance(id)) => {
                    interpreter.extension::<Registry>().routers.get(&id).is_some_and(|state| {
                        state.entries.iter().any(|entry| matches!(entry, Entry::Include(_)))
                    })
                }
                _ => false,
            };
            global || (made_here && function.is_some())
        }
        _ => false,
    }
}

/// The class that a parameter is declared to have.
fn declared(
    interpreter: &mut Interpreter<'_>,
    expression: &Expr,
    function: Option<&FunctionValue>,
) -> Option<Value> {
    let ExprKind::Name(name) = &expression.kind else { return None };
    let function = function?;
    let parameter = function.definition.parameters.iter().find(|parameter| parameter.name == *name)?;
    let annotation = Annotation::Written {
        expression: Arc::clone(parameter.annotation.as_ref()?),
        scope: function.scope,
        module: function.module,
    };
    let declared = interpreter.evaluate_annotation(&annotation);
    interpreter.class_of_type(&declared)
}
