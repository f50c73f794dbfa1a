//! `diff_contract`: what changes for callers.

use crate::answer::ChangeLine;
use crate::error::ToolError;
use crate::knowledge::Knowledge;
use crate::paging::Page;
use crate::service::Caller;
use fastwright_contract::diff::{Diff, Level, diff};
use fastwright_engine::sides::Side;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    /// The old git revision; else `HEAD`.
    #[serde(default)]
    old: Option<String>,
    /// The new git revision; else the working tree.
    #[serde(default)]
    new: Option<String>,
    /// Only this level: `breaking`, `security`, `business` or `compatible`.
    #[serde(default)]
    level: Option<String>,
    /// `next_cursor` of the answer before.
    #[serde(default)]
    cursor: Option<String>,
    /// Changes in this answer at most.
    #[serde(default)]
    limit: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Output {
    summary: String,
    old: String,
    new: String,
    /// Changes by level, of those that fit the filter.
    counts: BTreeMap<String, usize>,
    changes: Vec<ChangeLine>,
    next_cursor: Option<String>,
    /// Points that could not be decided on either side: a change there is not seen.
    undecided: usize,
}

/// The contract of a revision, or of the working tree.
pub(crate) fn contract_diff(
    knowledge: &mut Knowledge,
    old: &str,
    new: Option<&str>,
    caller: &dyn Caller,
) -> Result<Diff, ToolError> {
    let start = knowledge.start.clone();
    let at = |revision: &str| {
        // A word that names a folder or file is not looked at: the root is not the model's to choose.
        Side::Revision(revision.to_owned()).contract(&start.path, &start.overrides)
    };
    caller.progress("reading the contract of the old side");
    let before = at(old)?;
    caller.progress("reading the contract of the new side");
    Ok(match new {
        Some(new) => {
            let after = at(new)?;
            diff((old, &before), (new, &after))
        }
        None => diff((old, &before), ("the working tree", knowledge.contract()?)),
    })
}

pub(crate) fn counts<'c>(levels: impl Iterator<Item = &'c Level>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for level in levels {
        *counts.entry(level.name().to_owned()).or_default() += 1;
    }
    counts
}

/// `2 breaking, 1 compatible`.
pub(crate) fn counted(counts: &BTreeMap<String, usize>) -> String {
    let parts: Vec<String> = counts.iter().map(|(level, count)| format!("{count} {level}")).collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}

pub(crate) fn answer(
    knowledge: &mut Knowledge,
    input: Input,
    caller: &dyn Caller,
) -> Result<Output, ToolError> {
    let page = Page::of(input.cursor.as_deref(), input.limit)?;
    let level = match &input.level {
        Some(word) => Some(Level::ALL.into_iter().find(|level| level.name() == word).ok_or_else(|| {
            ToolError::arguments(format!(
                "`{word}` is no level: `breaking`, `security`, `business` or `compatible`"
            ))
        })?),
        None => None,
    };
    let old = input.old.as_deref().unwrap_or("HEAD");
    let diff = contract_diff(knowledge, old, input.new.as_deref(), caller)?;
    let fitting: Vec<_> =
        diff.changes.iter().filter(|change| level.is_none_or(|level| change.level == level)).collect();
    let counts = counts(fitting.iter().map(|change| &change.level));
    let part = page.take(fitting.into_iter().map(ChangeLine::new).collect());
    Ok(Output {
        summary: format!("Changes of the contract: {}.", counted(&counts)),
        old: diff.old,
        new: diff.new,
        counts,
        changes: part.items,
        next_cursor: part.next,
        undecided: diff.undecided.len(),
    })
}
