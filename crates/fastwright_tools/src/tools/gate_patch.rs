//! `gate_patch`: whether a change is acceptable.

use crate::answer::short;
use crate::error::ToolError;
use crate::knowledge::Knowledge;
use crate::service::Caller;
use fastwright_engine::change::{self, Change, Question};
use fastwright_gate::{Allowance, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    /// A unified diff as `git diff` writes it, that fits the working tree; without it, the working tree is judged
    /// against `base`.
    #[serde(default)]
    patch: Option<String>,
    /// The git revision that the working tree is compared with, or that the patch fits; else `HEAD` for the working
    /// tree.
    #[serde(default)]
    base: Option<String>,
    /// What the user asked for: kinds or levels of changes, each also as `kind@METHOD /path`.
    #[serde(default)]
    allow: Vec<String>,
    /// What the change is meant to solve: rules, `rule@METHOD /path`, or ids of findings.
    #[serde(default)]
    solves: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Output {
    accepted: bool,
    summary: String,
    /// What speaks against it.
    reasons: Vec<ReasonLine>,
    /// Changes of the contract that `allow` names.
    allowed: Vec<String>,
    files: usize,
    findings_before: usize,
    findings_after: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ReasonLine {
    kind: String,
    message: String,
    at: Option<String>,
    /// What callers would see.
    effect: Option<String>,
    old: Option<String>,
    new: Option<String>,
    /// What `allow` would have to name, if the user asked for it.
    allow: Option<String>,
}

impl Output {
    fn of(verdict: Verdict) -> Self {
        let count = verdict.reasons.len();
        Self {
            accepted: verdict.accepted,
            summary: if verdict.accepted {
                "Accepted: nothing but what was asked for is different.".to_owned()
            } else {
                format!("Refused for {count} {}.", if count == 1 { "reason" } else { "reasons" })
            },
            reasons: verdict
                .reasons
                .into_iter()
                .map(|reason| ReasonLine {
                    kind: reason.kind,
                    message: reason.message,
                    at: reason.at.map(|at| at.text()),
                    effect: reason.change.as_ref().map(|change| change.effect.clone()),
                    old: reason.change.as_ref().and_then(|change| change.old.as_deref().map(short)),
                    new: reason.change.as_ref().and_then(|change| change.new.as_deref().map(short)),
                    allow: reason.allow,
                })
                .collect(),
            allowed: verdict.allowed.into_iter().map(|change| change.message).collect(),
            files: verdict.checked.files,
            findings_before: verdict.checked.findings_before,
            findings_after: verdict.checked.findings_after,
        }
    }
}

pub(crate) fn answer(
    knowledge: &mut Knowledge,
    input: Input,
    caller: &dyn Caller,
) -> Result<Output, ToolError> {
    let allowed: Vec<Allowance> = input
        .allow
        .iter()
        .map(|word| Allowance::parse(word))
        .collect::<Result<_, _>>()
        .map_err(ToolError::arguments)?;
    let settings = knowledge.settings(None)?;
    let folder = change::folder_of(&settings);
    let change = match input.patch.as_deref() {
        Some(patch) => Change::of_patch(&folder, patch.as_bytes(), input.base.as_deref())?,
        None => Change::of_working_tree(&folder, input.base.as_deref().unwrap_or("HEAD"))?,
    };
    caller.progress("comparing before and after");
    let sides = change::compare(&settings, &change)?;
    let question = Question { allowed: &allowed, solves: &input.solves };
    Ok(Output::of(sides.judge(question, None)))
}
