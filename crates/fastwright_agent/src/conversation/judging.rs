//! `gate`: the edits so far against the project as it is, with exactly what the plan allows.

use super::AgentError;
use super::talk::{Step, Talk};
use fastwright_engine::{questions, sides};
use fastwright_gate::{Allowance, ChangedFile, Snapshot, Verdict, judge};
use fastwright_python::source::{DiskTree, SourceTree};
use serde_json::{Value as Json, json};
use std::path::PathBuf;
use std::sync::Arc;

/// The project before any edit, as the gate knows it. It is looked at once: the plan says which files can change.
pub(super) struct Judge {
    before: Snapshot,
    /// The folder that paths of the snapshot are relative to.
    seen_from: PathBuf,
    /// What the person allowed beyond the plan.
    pub(super) beyond_plan: Vec<Allowance>,
}

impl Talk<'_> {
    /// The gate's verdict on the edits so far. Tests are compared after it, and only if it accepts.
    pub(super) fn verdict(&mut self) -> Result<Verdict, AgentError> {
        let root = self.workspace.root().to_path_buf();
        let planned = self.plan.as_ref().map(|plan| plan.files.clone()).unwrap_or_default();
        let paths: Vec<PathBuf> = planned.iter().map(|path| root.join(path)).collect();
        let settings = &self.settings;
        let edited = self.edited_tree();
        let take = |tree: &Arc<dyn SourceTree>| questions::snapshot(Arc::clone(tree), settings, &paths);
        let after = if self.judge.is_some() {
            take(&edited)?.0
        } else {
            let disk: Arc<dyn SourceTree> = Arc::new(DiskTree);
            let (before, after) = sides::both(|| take(&disk), || take(&edited));
            let (before, seen_from) = before?;
            self.judge = Some(Judge { before, seen_from, beyond_plan: Vec::new() });
            after?.0
        };
        let Some(known) = &self.judge else {
            return Err(AgentError::Project("the project can't be judged".to_owned()));
        };
        let files: Vec<ChangedFile> = self
            .workspace
            .both()
            .map(|(path, old, new)| {
                let whole = root.join(path);
                let seen = whole
                    .strip_prefix(&known.seen_from)
                    .map(|path| path.to_string_lossy().replace('\\', "/"));
                ChangedFile {
                    path: seen.unwrap_or_else(|_| path.to_owned()),
                    old: old.map(|text| text.as_bytes().to_vec()),
                    new: new.map(|text| text.as_bytes().to_vec()),
                    is_link: false,
                }
            })
            .collect();
        let mut allowed = self.plan.as_ref().map(|plan| plan.allowances.clone()).unwrap_or_default();
        allowed.extend(known.beyond_plan.iter().cloned());
        Ok(judge(&fastwright_gate::Request {
            old: &known.before,
            new: &after,
            files: &files,
            allowed: &allowed,
            solves: &[],
            tests: None,
        }))
    }

    pub(super) fn gate(&mut self) -> Result<Step, AgentError> {
        if self.workspace.is_unchanged() {
            return Ok(Step::say("nothing is edited, so there is nothing to judge"));
        }
        let verdict = self.verdict()?;
        Ok(Step::Say(self.data_json("gate", verdict_json(&verdict))))
    }
}

/// A verdict for the model.
pub(super) fn verdict_json(verdict: &Verdict) -> Json {
    let reasons: Vec<Json> = verdict
        .reasons
        .iter()
        .map(|reason| {
            json!({
                "kind": reason.kind,
                "message": reason.message,
                "at": reason.at.as_ref().map(|at| at.text()),
                "effect": reason.change.as_ref().map(|change| change.effect.clone()),
            })
        })
        .collect();
    json!({
        "accepted": verdict.accepted,
        "reasons": reasons,
        "changes_that_the_plan_allows": verdict.allowed.iter().map(|change| &change.message).collect::<Vec<_>>(),
        "findings_before": verdict.checked.findings_before,
        "findings_after": verdict.checked.findings_after,
    })
}
