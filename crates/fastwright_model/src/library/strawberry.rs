//! Strawberry's GraphQL router for FastAPI (strawberry-graphql 0.341 `fastapi/router.py`): an `APIRouter`
//! whose constructor registers one path for queries by GET and POST and for subscriptions.
//!
//! Where the library is installed its own source is evaluated and this is not asked.

use super::route_list::push;
use super::routing::{conditions_on, prefix_of};
use crate::registry::{Entry, EntryKind, RouteEntry};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::*;

/// The class, under its defining name.
pub(super) const GRAPHQL_ROUTER: &str = "strawberry.fastapi.router.GraphQLRouter";

/// Registers what the constructor registers.
pub(super) fn register_routes(
    interpreter: &mut Interpreter<'_>,
    id: ObjectId,
    arguments: &Arguments,
    site: Location,
) {
    let path = arguments.get(1, "path").cloned().unwrap_or_else(|| Value::str(""));
    let options = options(interpreter, arguments, site);
    let operations: [(EntryKind, &[&str], &str); 3] = [
        (EntryKind::Operation, &["GET"], "handle_http_get"),
        (EntryKind::Operation, &["POST"], "handle_http_post"),
        (EntryKind::WebSocket, &[], "websocket_endpoint"),
    ];
    for (kind, methods, handler) in operations {
        let entry = RouteEntry {
            kind,
            path: path.clone(),
            own_prefix: prefix_of(interpreter, id),
            methods: Some(methods.iter().map(|method| (*method).to_owned()).collect()),
            endpoint: Value::external(&format!("{GRAPHQL_ROUTER}.{handler}")),
            options: options.clone(),
            site,
            conditions: conditions_on(interpreter, id),
            moment: 0,
        };
        push(interpreter, id, Entry::Route(entry));
    }
}

/// The getters of the context and of the root value are dependencies of each route: a context getter that
/// refuses callers guards all of GraphQL.
fn options(interpreter: &mut Interpreter<'_>, arguments: &Arguments, site: Location) -> Arguments {
    let mut dependencies = Vec::new();
    for getter in ["context_getter", "root_value_getter"] {
        let Some(getter) = arguments.keyword(getter).filter(|getter| !getter.is_none()) else { continue };
        let given = Arguments::of([getter.clone()]);
        dependencies.push(Value::call(Value::external("fastapi.Depends"), given, site));
    }
    let dependencies = interpreter.list(dependencies);
    Arguments { keywords: [(Name::from("dependencies"), dependencies)].into(), ..Arguments::default() }
}
