//! Faults in functions, told for each route that reaches them.

use crate::call_graph::{CallGraph, CallPath, Edge};
use crate::context::Context;
use crate::entry_points::{EntryPoint, entry_points};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// The functions that a root reaches, each with the calls that lead there (caller and edge).
type Paths = Rc<Vec<(usize, CallPath)>>;

/// Told of an entry point, a function that it reaches, and the calls that lead there.
type Visit<'v, 'a> = &'v mut dyn FnMut(&EntryPoint<'a>, usize, &[(usize, Edge)]);

/// Visits each function with a fault (`faulty`) that handlers and dependencies reach over the edges that
/// count: entry point, function, calls that lead there. The way is searched once for each entry function.
pub fn visit_reached<'a>(
    context: &Context<'a>,
    graph: &CallGraph,
    faulty: &dyn Fn(usize) -> bool,
    counts: &dyn Fn(usize, &Edge) -> bool,
    visit: Visit<'_, 'a>,
) {
    let reaching = graph.reaching(faulty, counts);
    if !reaching.contains(&true) {
        return;
    }
    let mut known: FxHashMap<usize, Paths> = FxHashMap::default();
    for entry in entry_points(context.analysis) {
        let Some(root) = graph.of_dependant(entry.dependant()).filter(|root| reaching[*root]) else {
            continue;
        };
        let paths = known.entry(root).or_insert_with(|| {
            let mut paths = graph.paths(root, |from, edge| reaching[edge.to] && counts(from, edge));
            paths.retain(|(node, _)| faulty(*node));
            Rc::new(paths)
        });
        for (node, path) in paths.iter() {
            visit(&entry, *node, path);
        }
    }
}
