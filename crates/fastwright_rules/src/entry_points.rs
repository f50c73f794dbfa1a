//! What FastAPI itself calls for a request: handlers and their dependencies, each with the way that leads
//! from the route to it.

use crate::call_graph::CallGraph;
use crate::reporter::Outline;
use crate::wording::registration_step;
use fastwright_model::analysis::Analysis;
use fastwright_model::application::{App, Route};
use fastwright_model::assemble::RouteDetail;
use fastwright_model::dependant::Dependant;
use fastwright_python::location::Location;
use std::cell::OnceCell;

/// A handler or dependency of a route.
#[derive(Debug, Clone)]
pub struct EntryPoint<'a> {
    /// The app of the route.
    pub app: &'a App,
    /// The route.
    pub route: &'a Route,
    /// The route as registered.
    pub detail: &'a RouteDetail,
    /// The callable itself: rules ask for it far more often than for the way there.
    dependant: &'a Dependant,
    /// Its function in the call graph, once that was asked for.
    node: OnceCell<Option<usize>>,
    /// From the handler down to this callable; the handler alone for the handler itself.
    pub chain: Vec<&'a Dependant>,
}

impl<'a> EntryPoint<'a> {
    /// The callable itself.
    pub fn dependant(&self) -> &'a Dependant {
        self.dependant
    }

    /// Its function in the call graph of the review.
    pub fn node(&self, graph: &CallGraph) -> Option<usize> {
        *self.node.get_or_init(|| graph.of_dependant(self.dependant))
    }

    /// The handler of the route.
    pub fn handler(&self) -> &'a Dependant {
        self.chain[0]
    }

    /// Whether it is the handler.
    pub fn is_handler(&self) -> bool {
        self.chain.len() == 1
    }

    /// The functions of the route's handler and all its dependencies.
    pub fn route_functions(&self, graph: &'a CallGraph) -> impl Iterator<Item = usize> + 'a {
        self.handler().walk().into_iter().filter_map(|part| graph.of_dependant(part))
    }

    /// A finding about the route, whose evidence is [`EntryPoint::steps`] and then something at `next`.
    pub fn outline<'o>(&'o self, location: Location, symbol: &'o str, next: Location) -> Outline<'o> {
        let registered = self.route.registration.first().map(|(_, location)| *location);
        let attached = || self.chain.get(1).map(|dependency| dependency.location);
        Outline::new(location, symbol, self.route, registered.or_else(attached).unwrap_or(next))
    }

    /// The proof that the route gets here: its registration, then each dependency on the way.
    pub fn steps(&self) -> Vec<(String, Location)> {
        let mut steps: Vec<(String, Location)> = registration_step(self.route).into_iter().collect();
        for pair in self.chain.windows(2) {
            let (outer, inner) = (callable_name(pair[0]), callable_name(pair[1]));
            steps.push((format!("`{outer}` depends on `{inner}` ({})", pair[1].via), pair[1].location));
        }
        steps
    }
}

/// The short name of a callable.
pub fn callable_name(dependant: &Dependant) -> String {
    match &dependant.function {
        Some(function) if function.class.is_none() => function.definition.name.to_string(),
        _ => {
            let qualified = dependant.qualified.rsplit(':').next().unwrap_or(&dependant.qualified);
            qualified.rsplit('.').next().unwrap_or(qualified).to_owned()
        }
    }
}

/// Handlers and dependencies of all routes whose code is known. An app that is mounted in another is
/// left out: its routes stand in the table of the other.
pub fn entry_points(analysis: &Analysis) -> Vec<EntryPoint<'_>> {
    let mut found = Vec::new();
    for (app, details) in analysis.apps.iter().zip(&analysis.details) {
        if app.mounted {
            continue;
        }
        for (route, detail) in app.routes.iter().zip(details) {
            if let Some(handler) = &detail.dependant {
                let mut chain = vec![handler];
                collect(app, route, detail, &mut chain, &mut found);
            }
        }
    }
    found
}

fn collect<'a>(
    app: &'a App,
    route: &'a Route,
    detail: &'a RouteDetail,
    chain: &mut Vec<&'a Dependant>,
    found: &mut Vec<EntryPoint<'a>>,
) {
    let dependant = chain[chain.len() - 1];
    found.push(EntryPoint { app, route, detail, dependant, node: OnceCell::new(), chain: chain.clone() });
    for dependency in &dependant.dependencies {
        chain.push(dependency);
        collect(app, route, detail, chain, found);
        chain.pop();
    }
}
