//! Checks a report: reads the bytes that its evidence names, and makes its review again.

use crate::baseline;
use crate::failure::Failure;
use crate::questions;
use crate::settings::{Overrides, ReviewOverrides, Settings, working_directory};
use fastwright_edit::writing::Root;
use fastwright_python::location::File;
use fastwright_python::parse;
use fastwright_report::place::Place;
use fastwright_report::recorded_settings::{RecordedBaseline, RecordedSettings};
use fastwright_report::review_document::{Project, ReviewDocument, ReviewReport};
use fastwright_report::verification::{
    Reported, StepState, Verification, VerifiedProject, check_step, compare, other_settings,
};
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Component, Path, PathBuf};

/// What somebody says about a verification. What the report says is taken for what it is: a claim.
#[derive(Debug, Clone, Default)]
pub struct VerificationRequest {
    /// The roots of the report's projects, in its order; none to take those that it names, below the working directory.
    pub projects: Vec<PathBuf>,
    /// Virtual environment of the project, and variables that are set where it runs: reports name no folders outside of
    /// a project and no values.
    pub overrides: Overrides,
    /// The baseline that the report was made with, instead of the configuration's.
    pub baseline: Option<PathBuf>,
    /// The git revision whose findings the report leaves out.
    pub diff_base: Option<String>,
}

/// Checks a report.
///
/// # Errors
/// When it is no report, a project is not there, or the baseline that it was made with is another one.
pub fn verify(report: &[u8], name: &str, request: &VerificationRequest) -> Result<Verification, Failure> {
    let reported = Reported::read(report).map_err(|what| Failure::new(format!("{name} {what}")))?;
    let document = &reported.document;
    let roots = roots(document, &request.projects)?;
    let mut reports = Vec::new();
    let mut projects = Vec::new();
    for (project, root) in document.projects.iter().zip(&roots) {
        let (report, verified) = again(project, root, request)?;
        reports.push(report);
        projects.push(verified);
    }
    let derived = ReviewReport::merge(reports).document;
    let mut sources = Sources { document, roots: &roots, files: HashMap::new() };
    Ok(compare(&reported, &derived, projects, &mut |place| sources.state(place)))
}

/// The folders of the projects, canonical.
fn roots(document: &ReviewDocument, named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let known = document.projects.len();
    if !named.is_empty() && named.len() != known {
        return Err(Failure::new(format!(
            "the report is about {known} {}, and `--project` names {}: one for each, in the order of the report",
            if known == 1 { "project" } else { "projects" },
            named.len()
        )));
    }
    if !named.is_empty() {
        return named.iter().map(|path| folder(path)).collect();
    }
    let here = folder(&working_directory()?)?;
    document
        .projects
        .iter()
        .map(|project| {
            let root = Path::new(&project.root);
            let stays =
                root.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
            let outside = || {
                Failure::new(format!(
                    "the report names the project `{}`, which is not below the working directory: \
                     `--project PATH` says where it is",
                    project.root
                ))
            };
            if !stays {
                return Err(outside());
            }
            let found = folder(&here.join(root))?;
            if found.starts_with(&here) { Ok(found) } else { Err(outside()) }
        })
        .collect()
}

fn folder(path: &Path) -> Result<PathBuf, Failure> {
    let shown = path.display();
    let found = path.canonicalize().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failure::new(format!("{shown} does not exist")),
        _ => Failure::new(format!("{shown} can't be read: {error}")),
    })?;
    if found.is_dir() { Ok(found) } else { Err(Failure::new(format!("{shown} is no folder"))) }
}

/// The review of one project, made again as the report says that it was made.
fn again(
    project: &Project,
    root: &Path,
    request: &VerificationRequest,
) -> Result<(ReviewReport, VerifiedProject), Failure> {
    let Some(recorded) = &project.settings else {
        return Err(Failure::new("the report does not say with which settings it was made"));
    };
    let mut settings = as_recorded(recorded, root, request)?;
    settings.review.baseline = match &recorded.baseline {
        Some(claimed) => Some(known_findings(&settings, claimed, root, request)?),
        None => None,
    };
    let mut report = questions::review(&settings, None, true)?;
    let document = &mut report.document;
    let unchanged = document.projects.first().is_some_and(|again| again.sources == project.sources);
    // The root is how the report is read, and nothing that it claims.
    document.projects.iter_mut().for_each(|again| again.root.clone_from(&project.root));
    let own = own_settings(&settings, request)?;
    let verified = VerifiedProject {
        root: project.root.clone(),
        unchanged,
        settings: other_settings(
            recorded,
            &RecordedSettings { path: recorded.path.clone(), baseline: recorded.baseline.clone(), ..own },
        ),
    };
    Ok((report, verified))
}

/// The settings of the report, for the project at a folder. What leads out of the project is not taken from it.
fn as_recorded(
    recorded: &RecordedSettings,
    root: &Path,
    request: &VerificationRequest,
) -> Result<Settings, Failure> {
    let inner = Path::new(&recorded.path);
    if !inner.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err(Failure::new(format!(
            "the report is about `{}`, which leads out of its project",
            recorded.path
        )));
    }
    let path = if recorded.path == "." { root.to_path_buf() } else { root.join(inner) };
    let overrides = Overrides { exclude: Vec::new(), app: Vec::new(), ..request.overrides.clone() };
    let mut settings = Settings::for_project(&path, &overrides)?;
    if !settings.path.starts_with(root) {
        return Err(Failure::new(format!("{} leads out of the project", path.display())));
    }
    settings.set_recorded(recorded)?;
    Ok(settings)
}

/// What the project would be reviewed with if nobody said anything else.
fn own_settings(settings: &Settings, request: &VerificationRequest) -> Result<RecordedSettings, Failure> {
    let review = ReviewOverrides { no_baseline: true, ..ReviewOverrides::default() };
    let own = Settings::for_review(&settings.path, &request.overrides, &review)?;
    Ok(own.recorded())
}

/// The findings that the report was told to leave out, from where the person who checks has them: a report that
/// brought its own list could hide anything.
fn known_findings(
    settings: &Settings,
    claimed: &RecordedBaseline,
    root: &Path,
    request: &VerificationRequest,
) -> Result<BTreeSet<String>, Failure> {
    let mut known = BTreeSet::new();
    if let Some(file) = request.baseline.as_deref().or(settings.baseline_file()) {
        known.extend(baseline::read(file)?);
    }
    if let Some(revision) = &request.diff_base {
        known.extend(questions::fingerprints(settings, revision)?);
    }
    if RecordedBaseline::of(&known) == *claimed {
        return Ok(known);
    }
    let (count, noun) = (claimed.findings, if claimed.findings == 1 { "finding" } else { "findings" });
    let found = match (known.is_empty(), &request.baseline, &request.diff_base) {
        (true, None, None) => format!("{} has none", root.display()),
        _ => format!("the one that is there now has {} and is another one", known.len()),
    };
    Err(Failure::new(format!(
        "the report leaves out {count} {noun} of a baseline, and {found}: name the same with `--baseline FILE` or \
         `--diff-base REVISION`"
    )))
}

/// The files that the evidence of a report names, each read once, and none outside of its project.
struct Sources<'report> {
    document: &'report ReviewDocument,
    roots: &'report [PathBuf],
    files: HashMap<String, Result<File, StepState>>,
}

impl Sources<'_> {
    fn state(&mut self, place: &Place) -> StepState {
        let (document, roots) = (self.document, self.roots);
        let file = self.files.entry(place.path.clone()).or_insert_with(|| {
            let (project, inner) = document.project_of(&place.path).ok_or(StepState::OutsideProject)?;
            read(&roots[project], inner)
        });
        match file {
            Ok(file) => check_step(place, file),
            Err(state) => *state,
        }
    }
}

/// A file below a folder. Links inside of the project are followed, as the review does; none leads out of it, also
/// when somebody changes it meanwhile.
fn read(root: &Path, inner: &str) -> Result<File, StepState> {
    let path = Path::new(inner);
    if inner.is_empty() || !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(StepState::OutsideProject);
    }
    let absent = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => StepState::NoFile,
        _ => StepState::Unreadable,
    };
    let real = root.join(path).canonicalize().map_err(absent)?;
    let Ok(inside) = real.strip_prefix(root) else { return Err(StepState::OutsideProject) };
    if real.metadata().is_ok_and(|metadata| metadata.len() > parse::LARGEST as u64) {
        return Err(StepState::Unreadable);
    }
    let bytes = Root::open(root).and_then(|root| root.read(inside)).map_err(absent)?.0;
    let text = parse::decode(bytes).map_err(|_| StepState::Unreadable)?;
    Ok(File::new(path.to_path_buf(), inner.to_owned(), Default::default(), true, text.into()))
}
