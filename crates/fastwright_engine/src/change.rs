//! A change of a project that somebody made: a patch, the working tree against a revision, or new texts of files;
//! and what the gate says of it.

use crate::failure::Failure;
use crate::settings::Settings;
use crate::{git, patch, project_tests, questions, sides};
use fastwright_gate::{Allowance, ChangedFile, Request, Snapshot, TestOutcome, Verdict, judge};
use fastwright_git::RevisionTree;
use fastwright_python::source::{DiskTree, OverlayTree, SourceTree};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A change: what was there, what is there, and which files differ.
pub struct Change {
    /// Where the paths of the files start: the repository, or the project where there is none.
    pub root: PathBuf,
    /// The files before.
    pub before: Arc<dyn SourceTree>,
    /// The files after.
    pub after: Arc<dyn SourceTree>,
    /// Those that differ.
    pub files: Vec<ChangedFile>,
}

impl Change {
    /// What the working tree of the project in `folder` has that the revision `base` has not.
    ///
    /// # Errors
    /// When there is no repository or no such revision, or git can't be run.
    pub fn of_working_tree(folder: &Path, base: &str) -> Result<Self, Failure> {
        let before = revision(folder, base)?;
        let root = repository(folder).ok_or_else(|| {
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
        Ok(Self { root, before, after: Arc::new(DiskTree), files })
    }

    /// What a patch, as `git diff` writes it, makes of the revision `base`, or of the working tree.
    ///
    /// # Errors
    /// When the patch does not fit or leads outside, or there is no such revision.
    pub fn of_patch(folder: &Path, text: &[u8], base: Option<&str>) -> Result<Self, Failure> {
        let before: Arc<dyn SourceTree> = match base {
            Some(base) => revision(folder, base)?,
            None => Arc::new(DiskTree),
        };
        let root = repository(folder).unwrap_or_else(|| folder.to_path_buf());
        let files = patch::changed_files(text, &root, &*before)?;
        Ok(Self::overlay(root, before, files))
    }

    /// What new texts of files make of the working tree. Paths are absolute and inside of `folder`; `None` takes a
    /// file away.
    pub fn of_texts(folder: &Path, texts: &BTreeMap<PathBuf, Option<Vec<u8>>>) -> Self {
        let root = repository(folder).unwrap_or_else(|| folder.to_path_buf());
        let files = texts
            .iter()
            .filter_map(|(path, new)| {
                let old = patch::read(path).0;
                let path = path.strip_prefix(&root).ok()?.to_string_lossy().replace('\\', "/");
                (old != *new).then(|| ChangedFile { path, old, new: new.clone(), is_link: false })
            })
            .collect();
        Self::overlay(root, Arc::new(DiskTree), files)
    }

    fn overlay(root: PathBuf, before: Arc<dyn SourceTree>, files: Vec<ChangedFile>) -> Self {
        let changed: BTreeMap<PathBuf, Option<Vec<u8>>> = files
            .iter()
            .map(|file| (root.join(&file.path), if file.is_link { None } else { file.new.clone() }))
            .collect();
        let after = Arc::new(OverlayTree::new(Arc::clone(&before), changed));
        Self { root, before, after, files }
    }
}

/// What the gate is asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Question<'q> {
    /// What the change may do beside what nobody can tell.
    pub allowed: &'q [Allowance],
    /// What it says it solves.
    pub solves: &'q [String],
}

/// Both sides of a change as the gate knows them.
pub struct Compared {
    old: Snapshot,
    new: Snapshot,
    files: Vec<ChangedFile>,
}

/// Looks at both sides of a change.
///
/// # Errors
/// When a side can't be read.
pub fn compare(settings: &Settings, change: &Change) -> Result<Compared, Failure> {
    let paths: Vec<PathBuf> = change.files.iter().map(|file| change.root.join(&file.path)).collect();
    let take = |tree: &Arc<dyn SourceTree>| questions::snapshot(Arc::clone(tree), settings, &paths);
    let (old, new) = sides::both(|| take(&change.before), || take(&change.after));
    let ((old, _), (new, seen_from)) = (old?, new?);
    let files = seen_from_project(&change.files, &change.root, &seen_from);
    Ok(Compared { old, new, files })
}

impl Compared {
    /// The gate's verdict. `tests` are those of [`tests`], where they were run.
    pub fn judge(&self, question: Question<'_>, tests: Option<&TestOutcome>) -> Verdict {
        judge(&Request {
            old: &self.old,
            new: &self.new,
            files: &self.files,
            allowed: question.allowed,
            solves: question.solves,
            tests,
        })
    }
}

/// Runs the project's own tests before and after a change, on copies. This runs code of the project.
///
/// # Errors
/// When no copy can be made or the command can't be started.
pub fn tests(settings: &Settings, change: &Change, command: &str) -> Result<TestOutcome, Failure> {
    let folder = folder_of(settings);
    let project = folder.strip_prefix(&change.root).unwrap_or(Path::new(""));
    project_tests::compare(command, &change.root, project, &*change.before, &change.files)
}

/// The folder of the project that the settings are about.
pub fn folder_of(settings: &Settings) -> PathBuf {
    if settings.path.is_dir() {
        settings.path.clone()
    } else {
        settings.path.parent().map_or_else(|| settings.path.clone(), Path::to_path_buf)
    }
}

fn repository(folder: &Path) -> Option<PathBuf> {
    git::root_of(folder).and_then(|root| root.canonicalize().ok())
}

fn revision(folder: &Path, revision: &str) -> Result<Arc<dyn SourceTree>, Failure> {
    let tree = RevisionTree::open(folder, revision).map_err(|error| Failure::new(error.to_string()))?;
    Ok(Arc::new(tree))
}

/// Paths inside of the project as every other report writes them; others start at the repository.
fn seen_from_project(files: &[ChangedFile], root: &Path, project: &Path) -> Vec<ChangedFile> {
    files
        .iter()
        .cloned()
        .map(|mut file| {
            if let Ok(path) = root.join(&file.path).strip_prefix(project) {
                file.path = path.to_string_lossy().replace('\\', "/");
            }
            file
        })
        .collect()
}
