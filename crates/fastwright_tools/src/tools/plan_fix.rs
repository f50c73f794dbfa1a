//! `plan_fix`: fixes as a patch, nothing written.

use super::fixes::{self, Applied, Left, Refused};
use crate::error::ToolError;
use crate::knowledge::Knowledge;
use crate::service::Caller;
use schemars::JsonSchema;
use serde::Serialize;

pub(crate) use super::fixes::FixChoice as Input;

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Output {
    summary: String,
    /// The change as a unified diff; left out where it is too long to read: ask for fewer fixes.
    patch: Option<String>,
    files: Vec<String>,
    applied: Vec<Applied>,
    /// Fixes that were left out, as they would have changed what they may not change.
    refused: Vec<Refused>,
    /// Findings that were asked for and are left.
    left: Vec<Left>,
    /// How many are left in all.
    left_total: usize,
}

/// Bytes of a patch that fit into an answer.
const LONGEST_PATCH: usize = 60_000;
/// Findings that are left and shown.
const MOST_LEFT: usize = 20;

pub(crate) fn answer(
    knowledge: &mut Knowledge,
    input: Input,
    caller: &dyn Caller,
) -> Result<Output, ToolError> {
    let made = fixes::make(knowledge, &input, caller)?;
    let document = &made.document;
    let patch = (document.diff.len() <= LONGEST_PATCH).then(|| document.diff.clone());
    let summary = match document.applied.len() {
        0 => "No fix to make.".to_owned(),
        count => format!(
            "{count} {} in {} files, in memory only{}.",
            if count == 1 { "fix" } else { "fixes" },
            document.files.len(),
            if patch.is_some() { "" } else { "; the patch is too long to show, so ask for fewer at once" }
        ),
    };
    Ok(Output {
        summary,
        patch: patch.filter(|patch| !patch.is_empty()),
        files: document.files.clone(),
        applied: made.applied(),
        refused: made.refused(),
        left: made.left(MOST_LEFT),
        left_total: document.left.len(),
    })
}
