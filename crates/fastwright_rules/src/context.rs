//! What a rule may look at.

use crate::call_graph::CallGraph;
use crate::settings::CompiledSettings;
use fastwright_model::analysis::Analysis;
use std::cell::OnceCell;

/// The analysed project and the user's settings.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Everything known about the project.
    pub analysis: &'a Analysis,
    /// What the user decided, ready to match.
    pub settings: &'a CompiledSettings,
    /// What several rules need, made when the first asks.
    pub shared: &'a SharedFacts,
}

/// Facts that are made once for a review, when a rule asks for them.
#[derive(Debug, Default)]
pub struct SharedFacts {
    call_graph: OnceCell<CallGraph>,
}

impl<'a> Context<'a> {
    /// The code that requests run. Borrows the interpreter when it is made: ask before borrowing it.
    pub fn call_graph(&self) -> &'a CallGraph {
        self.shared.call_graph.get_or_init(|| CallGraph::build(self.analysis))
    }
}
