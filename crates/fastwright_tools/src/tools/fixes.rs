//! Fixes in memory, as `plan_fix` shows and `apply_fix` writes them.

use crate::error::ToolError;
use crate::knowledge::Knowledge;
use crate::service::Caller;
use fastwright_edit::rounds::{Outcome, Permission};
use fastwright_engine::{Settings, fixing};
use fastwright_report::fix_document::FixDocument;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which fixes, and what they may change.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FixChoice {
    /// `id`s of findings, from check_project; without them and `rules`: all findings that have a fix.
    #[serde(default)]
    pub findings: Vec<String>,
    /// Names of rules or areas.
    #[serde(default)]
    pub rules: Vec<String>,
    /// What fixes may change: `safe` (default; the contract stays equal), `unsafe` (what the code does, while routes,
    /// document and guards stay equal) or `contract` (what callers see, as each fix names it).
    #[serde(default)]
    pub permission: Option<String>,
}

/// Fixes that were made in memory.
pub struct MadeFixes {
    /// The settings of the review that found what is fixed.
    pub settings: Settings,
    /// What came of it, with the new texts of the files.
    pub outcome: Outcome,
    /// The same for people and programs.
    pub document: FixDocument,
}

/// A fix that was made.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Applied {
    rule: String,
    /// `path:line` before the fix.
    at: String,
    title: String,
    /// What callers see afterwards.
    changes: Option<String>,
}

/// A fix that was left out, as it would have changed what it may not change.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Refused {
    rule: String,
    at: String,
    reasons: Vec<String>,
}

/// A finding that was asked for and is left.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Left {
    rule: String,
    at: String,
    message: String,
    /// The permission that its fix needs; none where it has no fix.
    needs: Option<String>,
}

/// Makes the fixes that an input asks for.
pub(crate) fn make(
    knowledge: &mut Knowledge,
    input: &FixChoice,
    caller: &dyn Caller,
) -> Result<MadeFixes, ToolError> {
    let permission = match input.permission.as_deref() {
        None | Some("safe") => Permission::Safe,
        Some("unsafe") => Permission::Unsafe,
        Some("contract") => Permission::Contract,
        Some(word) => {
            return Err(ToolError::arguments(format!(
                "`{word}` is no permission: `safe`, `unsafe` or `contract`"
            )));
        }
    };
    let mut wanted: Vec<String> = Vec::new();
    let mut profile: Option<String> = None;
    let mut rules = input.rules.clone();
    for text in &input.findings {
        let (report, index) = knowledge.finding(text.trim())?;
        let finding = &report.document.findings[index];
        if finding.fix.is_none() {
            return Err(ToolError::refused(format!(
                "`{}` ({} at {}) has no fix: get_finding has its recommendation",
                finding.id(),
                finding.rule,
                finding.location.path_and_line()
            )));
        }
        wanted.push(finding.fingerprint.clone());
        rules.push(finding.rule.clone());
        // Whatever profile found it: all of them see it.
        profile = Some("audit".to_owned());
    }
    let profile = profile.filter(|_| {
        // A finding of the configuration's profile needs no other.
        knowledge.survey(None).is_ok_and(|survey| {
            let known = &survey.review.document.findings;
            !wanted.iter().all(|wanted| known.iter().any(|finding| finding.fingerprint == *wanted))
        })
    });
    let mut settings = knowledge.settings(profile.as_deref())?;
    let selected = fixing::select(&mut settings, &rules, &[])?;
    caller.progress("making the fixes in memory and comparing the contract");
    let outcome = fixing::make(&settings, &selected, permission, &mut |_, finding| {
        wanted.is_empty() || !input.rules.is_empty() || wanted.contains(&finding.fingerprint)
    })?;
    let mut document = fixing::document(&outcome, &selected, false);
    if !wanted.is_empty() && input.rules.is_empty() {
        // Others of the same rules were not asked for.
        let left = outcome.left.iter().filter(|told| wanted.contains(&told.finding.fingerprint));
        let left: Vec<(&str, u32)> = left.map(|told| (told.path.as_str(), told.line)).collect();
        document.left.retain(|finding| left.contains(&(finding.path.as_str(), finding.line)));
    }
    Ok(MadeFixes { settings, outcome, document })
}

impl MadeFixes {
    pub(crate) fn applied(&self) -> Vec<Applied> {
        let applied = self.document.applied.iter();
        applied
            .map(|fix| Applied {
                rule: fix.rule.clone(),
                at: format!("{}:{}", fix.path, fix.line),
                title: fix.title.clone(),
                changes: (!fix.changes.is_empty()).then(|| fix.changes.clone()),
            })
            .collect()
    }

    pub(crate) fn refused(&self) -> Vec<Refused> {
        let refused = self.document.refused.iter();
        refused
            .map(|refused| Refused {
                rule: refused.fix.rule.clone(),
                at: format!("{}:{}", refused.fix.path, refused.fix.line),
                reasons: refused.reasons.clone(),
            })
            .collect()
    }

    pub(crate) fn left(&self, most: usize) -> Vec<Left> {
        let word = |option: &String| match option.as_str() {
            "--unsafe-fixes" => "unsafe".to_owned(),
            "--contract-fixes" => "contract".to_owned(),
            other => other.to_owned(),
        };
        let left = self.document.left.iter().take(most);
        left.map(|finding| Left {
            rule: finding.rule.clone(),
            at: format!("{}:{}", finding.path, finding.line),
            message: finding.message.clone(),
            needs: finding.needs.as_ref().map(word),
        })
        .collect()
    }
}
