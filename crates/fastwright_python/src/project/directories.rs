//! The folders of a project as a tree of names in memory, so that no import lookup touches the disk.

use crate::dotted::parts;
use std::path::{Path, PathBuf};

use rustc_hash::{FxHashMap, FxHashSet};

use super::FileIndex;
use super::walk::WalkedFolder;

/// The place of a folder in a [`DirectoryIndex`].
pub(crate) type FolderIndex = u32;

/// One folder.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    pub(crate) name: Box<str>,
    pub(crate) parent: Option<FolderIndex>,
    /// `__init__.py` as a file of the project.
    pub(crate) init: Option<FileIndex>,
    /// Whether an `__init__.py` is there, analysed or not.
    pub(crate) has_init: bool,
    /// Whether everything inside was looked at; not so for folders above the analysed one.
    pub(crate) is_walked: bool,
    /// Whether a Python file lies in it or below.
    pub(crate) has_python: bool,
    /// Whether a manifest in it describes a project.
    pub(crate) has_project_manifest: bool,
    /// Whether nothing but a list of requirements or a `setup.py` says so.
    pub(crate) has_only_weak_manifests: bool,
    /// Whether its modules are proven to be imported as parts of a package (`from folder.x`, `from .x`), so
    /// that it is no folder of scripts that import each other by bare name.
    pub(crate) is_namespace: bool,
    /// The place in `Project::import_roots` of the root that names in it start from.
    pub(crate) import_root: usize,
    pub(crate) modules: FxHashMap<Box<str>, FileIndex>,
    pub(crate) folders: FxHashMap<Box<str>, FolderIndex>,
    /// Children in order.
    pub(crate) children: Vec<FolderIndex>,
    /// Files directly inside, in order.
    pub(crate) files: Vec<FileIndex>,
    /// Names that exist on disk and were left out of the walk.
    pub(crate) skipped: Vec<Box<str>>,
}

/// Where a dotted name leads, under one folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Located {
    File(FileIndex),
    Namespace(FolderIndex),
    /// The rest of the name (from this component on) is not in the tree, but may be on disk under this folder.
    Unwalked(FolderIndex, usize),
    /// The first name is a package with `__init__.py` or a module, and the rest is not in it: Python's search ends here.
    Ended,
    /// Nothing, though the first name may be a namespace package: the search goes on elsewhere.
    Nothing,
}

/// All folders with Python files, from the topmost import root down to the analysed folder and all below it.
#[derive(Debug, Clone, Default)]
pub(crate) struct DirectoryIndex {
    pub(crate) folders: Vec<Folder>,
    /// The import root (a place in `Project::import_roots`) and folder of each name at a root's top.
    pub(crate) top_names: FxHashMap<Box<str>, Vec<usize>>,
    /// The folder of each import root, where it is in the tree.
    pub(crate) root_folders: Vec<Option<FolderIndex>>,
    /// Distributions that the project depends on and does not hold itself, as import names would be spelled.
    pub(crate) dependency_names: FxHashSet<String>,
    by_path: FxHashMap<PathBuf, FolderIndex>,
    /// The folder of each file, by its place among the project's files.
    file_folders: Vec<FolderIndex>,
}

impl DirectoryIndex {
    pub(crate) fn add_folder(
        &mut self,
        path: &Path,
        parent: Option<FolderIndex>,
        has_init: bool,
    ) -> FolderIndex {
        let index = self.folders.len() as FolderIndex;
        let name: Box<str> = path.file_name().unwrap_or_default().to_string_lossy().into();
        if let Some(parent) = parent {
            let parent = &mut self.folders[parent as usize];
            parent.folders.insert(name.clone(), index);
            parent.children.push(index);
        }
        self.by_path.insert(path.to_path_buf(), index);
        self.folders.push(Folder {
            path: path.to_path_buf(),
            name,
            parent,
            init: None,
            has_init,
            is_walked: false,
            has_python: false,
            has_project_manifest: false,
            has_only_weak_manifests: false,
            is_namespace: false,
            import_root: 0,
            modules: FxHashMap::default(),
            folders: FxHashMap::default(),
            children: Vec::new(),
            files: Vec::new(),
            skipped: Vec::new(),
        });
        index
    }

    /// Adds what a walk found under `folder`, which is the walked folder itself. Folders without Python files
    /// are left out. `files` collects the paths.
    pub(crate) fn fill(
        &mut self,
        folder: FolderIndex,
        walked: WalkedFolder,
        files: &mut Vec<(PathBuf, FolderIndex)>,
    ) {
        for path in walked.files {
            self.add_file(folder, path, files);
        }
        for inner in walked.folders {
            let has_init = inner.files.iter().any(|file| file.ends_with("__init__.py"));
            let index = self.add_folder(&inner.path.clone(), Some(folder), has_init);
            self.fill(index, inner, files);
        }
        let has_python = {
            let this = &self.folders[folder as usize];
            !this.files.is_empty()
                || this.children.iter().any(|child| self.folders[*child as usize].has_python)
        };
        let this = &mut self.folders[folder as usize];
        this.is_walked = true;
        this.has_python = has_python;
        this.skipped = walked.skipped;
    }

    pub(crate) fn add_file(
        &mut self,
        folder: FolderIndex,
        path: PathBuf,
        files: &mut Vec<(PathBuf, FolderIndex)>,
    ) {
        let index = FileIndex(files.len() as u32);
        let stem: Box<str> = path.file_stem().unwrap_or_default().to_string_lossy().into();
        let this = &mut self.folders[folder as usize];
        if &*stem == "__init__" {
            this.init = Some(index);
            this.has_init = true;
        } else {
            this.modules.insert(stem, index);
        }
        this.files.push(index);
        this.has_python = true;
        files.push((path, folder));
    }

    /// After files were sorted: `new_places[old]` is a file's new place.
    pub(crate) fn renumber(&mut self, new_places: &[u32]) {
        let renumbered = |file: &mut FileIndex| file.0 = new_places[file.index()];
        for folder in &mut self.folders {
            folder.init.as_mut().map(renumbered);
            folder.modules.values_mut().for_each(renumbered);
            folder.files.iter_mut().for_each(renumbered);
        }
        self.file_folders = vec![0; new_places.len()];
        for (index, folder) in self.folders.iter().enumerate() {
            for file in &folder.files {
                self.file_folders[file.index()] = index as FolderIndex;
            }
        }
    }

    /// Names that files and folders of the project have as modules, without what they lie in.
    pub(crate) fn module_names(&self) -> FxHashSet<&str> {
        let names = self.folders.iter().flat_map(|folder| folder.modules.keys().chain([&folder.name]));
        names.map(|name| &**name).collect()
    }

    /// The folder that a file lies in.
    pub(crate) fn folder_of(&self, file: FileIndex) -> Option<FolderIndex> {
        self.file_folders.get(file.index()).copied()
    }

    pub(crate) fn folder(&self, index: FolderIndex) -> &Folder {
        &self.folders[index as usize]
    }

    pub(crate) fn at(&self, path: &Path) -> Option<FolderIndex> {
        self.by_path.get(path).copied()
    }

    /// The folder and those above it, from near to far.
    pub(crate) fn upwards(&self, folder: FolderIndex) -> impl Iterator<Item = FolderIndex> {
        std::iter::successors(Some(folder), |folder| self.folder(*folder).parent)
    }

    /// Follows a dotted name from a folder. As Python: a package comes before a module of the same name, and
    /// a module before a folder without `__init__.py`.
    pub(crate) fn locate(&self, start: FolderIndex, dotted: &str) -> Located {
        let mut current = start;
        let mut ended = Located::Nothing;
        let mut names = parts(dotted).enumerate().peekable();
        while let Some((position, name)) = names.next() {
            let folder = self.folder(current);
            let child = folder.folders.get(name).copied();
            let is_last = names.peek().is_none();
            let package = child.filter(|child| self.folder(*child).has_init);
            if package.is_none()
                && let Some(module) = folder.modules.get(name)
            {
                return if is_last { Located::File(*module) } else { Located::Ended };
            }
            let Some(next) =
                child.filter(|child| self.folder(*child).has_init || self.folder(*child).has_python)
            else {
                let unwalked = !folder.is_walked || folder.skipped.iter().any(|skipped| &**skipped == name);
                return if unwalked { Located::Unwalked(current, position) } else { ended };
            };
            if self.folder(next).has_init && position == 0 {
                ended = Located::Ended;
            }
            if is_last {
                let folder = self.folder(next);
                return match folder.init {
                    Some(init) => Located::File(init),
                    // Above the analysed folder: the package's own file was not walked.
                    None if folder.has_init => Located::Unwalked(current, position),
                    None => Located::Namespace(next),
                };
            }
            current = next;
        }
        Located::Nothing
    }
}
