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
