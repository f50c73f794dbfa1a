//! The way back from a function to the routes that run it.

use super::building::MOST_FUNCTIONS;
use super::{CallGraph, Edge, Entry};
use crate::call_index::FunctionSet;
use crate::reporter::Outline;
use crate::wording::{handler_step, short_name};
use fastwright_model::analysis::Analysis;
use fastwright_model::application::Route;
use fastwright_model::dependant::Dependant;
use fastwright_model::facts::EdgeKind;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use rustc_hash::FxHashSet;

/// A route that reaches a function, with the way there.
#[derive(Debug, Clone)]
pub struct ReachedBy {
    /// Position of the app.
    pub app: usize,
    /// Position of the route in it.
    pub route: usize,
    /// The dependency that starts the chain, as position in [`Dependant::walk`]; none for the handler.
    pub dependency: Option<usize>,
    /// The function that FastAPI runs.
    pub entry: usize,
    /// The calls from there, outermost first.
    pub chain: Vec<Edge>,
}

impl ReachedBy {
    /// The route itself.
    pub fn route_in<'a>(&self, analysis: &'a Analysis) -> &'a Route {
        &analysis.apps[self.app].routes[self.route]
    }

    /// A finding about the route, whose evidence starts with [`CallGraph::evidence`].
    pub fn outline<'o>(&self, analysis: &'o Analysis, location: Location, symbol: &'o str) -> Outline<'o> {
        let route = self.route_in(analysis);
        Outline::new(location, symbol, route, route.location)
    }

    /// Whether the chain leaves the request: a background task or another thread is in between.
    pub fn leaves(&self) -> bool {
        self.chain.iter().any(|edge| edge.kind != EdgeKind::Call)
    }
}

impl CallGraph {
    /// The functions that some routes run, given by the positions of app and route: their handlers, their
    /// dependencies, and all that these reach.
    pub fn run_by(&self, matters: impl Fn(usize, usize) -> bool) -> FunctionSet {
        let is_start = |entry: &Entry| match *entry {
            Entry::Handler(app, route) | Entry::Dependency(app, route, _) => matters(app, route),
            Entry::ExceptionHandler(_) | Entry::Middleware => false,
        };
        let starts = self.functions(|_, node| node.entries.iter().any(is_start));
        let mut run = starts.clone();
        for node in self.reached_from(starts.iter()) {
            run.insert(node);
        }
        run
    }

    /// The routes that run a function, each by its shortest chain.
    pub fn routes_of(&self, node: usize) -> Vec<ReachedBy> {
        let mut found = Vec::new();
        let mut seen_routes = FxHashSet::default();
        let mut seen = FxHashSet::from_iter([node]);
        // The calls upwards, each with the position in this list of the one below.
        let mut steps: Vec<(&Edge, Option<usize>)> = Vec::new();
        let mut below = None;
        loop {
            let at = below.map_or(node, |step: usize| steps[step].0.from());
            for entry in &self.nodes[at].entries {
                let (app, route, dependency) = match *entry {
                    Entry::Handler(app, route) => (app, route, None),
                    Entry::Dependency(app, route, position) => (app, route, Some(position)),
                    Entry::ExceptionHandler(_) | Entry::Middleware => continue,
                };
                if seen_routes.insert((app, route)) {
                    let chain = std::iter::successors(below, |step| steps[*step].1);
                    let chain = chain.map(|step| *steps[step].0).collect();
                    found.push(ReachedBy { app, route, dependency, entry: at, chain });
                }
            }
            for edge in self.callers(at) {
                if seen.insert(edge.from()) {
                    steps.push((edge, below));
                }
            }
            let next = below.map_or(0, |step| step + 1);
            if next == steps.len() {
                return found;
            }
            below = Some(next);
        }
    }

    /// The way from a route to a function, for evidence.
    pub fn evidence(&self, analysis: &Analysis, reached: &ReachedBy) -> Vec<(String, Location)> {
        let mut steps = vec![handler_step(reached.route_in(analysis))];
        let dependant = analysis.details[reached.app][reached.route].dependant.as_ref();
        if let (Some(position), Some(dependant)) = (reached.dependency, dependant)
            && let Some(node) = dependant.walk().get(position)
        {
            steps.push((
                format!("it depends on `{}` ({})", short_name(&node.qualified), node.via),
                node.location,
            ));
        }
        for edge in &reached.chain {
            steps.push((call_note(self.nodes[edge.to()].name(), edge.kind), edge.site));
        }
        steps
    }

    /// Whether a handler or one of its dependencies is among functions, or is one that is not known here.
    pub fn may_start_in(&self, handler: &Dependant, some: &FunctionSet) -> bool {
        self.nodes.len() >= MOST_FUNCTIONS
            || handler
                .walk()
                .into_iter()
                .any(|part| self.of_dependant(part).is_some_and(|node| some.contains(node)))
    }
}

fn call_note(name: Name, kind: EdgeKind) -> String {
    match kind {
        EdgeKind::Call => format!("`{name}` is called"),
        EdgeKind::Offload => format!("`{name}` is run in a thread"),
        EdgeKind::Background => format!("`{name}` is run in the background"),
    }
}
