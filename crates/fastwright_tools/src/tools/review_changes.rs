//! `review_changes`: what the working tree changes against a revision.

use super::diff_contract::{contract_diff, counted, counts};
use crate::answer::{ChangeLine, FindingLine};
use crate::error::ToolError;
use crate::knowledge::Knowledge;
use crate::service::Caller;
use fastwright_contract::diff::Level;
use fastwright_engine::questions;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    /// The git revision that the working tree is compared with; else `HEAD`. For a pull request: `origin/main`.
    #[serde(default)]
    base: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Output {
    summary: String,
    /// Findings that the base does not have.
    new_findings: Vec<FindingLine>,
    /// Findings of the base that are gone.
    solved_findings: Vec<FindingLine>,
    /// Changes of the contract by level.
    contract: BTreeMap<String, usize>,
    /// Those that are not merely compatible, the worst first.
    changes: Vec<ChangeLine>,
    /// What was left out above; get it with diff_contract and check_project.
    left_out: Option<usize>,
}

/// Entries of each list.
const MOST: usize = 40;

pub(crate) fn answer(
    knowledge: &mut Knowledge,
    input: Input,
    caller: &dyn Caller,
) -> Result<Output, ToolError> {
    let base = input.base.as_deref().unwrap_or("HEAD");
    caller.progress("reviewing the base");
    let settings = knowledge.settings(None)?;
    let before = questions::review_at(&settings, base)?.document.findings;
    caller.progress("reviewing the working tree");
    let after = knowledge.survey(None)?.review.document.findings.clone();
    let diff = contract_diff(knowledge, base, None, caller)?;
    let known: BTreeSet<&str> = before.iter().map(|finding| finding.fingerprint.as_str()).collect();
    let left: BTreeSet<&str> = after.iter().map(|finding| finding.fingerprint.as_str()).collect();
    let new: Vec<FindingLine> = after
        .iter()
        .filter(|finding| !known.contains(finding.fingerprint.as_str()))
        .map(FindingLine::new)
        .collect();
    let solved: Vec<FindingLine> = before
        .iter()
        .filter(|finding| !left.contains(finding.fingerprint.as_str()))
        .map(FindingLine::new)
        .collect();
    let contract = counts(diff.changes.iter().map(|change| &change.level));
    let serious: Vec<ChangeLine> =
        diff.changes.iter().filter(|change| change.level != Level::Compatible).map(ChangeLine::new).collect();
    let left_out: usize =
        [new.len(), solved.len(), serious.len()].iter().map(|length| length.saturating_sub(MOST)).sum();
    Ok(Output {
        summary: format!(
            "Against `{base}`: {} new and {} solved findings; changes of the contract: {}.",
            new.len(),
            solved.len(),
            counted(&contract)
        ),
        new_findings: new.into_iter().take(MOST).collect(),
        solved_findings: solved.into_iter().take(MOST).collect(),
        contract,
        changes: serious.into_iter().take(MOST).collect(),
        left_out: (left_out > 0).then_some(left_out),
    })
}
