//! `fastwright contract`.

use super::{deliver, progress_text, show, tell_nothing_found};
use crate::arguments::{Colour, ContractArguments};
use crate::failure::{Ending, Failure};
use crate::progress::Progress;
use crate::settings::Settings;
use crate::wiring;
use fastwright_python::source::DiskTree;
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
    let settings = Settings::for_project(path, project)?;
    if show(project, std::slice::from_ref(&settings))? {
        return Ok(Ending::Clean);
    }
    let progress = Progress::start(progress_text(project), !project.no_progress);
    let contract = wiring::contract(Arc::new(DiskTree), &settings)?;
    drop(progress);
    if contract.apps.is_empty() {
        tell_nothing_found(&settings, wiring::shown_files(&settings)?.len());
    }
    let nothing = contract.apps.is_empty();
    if !nothing {
        deliver(project, colour, |_| fastwright_report::output::json(&contract))?;
    }
    Ok(if nothing { Ending::Nothing } else { Ending::Clean })
}
