//! `fastwright review`.

use super::{cache, deliver, progress_text, show, tell_nothing_found};
use crate::arguments::{Colour, ReviewArguments};
use crate::ending::Ending;
use crate::progress::Progress;
use crate::terminal;
use fastwright_engine::Failure;
use fastwright_engine::Settings;
use fastwright_engine::baseline;
use fastwright_engine::{questions, rules};
use fastwright_report::output::{ReviewFormat, render_review};
use fastwright_report::review_document::ReviewReport;
use fastwright_report::statistics;
use std::time::Instant;

/// Reviews once.
///
/// # Errors
/// When a path does not exist, configuration or options make no sense, or the result can't be written.
pub(crate) fn review(arguments: &ReviewArguments, colour: Colour) -> Result<Ending, Failure> {
    let start = Instant::now();
    let project = &arguments.project;
    let mut settings = project
        .paths
        .iter()
        .map(|path| Settings::for_review(path, &project.overrides(), &arguments.overrides()))
        .collect::<Result<Vec<_>, _>>()?;
    if show(project, &settings)? {
        return Ok(Ending::Clean);
    }
    let progress = Progress::start(progress_text(project), !project.no_progress);
    if let Some(revision) = &arguments.diff_base {
        for settings in &mut settings {
            let known = questions::fingerprints(settings, revision)?;
            settings.review.baseline.get_or_insert_default().extend(known);
        }
    }
    // The formats of several projects are one: that of the first.
    let format = settings.first().map_or(ReviewFormat::Full, |settings| settings.output_format);
    let mut reports = Vec::new();
    for settings in &settings {
        let cache = cache("review", settings, project);
        reports.push(questions::review(settings, cache.as_ref(), format.shows_hashes())?);
    }
    drop(progress);

    let mut nothing = true;
    let mut failing = false;
    for (report, settings) in reports.iter().zip(&settings) {
        let document = &report.document;
        if document.projects.iter().all(|project| project.apps.is_empty()) {
            tell_nothing_found(settings, document.statistics.files);
        } else {
            nothing = false;
        }
        failing |= document.findings.iter().any(|finding| finding.severity >= settings.fail_on);
    }
    let mut report = ReviewReport::merge(reports);
    report.document.statistics.milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);

    if let Some(file) = &arguments.write_baseline {
        let count = baseline::write(file, &report.document)?;
        let noun = if count == 1 { "finding" } else { "findings" };
        terminal::tell(&format!("fastwright: {count} {noun} written to {}", file.display()));
        return Ok(Ending::Clean);
    }
    if !(nothing && format.is_text() && is_empty(&report)) {
        deliver(project, colour, |appearance| {
            if arguments.statistics && format == ReviewFormat::Json {
                statistics::json(&report.document)
            } else if arguments.statistics {
                statistics::text(&report.document, appearance)
            } else {
                render_review(&report, format, &rules::rule_descriptions(), appearance)
            }
        })?;
    }
    Ok(if nothing {
        Ending::Nothing
    } else if failing && !arguments.exit_zero {
        Ending::Findings
    } else {
        Ending::Clean
    })
}

fn is_empty(report: &ReviewReport) -> bool {
    let document = &report.document;
    document.findings.is_empty() && document.undecided.is_empty() && document.problems.is_empty()
}
