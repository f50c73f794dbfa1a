//! The routes that a rule looks at, and how a report shows their registration.

use crate::context::Context;
use fastwright_model::analysis::Analysis;
use fastwright_model::application::{App, Route};
use fastwright_model::assemble::RouteDetail;
use fastwright_python::ir::FunctionDef;
use fastwright_python::location::{FileId, Location};
use std::sync::Arc;

impl<'a> Context<'a> {
    /// Every route of every app with what is known beyond the table. Apps that are mounted in another come
    /// with that one, so they are left out here.
    pub fn routes(&self) -> impl Iterator<Item = (&'a App, &'a Route, &'a RouteDetail)> + use<'a> {
        self.apps().flat_map(|(app, details)| {
            app.routes.iter().zip(details).map(move |(route, detail)| (app, route, detail))
        })
    }

    /// Every app that is not mounted in another, with the details of its routes.
    pub fn apps(&self) -> impl Iterator<Item = (&'a App, &'a [RouteDetail])> + use<'a> {
        let analysis = self.analysis;
        analysis
            .apps
            .iter()
            .zip(&analysis.details)
            .filter(|(app, _)| !app.mounted)
            .map(|(app, details)| (app, details.as_slice()))
    }
}

/// Where a route is registered: its decorator or the call that adds it.
pub fn registered_at(route: &Route) -> Location {
    route.registration.first().map_or(route.location, |(_, location)| *location)
}

/// Name of the handler without its module, or the path where the handler has none.
pub fn handler_name(route: &Route) -> &str {
    match route.handler.rsplit_once(':') {
        Some((_, name)) if !name.is_empty() => name,
        _ => &route.path,
    }
}

/// `GET /books`: what a message calls a route.
pub fn title(route: &Route) -> String {
    format!("{} {}", crate::reporter::route_method(route), route.path)
}

/// The registration of a route as steps of evidence, each with the route's name in front.
pub fn registration_steps(route: &Route) -> impl Iterator<Item = (String, Location)> + '_ {
    let title = title(route);
    route.registration.iter().map(move |(what, location)| (format!("`{title}` is {what} here"), *location))
}

/// The definition of the function whose name stands at a place.
pub fn definition_at(analysis: &Analysis, location: Location) -> Option<&Arc<FunctionDef>> {
    let code = analysis.codes.get(location.file.0 as usize)?;
    code.functions.iter().find(|function| function.name_span == location.span)
}

/// The source of a place.
pub fn source(analysis: &Analysis, location: Location) -> &str {
    analysis.files.get(location.file).slice(location.span)
}

/// Path of a file relative to the project.
pub fn path_of(analysis: &Analysis, file: FileId) -> &str {
    &analysis.files.get(file).relative
}
