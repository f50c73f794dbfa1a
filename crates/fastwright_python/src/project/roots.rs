//! Which folders module names start from.
//!
//! Decided from the top down, first from manifests, then from structure, and where these leave a choice from
//! what the files import: a folder is a root when the names that files below it import exist under it.

use crate::dotted::first_part;
use std::path::{Path, PathBuf};

use rustc_hash::{FxHashMap, FxHashSet};

use super::directories::{DirectoryIndex, FolderIndex, Located};
use super::evidence::{imported_names, is_identifier};
use super::standard_library::is_standard_library;
use super::{FileIndex, RootReason};
use crate::source::SourceTree;

/// How many files are read to decide on one folder.
const SAMPLE: usize = 16;
/// How many files of the whole project are read when a folder's own files do not decide.
const WIDE_SAMPLE: usize = 128;

pub(crate) struct RootDecision<'a> {
    pub(crate) tree: &'a dyn SourceTree,
    pub(crate) directories: &'a mut DirectoryIndex,
    pub(crate) files: &'a [(PathBuf, FolderIndex)],
    /// Folders that are import roots whatever the files say.
    pub(crate) declared: FxHashMap<PathBuf, RootReason>,
    /// The decided root of each folder.
    pub(crate) roots: Vec<FolderIndex>,
    pub(crate) reasons: FxHashMap<FolderIndex, RootReason>,
    imports: FxHashMap<FileIndex, Vec<(u32, Box<str>)>>,
    prefixes: Option<FxHashSet<Box<str>>>,
}

/// What is decided about a folder and holds for those below it until something else is decided.
#[derive(Clone, Copy)]
struct State {
    root: FolderIndex,
    /// No root above this folder is considered below it.
    ceiling: FolderIndex,
    /// Proven: what lies below belongs to a package that starts at the root.
    settled: bool,
}

impl<'a> RootDecision<'a> {
    pub(crate) fn new(
        tree: &'a dyn SourceTree,
        directories: &'a mut DirectoryIndex,
        files: &'a [(PathBuf, FolderIndex)],
        declared: FxHashMap<PathBuf, RootReason>,
    ) -> Self {
        let roots = vec![0; directories.folders.len()];
        Self {
            tree,
            directories,
            files,
            declared,
            roots,
            reasons: FxHashMap::default(),
            imports: FxHashMap::default(),
            prefixes: None,
        }
    }

    /// Decides for every folder. Folder 0 is the topmost possible root; `start` is where names start when
    /// nothing says otherwise.
    pub(crate) fn decide(&mut self, start: FolderIndex, reason: RootReason) {
        self.reasons.insert(start, reason);
        self.visit(0, State { root: start, ceiling: start, settled: false }, start);
    }

    fn visit(&mut self, folder: FolderIndex, state: State, start: FolderIndex) {
        let state =
            if folder <= start { self.at_start(folder, state, start) } else { self.below(folder, state) };
        self.roots[folder as usize] = state.root;
        for child in self.directories.folder(folder).children.clone() {
            if self.directories.folder(child).has_python {
                self.visit(child, state, start);
            }
        }
    }

    /// The folders from the topmost possible root to the usual one are one chain.
    fn at_start(&mut self, folder: FolderIndex, state: State, start: FolderIndex) -> State {
        if folder != start {
            return state;
        }
        let mut state = State { root: start, ..state };
        // A folder of modules that import each other with dots is itself a package, only without a manifest
        // to say so.
        let this = self.directories.folder(start);
        let is_candidate = this.parent.is_some()
            && !this.has_init
            && !this.has_project_manifest
            && !self.declared.contains_key(&this.path);
        if is_candidate && self.relative_level(start) > 0 {
            let parent = self.directories.folder(start).parent.unwrap_or(start);
            state = State { root: parent, ceiling: parent, settled: true };
            self.reasons.insert(parent, RootReason::Imports);
            self.mark_namespace(start, parent);
        }
        state
    }

    fn below(&mut self, folder: FolderIndex, state: State) -> State {
        let this = self.directories.folder(folder);
        if let Some(reason) = self.declared.get(&this.path).copied() {
            return self.new_root(folder, reason);
        }
        if !is_identifier(&this.name) {
            return self.new_root(folder, RootReason::Structure);
        }
        if this.has_init {
            return self.package(folder, state);
        }
        let in_package = this.parent.is_some_and(|parent| self.directories.folder(parent).has_init);
        // Inside a package, `setup.py` is a module and a list of requirements is data.
        let has_manifest = this.has_project_manifest && !(this.has_only_weak_manifests && in_package);
        let only_requirements = this.has_only_weak_manifests;
        let has_files = !this.files.is_empty();
        let is_source_folder = &*this.name == "src" && !has_files;
        if has_manifest
            && self.relative_level(folder) == 0
            // A list of requirements may also lie inside a package that is imported by its name.
            && !(only_requirements && self.is_imported_by_name(folder))
        {
            return State { ceiling: state.ceiling, ..self.new_root(folder, RootReason::ManifestFolder) };
        }
        if state.settled {
            return state;
        }
        if is_source_folder && !self.is_imported_by_name(folder) {
            return self.new_root(folder, RootReason::SourceFolder);
        }
        if has_files { self.plain(folder, state) } else { state }
    }

    fn new_root(&mut self, folder: FolderIndex, reason: RootReason) -> State {
        self.reasons.entry(folder).or_insert(reason);
        State { root: folder, ceiling: folder, settled: false }
    }

    /// A package: its name starts from the folder above the topmost package, or further up when folders
    /// without `__init__.py` are imported by name too.
    fn package(&mut self, folder: FolderIndex, state: State) -> State {
        let parent = self.directories.folder(folder).parent.unwrap_or(state.root);
        if state.settled || parent == state.root || self.directories.folder(parent).has_init {
            return State { settled: true, ..state };
        }
        let candidates = self.candidates(parent, state);
        let score = self.scores(folder, &candidates);
        let chosen = best(&candidates, &score.found)
            .or_else(|| self.by_prefix(folder, &candidates))
            .unwrap_or(state.root);
        self.choose(folder, chosen, state, true)
    }

    /// A folder with Python files and no `__init__.py`: a namespace package, or scripts beside each other.
    fn plain(&mut self, folder: FolderIndex, state: State) -> State {
        let parent = self.directories.folder(folder).parent.unwrap_or(state.root);
        if self.directories.folder(parent).has_init {
            return state;
        }
        let mut candidates = vec![folder];
        candidates.extend(self.candidates(parent, state));
        let score = self.scores(folder, &candidates);
        let level = score.relative as usize;
        let mut found = score.found;
        found.iter_mut().take(level).for_each(|score| *score = 0);
        let chosen =
            best(&candidates, &found).or_else(|| self.by_prefix(folder, &candidates)).unwrap_or(state.root);
        let proven = score.by_own_name > 0 || score.relative > 0;
        self.choose(folder, chosen, state, proven)
    }

    fn choose(&mut self, folder: FolderIndex, chosen: FolderIndex, state: State, proven: bool) -> State {
        if chosen == folder {
            return State { ceiling: state.ceiling, ..self.new_root(folder, RootReason::Imports) };
        }
        if chosen != state.root {
            self.reasons.entry(chosen).or_insert(RootReason::Imports);
        }
        if proven {
            self.mark_namespace(folder, chosen);
        }
        State { root: chosen, ceiling: state.ceiling, settled: proven }
    }

    /// Everything from a proven package up to its root is part of the package.
    fn mark_namespace(&mut self, folder: FolderIndex, root: FolderIndex) {
        let part: Vec<FolderIndex> =
            self.directories.upwards(folder).take_while(|above| *above != root).collect();
        for folder in part {
            self.directories.folders[folder as usize].is_namespace = true;
        }
    }

    /// Possible roots from `nearest` up to the ceiling, as long as the names between can be imported.
    fn candidates(&self, nearest: FolderIndex, state: State) -> Vec<FolderIndex> {
        let mut candidates = Vec::new();
        for folder in self.directories.upwards(nearest) {
            candidates.push(folder);
            let this = self.directories.folder(folder);
            if folder == state.ceiling || !is_identifier(&this.name) {
                break;
            }
        }
        candidates
    }

    /// How many different imports of a sample of the files in and below a folder exist under each candidate.
    fn scores(&mut self, folder: FolderIndex, candidates: &[FolderIndex]) -> Scores {
        let sample = self.sample(folder);
        let mut found: Vec<FxHashSet<Box<str>>> = vec![FxHashSet::default(); candidates.len()];
        let mut scores = Scores { found: vec![0; candidates.len()], by_own_name: 0, relative: 0 };
        for file in sample {
            let is_direct = self.files[file.index()].1 == folder;
            for (level, dotted) in self.imports_of(file) {
                if level > 0 {
                    if is_direct {
                        scores.relative = scores.relative.max(level);
                    }
                    continue;
                }
                if is_standard_library(&dotted) || is_dependency(self.directories, &dotted) {
                    continue;
                }
                for (position, candidate) in candidates.iter().enumerate() {
                    if self.exists(*candidate, &dotted, file) {
                        let by_own_name = *candidate != folder
                            && self.folder_under(*candidate, folder).is_some_and(|chain| {
                                dotted
                                    .strip_prefix(&*chain)
                                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                            });
                        scores.by_own_name += usize::from(by_own_name);
                        found[position].insert(dotted.clone());
                        // The nearest folder that has it: what lies further up is reached from there too.
                        break;
                    }
                }
            }
            scores.found = found.iter().map(FxHashSet::len).collect();
            if clear_winner(&scores.found) {
                break;
            }
        }
        scores
    }

    /// The dotted name of `folder` when names start at `root`.
    fn folder_under(&self, root: FolderIndex, folder: FolderIndex) -> Option<String> {
        let mut names: Vec<&str> = Vec::new();
        for above in self.directories.upwards(folder) {
            if above == root {
                names.reverse();
                return Some(names.join("."));
            }
            names.push(&self.directories.folder(above).name);
        }
        None
    }

    fn exists(&self, root: FolderIndex, dotted: &str, importer: FileIndex) -> bool {
        match self.directories.locate(root, dotted) {
            // A file that imports its own bare name means something else.
            Located::File(file) => file != importer,
            Located::Namespace(_) => true,
            Located::Unwalked(folder, position) => {
                let mut path = self.directories.folder(folder).path.clone();
                path.extend(dotted.split('.').skip(position));
                path.starts_with(&self.directories.folder(root).path)
                    && (self.tree.is_file(&path.with_extension("py")) || self.tree.is_dir(&path))
            }
            Located::Ended | Located::Nothing => false,
        }
    }

    /// When a folder's own files do not decide: whether files anywhere in the project import it by a longer name.
    fn by_prefix(&mut self, folder: FolderIndex, candidates: &[FolderIndex]) -> Option<FolderIndex> {
        if candidates.len() < 2 {
            return None;
        }
        let is_package = self.directories.folder(folder).has_init;
        // The longest name first: only a package is looked for by its bare name, which many folders share.
        let names: Vec<(FolderIndex, String)> = candidates
            .iter()
            .rev()
            .filter(|candidate| **candidate != folder)
            .filter_map(|candidate| Some((*candidate, self.folder_under(*candidate, folder)?)))
            .filter(|(_, name)| {
                let is_library = is_standard_library(name) || is_dependency(self.directories, name);
                name.contains('.') || (is_package && !is_library)
            })
            .collect();
        let prefixes = self.project_prefixes();
        names.into_iter().find(|(_, name)| prefixes.contains(name.as_str())).map(|(candidate, _)| candidate)
    }

    /// Every dotted name, and every beginning of one, that a sample of the whole project imports.
    fn project_prefixes(&mut self) -> &FxHashSet<Box<str>> {
        if self.prefixes.is_none() {
            let step = self.files.len().div_ceil(WIDE_SAMPLE).max(1);
            let mut prefixes = FxHashSet::default();
            for index in (0..self.files.len()).step_by(step) {
                for (level, dotted) in self.imports_of(FileIndex(index as u32)) {
                    if level == 0 {
                        for (end, _) in dotted.match_indices('.') {
                            prefixes.insert(Box::from(&dotted[..end]));
                        }
                        prefixes.insert(dotted);
                    }
                }
            }
            self.prefixes = Some(prefixes);
        }
        self.prefixes.get_or_insert_default()
    }

    /// Whether the files below a folder import it by its own name (`from src.app import x`).
    fn is_imported_by_name(&mut self, folder: FolderIndex) -> bool {
        let Some(parent) = self.directories.folder(folder).parent else {
            return false;
        };
        let name = format!("{}.", self.directories.folder(folder).name);
        for file in self.sample(folder) {
            for (level, dotted) in self.imports_of(file) {
                if level == 0 && dotted.starts_with(&name) && self.exists(parent, &dotted, file) {
                    return true;
                }
            }
        }
        false
    }

    /// The highest number of dots in relative imports of the files directly in a folder.
    fn relative_level(&mut self, folder: FolderIndex) -> u32 {
        let files: Vec<FileIndex> =
            self.directories.folder(folder).files.iter().copied().take(SAMPLE).collect();
        files.into_iter().flat_map(|file| self.imports_of(file)).map(|(level, _)| level).max().unwrap_or(0)
    }

    /// The files of a folder, then of those below it level by level, up to a bound.
    fn sample(&self, folder: FolderIndex) -> Vec<FileIndex> {
        let mut sample = Vec::new();
        let mut level = vec![folder];
        while !level.is_empty() && sample.len() < SAMPLE {
            let mut next = Vec::new();
            for folder in level {
                let this = self.directories.folder(folder);
                sample.extend(this.files.iter().filter(|file| Some(**file) != this.init).copied());
                sample.extend(this.init);
                next.extend(
                    this.children.iter().copied().filter(|child| self.directories.folder(*child).has_python),
                );
            }
            level = next;
        }
        sample.truncate(SAMPLE);
        sample
    }

    fn imports_of(&mut self, file: FileIndex) -> Vec<(u32, Box<str>)> {
        let tree = self.tree;
        let path: &Path = &self.files[file.index()].0;
        self.imports
            .entry(file)
            .or_insert_with(|| {
                let mut names = Vec::new();
                // A file that can't be read says nothing here; reading it for the analysis reports it.
                if let Ok(bytes) = tree.read(path) {
                    imported_names(&bytes, |name| names.push((name.level, Box::from(name.dotted))));
                }
                names
            })
            .clone()
    }
}

struct Scores {
    found: Vec<usize>,
    /// Imports that name the folder itself, by its path from a candidate.
    by_own_name: usize,
    relative: u32,
}

fn clear_winner(found: &[usize]) -> bool {
    let best = found.iter().copied().max().unwrap_or(0);
    best >= 4 && found.iter().filter(|score| **score * 3 > best).count() == 1
}

/// The candidate with the most imports found; of equals the furthest up, whose names say more.
fn best(candidates: &[FolderIndex], found: &[usize]) -> Option<FolderIndex> {
    let (candidate, score) = candidates.iter().zip(found).max_by_key(|(_, score)| **score)?;
    (*score > 0).then_some(*candidate)
}

/// Whether a dotted name starts with that of a distribution that the project depends on.
pub(crate) fn is_dependency(directories: &DirectoryIndex, dotted: &str) -> bool {
    let first = first_part(dotted);
    directories.dependency_names.contains(first)
        || (first.bytes().any(|byte| byte.is_ascii_uppercase())
            && directories.dependency_names.contains(first.to_ascii_lowercase().as_str()))
}
