//! Fixes of a project: which findings, what becomes of the files, and whether these may be written.

use crate::failure::Failure;
use crate::settings::Settings;
use fastwright_edit::rounds::{FileChange, Outcome, Permission, Request, Told, fix};
use fastwright_edit::state::{Project, State};
use fastwright_edit::uncommitted::uncommitted;
use fastwright_edit::writing::{Journal, JournalError};
use fastwright_model::analysis::AnalysisError;
use fastwright_python::source::DiskTree;
use fastwright_report::fix_document::{AppliedFix, FixDocument, LeftFinding, RefusedFix};
use fastwright_rules::finding::Finding;
use fastwright_rules::registry;
use fastwright_rules::settings::{CompiledSettings, ReviewSettings};
use similar::TextDiff;
use std::path::Path;
use std::sync::Arc;

/// The rules whose findings shall be fixed: those of the settings where `select` is empty. The review has all rules of
/// the configuration beside: no fix may make something else worse.
///
/// # Errors
/// When there is no such rule.
pub fn select(
    settings: &mut Settings,
    select: &[String],
    ignore: &[String],
) -> Result<CompiledSettings, Failure> {
    let review = &mut settings.review;
    let selected = ReviewSettings {
        select: if select.is_empty() { review.select.clone() } else { select.to_vec() },
        ignore: review.ignore.iter().chain(ignore).cloned().collect(),
        profile: review.profile,
        ..ReviewSettings::default()
    };
    if let Err(errors) = selected.validate() {
        let lines: Vec<String> =
            errors.iter().map(|error| format!("--{}: {}", error.key, error.message)).collect();
        return Err(Failure::new(lines.join("\n")));
    }
    review.extend_select.extend(select.iter().cloned());
    Ok(selected.compile().0)
}

fn is_selected(selected: &CompiledSettings, finding: &Finding) -> bool {
    registry::by_name(finding.rule).is_some_and(|rule| selected.is_selected(rule.metadata()))
}

/// Makes fixes in memory. `agrees` is asked about each finding that is selected.
///
/// # Errors
/// When the path can't be read.
pub fn make(
    settings: &Settings,
    selected: &CompiledSettings,
    permission: Permission,
    agrees: &mut dyn FnMut(&State, &Finding) -> bool,
) -> Result<Outcome, Failure> {
    let request = Request {
        project: Project {
            tree: Arc::new(DiskTree),
            path: settings.path.clone(),
            analysis: settings.analysis.clone(),
            review: settings.review.clone(),
        },
        permission,
        wants: &mut |state, finding| is_selected(selected, finding) && agrees(state, finding),
    };
    fix(request).map_err(|AnalysisError::Path(message)| Failure::new(message))
}

/// Refuses where a fix was interrupted.
///
/// # Errors
/// When there is one, or its journal can't be read.
pub fn refuse_interrupted(root: &Path) -> Result<(), Failure> {
    if Journal::has_interrupted(root) {
        let found = Journal::open(root).and_then(|journal| journal.interrupted()).map_err(failure)?;
        if let Some(found) = found {
            return Err(failure(JournalError::Unfinished { written: found.written, files: found.files }));
        }
    }
    Ok(())
}

/// Refuses where files would be written that have changes which git does not have.
///
/// # Errors
/// When there are such files, or git can't be asked.
pub fn refuse_uncommitted(root: &Path, files: &[FileChange]) -> Result<(), Failure> {
    let facts = files.iter().map(|file| (&*file.path, &*file.relative, &*file.before));
    let dirty = uncommitted(root, facts)
        .map_err(|error| Failure::new(format!("{error}; `--allow-dirty` writes nevertheless")))?;
    if dirty.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "nothing is written: these files have changes that git does not have. Commit them, or use \
         `--allow-dirty`:\n  {}",
        dirty.join("\n  ")
    )))
}

/// What the journal says, for people.
pub fn failure(error: JournalError) -> Failure {
    Failure::new(error.to_string())
}

/// What was done, for people and programs.
pub fn document(outcome: &Outcome, selected: &CompiledSettings, written: bool) -> FixDocument {
    let left = outcome.left.iter().filter(|told| is_selected(selected, &told.finding));
    FixDocument {
        version: 1,
        written,
        files: outcome.files.iter().map(|file| file.relative.clone()).collect(),
        applied: outcome.applied.iter().map(applied).collect(),
        refused: outcome
            .refused
            .iter()
            .map(|refused| RefusedFix { fix: applied(&refused.told), reasons: refused.reasons.clone() })
            .collect(),
        left: left.map(left_finding).collect(),
        diff: outcome.files.iter().map(unified).collect(),
    }
}

fn applied(told: &Told) -> AppliedFix {
    let fix = told.finding.fix.as_ref();
    AppliedFix {
        rule: told.finding.rule.to_owned(),
        path: told.path.clone(),
        line: told.line,
        column: told.column,
        title: fix.map(|fix| fix.title.clone()).unwrap_or_default(),
        safety: fix.map_or(fastwright_rules::finding::FixSafety::Unsafe, |fix| fix.safety).into(),
        changes: fix.map(|fix| fix.changes.clone()).unwrap_or_default(),
    }
}

fn left_finding(told: &Told) -> LeftFinding {
    LeftFinding {
        rule: told.finding.rule.to_owned(),
        severity: told.finding.severity.into(),
        path: told.path.clone(),
        line: told.line,
        column: told.column,
        message: told.finding.message.clone(),
        needs: told.finding.fix.as_ref().map(|fix| Permission::of(fix).option().to_owned()),
    }
}

/// The change of a file as a unified diff.
pub fn unified(file: &FileChange) -> String {
    let (before, after) = (String::from_utf8_lossy(&file.before), String::from_utf8_lossy(&file.after));
    TextDiff::from_lines(before.as_ref(), after.as_ref())
        .unified_diff()
        .header(&format!("a/{}", file.relative), &format!("b/{}", file.relative))
        .to_string()
}
