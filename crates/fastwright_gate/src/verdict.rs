//! The verdict as plain data: the JSON of `fastwright gate`, version 1.

use fastwright_contract::contract::document::{At, Tool};
use fastwright_contract::diff::Change;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a change is accepted, and why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// Version of this shape: 1. Within a version there are only additions.
    pub version: u32,
    /// The program that wrote it.
    pub tool: Tool,
    /// Whether nothing speaks against it.
    pub accepted: bool,
    /// What speaks against it, each with what would allow it.
    pub reasons: Vec<Reason>,
    /// Changes of the contract that were asked for.
    pub allowed: Vec<Change>,
    /// What was looked at.
    pub checked: Checked,
}

/// What a verdict rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Checked {
    /// Files that changed.
    pub files: usize,
    /// Routes after the change.
    pub routes: usize,
    /// Findings before.
    pub findings_before: usize,
    /// Findings after.
    pub findings_after: usize,
    /// Points that could not be decided, on both sides.
    pub undecided: usize,
    /// Whether the project's tests were run before and after.
    pub tests: bool,
}

/// One thing that speaks against a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// Its kind, as in `test-changed`.
    pub kind: String,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// Where.
    pub at: Option<At>,
    /// What `--allow` would have to name; none where nothing allows it.
    pub allow: Option<String>,
    /// The change of the contract, where it is one.
    pub change: Option<Change>,
}

/// A kind of reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReasonKind {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub summary: &'static str,
    /// Whether it can be allowed.
    pub can_be_allowed: bool,
}

macro_rules! reasons {
    ($($constant:ident = $name:literal, $can:literal, $summary:literal;)*) => {
        $(
            #[doc = $summary]
            pub(crate) const $constant: ReasonKind =
                ReasonKind { name: $name, summary: $summary, can_be_allowed: $can };
        )*
        /// Every kind of reason.
        pub const REASONS: &[ReasonKind] = &[$($constant),*];
    };
}

reasons! {
    DOES_NOT_PARSE = "does-not-parse", false, "A file can't be read or parsed any more.";
    ANALYSIS_LOST = "analysis-lost", true, "Something can't be decided any more that was decided before.";
    NOT_SOLVED = "not-solved", false, "What the change says it solves is still found.";
    NEVER_FOUND = "never-found", false, "What the change says it solves was not found before.";
    NEW_FINDING = "new-finding", true, "A review finds something new.";
    CONTRACT_CHANGED = "contract-changed", true, "Callers, operators or the database see a difference that was not asked for.";
    UNREACHED_CODE_CHANGED = "unreached-code-changed", true, "Code that no route reaches does something else.";
    TEST_CHANGED = "test-changed", true, "A test is different.";
    TEST_REMOVED = "test-removed", true, "A test is gone.";
    TEST_SKIPPED = "test-skipped", true, "A test is skipped, or expected to fail.";
    TEST_SETUP_CHANGED = "test-setup-changed", true, "What tests share, or how they are run, is different.";
    SUPPRESSION_ADDED = "suppression-added", true, "A comment hides findings of a tool.";
    TOOL_CONFIGURATION_CHANGED = "tool-configuration-changed", true, "A tool that checks the code is configured differently.";
    DEPENDENCIES_CHANGED = "dependencies-changed", true, "Other libraries, or other versions, are used.";
    PIPELINE_CHANGED = "pipeline-changed", true, "Continuous integration, hooks or agents are configured differently.";
    FILE_NOT_UNDERSTOOD = "file-not-understood", true, "A file changed whose effect on the program is not known.";
    TESTS_FAIL = "tests-fail", false, "A test that passed fails.";
}
