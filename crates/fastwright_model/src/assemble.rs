//! Putting an app together: from its routing table to routes with everything that is known of them.

use crate::analysis::{SelectedApp, text_at};
use crate::application::*;
use crate::library::describe;
use crate::registry::Registry;
use crate::routes::{FlatRoute, routing_table};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::loader::SharedProgram;
use fastwright_python::location::Location;
use fastwright_python::project::Version;
use fastwright_python::value::*;
use ustr::Ustr;

/// What rules need of a route beyond the table.
#[derive(Debug, Clone)]
pub struct RouteDetail {
    /// The route as registered.
    pub flat: FlatRoute,
}

/// Assembles the selected apps.
pub(crate) fn assemble(
    interpreter: &mut Interpreter<'static>,
    shared: &SharedProgram,
    selected: Vec<SelectedApp>,
    version: Version,
) -> (Vec<App>, Vec<Vec<RouteDetail>>) {
    let mut apps = Vec::new();
    let mut details = Vec::new();
    let mut mounted = Vec::new();
    for selected in &selected {
        let source_text = |location: Location| text_at(shared, location);
        let table = routing_table(interpreter, selected.id, version, &source_text);
        mounted.extend(table.mounted.iter().copied());
        let Some(state) = interpreter.extension::<Registry>().routers.get(&selected.id).cloned() else { continue };
        let mut routes = Vec::new();
        let mut own_details = Vec::new();
        for flat in table.routes {
            routes.push(route(interpreter, &flat));
            own_details.push(RouteDetail { flat });
        }
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
                .map(|entry| Middleware { name: qualified(interpreter, &entry.middleware), location: entry.site })
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
                .undecided
                .into_iter()
                .map(|(reason, location)| Undecided { reason, location: Some(location) })
                .collect(),
            mounted: false,
        });
        details.push(own_details);
    }
    for (app, selected) in apps.iter_mut().zip(&selected) {
        app.mounted = mounted.contains(&selected.id);
    }
    (apps, details)
}

fn route(interpreter: &mut Interpreter<'static>, flat: &FlatRoute) -> Route {
    let function = interpreter.plain_function(&flat.endpoint);
    let location = function.as_ref().map_or_else(
        || flat.registration.first().map_or_else(|| unreachable_location(interpreter), |(_, location)| *location),
        |function| Location { file: function.id.file, span: function.definition.name_span },
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
            let name = interpreter.attribute(&flat.endpoint, Ustr::from("__name__"), location.span);
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

/// Every route is registered somewhere, so this is never shown.
fn unreachable_location(interpreter: &Interpreter<'_>) -> Location {
    interpreter.here(fastwright_python::location::Span::default())
}

/// `module:qualname`, as Python names it: through `functools.partial` and methods to the function, with
/// the identity that `functools.wraps` copies.
pub(crate) fn qualified(interpreter: &mut Interpreter<'_>, value: &Value) -> String {
    match &value.kind {
        Kind::Function(function) => {
            let set = |name: &str| {
                interpreter.function_set_attribute(function, name).and_then(Value::as_str).map(str::to_owned)
            };
            let module = set("__module__").unwrap_or_else(|| interpreter.module(function.module).name.to_string());
            let qualname = set("__qualname__").unwrap_or_else(|| function.definition.qualname.to_string());
            format!("{module}:{qualname}")
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
