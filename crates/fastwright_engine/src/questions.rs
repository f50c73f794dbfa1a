//! What is asked of a project: its review, its routes, its contract, and what the gate knows of it.

use crate::cache::Cache;
use crate::failure::Failure;
use crate::freshness::Freshness;
use crate::settings::{Settings, working_directory};
use fastwright_contract::contract::RouteBehaviour;
use fastwright_contract::contract::document::Contract;
use fastwright_contract::versions::Versions;
use fastwright_gate::Snapshot;
use fastwright_model::analysis::{
    Analysis, AnalysisError, AnalysisOptions, analyse_tree, evaluate_tree, is_test_path,
};
use fastwright_model::application::Route;
use fastwright_python::memory;
use fastwright_python::project::{DiscoverOptions, discover};
use fastwright_python::source::{DiskTree, SourceTree};
use fastwright_report::recorded_settings::RecordedSettings;
use fastwright_report::review_document::ReviewReport;
use fastwright_report::routes_document::RoutesDocument;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// The review of one path, from the cache when nothing changed. A review that is kept has the hashes by which it can be
/// checked; another has them where they are wanted.
///
/// # Errors
/// When the path can't be read.
pub fn review(settings: &Settings, cache: Option<&Cache>, hashes: bool) -> Result<ReviewReport, Failure> {
    let hashes = hashes || cache.is_some();
    cached(settings, cache, |analysis| report(analysis, settings, hashes))
}

/// The review of an analysis: where it is from, and with which settings it was made.
fn report(analysis: &Analysis, settings: &Settings, hashes: bool) -> ReviewReport {
    let mut review = fastwright_rules::review(analysis, &settings.review);
    let root = root_of(analysis);
    review.projects.iter_mut().for_each(|project| project.root.clone_from(&root));
    let mut report = ReviewReport::new(&review, &analysis.files);
    if hashes {
        report = report.with_hashes(&review, &analysis.files);
    }
    let path = analysis.project.relative(&settings.path);
    let path = if path.is_empty() { ".".to_owned() } else { path };
    for project in &mut report.document.projects {
        project.settings = Some(RecordedSettings { path: path.clone(), ..settings.recorded() });
    }
    memory::leave(review);
    report
}

/// The routes of one path, from the cache when nothing changed.
///
/// # Errors
/// When the path can't be read.
pub fn routes(settings: &Settings, cache: Option<&Cache>) -> Result<RoutesDocument, Failure> {
    cached(settings, cache, |analysis| RoutesDocument::new(analysis, &root_of(analysis)))
}

/// What is known of a project after one analysis, with the files that it rests on.
#[derive(Debug)]
pub struct Survey {
    /// The review.
    pub review: ReviewReport,
    /// The routing tables.
    pub routes: RoutesDocument,
    /// Whether it still holds.
    pub freshness: Freshness,
}

/// Review and routes of one path.
///
/// # Errors
/// When the path can't be read.
pub fn survey(settings: &Settings) -> Result<Survey, Failure> {
    let mut freshness = Freshness::before(settings);
    let analysis = analysis(Arc::new(DiskTree), settings)?;
    freshness.add(&analysis.files);
    let (review, routes) =
        (report(&analysis, settings, false), RoutesDocument::new(&analysis, &root_of(&analysis)));
    memory::leave(analysis);
    Ok(Survey { review, routes, freshness })
}

/// Review and routes of a project as a tree of sources has it, such as one with edits that are in memory only.
///
/// # Errors
/// When the path can't be read.
pub fn examine(
    tree: Arc<dyn SourceTree>,
    settings: &Settings,
) -> Result<(ReviewReport, RoutesDocument), Failure> {
    let analysis = analysis(tree, settings)?;
    let answer = (report(&analysis, settings, false), RoutesDocument::new(&analysis, &root_of(&analysis)));
    memory::leave(analysis);
    Ok(answer)
}

fn analysis(tree: Arc<dyn SourceTree>, settings: &Settings) -> Result<Analysis, Failure> {
    analyse_tree(tree, &settings.path, &settings.analysis)
        .map_err(|AnalysisError::Path(message)| Failure::new(message))
}

fn cached<T: serde::Serialize + serde::de::DeserializeOwned>(
    settings: &Settings,
    cache: Option<&Cache>,
    report: impl FnOnce(&Analysis) -> T,
) -> Result<T, Failure> {
    let snapshot = match cache.map(|cache| cache.lookup(settings)) {
        Some(Ok(result)) => return Ok(result),
        Some(Err(snapshot)) => Some(snapshot),
        None => None,
    };
    let analysis = analysis(Arc::new(DiskTree), settings)?;
    let result = report(&analysis);
    if let (Some(cache), Some(snapshot)) = (cache, snapshot) {
        cache.store(snapshot, &analysis.files, &result);
    }
    memory::leave(analysis);
    Ok(result)
}

/// Fingerprints of all findings that a git revision of the project has; no baseline counts.
///
/// # Errors
/// When there is no such revision, or the project is not in it.
pub fn fingerprints(settings: &Settings, revision: &str) -> Result<Vec<String>, Failure> {
    at_revision(settings, revision, |analysis, settings| {
        let review = fastwright_rules::review(analysis, &settings.review);
        review.findings.into_iter().map(|finding| finding.fingerprint).collect()
    })
}

/// The review of the project as a git revision has it; no baseline counts.
///
/// # Errors
/// When there is no such revision, or the project is not in it.
pub fn review_at(settings: &Settings, revision: &str) -> Result<ReviewReport, Failure> {
    at_revision(settings, revision, |analysis, settings| report(analysis, settings, false))
}

fn at_revision<T>(
    settings: &Settings,
    revision: &str,
    answer: impl FnOnce(&Analysis, &Settings) -> T,
) -> Result<T, Failure> {
    let mut settings = settings.clone();
    settings.review.baseline = None;
    let tree = crate::sides::revision_tree(&mut settings, revision)?;
    let analysis = analysis(Arc::new(tree), &settings)?;
    let answer = answer(&analysis, &settings);
    memory::leave(analysis);
    Ok(answer)
}

/// The contract of the project at one path, as a tree of sources has it.
///
/// # Errors
/// When the path can't be read.
pub fn contract(tree: Arc<dyn SourceTree>, settings: &Settings) -> Result<Contract, Failure> {
    let options = AnalysisOptions { for_document: true, ..settings.analysis.clone() };
    let evaluation = evaluate_tree(tree, &settings.path, &options).map_err(|error| match error {
        AnalysisError::Path(message) => Failure::new(message),
    })?;
    let versions = Versions::of(&evaluation);
    Ok(fastwright_contract::contract::contract(evaluation, versions))
}

/// What one route of the project is in its contract; nothing where no route is wanted.
///
/// # Errors
/// When the path can't be read.
pub fn behaviour_of_route(
    settings: &Settings,
    wanted: &dyn Fn(&Route) -> bool,
) -> Result<Option<RouteBehaviour>, Failure> {
    let evaluation = evaluate_tree(Arc::new(DiskTree), &settings.path, &settings.analysis)
        .map_err(|AnalysisError::Path(message)| Failure::new(message))?;
    Ok(fastwright_contract::contract::behaviour_of_route(evaluation, wanted))
}

/// What the gate knows of the project as a tree of sources has it. `changed` are absolute paths of files whose
/// functions matter even where no route reaches them. With it comes the folder that its paths are relative to.
///
/// # Errors
/// When the path can't be read.
pub fn snapshot(
    tree: Arc<dyn SourceTree>,
    settings: &Settings,
    changed: &[PathBuf],
) -> Result<(Snapshot, PathBuf), Failure> {
    let failed = |AnalysisError::Path(message): AnalysisError| Failure::new(message);
    let options = AnalysisOptions { for_document: true, latent_routes: true, ..settings.analysis.clone() };
    let evaluation = evaluate_tree(Arc::clone(&tree), &settings.path, &options).map_err(failed)?;
    let versions = Versions::of(&evaluation);
    let root = evaluation.project.root.clone();
    let paths: Vec<String> = changed
        .iter()
        .filter_map(|path| path.strip_prefix(&root).ok())
        .map(|path| path.to_string_lossy().replace('\\', "/"))
        .filter(|path| path.ends_with(".py") && !is_test_path(path))
        .collect();
    let contract = fastwright_contract::contract::contract_with_functions(evaluation, versions, &paths);
    let options = AnalysisOptions { latent_routes: true, ..settings.analysis.clone() };
    let analysis = analyse_tree(tree, &settings.path, &options).map_err(failed)?;
    let review = fastwright_rules::review(&analysis, &settings.review);
    let snapshot = Snapshot::new(contract, &review, &analysis.files);
    memory::leave(analysis);
    Ok((snapshot, root))
}

/// The root of an analysed project as seen from the working directory.
fn root_of(analysis: &Analysis) -> String {
    let root = analysis.root.canonicalize().unwrap_or_else(|_| analysis.root.clone());
    // The root of a single file is its folder.
    let root = if root.is_file() { root.parent().map_or(root.clone(), Path::to_path_buf) } else { root };
    let folder = working_directory().ok().and_then(|folder| folder.canonicalize().ok());
    let relative = folder.map_or(root.clone(), |folder| relative(&root, &folder));
    let text = relative.to_string_lossy().replace('\\', "/");
    if text.is_empty() { ".".to_owned() } else { text }
}

/// `path` as seen from `folder`, both absolute; the path itself when they share nothing but the top.
fn relative(path: &Path, folder: &Path) -> PathBuf {
    let shared = path.components().zip(folder.components()).take_while(|(left, right)| left == right);
    let shared = shared.count();
    let only_top = path.components().take(shared).all(|part| !matches!(part, Component::Normal(_)));
    if only_top {
        return path.to_path_buf();
    }
    let up = folder.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(path.components().skip(shared)).collect()
}

/// The Python files that would be analysed, as seen from the working directory.
///
/// # Errors
/// When the path can't be listed or an exclude pattern is none.
pub fn shown_files(settings: &Settings) -> Result<Vec<String>, Failure> {
    let options = DiscoverOptions {
        exclude: settings.analysis.exclude.clone(),
        python_env: settings.analysis.python_env.clone(),
        virtual_env: std::env::var_os("VIRTUAL_ENV").map(PathBuf::from),
        ..DiscoverOptions::default()
    };
    let project =
        discover(&DiskTree, &settings.path, &options).map_err(|error| Failure::new(error.to_string()))?;
    let folder = working_directory().ok().and_then(|folder| folder.canonicalize().ok()).unwrap_or_default();
    let shown = |path: &Path| relative(path, &folder).to_string_lossy().replace('\\', "/");
    Ok(project.files.iter().map(|file| shown(&file.path)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_seen_from_the_working_directory() {
        let relative = |path, folder| relative(Path::new(path), Path::new(folder));
        assert_eq!(relative("/srv/shop", "/srv/shop"), Path::new(""));
        assert_eq!(relative("/srv/shop/api", "/srv/shop"), Path::new("api"));
        assert_eq!(relative("/srv/shop", "/srv/shop/api"), Path::new(".."));
        assert_eq!(relative("/opt/other", "/srv/shop"), Path::new("/opt/other"));
    }
}
