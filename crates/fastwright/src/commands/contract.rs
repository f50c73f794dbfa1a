//! `fastwright contract`.

use super::{deliver, progress_text, show, tell_nothing_found};
use crate::arguments::{Colour, ContractArguments};
use crate::ending::Ending;
use crate::progress::Progress;
use fastwright_contract::diff::{Change, diff as compare};
use fastwright_engine::Failure;
use fastwright_engine::Settings;
use fastwright_engine::questions;
use fastwright_engine::sides;
use fastwright_python::source::DiskTree;
use fastwright_report::output::render_diff;
use std::sync::Arc;

/// Prints the contract of a project, or compares it with a committed one.
///
/// # Errors
/// When a path does not exist, options make no sense, or the result can't be written.
pub(crate) fn contract(arguments: &ContractArguments, colour: Colour) -> Result<Ending, Failure> {
    let project = &arguments.project;
    let [path] = project.paths.as_slice() else {
        return Err(Failure::new("`contract` takes one path: a contract belongs to one project"));
    };
    let settings = Settings::for_project(path, &project.overrides())?;
    if show(project, std::slice::from_ref(&settings))? {
        return Ok(Ending::Clean);
    }
    let progress = Progress::start(progress_text(project), !project.no_progress);
    let contract = questions::contract(Arc::new(DiskTree), &settings)?;
    drop(progress);
    if contract.apps.is_empty() {
        tell_nothing_found(&settings, questions::shown_files(&settings)?.len());
    }
    let nothing = contract.apps.is_empty();
    if let Some(file) = &arguments.check {
        let committed = sides::read_contract(file)?;
        let name = file.display().to_string();
        let diff = compare((&name, &committed), ("the working tree", &contract));
        deliver(project, colour, |appearance| render_diff(&diff, arguments.output_format, appearance))?;
        let counts =
            |change: &Change| arguments.fail_on.is_empty() || arguments.fail_on.contains(&change.level);
        return Ok(if diff.changes.iter().any(counts) { Ending::Findings } else { Ending::Clean });
    }
    if !nothing {
        deliver(project, colour, |_| fastwright_report::output::json(&contract))?;
    }
    Ok(if nothing { Ending::Nothing } else { Ending::Clean })
}
