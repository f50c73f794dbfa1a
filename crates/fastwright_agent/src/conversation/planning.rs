//! `propose_plan`: the person sees the plan and agrees, or nothing happens.

use super::AgentError;
use super::agreed_plan::{Plan, Proposal, validated};
use super::talk::{Ending, Step, Talk};
use crate::person::{Event, Meaning, Question};
use fastwright_edit::uncommitted::uncommitted;
use std::path::PathBuf;

impl Talk<'_> {
    pub(super) fn propose_plan(&mut self, proposal: Proposal) -> Result<Step, AgentError> {
        let limits = &self.task.limits;
        let plan = match validated(&proposal, &self.wishes, &self.workspace, limits.edits.files) {
            Ok(plan) => plan,
            Err(faults) => {
                self.failed_attempts += 1;
                if self.failed_attempts > limits.failed_attempts {
                    let reason = format!("the model proposes no plan that holds: {}", faults.join("; "));
                    return Ok(Step::End(Ending::Stopped(reason)));
                }
                return Ok(Step::Say(format!("This plan can't be followed: {}.", faults.join("; "))));
            }
        };
        self.report.understood.clone_from(&plan.understanding);
        self.report.plan = shown(&plan);
        self.tell(&Event::Understood { text: plan.understanding.clone() });
        self.tell(&Event::Planned { steps: self.report.plan.clone() });
        if let Some(dirty) = self.uncommitted(&plan)? {
            return Ok(Step::End(Ending::Stopped(format!(
                "these files have changes that git does not have: {dirty}. Commit them, or use `--allow-dirty`"
            ))));
        }
        for question in questions(&plan, &self.report.plan) {
            if !self.agrees(&question)? {
                return Ok(Step::End(Ending::NotAgreed("you have not agreed to the plan".to_owned())));
            }
        }
        let said = if plan.files.is_empty() {
            "The plan is fixed. You can read now. Nothing can be edited."
        } else {
            "The person agrees. The plan is fixed. You can read, and edit the plan's files."
        };
        self.act(plan);
        Ok(Step::say(said))
    }

    /// Files of the plan with changes that git does not have.
    fn uncommitted(&self, plan: &Plan) -> Result<Option<String>, AgentError> {
        if self.service.start().allow_dirty {
            return Ok(None);
        }
        let mut files: Vec<(PathBuf, &str, Vec<u8>)> = Vec::new();
        for path in &plan.files {
            if let Ok(content) = self.workspace.files().read(path) {
                files.push((self.workspace.root().join(path), path, content.text.into_bytes()));
            }
        }
        let facts = files.iter().map(|(path, shown, bytes)| (path.as_path(), *shown, bytes.as_slice()));
        let dirty = uncommitted(self.workspace.root(), facts).map_err(AgentError::Project)?;
        Ok((!dirty.is_empty()).then(|| dirty.join(", ")))
    }
}

/// The plan for people: the steps, then what it may touch.
fn shown(plan: &Plan) -> Vec<String> {
    let mut lines = plan.steps.clone();
    if !plan.files.is_empty() {
        lines.push(format!("Edits: {}", plan.files.join(", ")));
    }
    if !plan.contract_changes.is_empty() {
        lines.push(format!("Changes for callers: {}", plan.contract_changes.join(", ")));
    }
    if !plan.done_when.is_empty() {
        lines.push(format!("Done when: {}", plan.done_when));
    }
    lines
}

/// What the person is asked; a plan that changes nothing needs no word.
fn questions(plan: &Plan, lines: &[String]) -> Vec<Question> {
    let mut questions = Vec::new();
    if plan.files.is_empty() {
        return questions;
    }
    let numbered: Vec<String> =
        lines.iter().enumerate().map(|(index, line)| format!("{}. {line}", index + 1)).collect();
    let details = format!("{}\n{}", plan.understanding, numbered.join("\n"));
    questions.push(Question {
        meaning: Meaning::FollowPlan,
        text: "Follow this plan? Nothing is written before you have seen the change.".to_owned(),
        details,
    });
    if !plan.contract_changes.is_empty() {
        questions.push(Question {
            meaning: Meaning::ChangeContract { kinds: plan.contract_changes.clone() },
            text: "The plan changes what callers see. Is that what you want?".to_owned(),
            details: plan.contract_changes.join("\n"),
        });
    }
    for (path, protection) in &plan.protected {
        questions.push(Question {
            meaning: Meaning::WriteProtected { protection: protection.clone(), path: path.clone() },
            text: format!("The plan changes {path}, and {protection}. May it?"),
            details: String::new(),
        });
    }
    questions
}
