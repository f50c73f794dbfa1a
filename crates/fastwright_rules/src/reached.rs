//! Faults in functions, told for each route that reaches them.

use crate::call_graph::{CallGraph, CallPath, Edge};
use crate::context::Context;
use crate::entry_points::EntryPoint;
use rustc_hash::FxHashMap;

/// Told of an entry point, a function that it reaches, and the calls that lead there.
type Visit<'v, 'a> = &'v mut dyn FnMut(&EntryPoint<'a>, usize, &[Edge]);

/// Visits each function with a fault (`faulty`) that handlers and dependencies reach over the calls that
/// count: entry point, function, calls that lead there. The way is searched once for each entry function.
pub fn visit_reached<'a>(
    context: &Context<'a>,
    graph: &CallGraph,
    faulty: impl Fn(usize) -> bool,
    counts: impl Fn(&Edge) -> bool,
    visit: Visit<'_, 'a>,
) {
    let reaching = graph.reaching(graph.functions(|node, _| faulty(node)), &counts);
    if reaching.is_empty() {
        return;
    }
    let mut known: FxHashMap<usize, Vec<(usize, CallPath)>> = FxHashMap::default();
    for entry in context.entry_points() {
        let Some(root) = entry.node(graph).filter(|root| reaching.contains(*root)) else {
            continue;
        };
        let paths = known.entry(root).or_insert_with(|| {
            let ways = graph.ways(root, |edge| reaching.contains(edge.to()) && counts(edge));
            let at_fault = ways.nodes().enumerate().filter(|(_, node)| faulty(*node));
            let paths = at_fault.map(|(position, node)| (node, ways.path(position)));
            paths.filter(|(_, path)| may_be_taken(context, graph, path)).collect()
        });
        for (node, path) in paths.iter() {
            visit(entry, *node, path);
        }
    }
}

/// Whether no constant that a call passes on rules the way out; asked only where nobody else asks the interpreter.
fn may_be_taken(context: &Context<'_>, graph: &CallGraph, path: &[Edge]) -> bool {
    let Some(last) = path.last() else { return true };
    let Ok(mut interpreter) = context.analysis.interpreter.try_borrow_mut() else { return true };
    graph.may_be_taken(&mut interpreter, &path[..path.len() - 1], last.site)
}
