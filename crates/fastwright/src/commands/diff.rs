//! `fastwright diff`.

use crate::arguments::{Colour, DiffArguments};
use crate::ending::Ending;
use crate::progress::Progress;
use crate::terminal;
use fastwright_contract::diff::diff as compare;
use fastwright_engine::Failure;
use fastwright_engine::sides::{Side, both};
use fastwright_report::output::render_diff;

/// Compares two contracts.
///
/// # Errors
/// When a side is not there, options make no sense, or the result can't be written.
pub(crate) fn diff(arguments: &DiffArguments, colour: Colour) -> Result<Ending, Failure> {
    let old = Side::of(&arguments.old);
    let (new, new_name) = match &arguments.new {
        Some(word) => {
            let side = Side::of(word);
            let name = side.name();
            (side, name)
        }
        None => (Side::Folder(arguments.compared.project.clone()), "the working tree".to_owned()),
    };
    let progress =
        Progress::start(format!("comparing {} and {new_name}", old.name()), !arguments.compared.no_progress);
    let compared = &arguments.compared;
    let overrides = compared.overrides();
    let side = |side: &Side| side.contract(&compared.project, &overrides);
    let (before, after) = both(|| side(&old), || side(&new));
    let (before, after) = (before?, after?);
    drop(progress);
    for (contract, name) in [(&before, old.name()), (&after, new_name.clone())] {
        if contract.apps.is_empty() {
            terminal::tell(&format!("fastwright: no FastAPI application found in {name}"));
        }
    }
    if before.apps.is_empty() && after.apps.is_empty() {
        return Ok(Ending::Nothing);
    }
    let diff = compare((&old.name(), &before), (&new_name, &after));
    let format = arguments.output_format;
    match &arguments.compared.output_file {
        Some(file) => {
            terminal::write_file(file, &render_diff(&diff, format, &terminal::file_appearance(colour)))?;
        }
        None => terminal::print(&render_diff(&diff, format, &terminal::appearance(colour)))?,
    }
    let fails = diff.changes.iter().any(|change| arguments.fail_on.contains(&change.level));
    Ok(if fails { Ending::Findings } else { Ending::Clean })
}
