//! What is known of libraries, a file a library.

mod alias_generators;
pub mod blocking;
pub mod dependants;
mod left_out;
pub mod model_fields;
pub(crate) mod model_instances;
mod model_signature;
mod names;
pub mod pydantic;
pub(crate) mod route_list;
pub mod routing;
mod security;
mod settings;
pub mod sqlalchemy;
pub(crate) mod starlette;
mod strawberry;

pub(crate) use names::APP_NAMES;

use crate::effects;
use crate::registry::{Escape, Registry};
use fastwright_python::interpreter::signatures::ShownParameter;
use fastwright_python::interpreter::{ActiveCondition, Evaluated, Interpreter, Library};
use fastwright_python::ir::Stmt;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::Summary;
use fastwright_python::value::*;

/// The knowledge of all libraries.
#[derive(Debug, Clone, Copy)]
pub struct KnownLibraries;

/// The one instance; it has no state.
pub static KNOWN_LIBRARIES: KnownLibraries = KnownLibraries;

/// Packages whose meaning is known here, or whose sources say nothing about routes: never evaluated.
pub fn may_evaluate(package: &str) -> bool {
    !matches!(
        package,
        "fastapi"
            | "starlette"
            | "pydantic"
            | "pydantic_core"
            | "pydantic_settings"
            | "sqlalchemy"
            | "sqlmodel"
            | "typing_extensions"
            | "anyio"
            | "httpx"
            | "httpcore"
            | "uvicorn"
            | "h11"
            | "click"
            | "jwt"
            | "jose"
            | "passlib"
            | "alembic"
            | "numpy"
            | "pandas"
            | "torch"
            | "sentry_sdk"
            | "opentelemetry"
            | "pytest"
    )
}

impl Library for KnownLibraries {
    fn canonical(&self, name: Name) -> Name {
        names::canonical(&name).map_or(name, Name::from)
    }

    fn walked(&self, interpreter: &mut Interpreter<'_>, summary: &Summary) {
        effects::own::keep(interpreter, summary);
    }

    fn bases(&self, class: Name) -> &'static [&'static str] {
        names::bases(&class)
    }

    fn constant(&self, name: Name) -> Option<Value> {
        if matches!(name.as_str(), "fastapi._compat.PYDANTIC_V2" | "fastapi._compat.shared.PYDANTIC_V2") {
            return Some(Value::bool(true));
        }
        names::number_constant(&name).map(Value::int)
    }

    fn call(
        &self,
        interpreter: &mut Interpreter<'_>,
        callee: Name,
        arguments: &Arguments,
        site: Location,
    ) -> Option<Evaluated> {
        routing::construct(interpreter, &callee, arguments, site)
            .or_else(|| pydantic::call(interpreter, &callee, arguments, site))
            .or_else(|| dependants::call(interpreter, &callee, arguments, site))
            .or_else(|| starlette::call(interpreter, &callee, arguments, site))
            .or_else(|| sqlalchemy::call(interpreter, &callee, arguments, site))
    }

    fn call_again(
        &self,
        interpreter: &mut Interpreter<'_>,
        made_by: Name,
        bound: &Arguments,
        made_at: Location,
        arguments: &Arguments,
        _site: Location,
    ) -> Option<Evaluated> {
        match made_by.as_str() {
            "fastwright.registration" => routing::apply_decorator(interpreter, bound, made_at, arguments),
            // FastAPI sees the signature that the decorator is given.
            "makefun.with_signature" => {
                let function = arguments.positional.first()?.clone();
                let signature = bound.get(0, "func_signature")?.clone();
                interpreter.set_signature_of(&function, signature);
                Some(Ok(function))
            }
            _ => pydantic::decorate(interpreter, &made_by, bound, arguments),
        }
    }

    fn method(
        &self,
        interpreter: &mut Interpreter<'_>,
        owner: Name,
        name: Name,
        receiver: &Value,
        arguments: &Arguments,
        site: Location,
    ) -> Option<Evaluated> {
        routing::method(interpreter, &owner, &name, receiver, arguments, site)
            .or_else(|| pydantic::method(interpreter, &owner, &name, receiver, arguments, site))
            .or_else(|| starlette::method(interpreter, &owner, &name, receiver, arguments, site))
            .or_else(|| security::method(interpreter, owner, &name, receiver, arguments))
            .or_else(|| model_fields::method(&owner, &name, receiver))
    }

    fn attribute(
        &self,
        interpreter: &mut Interpreter<'_>,
        owner: Name,
        receiver: &Value,
        name: Name,
    ) -> Option<Value> {
        starlette::attribute(interpreter, &owner, receiver, &name)
            .or_else(|| pydantic::attribute(interpreter, &owner, receiver, name))
            .or_else(|| model_fields::attribute(&owner, receiver, name))
            .or_else(|| model_fields::alias_attribute(interpreter, &owner, receiver, name))
    }

    fn expression_attribute(
        &self,
        interpreter: &Interpreter<'_>,
        expression: &Value,
        name: Name,
    ) -> Option<Value> {
        sqlalchemy::column_name(interpreter, expression, &name)
    }

    fn class_attribute(
        &self,
        interpreter: &mut Interpreter<'_>,
        owner: Name,
        class: ObjectId,
        name: Name,
    ) -> Option<Value> {
        pydantic::class_attribute(interpreter, &owner, class, name)
            .or_else(|| sqlalchemy::class_attribute(interpreter, class, name))
    }

    fn class_signature(
        &self,
        interpreter: &mut Interpreter<'_>,
        class: &Value,
    ) -> Option<Vec<ShownParameter>> {
        model_signature::class_signature(interpreter, class)
    }

    fn makes_objects(&self, callee: Name) -> bool {
        routing::is_placeholder_class(&callee)
    }

    fn result_class(
        &self,
        interpreter: &mut Interpreter<'_>,
        callee: &Value,
        arguments: &Arguments,
    ) -> Option<Value> {
        sqlalchemy::result_class(interpreter, callee, arguments)
    }

    fn element_class(&self, interpreter: &mut Interpreter<'_>, collection: &Value) -> Option<Value> {
        sqlalchemy::element_class(interpreter, collection)
    }

    fn type_from_default(&self, interpreter: &mut Interpreter<'_>, default: &Value) -> Option<Value> {
        let Some(Symbolic::Call { callee, arguments, .. }) = default.as_symbolic() else { return None };
        if !callee.as_external().is_some_and(|name| name == "fastapi.Depends" || name == "fastapi.Security") {
            return None;
        }
        let dependency = arguments.get(0, "dependency")?.clone();
        if matches!(dependency.kind(), Kind::Class(_)) {
            return Some(dependency);
        }
        let function = interpreter.plain_function(&dependency)?;
        let expression = function.definition.returns.clone()?;
        let annotation = Annotation::Written { expression, scope: function.scope, module: function.module };
        let declared = interpreter.evaluate_annotation(&annotation);
        if function.definition.is_generator {
            // Generator[Session, None, None], AsyncIterator[AsyncSession]
            let Some(Symbolic::Item { index, .. }) = declared.as_symbolic() else { return None };
            return Some(match index.kind() {
                Kind::Tuple(items) => items.first()?.clone(),
                _ => index.clone(),
            });
        }
        Some(declared)
    }

    fn left_out(&self, interpreter: &mut Interpreter<'_>, body: &[Stmt], condition: &ActiveCondition) {
        left_out::remember(interpreter, body, condition);
    }

    fn passed_to_unknown(
        &self,
        interpreter: &mut Interpreter<'_>,
        callee: &Value,
        arguments: &Arguments,
        site: Location,
    ) {
        let given = arguments.positional.iter().chain(arguments.keywords.iter().map(|(_, value)| value));
        let apps: Vec<ObjectId> = given.filter_map(|value| app_or_router(interpreter, value)).collect();
        let unnamed = unnamed_method_of(interpreter, callee);
        if apps.is_empty() && unnamed.is_none() || interpreter.extension::<Registry>().starting {
            return;
        }
        let callee = describe(interpreter, callee);
        let is_harmless = HARMLESS.iter().any(|prefix| callee.starts_with(prefix));
        let given = apps.into_iter().filter(|_| !is_harmless);
        let given = given.map(|id| (id, Escape::Given { callee: callee.clone() }));
        for (id, escape) in given.chain(unnamed.map(|id| (id, Escape::UnknownMethod))) {
            if let Some(state) = interpreter.extension_mut::<Registry>().routers.get_mut(&id) {
                state.escapes.push((escape, site));
            }
        }
    }
}

/// The app or router that a value is.
fn app_or_router(interpreter: &Interpreter<'_>, value: &Value) -> Option<ObjectId> {
    let Kind::Instance(id) = *value.kind() else { return None };
    interpreter.extension::<Registry>().routers.contains_key(&id).then_some(id)
}

/// The app or router of which something is a method whose name is not known: `getattr(app, method)`.
fn unnamed_method_of(interpreter: &Interpreter<'_>, callee: &Value) -> Option<ObjectId> {
    let Some(Symbolic::Call { callee, arguments, .. }) = callee.as_symbolic() else { return None };
    let [object, name, ..] = &*arguments.positional else { return None };
    let is_it =
        callee.as_external().is_some_and(|name| name == "builtins.getattr") && name.as_str().is_none();
    is_it.then(|| app_or_router(interpreter, object)).flatten()
}

/// Calls that take an app and add no route to it.
const HARMLESS: &[&str] = &[
    "builtins.",
    "uvicorn.",
    "starlette.testclient.",
    "httpx.",
    "typing.",
    "sentry_sdk.",
    "opentelemetry.",
    "starlette.middleware.",
    "logging.",
    "hypercorn.",
    "mangum.",
    "gunicorn.",
    "asgi_lifespan.",
    "asyncio.",
    "pytest.",
    "fastapi.testclient.",
    "functools.",
    "schemathesis.",
    "copy.",
    "weakref.",
    "json.",
    "fastapi.openapi.",
    // Middleware and wrappers around an app, which serve what it serves.
    "asgi_correlation_id.",
    "asgiref.",
    "brotli_asgi.",
    "ddtrace.",
    "elasticapm.",
    "engineio.",
    "newrelic.",
    "scout_apm.",
    "socketio.",
    "starlette_context.",
    "a2wsgi.",
    "uvicorn_worker.",
    // What these add is not a route of the app.
    "dishka.",
    "fastapi_cache.",
    "fastapi_injector.",
    "fastapi_limiter.",
    "fastapi_pagination.",
    "fastapi_restful.cbv",
    "fastapi_utils.cbv",
    "fastapi_utils.tasks",
    "inspect.",
    "slowapi.",
    "svcs.",
    "tortoise.",
    "logfire.",
];

/// A short name of what is called, for people.
pub fn describe(interpreter: &Interpreter<'_>, value: &Value) -> String {
    match value.kind() {
        Kind::External(name) => name.to_string(),
        Kind::Function(function) => {
            format!("{}.{}", interpreter.module(function.module).name, function.definition.qualname)
        }
        Kind::Class(id) => interpreter.class(*id).map_or_else(String::new, |class| {
            format!("{}.{}", interpreter.module(class.module).name, class.qualname)
        }),
        Kind::Method(method) => describe(interpreter, &method.function),
        Kind::Module(id) => interpreter.module(*id).name.to_string(),
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Member { base, name } => format!("{}.{name}", describe(interpreter, base)),
            Symbolic::Call { callee, .. } => format!("{}(...)", describe(interpreter, callee)),
            Symbolic::Parameter(parameter) => parameter.name.to_string(),
            Symbolic::Item { base, .. } => format!("{}[...]", describe(interpreter, base)),
            _ => "an expression".to_owned(),
        },
        Kind::Instance(id) => interpreter
            .instance(*id)
            .map_or_else(String::new, |instance| describe(interpreter, &instance.class)),
        Kind::Unknown(unknown) => format!("something unknown ({})", unknown.reason),
        _ => "an expression".to_owned(),
    }
}
