//! Who reaches whom, over which calls.

use super::{CallGraph, Edge};
use crate::call_index::FunctionSet;
use fastwright_model::facts::EdgeKind;
use fastwright_python::location::Location;
use rustc_hash::FxHashSet;

/// Calls that lead from one function to another, the first one first.
pub type CallPath = Vec<Edge>;

/// The functions that one reaches, each with the call that leads there first.
#[derive(Debug)]
pub struct Ways<'g> {
    from: usize,
    /// The calls, each with the position in this list of the one before; none for calls of the first function.
    steps: Vec<(&'g Edge, Option<usize>)>,
}

impl Ways<'_> {
    /// The functions, nearest first: the one where the ways start, then what it calls, and so on.
    pub fn nodes(&self) -> impl Iterator<Item = usize> + '_ {
        std::iter::once(self.from).chain(self.steps.iter().map(|(edge, _)| edge.to()))
    }

    /// The calls that lead to the function at a position of [`Ways::nodes`].
    pub fn path(&self, position: usize) -> CallPath {
        let last = position.checked_sub(1);
        let steps = std::iter::successors(last, |step| self.steps[*step].1);
        let mut path: CallPath = steps.map(|step| *self.steps[step].0).collect();
        path.reverse();
        path
    }
}

impl CallGraph {
    /// The functions from which one of some is reached over the calls that count, these included.
    pub fn reaching(&self, mut some: FunctionSet, counts: impl Fn(&Edge) -> bool) -> FunctionSet {
        let mut waiting: Vec<usize> = some.iter().collect();
        while let Some(node) = waiting.pop() {
            for edge in self.callers(node) {
                if !some.contains(edge.from()) && counts(edge) {
                    some.insert(edge.from());
                    waiting.push(edge.from());
                }
            }
        }
        some
    }

    /// The functions that are reached from some, these included.
    pub fn reached_from(&self, start: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut found = Vec::new();
        let mut seen = self.functions(|_, _| false);
        let mut waiting: Vec<usize> = start.into_iter().collect();
        while let Some(node) = waiting.pop() {
            if seen.insert(node) {
                found.push(node);
                waiting.extend(self.edges(node).iter().map(Edge::to));
            }
        }
        found
    }

    /// The functions reached from one over calls that count, nearest first.
    pub fn ways(&self, from: usize, counts: impl Fn(&Edge) -> bool) -> Ways<'_> {
        let mut steps: Vec<(&Edge, Option<usize>)> = Vec::new();
        // Mostly few: cheaper to remember than to have a place for each function.
        let mut seen: FxHashSet<usize> = FxHashSet::from_iter([from]);
        let mut at = None;
        loop {
            let node = at.map_or(from, |step: usize| steps[step].0.to());
            for edge in self.edges(node).iter().filter(|edge| counts(edge)) {
                if seen.insert(edge.to()) {
                    steps.push((edge, at));
                }
            }
            let next = at.map_or(0, |step| step + 1);
            if next == steps.len() {
                return Ways { from, steps };
            }
            at = Some(next);
        }
    }

    /// The evidence of a chain of calls: `read` calls `render`, and so on.
    pub fn steps(&self, path: &[Edge]) -> Vec<(String, Location)> {
        path.iter()
            .map(|edge| {
                let verb = if edge.kind == EdgeKind::Call { "calls" } else { "hands on" };
                let (from, to) = (self.nodes[edge.from()].name(), self.nodes[edge.to()].name());
                (format!("`{from}` {verb} `{to}`"), edge.site)
            })
            .collect()
    }
}

/// Where a chain of calls starts, if it has any.
pub fn first_site(path: &[Edge]) -> Option<Location> {
    path.first().map(|edge| edge.site)
}
