//! What came of fixes as plain data: the JSON of `fastwright fix`, version 1; and as text.

use crate::appearance::Appearance;
use crate::names::{FixSafety, Severity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What came of a run of `fastwright fix`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FixDocument {
    /// Version of this shape: 1. Within a version there are only additions.
    pub version: u32,
    /// Whether the files were written.
    pub written: bool,
    /// The files that change, relative to the project.
    pub files: Vec<String>,
    /// The fixes that were made, in order.
    pub applied: Vec<AppliedFix>,
    /// Fixes that would have changed what they may not change. They were left out: faults of fastwright.
    pub refused: Vec<RefusedFix>,
    /// Findings that are left, of those that were selected.
    pub left: Vec<LeftFinding>,
    /// The change as a unified diff.
    pub diff: String,
}

/// A fix that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AppliedFix {
    /// Name of the rule.
    pub rule: String,
    /// Path relative to the project.
    pub path: String,
    /// Line of the finding when it was found.
    pub line: u32,
    /// Column of the finding when it was found.
    pub column: u32,
    /// What the edits do.
    pub title: String,
    /// Whether the contract stays equal.
    pub safety: FixSafety,
    /// What callers see afterwards and did not before.
    pub changes: String,
}

/// A fix that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedFix {
    /// Which.
    #[serde(flatten)]
    pub fix: AppliedFix,
    /// What it would have changed.
    pub reasons: Vec<String>,
}

/// A finding that is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftFinding {
    /// Name of the rule.
    pub rule: String,
    /// Severity in this application.
    pub severity: Severity,
    /// Path relative to the project.
    pub path: String,
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
    /// One sentence.
    pub message: String,
    /// The option that allows its fix; none where there is no fix.
    pub needs: Option<String>,
}

/// The document as text: what was done, what was refused, what is left.
pub fn text(document: &FixDocument, show_fixes: bool, appearance: &Appearance) -> String {
    let mut text = String::new();
    if show_fixes {
        for fix in &document.applied {
            let place = format!("{}:{}:{}", fix.path, fix.line, fix.column);
            let changes = if fix.changes.is_empty() { String::new() } else { format!(" ({})", fix.changes) };
            let word = if fix.safety == FixSafety::Safe { "safe" } else { "unsafe" };
            text.push_str(&format!(
                "{}: {word}[{}] {}{}\n",
                appearance.link(&fix.path, &place),
                appearance.bold(&fix.rule),
                appearance.inline_code(&fix.title, &mut false),
                appearance.dim(&changes),
            ));
        }
    }
    for refused in &document.refused {
        let fix = &refused.fix;
        text.push_str(&format!(
            "{}:{}:{}: {} `{}` is left out: {}\n  This is a fault of fastwright, please report it.\n",
            fix.path,
            fix.line,
            fix.column,
            appearance.warning("the fix of"),
            fix.rule,
            refused.reasons.join("; "),
        ));
    }
    text.push_str(&sentence(document));
    text
}

fn sentence(document: &FixDocument) -> String {
    let counted = |count: usize, noun: &str| match count {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}{}", if noun.ends_with('x') { "es" } else { "s" }),
    };
    let mut text = if document.applied.is_empty() {
        "Nothing to fix".to_owned()
    } else {
        let made = if document.written { "made" } else { "to make" };
        format!(
            "{} {made} in {}",
            counted(document.applied.len(), "fix"),
            counted(document.files.len(), "file")
        )
    };
    text.push_str(&match document.left.len() {
        0 => ".\n".to_owned(),
        left => format!("; {} left.\n", counted(left, "finding")),
    });
    for option in ["--unsafe-fixes", "--contract-fixes"] {
        let count = document.left.iter().filter(|finding| finding.needs.as_deref() == Some(option)).count();
        if count > 0 {
            text.push_str(&format!("{} with `{option}`.\n", counted(count, "more fix")));
        }
    }
    text
}
