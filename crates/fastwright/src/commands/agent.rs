//! `fastwright agent`.

mod editor;
mod model;
mod terminal_person;

use crate::arguments::{AgentArguments, AgentFormat, Colour};
use crate::ending::Ending;
use crate::terminal;
use fastwright_agent::markdown::markdown;
use fastwright_agent::playbooks::{Options, follow};
use fastwright_agent::report::{Outcome, Report};
use fastwright_engine::Failure;
use fastwright_report::appearance::Appearance;
use fastwright_report::markdown_text;
use fastwright_tools::{Service, Start};
use std::io::{BufRead as _, IsTerminal as _};
use terminal_person::TerminalPerson;

pub(crate) use editor::acp;
pub(crate) use model::{ModelArguments, ModelChoiceArguments};

/// Follows a task, or one after the other.
///
/// # Errors
/// When the project can't be read, files can't be written, or the report can't be printed.
pub(crate) fn agent(arguments: &AgentArguments, colour: Colour) -> Result<Ending, Failure> {
    let failed = |error: fastwright_tools::ToolError| Failure::new(error.to_string());
    let start = Start {
        path: arguments.compared.project.clone(),
        overrides: arguments.compared.overrides(),
        allow_write: true,
        allow_dirty: arguments.changes.allow_dirty,
    };
    let mut service = Service::new(start).map_err(failed)?;
    let options = Options {
        permission: Some(arguments.changes.permission.clone()),
        verify: arguments.changes.verify.clone(),
    };
    match model::turn(
        arguments,
        &arguments.task.join(" "),
        &mut service,
        &mut model::CarefulPerson::new(arguments),
    )? {
        model::Turn::NoModel => {}
        model::Turn::Said => return Ok(Ending::Clean),
        model::Turn::Report(report) => {
            give(&report, arguments, colour)?;
            return Ok(ending(&report));
        }
    }
    let mut person = TerminalPerson::new(arguments.apply, !arguments.compared.no_progress);
    if !arguments.task.is_empty() {
        let report =
            follow(&arguments.task.join(" "), &mut service, &options, &mut person).map_err(failed)?;
        give(&report, arguments, colour)?;
        return Ok(ending(&report));
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new(
            "there is no task: `fastwright agent \"review this for production\"`, or without one in a terminal",
        ));
    }
    let mut last = Ending::Clean;
    loop {
        terminal::tell("What shall I do? (an empty line ends)");
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(count) if count > 0 && !line.trim().is_empty() => {}
            _ => return Ok(last),
        }
        let followed = match model::turn(
            arguments,
            line.trim(),
            &mut service,
            &mut model::CarefulPerson::new(arguments),
        ) {
            Ok(model::Turn::Report(report)) => Ok(*report),
            Ok(model::Turn::Said) => continue,
            Ok(model::Turn::NoModel) => {
                follow(line.trim(), &mut service, &options, &mut person).map_err(failed)
            }
            Err(failure) => Err(failure),
        };
        match followed {
            Ok(report) => {
                give(&report, arguments, colour)?;
                last = ending(&report);
            }
            Err(error) => terminal::tell(&format!("fastwright: {error}")),
        }
    }
}

fn give(report: &Report, arguments: &AgentArguments, colour: Colour) -> Result<(), Failure> {
    let render = |appearance: &Appearance| match arguments.output_format {
        AgentFormat::Json => fastwright_report::output::json(report),
        AgentFormat::Markdown => markdown(report, true),
        // What is written can be read in the files; what is only planned is shown.
        AgentFormat::Full => markdown_text::text(&markdown(report, !report.proof.written), appearance),
    };
    match &arguments.compared.output_file {
        Some(file) => terminal::write_file(file, &render(&terminal::file_appearance(colour))),
        None => terminal::print(&render(&terminal::appearance(colour))),
    }
}

fn ending(report: &Report) -> Ending {
    match report.outcome {
        Outcome::Done
            if report.preserved.apps.is_empty() && report.answer.is_empty() && report.found.is_empty() =>
        {
            Ending::Nothing
        }
        Outcome::Done => Ending::Clean,
        Outcome::Planned | Outcome::Refused | Outcome::Stopped => Ending::Findings,
        Outcome::NotUnderstood => Ending::Nothing,
    }
}
