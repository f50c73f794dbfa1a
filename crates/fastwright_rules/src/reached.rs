//! Faults in functions, told for each route that reaches them.

use crate::call_graph::{CallGraph, CallPath, Edge};
use crate::context::Context;
use crate::entry_points::EntryPoint;
use rustc_hash::FxHashMap;

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
    let mut known: FxHashMap<usize, Vec<(usize, CallPath)>> = FxHashMap::default();
    for entry in context.entry_points() {
        let Some(root) = graph.of_dependant(entry.dependant()).filter(|root| reaching[*root]) else {
            continue;
        };
        let paths = known.entry(root).or_insert_with(|| {
            let ways = graph.ways(root, |from, edge| reaching[edge.to] && counts(from, edge));
            let at_fault = ways.nodes().enumerate().filter(|(_, node)| faulty(*node));
            at_fault.map(|(position, node)| (node, ways.path(position))).collect()
        });
        for (node, path) in paths.iter() {
            visit(entry, *node, path);
        }
    }
}
