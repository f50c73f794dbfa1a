//! The commands: from arguments to output and exit code.

mod agent;
mod contract;
mod diff;
mod fix;
mod gate;
mod init;
mod mcp;
mod openapi;
mod review;
mod routes;
mod rule;
mod sandboxed_run;
mod verify;

pub(crate) use agent::{ModelArguments, ModelChoiceArguments, acp, agent};
pub(crate) use contract::contract;
pub(crate) use diff::diff;
pub(crate) use fix::fix;
pub(crate) use gate::gate;
pub(crate) use init::init;
pub(crate) use mcp::mcp;
pub(crate) use openapi::openapi;
pub(crate) use review::review;
pub(crate) use routes::routes;
pub(crate) use rule::rule;
pub(crate) use sandboxed_run::sandboxed_run;
pub(crate) use verify::verify;

use crate::arguments::{Arguments, Colour, ProjectArguments, SchemaDocument};
use crate::ending::Ending;
use crate::terminal;
use clap::CommandFactory as _;
use fastwright_engine::Failure;
use fastwright_engine::Settings;
use fastwright_engine::cache::Cache;
use fastwright_engine::questions;
use fastwright_report::schema;
use std::io::Read as _;
use std::path::Path;

/// Prints a JSON Schema.
///
/// # Errors
/// When standard output can't be written.
pub(crate) fn print_schema(document: SchemaDocument) -> Result<Ending, Failure> {
    terminal::print(&match document {
        SchemaDocument::Review => schema::review(),
        SchemaDocument::Routes => schema::routes(),
        SchemaDocument::Fix => schema::fix(),
        SchemaDocument::Contract => schema::contract(),
        SchemaDocument::Diff => schema::diff(),
        SchemaDocument::Gate => schema::gate(),
        SchemaDocument::Verify => schema::verify(),
        SchemaDocument::Agent => fastwright_agent::report::schema(),
    })?;
    Ok(Ending::Clean)
}

/// Prints a completion script.
///
/// # Errors
/// When standard output can't be written.
pub(crate) fn print_completions(shell: clap_complete::Shell) -> Result<Ending, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "fastwright", &mut script);
    terminal::print(&String::from_utf8_lossy(&script))?;
    Ok(Ending::Clean)
}

/// `--show-settings` and `--show-files`: whether something was shown instead of an analysis.
fn show(project: &ProjectArguments, settings: &[Settings]) -> Result<bool, Failure> {
    if project.show_settings {
        let texts: Vec<String> = settings.iter().map(Settings::show).collect();
        terminal::print(&texts.join("\n"))?;
    }
    if project.show_files {
        for settings in settings {
            let mut text = questions::shown_files(settings)?.join("\n");
            if !text.is_empty() {
                text.push('\n');
            }
            terminal::print(&text)?;
        }
    }
    Ok(project.show_settings || project.show_files)
}

/// The bytes of a file that the user names, `-` for standard input, and how to call it.
fn read_input(file: &Path) -> Result<(Vec<u8>, String), Failure> {
    if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|error| Failure::new(format!("standard input can't be read: {error}")))?;
        return Ok((bytes, "standard input".to_owned()));
    }
    let name = file.display().to_string();
    let bytes =
        std::fs::read(file).map_err(|error| Failure::new(format!("{name} can't be read: {error}")))?;
    Ok((bytes, name))
}

fn cache(command: &str, settings: &Settings, project: &ProjectArguments) -> Option<Cache> {
    if project.no_cache { None } else { Cache::open(command, settings, project.cache_dir.as_deref()) }
}

/// What the progress line says.
fn progress_text(project: &ProjectArguments) -> String {
    let paths: Vec<String> = project.paths.iter().map(|path| path.display().to_string()).collect();
    match paths.as_slice() {
        [path] if path == "." => "reading the project".to_owned(),
        paths => format!("reading {}", paths.join(", ")),
    }
}

/// Writes a result where it is wanted.
fn deliver(
    project: &ProjectArguments,
    colour: Colour,
    render: impl FnOnce(&fastwright_report::appearance::Appearance) -> String,
) -> Result<(), Failure> {
    match &project.output_file {
        Some(file) => terminal::write_file(file, &render(&terminal::file_appearance(colour))),
        None => terminal::print(&render(&terminal::appearance(colour))),
    }
}

/// Says that there is no application in a project, and what may help.
fn tell_nothing_found(settings: &Settings, files: usize) {
    let path = settings.path.display();
    terminal::tell(&if files == 0 {
        format!("fastwright: no FastAPI application found: there is no Python file in {path}")
    } else if settings.analysis.apps.is_empty() {
        let noun = if files == 1 { "file" } else { "files" };
        format!(
            "fastwright: no FastAPI application found in {path} ({files} Python {noun})\n\
             If there is one, name it: `--app module:attribute` or `--app 'module:factory()'`"
        )
    } else {
        format!(
            "fastwright: no FastAPI application `{}` found in {path}",
            settings.analysis.apps.join("`, `")
        )
    });
}
