//! Which inputs of a request say who its sender is: schemes, headers and cookies that dependencies declare, and
//! cookies that code reads.

use crate::call_graph::{CallGraph, ReachedBy};
use crate::context::Context;
use crate::methods::method_of;
use crate::vocabulary::{is_credential_name, words};
use fastwright_model::application::{GuardKind, ParameterPlace};
use fastwright_model::dependant::{Dependant, DependantKind};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
use fastwright_python::value::*;

/// Whether a dependency, or one below it, declares an input that says who is calling.
pub fn takes_credentials(node: &Dependant) -> bool {
    node.walk().iter().any(|node| {
        matches!(node.kind, DependantKind::SecurityScheme(_))
            || node.parameters.iter().any(|parameter| {
                matches!(parameter.place, ParameterPlace::Header | ParameterPlace::Cookie)
                    && (is_credential_name(&parameter.alias)
                        || words(&parameter.alias).contains(&"authorization".to_owned()))
            })
    })
}

/// A route that reads a cookie.
#[derive(Debug, Clone)]
pub struct CookieReader {
    /// Position of the app.
    pub app: usize,
    /// Position of the route in it.
    pub route: usize,
    /// Name of the cookie, where it is known.
    pub name: Option<String>,
    /// Where it is declared or read.
    pub place: Location,
    /// The way from the route to code that reads it; none where FastAPI reads it.
    pub reached: Option<ReachedBy>,
}

/// The routes that read cookies: as parameters, through a scheme, or by `request.cookies.get(...)`.
pub fn cookie_readers(
    context: &Context<'_>,
    graph: &CallGraph,
    interpreter: &mut Interpreter<'_>,
) -> Vec<CookieReader> {
    let mut found = Vec::new();
    any_cookie_reader(context, graph, interpreter, &mut |reader| {
        found.push(reader);
        false
    });
    found
}

/// Whether something holds for one of these routes. Those behind it are not looked for.
fn any_cookie_reader(
    context: &Context<'_>,
    graph: &CallGraph,
    interpreter: &mut Interpreter<'_>,
    test: &mut dyn FnMut(CookieReader) -> bool,
) -> bool {
    for (app, details) in context.analysis.details.iter().enumerate() {
        for (route, detail) in details.iter().enumerate() {
            let Some(dependant) = &detail.dependant else { continue };
            for node in dependant.walk() {
                let declared = node
                    .parameters
                    .iter()
                    .filter(|parameter| parameter.place == ParameterPlace::Cookie)
                    .map(|parameter| (Some(parameter.alias.clone()), parameter.location));
                let scheme = match &node.kind {
                    DependantKind::SecurityScheme(class) if class.ends_with("APIKeyCookie") => {
                        Some((scheme_name(interpreter, &node.call), node.location))
                    }
                    _ => None,
                };
                let mut readers = declared.chain(scheme).map(|(name, place)| CookieReader {
                    app,
                    route,
                    name,
                    place,
                    reached: None,
                });
                if readers.any(&mut *test) {
                    return true;
                }
            }
        }
    }
    for node in graph.calls().methods(&["get"]).iter() {
        for (_, event, call) in graph.nodes[node].method_calls(&["get"]) {
            let Some((base, _)) = method_of(&call.callee) else { continue };
            if !matches!(base.as_symbolic(), Some(Symbolic::Member { name, .. }) if *name == "cookies") {
                continue;
            }
            let name = call.arguments.get(0, "key").cloned().and_then(|key| interpreter.text_of(&key));
            for reached in graph.routes_of(node) {
                let reader = CookieReader {
                    app: reached.app,
                    route: reached.route,
                    name: name.clone(),
                    place: event.location,
                    reached: Some(reached),
                };
                if test(reader) {
                    return true;
                }
            }
        }
    }
    false
}

/// Whether a cookie decides anything on a route that is not open to everybody.
pub fn cookies_sign_in(context: &Context<'_>, graph: &CallGraph, interpreter: &mut Interpreter<'_>) -> bool {
    any_cookie_reader(context, graph, interpreter, &mut |reader| {
        context.analysis.apps[reader.app].routes[reader.route].guard.kind != GuardKind::Public
    })
}

/// The name of the cookie that a scheme of FastAPI reads.
fn scheme_name(interpreter: &mut Interpreter<'_>, scheme: &Value) -> Option<String> {
    let Symbolic::Call { arguments, .. } = scheme.as_symbolic()? else { return None };
    let name = arguments.keyword("name")?.clone();
    interpreter.text_of(&name)
}
