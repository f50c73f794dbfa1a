//! The plan: proposed by the model, held against what a plan may ask for, agreed to by the person, and fixed.

use crate::visible::line;
use crate::wishes::Wishes;
use crate::workspace::Workspace;
use fastwright_contract::diff::{KINDS, Level, Subject};
use fastwright_gate::{Allowance, REASONS};
use fastwright_sandbox::files::{Named, protection};
use serde::Deserialize;
use std::collections::BTreeSet;

/// A plan as the model proposes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Proposal {
    /// What the person wants, in a sentence or two.
    pub(super) understanding: String,
    /// What is done, in order.
    #[serde(default)]
    pub(super) steps: Vec<String>,
    /// Paths relative to the project.
    #[serde(default)]
    pub(super) files_to_edit: Vec<String>,
    /// Words of the gate.
    #[serde(default)]
    pub(super) contract_changes: Vec<String>,
    /// How to tell that it is done.
    #[serde(default)]
    pub(super) done_when: String,
}

/// A plan that may be shown to the person.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) understanding: String,
    pub(super) steps: Vec<String>,
    pub(super) files: Vec<String>,
    /// Protected files among them, each with what protects it.
    pub(super) protected: Vec<(String, String)>,
    pub(super) named: Named,
    /// Sorted, as the person sees them.
    pub(super) contract_changes: Vec<String>,
    pub(super) allowances: Vec<Allowance>,
    pub(super) done_when: String,
}

const MOST_STEPS: usize = 20;
const MOST_CHANGES: usize = 40;
/// Sentences of a plan are cut here.
const LONGEST: usize = 400;

/// Holds a proposal against what a plan may ask for; the reasons are for the model.
pub(super) fn validated(
    proposal: &Proposal,
    wishes: &Wishes,
    workspace: &Workspace,
    most_files: usize,
) -> Result<Plan, Vec<String>> {
    let mut faults = Vec::new();
    let understanding = line(&proposal.understanding, LONGEST);
    if understanding.is_empty() {
        faults.push("`understanding` is empty".to_owned());
    }
    if proposal.steps.is_empty() || proposal.steps.len() > MOST_STEPS {
        faults.push(format!("`steps` has to have 1 to {MOST_STEPS} entries"));
    }
    if proposal.files_to_edit.len() > most_files {
        faults.push(format!("`files_to_edit` may name {most_files} files"));
    }
    if proposal.contract_changes.len() > MOST_CHANGES {
        faults.push(format!("`contract_changes` may name {MOST_CHANGES} changes"));
    }
    let files: BTreeSet<String> = proposal.files_to_edit.iter().take(most_files).cloned().collect();
    let files: Vec<String> = files.into_iter().collect();
    let named = wishes.named(&files);
    let mut protected = Vec::new();
    for path in &files {
        match workspace.files().check_write(path, &named) {
            Err(error) => faults.push(format!("`files_to_edit`: {}", line(&error.to_string(), LONGEST))),
            Ok(()) => protected.extend(protection(path).map(|found| (path.clone(), found.to_string()))),
        }
    }
    let mut contract_changes = BTreeSet::new();
    let mut allowances = Vec::new();
    for word in proposal.contract_changes.iter().take(MOST_CHANGES) {
        match allowance(word, wishes) {
            Ok(found) => {
                if contract_changes.insert(line(word, LONGEST)) {
                    allowances.push(found);
                }
            }
            Err(fault) => faults.push(format!("`contract_changes`: {fault}")),
        }
    }
    if !contract_changes.is_empty() && files.is_empty() {
        faults.push("`contract_changes` without `files_to_edit` makes no sense".to_owned());
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Plan {
        understanding,
        steps: proposal.steps.iter().map(|step| line(step, LONGEST)).collect(),
        files,
        protected,
        named,
        contract_changes: contract_changes.into_iter().collect(),
        allowances,
        done_when: line(&proposal.done_when, LONGEST),
    })
}

/// Kinds of changes that belong to a route, so that a plan has to say which.
fn is_about_a_route(subject: Subject) -> bool {
    !matches!(
        subject,
        Subject::App
            | Subject::Document
            | Subject::Webhook
            | Subject::Model
            | Subject::Middleware
            | Subject::Cors
            | Subject::ExceptionHandler
            | Subject::Lifespan
            | Subject::Table
            | Subject::Column
            | Subject::Index
            | Subject::UniqueConstraint
            | Subject::ForeignKey
            | Subject::Relationship
    )
}

/// Kinds that begin as a word does.
fn near(word: &str) -> String {
    let first = word.split(['-', '@']).next().unwrap_or_default();
    let names: Vec<String> =
        KINDS.iter().map(|kind| kind.name()).filter(|name| name.starts_with(first)).collect();
    if first.is_empty() || names.is_empty() {
        let all: BTreeSet<&str> = KINDS.iter().map(|kind| kind.subject.name()).collect();
        return format!("; kinds begin with {}", all.into_iter().collect::<Vec<_>>().join(", "));
    }
    format!("; kinds like it are {}", names.join(", "))
}

fn allowance(word: &str, wishes: &Wishes) -> Result<Allowance, String> {
    let shown = line(word, 120);
    let found = Allowance::parse(word).map_err(|reason| format!("{}{}", line(&reason, 200), near(word)))?;
    let (kind, route) = match word.split_once('@') {
        Some((kind, route)) => (kind.trim(), Some(route)),
        None => (word.trim(), None),
    };
    if Level::ALL.into_iter().any(|level| level.name() == kind) {
        return Err(format!("`{shown}` allows too much: name each kind of change with its route"));
    }
    if let Some(known) = KINDS.iter().find(|known| known.name() == kind) {
        if is_about_a_route(known.subject) && route.is_none() {
            return Err(format!("`{shown}` needs its route, as in `{kind}@POST /orders`"));
        }
        return Ok(found);
    }
    let is_reason = REASONS.iter().any(|reason| reason.name == kind);
    if is_reason && wishes.may_ask_for(kind) {
        return Ok(found);
    }
    Err(format!("`{shown}` is not for a plan to ask: the person's task does not go that far"))
}
