//! `fastwright fix`.

mod interactive;
mod verification;

use super::{deliver, progress_text, show, tell_nothing_found};
use crate::arguments::{Colour, FixArguments, FixFormat};
use crate::ending::Ending;
use crate::progress::Progress;
use crate::terminal;
use fastwright_edit::rounds::{FileChange, Outcome, Permission};
use fastwright_edit::writing::Journal;
use fastwright_engine::inputs::project_root;
use fastwright_engine::project_tests::compared;
use fastwright_engine::{Failure, Settings, fixing};
use fastwright_report::fix_document::{FixDocument, text};
use fastwright_rules::settings::CompiledSettings;
use interactive::Interview;
use std::path::Path;
use verification::told_run;

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
    let mut settings = Settings::for_project(path, &project.overrides())?;
    let selected = fixing::select(&mut settings, &arguments.select, &arguments.ignore)?;
    if let Some(severity) = arguments.fail_on {
        settings.fail_on = severity;
    }
    if show(project, std::slice::from_ref(&settings))? {
        return Ok(Ending::Clean);
    }
    let root = project_root(&settings.path).to_path_buf();
    if arguments.undo || arguments.finish {
        return resume(&root, arguments.undo);
    }
    fixing::refuse_interrupted(&root)?;
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
    let document = fixing::document(&outcome, &selected, writes);
    give(&document, arguments, colour)?;
    let failing = document.left.iter().any(|finding| finding.severity >= settings.fail_on);
    let differs = arguments.diff && !document.files.is_empty();
    Ok(if failing || differs { Ending::Findings } else { Ending::Clean })
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
    let outcome = fixing::make(settings, selected, permission, &mut |state, finding| {
        !arguments.interactive || interview.agrees(state, finding)
    });
    drop(progress);
    outcome
}

/// `--undo` and `--finish`.
fn resume(root: &Path, undo: bool) -> Result<Ending, Failure> {
    let journal = Journal::open(root).map_err(fixing::failure)?;
    let (count, what) = if undo {
        (journal.undo().map_err(fixing::failure)?, "as before the fix")
    } else {
        (journal.finish().map_err(fixing::failure)?, "written: the fix is complete")
    };
    let files = if count == 1 { "1 file is".to_owned() } else { format!("{count} files are") };
    terminal::print(&format!("{files} {what}.\n"))?;
    Ok(Ending::Clean)
}

/// Writes the files, with the project's own tests before and after where they are wanted.
fn write(arguments: &FixArguments, root: &Path, files: &[FileChange]) -> Result<(), Failure> {
    if !arguments.allow_dirty {
        fixing::refuse_uncommitted(root, files)?;
    }
    let before = match &arguments.verify {
        Some(command) => Some(told_run(command, root, "before the fixes")?),
        None => None,
    };
    let journal = Journal::open(root).map_err(fixing::failure)?;
    journal.write(files).map_err(fixing::failure)?;
    let (Some(command), Some(before)) = (&arguments.verify, before) else { return Ok(()) };
    let tests = compared(&before, &told_run(command, root, "after the fixes")?, command);
    if tests.failure.is_some() || !tests.broken.is_empty() {
        journal.undo().map_err(fixing::failure)?;
        let why = tests.failure.unwrap_or_else(|| format!("these tests break: {}", tests.broken.join(", ")));
        return Err(Failure::new(format!(
            "the fixes are taken back: {why} (`{command}`: {})",
            tests.summary
        )));
    }
    terminal::tell(&format!("fastwright: `{command}`: {}", tests.summary));
    Ok(())
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
