//! Starlette beside routing: requests, route objects of an app, application state.

use super::routing;
use crate::registry::Registry;
use fastwright_python::interpreter::{Evaluated, Interpreter};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::*;

pub(super) fn call(
    interpreter: &mut Interpreter<'_>,
    callee: &str,
    arguments: &Arguments,
    site: Location,
) -> Option<Evaluated> {
    match callee {
        // FastAPI's own handler answers with the exception's status.
        "fastapi.exception_handlers.http_exception_handler" => {
            let exception = arguments.get(1, "exc")?.clone();
            let status = interpreter.attribute(&exception, Name::from("status_code"), site.span);
            Some(Ok(Value::call(
                Value::external("starlette.responses.JSONResponse"),
                Arguments { keywords: [(Name::from("status_code"), status)].into(), ..Arguments::default() },
                site,
            )))
        }
        // WSGI and compression wrappers are ASGI applications of their own; what they wrap is inside.
        "starlette.concurrency.iterate_in_threadpool" => arguments.positional.first().cloned().map(Ok),
        _ => None,
    }
}

pub(super) fn attribute(
    interpreter: &mut Interpreter<'_>,
    owner: &str,
    receiver: &Value,
    name: &str,
) -> Option<Value> {
    if routing::router_kind(owner).is_some() {
        let Kind::Instance(id) = *receiver.kind() else { return None };
        return match name {
            // The routes of an app live in its router; both stand for the same registrations here.
            "router" => Some(receiver.clone()),
            "routes" => super::route_list::routes_of(interpreter, id),
            "state" => {
                let site = interpreter.instance(id)?.site;
                let state = interpreter.new_instance(
                    Value::external("starlette.datastructures.State"),
                    Arguments::default(),
                    site,
                );
                let value: Value = Kind::Instance(state).into();
                interpreter.instance_mut(id)?.attributes.insert(Name::from("state"), value.clone());
                Some(value)
            }
            "dependency_overrides" | "exception_handlers" => {
                let dict = interpreter.dict(Vec::new());
                interpreter.instance_mut(id)?.attributes.insert(Name::from(name), dict.clone());
                Some(dict)
            }
            // Where an app's description of webhooks is registered; it is no part of its routing table.
            "webhooks" => {
                let state = interpreter.extension::<Registry>().routers.get(&id)?;
                let given = state.arguments.keyword("webhooks").filter(|given| !given.is_none()).cloned();
                let site = state.site;
                let webhooks = match given {
                    Some(router) => router,
                    None => {
                        routing::construct(interpreter, routing::ROUTER, &Arguments::default(), site)?.ok()?
                    }
                };
                interpreter.instance_mut(id)?.attributes.insert(Name::from(name), webhooks.clone());
                Some(webhooks)
            }
            "prefix"
            | "tags"
            | "dependencies"
            | "title"
            | "version"
            | "description"
            | "root_path"
            | "openapi_url"
            | "docs_url"
            | "redoc_url"
            | "debug"
            | "summary"
            | "openapi_version"
            | "openapi_tags"
            | "openapi_schema"
            | "openapi_external_docs"
            | "terms_of_service"
            | "contact"
            | "license_info"
            | "servers"
            | "callbacks"
            | "responses"
            | "deprecated"
            | "include_in_schema"
            | "separate_input_output_schemas"
            | "swagger_ui_oauth2_redirect_url" => {
                let state = interpreter.extension::<Registry>().routers.get(&id)?;
                let given = state.arguments.keyword(name).cloned();
                Some(match (given, name) {
                    (Some(value), _) => value,
                    (None, "prefix" | "root_path" | "description") => Value::str(""),
                    (
                        None,
                        "summary"
                        | "openapi_tags"
                        | "openapi_schema"
                        | "openapi_external_docs"
                        | "terms_of_service"
                        | "contact"
                        | "license_info"
                        | "deprecated",
                    ) => Value::NONE,
                    (None, "openapi_version") => Value::str("3.1.0"),
                    (None, "include_in_schema" | "separate_input_output_schemas") => Value::bool(true),
                    (None, "responses") => {
                        let dict = interpreter.dict(Vec::new());
                        interpreter.instance_mut(id)?.attributes.insert(Name::from(name), dict.clone());
                        dict
                    }
                    (None, "tags" | "dependencies" | "servers" | "callbacks") => {
                        // A list of its own, so that what is appended stays.
                        let list = interpreter.list(Vec::new());
                        interpreter.instance_mut(id)?.attributes.insert(Name::from(name), list.clone());
                        list
                    }
                    (None, "title") => Value::str("FastAPI"),
                    (None, "version") => Value::str("0.1.0"),
                    (None, "openapi_url") => Value::str("/openapi.json"),
                    (None, "docs_url") => Value::str("/docs"),
                    (None, "redoc_url") => Value::str("/redoc"),
                    (None, "swagger_ui_oauth2_redirect_url") => Value::str("/docs/oauth2-redirect"),
                    (None, _) => Value::bool(false),
                })
            }
            _ => None,
        };
    }
    // A probe asks what a caller without credentials meets.
    if owner == "starlette.requests.HTTPConnection"
        && interpreter.extension::<Registry>().anonymous_request.is_some()
    {
        return match name {
            "headers" | "cookies" | "session" | "auth" | "query_params" => Some(interpreter.dict(Vec::new())),
            "user" => Some(Value::NONE),
            "url" => {
                let request = interpreter.extension_mut::<Registry>().anonymous_request.as_mut()?;
                request.path_is_read = true;
                let path = request.path.clone()?;
                let site = interpreter.here(fastwright_python::location::Span::default());
                let url = interpreter.new_instance(
                    Value::external("starlette.datastructures.URL"),
                    Arguments::default(),
                    site,
                );
                interpreter.instance_mut(url)?.attributes.insert(Name::from("path"), Value::str(&path));
                Some(Kind::Instance(url).into())
            }
            _ => None,
        };
    }
    None
}

/// Methods of the list of routes of an app, and of requests.
pub(super) fn method(
    interpreter: &mut Interpreter<'_>,
    owner: &str,
    name: &str,
    receiver: &Value,
    arguments: &Arguments,
    _site: Location,
) -> Option<Evaluated> {
    // HTTPException.__init__(status_code, detail, headers), for the program's own subclasses.
    if name == "__init__"
        && matches!(owner, "starlette.exceptions.HTTPException" | "fastapi.exceptions.HTTPException")
        && let Kind::Instance(id) = *receiver.kind()
    {
        let status = arguments.get(0, "status_code").cloned();
        let detail = arguments.get(1, "detail").cloned();
        let instance = interpreter.instance_mut(id)?;
        if let Some(status) = status {
            instance.attributes.insert(Name::from("status_code"), status);
        }
        if let Some(detail) = detail {
            instance.attributes.insert(Name::from("detail"), detail);
        }
        return Some(Ok(Value::NONE));
    }
    None
}
