//! `fastwright routes`.

use super::{cache, deliver, progress_text, show, tell_nothing_found};
use crate::arguments::{Colour, RoutesArguments};
use crate::ending::Ending;
use crate::progress::Progress;
use fastwright_engine::Failure;
use fastwright_engine::Settings;
use fastwright_engine::questions;
use fastwright_report::output::{RoutesFormat, render_routes};
use fastwright_report::routes_document::RoutesDocument;
use fastwright_report::routes_selection::RouteFilter;

/// Lists once.
///
/// # Errors
/// When a path does not exist, configuration or options make no sense, or the result can't be written.
pub(crate) fn routes(arguments: &RoutesArguments, colour: Colour) -> Result<Ending, Failure> {
    let project = &arguments.project;
    let settings = project
        .paths
        .iter()
        .map(|path| Settings::for_project(path, &project.overrides()))
        .collect::<Result<Vec<_>, _>>()?;
    if show(project, &settings)? {
        return Ok(Ending::Clean);
    }
    let progress = Progress::start(progress_text(project), !project.no_progress);
    let mut documents = Vec::new();
    for settings in &settings {
        documents.push(questions::routes(settings, cache("routes", settings, project).as_ref())?);
    }
    drop(progress);
    for (document, settings) in documents.iter().zip(&settings) {
        if document.apps.is_empty() {
            tell_nothing_found(settings, questions::shown_files(settings)?.len());
        }
    }
    let mut document = RoutesDocument::merge(documents);
    let nothing = document.apps.is_empty();
    let filter = RouteFilter {
        guards: arguments.auth.clone(),
        methods: arguments.method.clone(),
        paths: arguments.path.clone(),
    };
    filter.apply(&mut document);
    // The configuration's format is one of reviews: routes have fewer.
    let format = arguments.output_format.unwrap_or(RoutesFormat::Full);
    let is_empty = nothing && document.undecided.is_empty() && document.problems.is_empty();
    if !(is_empty && format == RoutesFormat::Full) {
        deliver(project, colour, |appearance| {
            render_routes(&document, format, arguments.group_by, appearance)
        })?;
    }
    Ok(if nothing { Ending::Nothing } else { Ending::Clean })
}
