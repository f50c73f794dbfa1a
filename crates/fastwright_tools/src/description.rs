//! The tools and what each says about itself.

use crate::schema::schema_of;
use crate::tools::{
    apply_fix, check_project, diff_contract, explain_rule, gate_patch, get_finding, get_route, list_routes,
    plan_fix, review_changes,
};
use serde_json::Value as Json;

/// A tool.
#[derive(Debug, Clone, Copy)]
pub struct Tool {
    /// Its name: it has to speak for itself, since hosts load the rest late.
    pub name: &'static str,
    /// The same for people.
    pub title: &'static str,
    /// When to use it, and what it gives.
    pub description: &'static str,
    /// Whether it changes nothing.
    pub read_only: bool,
    /// The JSON Schema of its input.
    pub input: fn() -> Json,
    /// The JSON Schema of its answer.
    pub output: fn() -> Json,
}

macro_rules! tool {
    ($module:ident, $title:literal, $read_only:literal, $description:literal) => {
        Tool {
            name: stringify!($module),
            title: $title,
            description: $description,
            read_only: $read_only,
            input: schema_of::<$module::Input>,
            output: schema_of::<$module::Output>,
        }
    };
}

/// All tools, in the order in which a task uses them.
pub const TOOLS: [Tool; 10] = [
    tool!(
        check_project,
        "Review the FastAPI project",
        true,
        "Review the whole FastAPI project: findings with severity, route and place, the worst first, proven by \
         whole-program analysis. Start here. Says how much was covered; no findings means none were found. Details \
         of one: get_finding."
    ),
    tool!(
        list_routes,
        "List all routes",
        true,
        "All routes of the FastAPI application with full path, handler, who may call (guards, roles, scopes), request, \
         response, statuses and tables: what the service does and any change must preserve. Filter by auth, method \
         or path."
    ),
    tool!(
        get_route,
        "Everything about one route",
        true,
        "Everything about one route: where it is registered, who may call and the proof, inputs with constraints, \
         statuses and where they are raised, tables and effects, what the handler does step by step, findings."
    ),
    tool!(
        get_finding,
        "One finding with its proof",
        true,
        "One finding of check_project in full: the evidence chain with source lines, why it matters, recommendation \
         with an example, trade-off, effect on the contract, fix."
    ),
    tool!(
        explain_rule,
        "Explain a rule",
        true,
        "What a rule reports, why it matters, what to write instead, when to leave it; without a name, all rules in \
         one line each."
    ),
    tool!(
        review_changes,
        "Review what changed",
        true,
        "What the working tree changes against a git revision: new findings, findings that are gone, and the changes \
         of the contract by level. For one's own edits and for pull requests."
    ),
    tool!(
        diff_contract,
        "What changes for callers",
        true,
        "Changes of the contract between two git revisions, or a revision and the working tree: requests, responses, \
         guards, statuses, effects, tables, business behaviour; each breaking, security, business or compatible."
    ),
    tool!(
        plan_fix,
        "Plan fixes as a patch",
        true,
        "Make fixes in memory and get them as a patch, proven not to change what they may not; writes nothing. Choose \
         by finding or rule; safe fixes keep the contract equal."
    ),
    tool!(
        gate_patch,
        "Accept or refuse a patch",
        true,
        "Whether a patch (unified diff; or the working tree against a revision) is acceptable: parses, nothing new is \
         found, contract and guards unchanged but for what `allow` names, tests and suppressions untouched. Call it \
         before saying that a change is done."
    ),
    tool!(
        apply_fix,
        "Write fixes to the files",
        false,
        "Make fixes and write them, all or none; can be undone with `fastwright fix --undo`. Only works where the \
         server was started with --allow-write."
    ),
];

/// The tool with this name.
pub fn describe(name: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.name == name)
}
