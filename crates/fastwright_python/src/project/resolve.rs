//! Where an import leads: to a file of the project, a namespace package, or an installed file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ustr::Ustr;

use super::{FileIndex, Project};
use crate::source::SourceTree;

/// A Python file that was not walked: an installed one, or one of the project outside the analysed path
/// (or ignored by git, as generated files often are).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OutsideFile {
    /// Absolute path.
    pub path: Arc<Path>,
    /// Dotted name under the folder it was found from.
    pub module: Ustr,
    /// Whether it is an `__init__.py`.
    pub is_package: bool,
    /// Whether it was found in `site-packages`, rather than in the project.
    pub installed: bool,
}

/// Where a dotted name leads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ModuleLocation {
    /// A file of the project.
    File(FileIndex),
    /// A package without `__init__.py` (PEP 420): its folders, the nearest first.
    Namespace(Vec<PathBuf>),
    /// A file that was not walked.
    Outside(OutsideFile),
}

/// A module directly inside a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submodule {
    /// Its last name.
    pub name: Ustr,
    /// Whether it is a package, with or without `__init__.py`.
    pub is_package: bool,
    /// Where it is.
    pub location: ModuleLocation,
}

/// Answers imports for one project. Lookups inside the project never touch the disk; other folders are
/// listed at most once. Safe to share between threads.
pub struct ModuleResolver<'a> {
    project: &'a Project,
    tree: &'a dyn SourceTree,
}

impl<'a> ModuleResolver<'a> {
    /// A resolver for `project`, reading other folders through `tree`.
    #[must_use]
    pub fn new(project: &'a Project, tree: &'a dyn SourceTree) -> Self {
        Self { project, tree }
    }

    /// Where `import dotted` in a file of the project leads: under the file's own import root, then its own
    /// folder and those above (scripts), then the other roots from near to far, then `site-packages`.
    /// `None` when it is nowhere, or of the standard library.
    pub fn resolve(&self, importer: FileIndex, dotted: &str) -> Option<ModuleLocation> {
        let _ = (importer, dotted, self.project, self.tree);
        None
    }

    /// The same for an import in a file that was not walked: beside it, then `site-packages`, then the project.
    pub fn resolve_outside(&self, importer: &OutsideFile, dotted: &str) -> Option<ModuleLocation> {
        let _ = (importer, dotted);
        None
    }

    /// Where a dotted name leads with no importer: every import root in order, then `site-packages`.
    /// For entrypoints such as `app.main`.
    pub fn resolve_absolute(&self, dotted: &str) -> Option<ModuleLocation> {
        let _ = dotted;
        None
    }

    /// The absolute name that `from ..name import x` means in a file of the project (`level` dots, `name`
    /// may be empty). `None` when it goes above the import root.
    pub fn relative(&self, importer: FileIndex, level: u32, name: &str) -> Option<String> {
        let file = self.project.file(importer);
        relative_name(&file.module, file.is_package, level, name)
    }

    /// The modules directly inside a package, sorted by name; empty for a plain module.
    pub fn submodules(&self, package: &ModuleLocation) -> Vec<Submodule> {
        let _ = package;
        Vec::new()
    }
}

/// The absolute name of a relative import, by Python's rules: a package's first dot is the package itself, a
/// module's its parent.
#[must_use]
pub fn relative_name(module: &str, is_package: bool, level: u32, name: &str) -> Option<String> {
    let _ = (module, is_package, level, name);
    None
}
