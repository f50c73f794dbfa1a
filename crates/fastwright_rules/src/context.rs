//! What a rule may look at.

use crate::call_graph::CallGraph;
use crate::request_code::RequestCode;
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
    /// What rules share; made when the first one asks.
    pub shared: &'a SharedFacts,
}

/// Facts that several rules need and that are found once for a review.
#[derive(Debug, Default)]
pub struct SharedFacts {
    call_graph: OnceCell<CallGraph>,
    request_code: OnceCell<RequestCode>,
}

impl<'a> Context<'a> {
    /// The code that requests run, with the way back from a function to its routes. Ask before borrowing
    /// the interpreter of the analysis.
    pub fn request_code(&self) -> &'a RequestCode {
        self.shared.request_code.get_or_init(|| RequestCode::build(self.analysis))
    }

    /// Who calls whom, from everything that routes and middleware run. Ask before borrowing the
    /// interpreter of the analysis.
    pub fn call_graph(&self) -> &'a CallGraph {
        self.shared.call_graph.get_or_init(|| CallGraph::new(self.analysis))
    }
}
