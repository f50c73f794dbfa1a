//! `edit_file`, `create_file`, `delete_file`, `fix`: edits in memory.

use super::AgentError;
use super::talk::{Step, Talk};
use crate::visible::line;
use crate::workspace::Refusal;
use fastwright_edit::rounds::{Permission, Request, fix};
use fastwright_edit::state::Project;
use fastwright_python::source::{DiskTree, OverlayTree, SourceTree};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EditFile {
    path: String,
    old_text: String,
    new_text: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateFile {
    path: String,
    text: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeleteFile {
    path: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fix {
    findings: Vec<String>,
    #[serde(default)]
    permission: Option<String>,
}

fn said(result: Result<String, Refusal>) -> Result<Step, AgentError> {
    Ok(Step::Say(match result {
        Ok(text) => line(&text, 400),
        Err(refusal) => format!("not done: {}", line(&refusal.0, 600)),
    }))
}

impl Talk<'_> {
    pub(super) fn edit_file(&mut self, input: EditFile) -> Result<Step, AgentError> {
        said(self.workspace.edit(&input.path, &input.old_text, &input.new_text, &self.secrets))
    }

    pub(super) fn create_file(&mut self, input: CreateFile) -> Result<Step, AgentError> {
        said(self.workspace.create(&input.path, &input.text, &self.secrets))
    }

    pub(super) fn delete_file(&mut self, input: DeleteFile) -> Result<Step, AgentError> {
        said(self.workspace.delete(&input.path, &self.secrets))
    }

    /// The files with the edits made so far.
    pub(super) fn edited_tree(&self) -> Arc<dyn SourceTree> {
        let disk: Arc<dyn SourceTree> = Arc::new(DiskTree);
        if self.workspace.is_unchanged() {
            return disk;
        }
        Arc::new(OverlayTree::new(disk, self.workspace.texts()))
    }

    pub(super) fn fix(&mut self, input: Fix) -> Result<Step, AgentError> {
        let permission = match input.permission.as_deref() {
            None | Some("safe") => Permission::Safe,
            Some("unsafe") => Permission::Unsafe,
            Some("contract") => Permission::Contract,
            Some(_) => return Ok(Step::say("`permission` is `safe`, `unsafe` or `contract`")),
        };
        let mut settings = self.settings.clone();
        let mut wanted: Vec<String> = Vec::new();
        for id in &input.findings {
            let id = id.trim();
            let known = &self.facts.review.document.findings;
            if let Some(finding) =
                known.iter().find(|finding| id.len() >= 6 && finding.fingerprint.starts_with(id))
            {
                wanted.push(finding.fingerprint.clone());
                continue;
            }
            // Whatever profile found it: this one sees it.
            let other = self.finding_of_any_profile(id);
            let Some(fingerprint) = other.as_ref().and_then(|finding| finding["fingerprint"].as_str()) else {
                return Ok(Step::Say(format!("there is no finding `{}`", line(id, 80))));
            };
            wanted.push(fingerprint.to_owned());
            settings = self.service.settings(Some("audit"))?;
        }
        if wanted.is_empty() {
            return Ok(Step::say("`findings` names none"));
        }
        let request = Request {
            project: Project {
                tree: self.edited_tree(),
                path: settings.path,
                analysis: settings.analysis,
                review: settings.review,
            },
            permission,
            wants: &mut |_, finding| wanted.contains(&finding.fingerprint),
        };
        let outcome = match fix(request) {
            Ok(outcome) => outcome,
            Err(fastwright_model::analysis::AnalysisError::Path(message)) => {
                return Err(AgentError::Project(message));
            }
        };
        // All or none: a fix whose files the plan does not name is not half made.
        let root = self.workspace.root().to_path_buf();
        let mut texts = Vec::new();
        for file in &outcome.files {
            let refused = |why: String| Ok(Step::Say(format!("not done: {}", line(&why, 600))));
            let Ok(relative) = file.path.strip_prefix(&root) else {
                return refused(format!("{} lies outside of the project", file.relative));
            };
            let relative = relative.to_string_lossy().replace('\\', "/");
            if let Err(refusal) = self.workspace.may_edit(&relative) {
                return refused(refusal.0);
            }
            match String::from_utf8(file.after.clone()) {
                Ok(text) => texts.push((relative, text)),
                Err(_) => return refused(format!("{relative} is no UTF-8 text")),
            }
        }
        let mut files = Vec::new();
        for (path, text) in texts {
            match self.workspace.replace(&path, text) {
                Ok(done) => files.push(done),
                Err(refusal) => return Ok(Step::Say(format!("not done: {}", line(&refusal.0, 600)))),
            }
        }
        let place = |told: &fastwright_edit::rounds::Told| {
            format!("{} at {}:{}", told.finding.rule, told.path, told.line)
        };
        let left: Vec<String> = outcome
            .left
            .iter()
            .filter(|told| wanted.contains(&told.finding.fingerprint))
            .map(|told| {
                let needs = told.finding.fix.as_ref().map(|fix| match Permission::of(fix) {
                    Permission::Safe => "it could not be made",
                    Permission::Unsafe => "needs permission unsafe",
                    Permission::Contract => "needs permission contract",
                });
                format!("{}: {}", place(told), needs.unwrap_or("it has no fix"))
            })
            .collect();
        let value = json!({
            "made": outcome.applied.iter().map(place).collect::<Vec<_>>(),
            "left_out": outcome.refused.iter().map(|refused| {
                format!("{}: {}", place(&refused.told), refused.reasons.join("; "))
            }).collect::<Vec<_>>(),
            "left": left,
            "files": files,
        });
        Ok(Step::Say(self.data_json("fix", value)))
    }
}
