//! The walk over the analysed folder: which Python files count, what is left out and why.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rayon::prelude::*;

use super::evidence::is_identifier;
use super::{DiscoverError, DiscoverOptions, ProblemKind, ProjectProblem, manifest, versions};
use crate::source::{EntryKind, SourceTree, TreeEntry};

/// Deeper folders are not entered: no project has them, generated trees and mounts may.
const MAX_DEPTH: usize = 200;

/// One folder that was walked.
#[derive(Debug, Default)]
pub(crate) struct WalkedFolder {
    pub(crate) path: PathBuf,
    /// Python files directly inside, sorted.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) folders: Vec<WalkedFolder>,
    /// Names of modules and packages that exist but were left out (ignored by git, excluded, too large).
    pub(crate) skipped: Vec<Box<str>>,
    pub(crate) manifests: Vec<(PathBuf, manifest::ManifestKind)>,
    pub(crate) locks: Vec<PathBuf>,
    pub(crate) problems: Vec<ProjectProblem>,
    /// Set when the folder turned out, on looking inside, to be one that is left out.
    pub(crate) excluded: bool,
}

/// The patterns of one folder's ignore files, and those of the folders above.
struct IgnorePatterns {
    above: Option<Arc<IgnorePatterns>>,
    matcher: Gitignore,
}

fn is_ignored(patterns: Option<&Arc<IgnorePatterns>>, path: &Path, is_folder: bool) -> bool {
    let mut level = patterns;
    while let Some(patterns) = level {
        let found = patterns.matcher.matched(path, is_folder);
        if !found.is_none() {
            return found.is_ignore();
        }
        level = patterns.above.as_ref();
    }
    false
}

pub(crate) struct Walker<'a> {
    tree: &'a dyn SourceTree,
    options: &'a DiscoverOptions,
    root: &'a Path,
    analysed: &'a Path,
    real_root: PathBuf,
    real_analysed: PathBuf,
    excludes: Option<Gitignore>,
    linked: Mutex<HashSet<PathBuf>>,
}

impl<'a> Walker<'a> {
    pub(crate) fn new(
        tree: &'a dyn SourceTree,
        options: &'a DiscoverOptions,
        root: &'a Path,
        analysed: &'a Path,
    ) -> Result<Self, DiscoverError> {
        let real = |path: &Path| tree.canonical(path).unwrap_or_else(|_| path.to_path_buf());
        Ok(Self {
            tree,
            options,
            root,
            analysed,
            real_root: real(root),
            real_analysed: real(analysed),
            excludes: exclude_matcher(root, options)?,
            linked: Mutex::default(),
        })
    }

    /// Walks the analysed folder. `repository` is the folder with `.git` above it, if any.
    pub(crate) fn walk(&self, repository: Option<&Path>) -> WalkedFolder {
        let patterns = self.patterns_above(repository);
        self.folder(self.analysed.to_path_buf(), patterns, false, 0)
    }

    /// Ignore files between the repository (or the project's root) and the analysed folder. None of them
    /// counts when they leave out the analysed folder itself: the user asked for it.
    fn patterns_above(&self, repository: Option<&Path>) -> Option<Arc<IgnorePatterns>> {
        if !self.options.respect_gitignore {
            return None;
        }
        let top = repository.unwrap_or(self.root);
        let mut patterns = None;
        if let Some(repository) = repository {
            let excluded = repository.join(".git").join("info").join("exclude");
            patterns = self.read_patterns(repository, &[&excluded], patterns);
        }
        let mut above: Vec<&Path> =
            self.analysed.ancestors().take_while(|folder| folder.starts_with(top)).collect();
        above.reverse();
        for pair in above.windows(2) {
            let files = [pair[0].join(".gitignore"), pair[0].join(".ignore")];
            patterns = self.read_patterns(pair[0], &[&files[0], &files[1]], patterns);
            if is_ignored(patterns.as_ref(), pair[1], true) {
                return None;
            }
        }
        patterns
    }

    fn read_patterns(
        &self,
        folder: &Path,
        files: &[&Path],
        above: Option<Arc<IgnorePatterns>>,
    ) -> Option<Arc<IgnorePatterns>> {
        let mut builder = GitignoreBuilder::new(folder);
        let mut any = false;
        for file in files {
            if !self.tree.is_file(file) {
                continue;
            }
            let Ok(bytes) = self.tree.read(file) else {
                continue;
            };
            let text = String::from_utf8_lossy(&bytes);
            for line in text.trim_start_matches('\u{feff}').lines() {
                // git passes over patterns that it does not understand.
                any |= builder.add_line(None, line).is_ok();
            }
        }
        match builder.build() {
            Ok(matcher) if any && !matcher.is_empty() => Some(Arc::new(IgnorePatterns { above, matcher })),
            _ => above,
        }
    }

    fn folder(
        &self,
        path: PathBuf,
        patterns: Option<Arc<IgnorePatterns>>,
        beside_manifest: bool,
        depth: usize,
    ) -> WalkedFolder {
        let mut walked = WalkedFolder { path, ..WalkedFolder::default() };
        let folder_name = walked.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let wanted = |name: &OsStr| may_count(name, &folder_name);
        let entries = match self.tree.entries_where(&walked.path, &wanted) {
            Ok(entries) => entries,
            Err(error) => {
                walked.problem(
                    ProblemKind::NotReadable,
                    format!("the folder can't be listed: {error}; it is left out"),
                );
                return walked;
            }
        };
        if depth > 0
            && self.options.default_excludes
            && is_excluded_by_content(&walked.path, &entries, beside_manifest)
        {
            walked.excluded = true;
            return walked;
        }
        let has_patterns = self.options.respect_gitignore
            && entries.iter().any(|entry| is_named(entry, ".gitignore") || is_named(entry, ".ignore"));
        let patterns = if has_patterns {
            let files = [walked.path.join(".gitignore"), walked.path.join(".ignore")];
            self.read_patterns(&walked.path.clone(), &[&files[0], &files[1]], patterns)
        } else {
            patterns
        };
        let mut folders = Vec::new();
        for entry in entries {
            match entry.kind {
                EntryKind::Directory => {
                    if self.enters(&entry, patterns.as_ref(), &mut walked) {
                        folders.push(entry.path);
                    }
                }
                EntryKind::File => self.file(entry, &folder_name, patterns.as_ref(), &mut walked),
                EntryKind::Other if is_python_name(&entry.path) => walked.problems.push(ProjectProblem {
                    message: "not a regular file (a FIFO, device or broken link); it is left out".to_owned(),
                    path: entry.path,
                    kind: ProblemKind::NotAFile,
                    line: None,
                }),
                EntryKind::Other => {}
            }
        }
        if depth >= MAX_DEPTH && !folders.is_empty() {
            walked.problem(
                ProblemKind::NotReadable,
                format!("folders nested more than {MAX_DEPTH} deep; those inside are left out"),
            );
            return walked;
        }
        let manifest_here = !walked.manifests.is_empty();
        let enter = |path: PathBuf| self.folder(path, patterns.clone(), manifest_here, depth + 1);
        let inner: Vec<WalkedFolder> = if folders.len() > 1 {
            folders.into_par_iter().map(enter).collect()
        } else {
            folders.into_iter().map(enter).collect()
        };
        for folder in inner {
            if folder.excluded {
                walked.skip(&folder.path);
            } else {
                walked.folders.push(folder);
            }
        }
        walked
    }

    fn file(
        &self,
        entry: TreeEntry,
        folder_name: &str,
        patterns: Option<&Arc<IgnorePatterns>>,
        walked: &mut WalkedFolder,
    ) {
        let name = entry.path.file_name().unwrap_or_default().to_string_lossy();
        if let Some(kind) = manifest::kind_of(&name, folder_name) {
            walked.manifests.push((entry.path.clone(), kind));
        } else if versions::is_lock_file(&name) {
            walked.locks.push(entry.path);
            return;
        }
        if !is_python_name(&entry.path) || name.starts_with('.') {
            return;
        }
        if is_ignored(patterns, &entry.path, false) || self.is_excluded(&entry.path, false) {
            walked.skip(&entry.path);
            return;
        }
        match self.tree.size(&entry.path) {
            Ok(size) if size > self.options.max_file_bytes => {
                walked.skip(&entry.path);
                let megabytes = |bytes: u64| bytes as f64 / (1024.0 * 1024.0);
                walked.problems.push(ProjectProblem {
                    message: format!(
                        "the file has {:.1} MiB, more than the {:.1} MiB that are read; it is left out",
                        megabytes(size),
                        megabytes(self.options.max_file_bytes)
                    ),
                    path: entry.path,
                    kind: ProblemKind::TooLarge,
                    line: None,
                });
            }
            Ok(_) => walked.files.push(entry.path),
            Err(error) => walked.problems.push(ProjectProblem {
                message: format!("the file can't be read: {error}; it is left out"),
                path: entry.path,
                kind: ProblemKind::NotReadable,
                line: None,
            }),
        }
    }

    /// Whether the walk goes into a folder, as far as its name and path tell.
    fn enters(
        &self,
        entry: &TreeEntry,
        patterns: Option<&Arc<IgnorePatterns>>,
        walked: &mut WalkedFolder,
    ) -> bool {
        let name = entry.path.file_name().unwrap_or_default().to_string_lossy();
        if self.options.default_excludes && is_excluded_by_name(&name) {
            return false;
        }
        if is_ignored(patterns, &entry.path, true) || self.is_excluded(&entry.path, true) {
            walked.skip(&entry.path);
            return false;
        }
        !entry.is_link || self.follows(&entry.path)
    }

    /// A linked folder is followed once, when it lies in the project but not in what is walked anyway.
    fn follows(&self, link: &Path) -> bool {
        let Ok(target) = self.tree.canonical(link) else {
            return false;
        };
        let inside = target.starts_with(&self.real_root) && !target.starts_with(&self.real_analysed);
        let above = self.real_analysed.starts_with(&target);
        inside && !above && self.linked.lock().unwrap_or_else(PoisonError::into_inner).insert(target)
    }

    fn is_excluded(&self, path: &Path, is_folder: bool) -> bool {
        self.excludes.as_ref().is_some_and(|excludes| excludes.matched(path, is_folder).is_ignore())
    }
}

impl WalkedFolder {
    fn problem(&mut self, kind: ProblemKind, message: String) {
        self.problems.push(ProjectProblem { path: self.path.clone(), kind, line: None, message });
    }

    fn skip(&mut self, path: &Path) {
        if let Some(name) = path.file_stem().and_then(OsStr::to_str)
            && is_identifier(name)
        {
            self.skipped.push(name.into());
        }
    }
}

fn exclude_matcher(root: &Path, options: &DiscoverOptions) -> Result<Option<Gitignore>, DiscoverError> {
    if options.exclude.is_empty() && options.extend_exclude.is_empty() {
        return Ok(None);
    }
    let mut builder = GitignoreBuilder::new(root);
    for pattern in options.exclude.iter().chain(&options.extend_exclude) {
        let written = pattern.strip_prefix("./").unwrap_or(pattern);
        builder
            .add_line(None, written)
            .map_err(|error| DiscoverError::BadPattern(pattern.clone(), error.to_string()))?;
    }
    let matcher = builder
        .build()
        .map_err(|error| DiscoverError::BadPattern(options.exclude.join(", "), error.to_string()))?;
    Ok(Some(matcher))
}

fn is_python_name(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b".py") && !is_last_part(path, ".py")
}

/// Whether a file of this name may tell something about the folder that it lies in. Others need no closer look.
fn may_count(name: &OsStr, folder: &str) -> bool {
    let path = Path::new(name);
    let name = name.to_string_lossy();
    is_python_name(path)
        || name.starts_with('.')
        || name == VIRTUAL_ENVIRONMENT
        || is_setuptools_output(&name)
        || versions::is_lock_file(&name)
        || manifest::kind_of(&name, folder).is_some()
}

fn is_named(entry: &TreeEntry, name: &str) -> bool {
    is_last_part(&entry.path, name)
}

/// Whether the last part of a path that a listing gave is this name; taking paths apart costs more.
fn is_last_part(path: &Path, name: &str) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    bytes
        .strip_suffix(name.as_bytes())
        .is_some_and(|folder| folder.last().is_none_or(|&byte| std::path::is_separator(char::from(byte))))
}

fn is_excluded_by_name(name: &str) -> bool {
    name.starts_with('.')
        || matches!(
            name,
            "__pycache__"
                | "node_modules"
                | "site-packages"
                | "dist-packages"
                | "__pypackages__"
                | "bower_components"
        )
        || name.ends_with(".egg-info")
        || name.ends_with(".dist-info")
}

/// Virtual environments under any name, and build output. `build` and `dist` are also names of packages, so
/// they are left out only where they look like output.
fn is_excluded_by_content(path: &Path, entries: &[TreeEntry], beside_manifest: bool) -> bool {
    let has = |name: &str| entries.iter().any(|entry| is_named(entry, name));
    if has(VIRTUAL_ENVIRONMENT) || has("conda-meta") {
        return true;
    }
    if !path.file_name().is_some_and(|name| name == "build" || name == "dist") {
        return false;
    }
    if entries.iter().any(|entry| entry.kind == EntryKind::File && is_python_name(&entry.path)) {
        return false;
    }
    let is_output = |entry: &TreeEntry| {
        is_setuptools_output(&entry.path.file_name().unwrap_or_default().to_string_lossy())
    };
    beside_manifest || entries.iter().any(is_output)
}

/// The file that makes a folder a virtual environment (PEP 405).
const VIRTUAL_ENVIRONMENT: &str = "pyvenv.cfg";

/// Whether setuptools names a part of its build output so.
fn is_setuptools_output(name: &str) -> bool {
    name == "lib" || ["lib.", "bdist.", "temp."].iter().any(|start| name.starts_with(start))
}
