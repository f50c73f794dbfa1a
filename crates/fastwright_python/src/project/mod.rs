//! A Python project as data: which files it has, what they are called as modules, where its imports lead,
//! which distributions in which versions it uses. Nothing of the project is run, and no Python is parsed.
//!
//! [`discover`] makes a [`Project`]; [`resolve::ModuleResolver`] answers where an import leads.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::name::Name;

use crate::source::SourceTree;

mod directories;
mod discover;
pub mod environment;
mod evidence;
pub mod manifest;
mod outside;
mod place;
mod published;
mod requirements;
pub mod resolve;
mod roots;
mod setup_cfg;
pub mod standard_library;
mod submodules;
pub mod versions;
mod walk;

#[cfg(test)]
mod tests;

pub use environment::Environment;
pub use manifest::{Entrypoint, Manifest, ManifestKind};
pub use resolve::{ModuleLocation, ModuleResolver, OutsideFile};
pub use submodules::Submodule;
pub use versions::{DistributionVersions, Version, VersionSource};

use directories::DirectoryIndex;

/// How [`discover`] looks for files.
#[derive(Debug, Clone)]
pub struct DiscoverOptions {
    /// Patterns of files and folders to leave out, as in `.gitignore`, relative to the project's root.
    pub exclude: Vec<String>,
    /// More patterns, added to `exclude` (a configuration file that extends another's).
    pub extend_exclude: Vec<String>,
    /// Whether folders that never hold a project's own sources are left out: hidden folders, virtual
    /// environments, caches, `node_modules`, build output.
    pub default_excludes: bool,
    /// Whether `.gitignore`, `.ignore` and `.git/info/exclude` count, inside a git repository or not.
    pub respect_gitignore: bool,
    /// A virtual environment named by the user: its folder, its `python`, or a `site-packages` folder.
    pub python_env: Option<PathBuf>,
    /// The value of `VIRTUAL_ENV`; used only when that environment lies inside the project.
    pub virtual_env: Option<PathBuf>,
    /// Longer files are not taken in, and reported as a problem.
    pub max_file_bytes: u64,
}

impl Default for DiscoverOptions {
    fn default() -> Self {
        Self {
            exclude: Vec::new(),
            extend_exclude: Vec::new(),
            default_excludes: true,
            respect_gitignore: true,
            python_env: None,
            virtual_env: None,
            max_file_bytes: 8 * 1024 * 1024,
        }
    }
}

/// Why a project could not be discovered at all.
#[derive(Debug)]
pub enum DiscoverError {
    /// Nothing is at the path.
    Missing(PathBuf),
    /// The path is neither a directory nor a regular file.
    NotReadable(PathBuf),
    /// The directory may not be listed, or the working directory is unknown.
    Io(PathBuf, std::io::Error),
    /// An exclude pattern is not a pattern: the pattern and the reason.
    BadPattern(String, String),
    /// The virtual environment that the user named has no `site-packages`.
    NotAnEnvironment(PathBuf),
}

impl fmt::Display for DiscoverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(f, "{}: no such file or directory", path.display()),
            Self::NotReadable(path) => {
                write!(f, "{}: neither a directory nor a regular file", path.display())
            }
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
            Self::BadPattern(pattern, reason) => {
                write!(f, "the exclude pattern `{pattern}` is not valid: {reason}")
            }
            Self::NotAnEnvironment(path) => write!(
                f,
                "{}: not a virtual environment (it has no lib/python3.*/site-packages and no Lib/site-packages); \
                 name the folder that holds `pyvenv.cfg`",
                path.display()
            ),
        }
    }
}

impl std::error::Error for DiscoverError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(_, error) => Some(error),
            _ => None,
        }
    }
}

/// The place of a file in [`Project::files`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileIndex(pub u32);

impl FileIndex {
    /// As an index into [`Project::files`].
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One Python file of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Absolute path.
    pub path: PathBuf,
    /// Path relative to [`Project::root`], with `/`.
    pub relative: String,
    /// Dotted name under its import root: `pkg.sub` for `pkg/sub/__init__.py`. Two services of a
    /// monorepo may have the same names, under different import roots.
    pub module: Name,
    /// Whether it is an `__init__.py`.
    pub is_package: bool,
    /// The place of its root in [`Project::import_roots`].
    pub import_root: usize,
}

/// Why a folder counts as an import root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RootReason {
    /// A manifest says so: `package-dir`, `packages.find.where`, pytest's `pythonpath` and the like.
    Declared,
    /// It holds a manifest, or is the project's root.
    ManifestFolder,
    /// It is the `src` folder beside a manifest.
    SourceFolder,
    /// It is the topmost folder without `__init__.py` above a package, or its name can't be in an import.
    Structure,
    /// What the files import exists under it.
    Imports,
    /// It is a folder of installed packages.
    SitePackages,
}

/// A folder that dotted module names start from (an entry of `sys.path`, in effect).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRoot {
    /// Absolute path.
    pub path: PathBuf,
    /// Why it counts as one.
    pub reason: RootReason,
}

/// What kind of thing is wrong with a project's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProblemKind {
    /// A manifest or lock file that can't be understood.
    BrokenManifest,
    /// A file or folder that may not be read.
    NotReadable,
    /// A file longer than [`DiscoverOptions::max_file_bytes`].
    TooLarge,
    /// Something that looks like a Python file and is none (FIFO, device, dangling link).
    NotAFile,
}

impl ProblemKind {
    /// The stable name in machine-readable output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BrokenManifest => "broken-manifest",
            Self::NotReadable => "not-readable",
            Self::TooLarge => "file-too-large",
            Self::NotAFile => "not-a-regular-file",
        }
    }
}

/// Something wrong that does not stop the analysis.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProjectProblem {
    /// Absolute path.
    pub path: PathBuf,
    /// What kind.
    pub kind: ProblemKind,
    /// Line, counted from 1, where known.
    pub line: Option<usize>,
    /// What, where, and what it means, for people.
    pub message: String,
}

/// A Python project: everything that is known without parsing Python.
#[derive(Debug, Clone)]
pub struct Project {
    /// The nearest folder at or above the analysed path with a manifest or `.git`; else the path itself
    /// (for one file, its folder).
    pub root: PathBuf,
    /// What the user asked to analyse, absolute.
    pub analysed: PathBuf,
    /// The Python files under the analysed path, sorted by path.
    pub files: Vec<SourceFile>,
    /// Where module names start, sorted by path; the roots of files first decided from manifests, then
    /// from structure, then from what is imported.
    pub import_roots: Vec<ImportRoot>,
    /// The manifests found under the analysed path and above it within the project, sorted by path.
    pub manifests: Vec<Manifest>,
    /// Applications that manifests name in `[tool.fastapi] entrypoint`.
    pub entrypoints: Vec<Entrypoint>,
    /// The virtual environment, if there is one.
    pub environment: Option<Environment>,
    /// Versions of distributions, from lock files, pins, the environment or declared bounds.
    pub versions: DistributionVersions,
    /// What is wrong with the project's files; sorted.
    pub problems: Vec<ProjectProblem>,
    pub(crate) directories: DirectoryIndex,
}

impl Project {
    /// The file at an index. Panics only for an index of another project.
    #[must_use]
    pub fn file(&self, file: FileIndex) -> &SourceFile {
        &self.files[file.index()]
    }

    /// Every file with its index, in order.
    pub fn indexed_files(&self) -> impl Iterator<Item = (FileIndex, &SourceFile)> {
        self.files.iter().enumerate().map(|(index, file)| (FileIndex(index as u32), file))
    }

    /// The file at an absolute path.
    #[must_use]
    pub fn file_at(&self, path: &Path) -> Option<FileIndex> {
        self.files
            .binary_search_by(|file| file.path.as_os_str().cmp(path.as_os_str()))
            .ok()
            .map(|index| FileIndex(index as u32))
    }

    /// A path relative to the project's root with `/`, as shown to people; absolute when it lies outside.
    #[must_use]
    pub fn relative(&self, path: &Path) -> String {
        relative_to(&self.root, path)
    }
}

/// Finds the files, import roots, manifests, environment and versions of the project at `path`, a directory
/// or one file. A path that the user names is taken in even where it is ignored, hidden or excluded.
///
/// # Errors
/// When nothing readable is at `path`, an exclude pattern is invalid, or the environment that the options
/// name is none. Anything wrong inside the project is a [`ProjectProblem`] instead.
pub fn discover(
    tree: &dyn SourceTree,
    path: &Path,
    options: &DiscoverOptions,
) -> Result<Project, DiscoverError> {
    discover::discover(tree, path, options)
}

fn relative_to(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    let text = relative.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' {
        text.into_owned()
    } else {
        text.replace(std::path::MAIN_SEPARATOR, "/")
    }
}
