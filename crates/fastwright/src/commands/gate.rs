//! `fastwright gate`.

use crate::arguments::{Colour, GateArguments};
use crate::failure::{Ending, Failure};
use crate::progress::Progress;
use crate::{git, patch, project_tests, sides, terminal, wiring};
use fastwright_contract::diff::KINDS;
use fastwright_gate::{ChangedFile, REASONS, Request, judge};
use fastwright_git::RevisionTree;
use fastwright_python::source::{DiskTree, OverlayTree, SourceTree};
use fastwright_report::output::render_verdict;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    let mut settings = sides::settings(&compared.project, compared)?;
    settings.path = settings
        .path
        .canonicalize()
        .map_err(|error| Failure::new(format!("{} can't be read: {error}", compared.project.display())))?;
    let folder = if settings.path.is_dir() {
        settings.path.clone()
    } else {
        settings.path.parent().map_or_else(|| settings.path.clone(), Path::to_path_buf)
    };
    let change = change(arguments, &folder)?;
    let paths: Vec<PathBuf> = change.files.iter().map(|file| change.root.join(&file.path)).collect();
    let progress = Progress::start("comparing before and after".to_owned(), !compared.no_progress);
    let take = |tree: &Arc<dyn SourceTree>| wiring::snapshot(Arc::clone(tree), &settings, &paths);
    let (old, new) = sides::both(|| take(&change.before), || take(&change.after));
    let ((old, _), (new, seen_from)) = (old?, new?);
    drop(progress);
    let tests = match &arguments.verify {
        Some(command) => {
            terminal::tell(&format!(
                "fastwright: running `{command}` of the project, before and after the change"
            ));
            let project = folder.strip_prefix(&change.root).unwrap_or(Path::new(""));
            Some(project_tests::compare(command, &change.root, project, &*change.before, &change.files)?)
        }
        None => None,
    };
    let files = seen_from_project(change.files, &change.root, &seen_from);
    let verdict = judge(&Request {
        old: &old,
        new: &new,
        files: &files,
        allowed: &arguments.allow,
        solves: &arguments.solves,
        tests: tests.as_ref(),
    });
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

/// A change: what was there, what is there, and which files differ.
struct Change {
    root: PathBuf,
    before: Arc<dyn SourceTree>,
    after: Arc<dyn SourceTree>,
    files: Vec<ChangedFile>,
}

fn change(arguments: &GateArguments, folder: &Path) -> Result<Change, Failure> {
    let root = git::root_of(folder).and_then(|root| root.canonicalize().ok());
    let revision = |revision: &str| -> Result<Arc<dyn SourceTree>, Failure> {
        let tree = RevisionTree::open(folder, revision).map_err(|error| Failure::new(error.to_string()))?;
        Ok(Arc::new(tree))
    };
    let Some(file) = &arguments.patch else {
        let base = arguments.base.as_deref().unwrap_or("HEAD");
        let before = revision(base)?;
        let root = root.ok_or_else(|| {
            Failure::new(format!("{} is in no git repository: give a patch", folder.display()))
        })?;
        let mut files = Vec::new();
        for path in git::changed_paths(&root, base)? {
            let old = before.read(&root.join(&path)).ok();
            let (new, is_link) = patch::read(&root.join(&path));
            if old != new || is_link {
                files.push(ChangedFile { path, old, new, is_link });
            }
        }
        return Ok(Change { root, before, after: Arc::new(DiskTree), files });
    };
    let text = if file.as_os_str() == "-" {
        let mut text = Vec::new();
        std::io::stdin()
            .read_to_end(&mut text)
            .map_err(|error| Failure::new(format!("standard input can't be read: {error}")))?;
        text
    } else {
        std::fs::read(file)
            .map_err(|error| Failure::new(format!("{} can't be read: {error}", file.display())))?
    };
    let before = match &arguments.base {
        Some(base) => revision(base)?,
        None => Arc::new(DiskTree),
    };
    let root = root.unwrap_or_else(|| folder.to_path_buf());
    let files = patch::changed_files(&text, &root, &*before)?;
    let changed: BTreeMap<PathBuf, Option<Vec<u8>>> = files
        .iter()
        .map(|file| (root.join(&file.path), if file.is_link { None } else { file.new.clone() }))
        .collect();
    let after = Arc::new(OverlayTree::new(Arc::clone(&before), changed));
    Ok(Change { root, before, after, files })
}

/// Paths inside of the project as every other report writes them; others start at the repository.
fn seen_from_project(files: Vec<ChangedFile>, root: &Path, project: &Path) -> Vec<ChangedFile> {
    files
        .into_iter()
        .map(|mut file| {
            if let Ok(path) = root.join(&file.path).strip_prefix(project) {
                file.path = path.to_string_lossy().replace('\\', "/");
            }
            file
        })
        .collect()
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
