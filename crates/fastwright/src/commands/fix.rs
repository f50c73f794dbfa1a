//! `fastwright fix`.

mod interactive;
mod verification;

use super::{deliver, progress_text, show, tell_nothing_found};
use crate::arguments::{Colour, FixArguments, FixFormat};
use crate::failure::{Ending, Failure};
use crate::inputs::project_root;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::terminal;
use fastwright_edit::rounds::{FileChange, Outcome, Permission, Request, Told, fix as make};
use fastwright_edit::state::Project;
use fastwright_edit::uncommitted::uncommitted;
use fastwright_edit::writing::{Journal, JournalError};
use fastwright_model::analysis::AnalysisError;
use fastwright_python::source::DiskTree;
use fastwright_report::fix_document::{AppliedFix, FixDocument, LeftFinding, RefusedFix, text};
use fastwright_rules::finding::Finding;
use fastwright_rules::registry;
use fastwright_rules::settings::{CompiledSettings, ReviewSettings};
use interactive::Interview;
use similar::TextDiff;
use std::path::Path;
use std::sync::Arc;

/// Fixes what can be fixed, or takes the last fix back.
///
/// # Errors
/// When a path does not exist, options make no sense, a file has changes that git does not have, or can't be
/// written.
pub(crate) fn fix(arguments: &FixArguments, colour: Colour) -> Result<Ending, Failure> {
    let project = &arguments.project;
    let [path] = project.paths.as_slice() else {
        return Err(Failure::new("`fix` takes one path: its changes are made together or not at all"));
    };
    let mut settings = Settings::for_project(path, project)?;
    let selected = selection(arguments, &mut settings)?;
    if show(project, std::slice::from_ref(&settings))? {
        return Ok(Ending::Clean);
    }
    let root = project_root(&settings.path).to_path_buf();
    if arguments.undo || arguments.finish {
        return resume(&root, arguments.undo);
    }
    if Journal::has_interrupted(&root) {
        let found = Journal::open(&root).and_then(|journal| journal.interrupted()).map_err(failure)?;
        if let Some(found) = found {
            return Err(failure(JournalError::Unfinished { written: found.written, files: found.files }));
        }
    }
    let outcome = outcome(arguments, &settings, &selected)?;
    if outcome.review.projects.iter().all(|project| project.apps.is_empty()) {
        tell_nothing_found(&settings, outcome.review.statistics.files);
        if outcome.files.is_empty() {
            return Ok(Ending::Nothing);
        }
    }
    let writes = !arguments.diff && !outcome.files.is_empty();
    if writes {
        write(arguments, &root, &outcome.files)?;
    }
    let document = document(&outcome, &selected, writes);
    give(&document, arguments, colour)?;
    let failing = document.left.iter().any(|finding| finding.severity >= settings.fail_on);
    let differs = arguments.diff && !document.files.is_empty();
    Ok(if failing || differs { Ending::Findings } else { Ending::Clean })
}

/// The rules whose findings shall be fixed. The review has all rules of the configuration beside: no fix may make
/// something else worse.
fn selection(arguments: &FixArguments, settings: &mut Settings) -> Result<CompiledSettings, Failure> {
    let review = &mut settings.review;
    let selected = ReviewSettings {
        select: if arguments.select.is_empty() { review.select.clone() } else { arguments.select.clone() },
        ignore: review.ignore.iter().chain(&arguments.ignore).cloned().collect(),
        profile: review.profile,
        ..ReviewSettings::default()
    };
    if let Err(errors) = selected.validate() {
        let lines: Vec<String> =
            errors.iter().map(|error| format!("--{}: {}", error.key, error.message)).collect();
        return Err(Failure::new(lines.join("\n")));
    }
    review.extend_select.extend(arguments.select.iter().cloned());
    if let Some(severity) = arguments.fail_on {
        settings.fail_on = severity;
    }
    Ok(selected.compile().0)
}

fn is_selected(selected: &CompiledSettings, finding: &Finding) -> bool {
    registry::by_name(finding.rule).is_some_and(|rule| selected.is_selected(rule.metadata()))
}

fn outcome(
    arguments: &FixArguments,
    settings: &Settings,
    selected: &CompiledSettings,
) -> Result<Outcome, Failure> {
    let permission = if arguments.contract_fixes {
        Permission::Contract
    } else if arguments.unsafe_fixes {
        Permission::Unsafe
    } else {
        Permission::Safe
    };
    let mut interview = Interview::new();
    let progress = (!arguments.interactive)
        .then(|| Progress::start(progress_text(&arguments.project), !arguments.project.no_progress));
    let request = Request {
        project: Project {
            tree: Arc::new(DiskTree),
            path: settings.path.clone(),
            analysis: settings.analysis.clone(),
            review: settings.review.clone(),
        },
        permission,
        wants: &mut |state, finding| {
            is_selected(selected, finding) && (!arguments.interactive || interview.agrees(state, finding))
        },
    };
    let outcome = make(request).map_err(|error| match error {
        AnalysisError::Path(message) => Failure::new(message),
    })?;
    drop(progress);
    Ok(outcome)
}

/// `--undo` and `--finish`.
fn resume(root: &Path, undo: bool) -> Result<Ending, Failure> {
    let journal = Journal::open(root).map_err(failure)?;
    let (count, what) = if undo {
        (journal.undo().map_err(failure)?, "as before the fix")
    } else {
        (journal.finish().map_err(failure)?, "written: the fix is complete")
    };
    let files = if count == 1 { "1 file is".to_owned() } else { format!("{count} files are") };
    terminal::print(&format!("{files} {what}.\n"))?;
    Ok(Ending::Clean)
}

/// Writes the files, with the project's own tests before and after where they are wanted.
fn write(arguments: &FixArguments, root: &Path, files: &[FileChange]) -> Result<(), Failure> {
    if !arguments.allow_dirty {
        let facts = files.iter().map(|file| (&*file.path, &*file.relative, &*file.before));
        let dirty = uncommitted(root, facts)
            .map_err(|error| Failure::new(format!("{error}; `--allow-dirty` writes nevertheless")))?;
        if !dirty.is_empty() {
            return Err(Failure::new(format!(
                "nothing is written: these files have changes that git does not have. Commit them, or use \
                 `--allow-dirty`:\n  {}",
                dirty.join("\n  ")
            )));
        }
    }
    let before = match &arguments.verify {
        Some(command) => Some(verification::run(command, root, "before the fixes")?),
        None => None,
    };
    let journal = Journal::open(root).map_err(failure)?;
    journal.write(files).map_err(failure)?;
    let (Some(command), Some(before)) = (&arguments.verify, before) else { return Ok(()) };
    let after = verification::run(command, root, "after the fixes")?;
    if before != after {
        journal.undo().map_err(failure)?;
        return Err(Failure::new(format!(
            "the fixes are taken back: `{command}` {before} before them and {after} after them"
        )));
    }
    terminal::tell(&format!("fastwright: `{command}` {after}, before and after the fixes"));
    Ok(())
}

fn failure(error: JournalError) -> Failure {
    Failure::new(error.to_string())
}

fn document(outcome: &Outcome, selected: &CompiledSettings, written: bool) -> FixDocument {
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
fn unified(file: &FileChange) -> String {
    let (before, after) = (String::from_utf8_lossy(&file.before), String::from_utf8_lossy(&file.after));
    TextDiff::from_lines(before.as_ref(), after.as_ref())
        .unified_diff()
        .header(&format!("a/{}", file.relative), &format!("b/{}", file.relative))
        .to_string()
}

fn give(document: &FixDocument, arguments: &FixArguments, colour: Colour) -> Result<(), Failure> {
    deliver(&arguments.project, colour, |appearance| match arguments.output_format {
        FixFormat::Json => fastwright_report::output::json(document),
        FixFormat::Full if arguments.diff => document.diff.clone(),
        FixFormat::Full => text(document, arguments.show_fixes, appearance),
    })?;
    if arguments.diff && arguments.output_format == FixFormat::Full {
        let told = text(document, arguments.show_fixes, &fastwright_report::appearance::Appearance::plain());
        terminal::tell(told.trim_end());
    }
    Ok(())
}
