//! `fastwright openapi`.

mod comparison;

use super::{progress_text, show, tell_nothing_found};
use crate::arguments::{Colour, DocumentFormat, OpenapiArguments};
use crate::ending::Ending;
use crate::progress::Progress;
use crate::terminal;
use fastwright_contract::doubt::Doubt;
use fastwright_contract::fastapi::application::{Document, openapi as derive};
use fastwright_contract::json::Json;
use fastwright_contract::pydantic::generate::SchemaGenerator;
use fastwright_contract::versions::Versions;
use fastwright_engine::Failure;
use fastwright_engine::Settings;
use fastwright_engine::memory::leave;
use fastwright_engine::questions;
use fastwright_model::analysis::{AnalysisError, Evaluation, evaluate};
use fastwright_python::value::ObjectId;
use serde_json::json;
use std::path::Path;

/// Bytes that the text of a document gets at first: only what is written to costs anything.
const TEXT_BYTES: usize = 1024 * 1024;

/// Prints, compares or writes documents.
///
/// # Errors
/// When a path does not exist, no app or several fit, options make no sense, or the result can't be
/// written.
pub(crate) fn openapi(arguments: &OpenapiArguments, colour: Colour) -> Result<Ending, Failure> {
    let project = &arguments.project;
    let [path] = project.paths.as_slice() else {
        return Err(Failure::new("`openapi` takes one path: a document belongs to one app"));
    };
    let mut settings = Settings::for_project(path, &project.overrides())?;
    settings.analysis.for_document = true;
    if let Some(version) = &arguments.fastapi_version {
        settings.analysis.fastapi_version = Some(version.clone());
    }
    if show(project, std::slice::from_ref(&settings))? {
        return Ok(Ending::Clean);
    }
    let progress = Progress::start(progress_text(project), !project.no_progress);
    let mut evaluation = evaluate(&settings.path, &settings.analysis).map_err(|error| match error {
        AnalysisError::Path(message) => Failure::new(message),
    })?;
    drop(progress);
    let ending = answer(&mut evaluation, &settings, arguments, colour);
    leave(evaluation);
    ending
}

fn answer(
    evaluation: &mut Evaluation,
    settings: &Settings,
    arguments: &OpenapiArguments,
    colour: Colour,
) -> Result<Ending, Failure> {
    let versions = versions(evaluation, arguments)?;
    for problem in &evaluation.problems {
        terminal::tell(&format!("fastwright: {}: {}", problem.path, problem.message));
    }
    if evaluation.selected.is_empty() {
        for undecided in &evaluation.undecided {
            terminal::tell(&format!("fastwright: {}", undecided.reason));
        }
        tell_nothing_found(settings, questions::shown_files(settings)?.len());
        return Ok(Ending::Nothing);
    }
    match &arguments.output_dir {
        Some(folder) => write_all(evaluation, versions, folder, arguments),
        None => one(evaluation, versions, arguments, colour),
    }
}

fn versions(evaluation: &Evaluation, arguments: &OpenapiArguments) -> Result<Versions, Failure> {
    let parse = |text: &str, option: &str| {
        fastwright_python::project::Version::parse(text)
            .ok_or_else(|| Failure::new(format!("--{option}: `{text}` is no version")))
    };
    if let Some(version) = &arguments.fastapi_version {
        parse(version, "fastapi-version")?;
    }
    let mut versions = Versions::of(evaluation);
    if let Some(version) = &arguments.pydantic_version {
        versions.pydantic = parse(version, "pydantic-version")?;
    }
    Ok(versions)
}

fn one(
    evaluation: &mut Evaluation,
    versions: Versions,
    arguments: &OpenapiArguments,
    colour: Colour,
) -> Result<Ending, Failure> {
    let (app, locator) = the_app(evaluation)?;
    let app = match &arguments.mount {
        None => app,
        Some(path) => mounted(evaluation, app, &locator, path)?,
    };
    let mut generator = SchemaGenerator::new();
    let document = derive(evaluation, &mut generator, app, versions);
    let ending = give(evaluation, &document, arguments, colour);
    leave((generator, document));
    ending
}

/// Prints or compares a document.
fn give(
    evaluation: &Evaluation,
    document: &Document,
    arguments: &OpenapiArguments,
    colour: Colour,
) -> Result<Ending, Failure> {
    tell_doubts(evaluation, &document.doubts);
    let is_sure = document.doubts.is_empty();
    if !is_sure && !arguments.partial {
        terminal::tell("fastwright: no document: parts of it are not known (`--partial` prints the rest)");
        return Ok(Ending::Nothing);
    }
    if let Some(file) = &arguments.check {
        let committed = comparison::read(file)?;
        let Some(difference) = comparison::difference(&committed, &document.json, file) else {
            return Ok(if is_sure { Ending::Clean } else { Ending::Nothing });
        };
        super::deliver(&arguments.project, colour, |appearance| {
            comparison::render(&difference, appearance.colour)
        })?;
        return Ok(Ending::Findings);
    }
    let text = render(&document.json, arguments.output_format)?;
    super::deliver(&arguments.project, colour, |_| text)?;
    Ok(if is_sure { Ending::Clean } else { Ending::Nothing })
}

/// The one app that is meant.
fn the_app(evaluation: &Evaluation) -> Result<(ObjectId, String), Failure> {
    if let [only] = evaluation.selected.as_slice() {
        return Ok((only.id, only.locator.clone()));
    }
    // Apps that are mounted in others are asked for with `--mount`.
    let locators: Vec<String> =
        evaluation.selected.iter().map(|selected| format!("  --app '{}'", selected.locator)).collect();
    Err(Failure::new(format!(
        "the project has {} apps; name the one whose document is wanted, or take all with `--output-dir`:\n{}",
        locators.len(),
        locators.join("\n")
    )))
}

fn mounted(
    evaluation: &mut Evaluation,
    app: ObjectId,
    locator: &str,
    path: &str,
) -> Result<ObjectId, Failure> {
    let mounts = evaluation.routing_table(app).mounts;
    let wanted = path.trim_end_matches('/');
    if let Some((_, id)) = mounts.iter().find(|(known, _)| known == wanted) {
        return Ok(*id);
    }
    let known: Vec<String> = mounts.iter().map(|(path, _)| format!("`{path}`")).collect();
    Err(Failure::new(if known.is_empty() {
        format!("nothing that is known is mounted in `{locator}`")
    } else {
        format!("nothing is mounted at `{path}` in `{locator}`; mounted are {}", known.join(", "))
    }))
}

/// Writes the document of every app, and of every app mounted in it.
fn write_all(
    evaluation: &mut Evaluation,
    versions: Versions,
    folder: &Path,
    arguments: &OpenapiArguments,
) -> Result<Ending, Failure> {
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::new(format!("{} can't be made: {error}", folder.display())))?;
    let mut generator = SchemaGenerator::new();
    let mut entries = Vec::new();
    let mut all_sure = true;
    for selected in evaluation.selected.clone() {
        let mut wanted = vec![(selected.id, None)];
        for (path, id) in evaluation.routing_table(selected.id).mounts {
            wanted.push((id, Some(path)));
        }
        for (app, mount) in wanted {
            let document = derive(evaluation, &mut generator, app, versions);
            let is_sure = document.doubts.is_empty();
            all_sure &= is_sure;
            let name = file_name(&selected.locator, mount.as_deref(), arguments.output_format);
            let written = is_sure || arguments.partial;
            if written {
                let text = render(&document.json, arguments.output_format)?;
                terminal::write_file(&folder.join(&name), &text)?;
            }
            entries.push(index_entry(
                evaluation,
                &selected.locator,
                mount,
                written.then_some(name),
                &document,
            ));
        }
    }
    let index = json!({ "version": 1, "documents": entries });
    terminal::write_file(&folder.join("index.json"), &pretty(&index))?;
    Ok(if all_sure { Ending::Clean } else { Ending::Nothing })
}

fn index_entry(
    evaluation: &Evaluation,
    locator: &str,
    mount: Option<String>,
    file: Option<String>,
    document: &Document,
) -> Json {
    let doubts: Vec<Json> = document
        .doubts
        .iter()
        .map(|doubt| {
            let place = doubt.location.map(|location| {
                let (path, line, column) = evaluation.position(location);
                json!({ "path": path, "line": line, "column": column })
            });
            json!({ "reason": doubt.reason, "location": place })
        })
        .collect();
    json!({
        "app": locator,
        "mount": mount,
        "file": file,
        "sure": document.doubts.is_empty(),
        "doubts": doubts,
    })
}

/// `shop.main:create_app()` as `shop.main.create_app.json`; a mount adds its path.
fn file_name(locator: &str, mount: Option<&str>, format: DocumentFormat) -> String {
    let mut name: String = locator
        .trim_end_matches("()")
        .chars()
        .map(|character| match character {
            ':' => '.',
            character if character.is_alphanumeric() || "._-".contains(character) => character,
            _ => '_',
        })
        .collect();
    if let Some(mount) = mount {
        let path = mount.trim_matches('/').replace(|character: char| !character.is_alphanumeric(), "_");
        name.push('@');
        name.push_str(&path);
    }
    name.push_str(match format {
        DocumentFormat::Json => ".json",
        DocumentFormat::Yaml => ".yaml",
    });
    name
}

fn render(document: &Json, format: DocumentFormat) -> Result<String, Failure> {
    match format {
        DocumentFormat::Json => Ok(pretty(document)),
        DocumentFormat::Yaml => serde_saphyr::to_string(document)
            .map_err(|error| Failure::new(format!("the document can't be written as YAML: {error}"))),
    }
}

fn pretty(document: &Json) -> String {
    let mut text = Vec::with_capacity(TEXT_BYTES);
    // Writing a document to memory can't fail, and gives UTF-8.
    let _ = serde_json::to_writer_pretty(&mut text, document);
    text.push(b'\n');
    String::from_utf8(text).unwrap_or_default()
}

/// Says what is not known, each with its place.
fn tell_doubts(evaluation: &Evaluation, doubts: &[Doubt]) {
    for doubt in doubts {
        let place = match doubt.location {
            Some(location) => {
                let (path, line, column) = evaluation.position(location);
                format!("{path}:{line}:{column}: ")
            }
            None => String::new(),
        };
        terminal::tell(&format!("{place}{}", doubt.reason));
    }
}
