//! Words for things that many rules name.

use crate::reporter::route_method;
use fastwright_model::application::Route;
use fastwright_python::location::Location;

/// A route as people name it: `POST /orders`.
pub fn route_name(route: &Route) -> String {
    format!("{} {}", route_method(route), route.path)
}

/// The first step of most proofs: where a route is registered.
pub fn registration_step(route: &Route) -> Option<(String, Location)> {
    let (_, location) = route.registration.first()?;
    Some((format!("`{}` is registered", route_name(route)), *location))
}

/// The first step of evidence about what a route does: its handler.
pub fn handler_step(route: &Route) -> (String, Location) {
    (format!("`{}` is handled by `{}`", route_name(route), short_name(&route.handler)), route.location)
}

/// `module:qualname` without the module.
pub fn short_name(qualified: &str) -> &str {
    qualified.rsplit_once(':').map_or(qualified, |(_, name)| name)
}
