//! `fastwright gate`.

use crate::arguments::{Colour, GateArguments};
use crate::ending::Ending;
use crate::progress::Progress;
use crate::terminal;
use fastwright_contract::diff::KINDS;
use fastwright_engine::change::{self, Change, Question};
use fastwright_engine::{Failure, Settings};
use fastwright_gate::REASONS;
use fastwright_report::output::render_verdict;
use std::path::Path;

/// Judges a change.
///
/// # Errors
/// When the patch does not fit, the base is not there, options make no sense, or the result can't be written.
pub(crate) fn gate(arguments: &GateArguments, colour: Colour) -> Result<Ending, Failure> {
    if arguments.list_kinds {
        terminal::print(&kinds())?;
        return Ok(Ending::Clean);
    }
    let compared = &arguments.compared;
    let settings = Settings::for_project(&compared.project, &compared.overrides())?;
    let folder = change::folder_of(&settings);
    let change = the_change(arguments, &folder)?;
    let progress = Progress::start("comparing before and after".to_owned(), !compared.no_progress);
    let sides = change::compare(&settings, &change)?;
    drop(progress);
    let tests = match &arguments.verify {
        Some(command) => {
            terminal::tell(&format!(
                "fastwright: running `{command}` of the project, before and after the change"
            ));
            Some(change::tests(&settings, &change, command)?)
        }
        None => None,
    };
    let question = Question { allowed: &arguments.allow, solves: &arguments.solves };
    let verdict = sides.judge(question, tests.as_ref());
    let format = arguments.output_format;
    match &compared.output_file {
        Some(file) => {
            let text = render_verdict(&verdict, format, &terminal::file_appearance(colour));
            terminal::write_file(file, &text)?;
        }
        None => terminal::print(&render_verdict(&verdict, format, &terminal::appearance(colour)))?,
    }
    Ok(if verdict.accepted { Ending::Clean } else { Ending::Findings })
}

fn the_change(arguments: &GateArguments, folder: &Path) -> Result<Change, Failure> {
    let Some(file) = &arguments.patch else {
        return Change::of_working_tree(folder, arguments.base.as_deref().unwrap_or("HEAD"));
    };
    let (text, _) = super::read_input(file)?;
    Change::of_patch(folder, &text, arguments.base.as_deref())
}

/// Every kind of change and reason, for `--allow`.
fn kinds() -> String {
    let mut text = String::from("Changes of the contract:\n");
    for kind in KINDS {
        text.push_str(&format!("  {:40} {:10} {}\n", kind.name(), kind.level.name(), kind.effect));
    }
    text.push_str("\nReasons beside these:\n");
    for reason in REASONS {
        let note = if reason.can_be_allowed { "" } else { " Can't be allowed." };
        text.push_str(&format!("  {:40} {}{note}\n", reason.name, reason.summary));
    }
    text
}
