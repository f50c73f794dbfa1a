//! What the agent reports at the end, as plain data: the JSON of `fastwright agent`, version 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was asked, understood, found, changed and proven.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Version of this shape: 1. Within a version there are only additions.
    pub version: u32,
    /// What the person asked for, as written.
    pub task: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What the agent understood, one sentence.
    pub understood: String,
    /// The steps that it took, or would take.
    pub plan: Vec<String>,
    /// What the service does, and what any change must preserve.
    pub preserved: Preserved,
    /// Findings by severity, of those that the task is about.
    pub counts: BTreeMap<String, usize>,
    /// What was found, the worst first; from the engine only.
    pub found: Vec<Found>,
    /// Findings that are not listed above.
    pub more_found: usize,
    /// What was changed; or what would be, where nothing was written.
    pub changed: Vec<Changed>,
    /// Fixes that were left out, as they would have changed what they may not change.
    pub refused: Vec<String>,
    /// What proves that nothing else changed.
    pub proof: Proof,
    /// The answer in Markdown, where the task was a question or a text to write.
    pub answer: String,
    /// Statements of a language model, each with what the engine confirmed of it.
    pub statements: Vec<Statement>,
    /// What could be done next.
    pub next: Vec<String>,
    /// What using a language model cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
}

/// The JSON Schema of the report.
pub fn schema() -> String {
    fastwright_report::output::json(&schemars::schema_for!(Report))
}

/// How a task ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Everything that was asked for is done.
    #[default]
    Done,
    /// A plan is shown, and nothing was written: the person has not agreed.
    Planned,
    /// What was asked for is nothing that the agent can do.
    NotUnderstood,
    /// A change was refused, by the gate, the tests or a rule of the agent; nothing was written.
    Refused,
    /// It ended early: a budget, the person, a failure.
    Stopped,
}

/// What the service does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Preserved {
    /// The apps.
    pub apps: Vec<String>,
    /// How many routes there are.
    pub routes: usize,
    /// Routes by guard: `public`, `optional`, `required`.
    pub guards: BTreeMap<String, usize>,
    /// What it does, a line a resource.
    pub resources: Vec<String>,
    /// Points that could not be decided.
    pub undecided: usize,
}

/// A finding of the engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Found {
    /// Its id, as in the tools.
    pub id: String,
    /// Name of the rule.
    pub rule: String,
    /// Severity in this application.
    pub severity: String,
    /// How sure the proof is.
    pub confidence: String,
    /// One sentence.
    pub message: String,
    /// The route.
    pub route: Option<String>,
    /// `path:line`.
    pub at: String,
    /// The chain that proves it: `path:line` and what it shows.
    pub evidence: Vec<String>,
    /// Impact in this application.
    pub why: String,
    /// What to do.
    pub recommendation: String,
    /// The recommendation as code.
    pub example: String,
    /// What it costs, and when to leave it.
    pub trade_off: String,
    /// What its fix may change: `safe`, `unsafe` or `contract`; none where it has no fix.
    pub fix: Option<String>,
}

/// A change that was made, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Changed {
    /// `path:line` before the change; the path where it is about the whole file.
    pub at: String,
    /// What it does.
    pub what: String,
    /// Why: the rule, or the step of the plan.
    pub why: String,
    /// What it costs.
    pub trade_off: String,
    /// What callers see afterwards; empty where that is nothing.
    pub callers: String,
}

/// What proves that nothing else changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proof {
    /// Whether files were written.
    pub written: bool,
    /// The files.
    pub files: Vec<String>,
    /// The contract before and after: changes in words; empty where it is equal.
    pub contract: Vec<String>,
    /// Whether the contract was compared.
    pub contract_compared: bool,
    /// What the gate said, where it was asked.
    pub gate: Option<String>,
    /// The project's tests before and after, where they were run.
    pub tests: Option<String>,
    /// How to take it back.
    pub undo: Option<String>,
    /// The change as a unified diff.
    pub diff: String,
}

/// A statement of a language model about the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Statement {
    /// What it said.
    pub text: String,
    /// Findings, routes and places that it cites and that the engine confirms.
    pub confirmed: Vec<String>,
    /// Whether nothing confirms it: an opinion.
    pub opinion: bool,
    /// What it cites and the engine does not find so: each with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refuted: Vec<String>,
}

/// What using a language model cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// The model.
    pub model: String,
    /// Tokens that were sent.
    pub input_tokens: u64,
    /// Tokens that came back.
    pub output_tokens: u64,
    /// Money in US dollars, as `0.0123`; none where the price is not known.
    pub dollars: Option<String>,
    /// Calls of the model.
    pub calls: usize,
}
