//! Where an import leads: to a file of the project, a namespace package, or an installed file.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::name::Name;
use rustc_hash::FxHashMap;

use super::directories::{DirectoryIndex, FolderIndex, Located};
use super::outside::{Listings, OutsideLocated};
use super::roots::is_dependency;
use super::standard_library::is_standard_library;
use super::{Entrypoint, FileIndex, Project, RootReason};
use crate::source::SourceTree;

/// A Python file that was not walked: an installed one, or one of the project outside the analysed path
/// (or ignored by git, as generated files often are).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OutsideFile {
    /// Absolute path.
    pub path: Arc<Path>,
    /// Dotted name under the folder it was found from.
    pub module: Name,
    /// Whether it is an `__init__.py`.
    pub is_package: bool,
    /// Whether it was found in `site-packages`, rather than in the project.
    pub installed: bool,
}

impl OutsideFile {
    /// The folder that its dotted name starts from.
    fn search_folder(&self) -> Option<&Path> {
        let above = self.module.split('.').count() + usize::from(self.is_package);
        self.path.ancestors().nth(above)
    }
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

/// Answers imports for one project. Lookups inside the project never touch the disk; other folders are
/// listed at most once. Safe to share between threads.
pub struct ModuleResolver {
    pub(super) project: Arc<Project>,
    pub(super) listings: Listings,
    installed: Mutex<FxHashMap<Box<str>, Option<ModuleLocation>>>,
}

/// How a search under one folder ended.
pub(super) enum Search {
    Found(ModuleLocation),
    /// Python's search would end here without finding it.
    Ended,
    Nothing,
}

impl ModuleResolver {
    /// A resolver for `project`, reading other folders through `tree`.
    #[must_use]
    pub fn new(project: Arc<Project>, tree: Arc<dyn SourceTree>) -> Self {
        Self { project, listings: Listings::new(tree), installed: Mutex::default() }
    }

    pub(super) fn directories(&self) -> &DirectoryIndex {
        &self.project.directories
    }

    /// Where `import dotted` in a file of the project leads: under the file's own import root, then its own
    /// folder and those above (scripts), then the other roots from near to far, then `site-packages`.
    /// `None` when it is nowhere, or of the standard library.
    pub fn resolve(&self, importer: FileIndex, dotted: &str) -> Option<ModuleLocation> {
        let file = self.project.files.get(importer.index())?;
        let own_root = self.directories().root_folders.get(file.import_root).copied().flatten();
        let own_folder = self.directories().folder_of(importer);
        let mut portions = Vec::new();
        if let Some(root) = own_root {
            match self.under(root, dotted) {
                // `redis.py` that says `import redis` means the installed one.
                Search::Found(ModuleLocation::File(found))
                    if found == importer && !file.is_package && !dotted.contains('.') => {}
                Search::Found(ModuleLocation::Namespace(folders)) => portions = folders,
                Search::Found(location) => return Some(location),
                Search::Ended => return None,
                Search::Nothing => {}
            }
        }
        if is_standard_library(dotted) {
            return namespace(portions);
        }
        let is_dependency = is_dependency(self.directories(), dotted);
        let mut beside = None;
        if portions.is_empty() && !is_dependency {
            beside = own_folder.and_then(|folder| self.beside_scripts(folder, own_root, importer, dotted));
            // A folder without `__init__.py` gives way to a module or package elsewhere.
            if beside.as_ref().is_some_and(|found| !matches!(found, ModuleLocation::Namespace(_))) {
                return beside;
            }
        }
        match self.under_other_roots(file.import_root, own_root, dotted, is_dependency, &mut portions) {
            Search::Found(location) => return Some(location),
            Search::Ended => return None,
            Search::Nothing => {}
        }
        namespace(portions).or_else(|| self.installed(dotted)).or(beside)
    }

    /// The same for an import in a file that was not walked: where its own name starts from, then
    /// `site-packages`, then the project.
    pub fn resolve_outside(&self, importer: &OutsideFile, dotted: &str) -> Option<ModuleLocation> {
        if let Some(folder) = importer.search_folder() {
            let search = match self.directories().at(folder) {
                Some(index) => self.under(index, dotted),
                None => self.under_path(folder, dotted, importer.installed),
            };
            match search {
                Search::Found(location) => return Some(location),
                Search::Ended => return None,
                Search::Nothing => {}
            }
        }
        if importer.installed { self.installed(dotted) } else { self.resolve_absolute(dotted) }
    }

    /// Where a dotted name leads with no importer: every import root in order, then `site-packages`.
    pub fn resolve_absolute(&self, dotted: &str) -> Option<ModuleLocation> {
        let mut portions = Vec::new();
        for (root, folder) in self.project.import_roots.iter().zip(&self.directories().root_folders) {
            let search = match folder {
                Some(folder) => self.under(*folder, dotted),
                None => self.under_path(&root.path, dotted, false),
            };
            match search {
                Search::Found(ModuleLocation::Namespace(folders)) => portions.extend(folders),
                Search::Found(location) => return Some(location),
                Search::Ended | Search::Nothing => {}
            }
        }
        namespace(portions).or_else(|| self.installed(dotted))
    }

    /// The module of an entrypoint: its name starts from the manifest's folder, else from any import root.
    pub fn resolve_entrypoint(&self, entrypoint: &Entrypoint) -> Option<ModuleLocation> {
        let folder = entrypoint.manifest.parent()?;
        let search = match self.directories().at(folder) {
            Some(index) => self.under(index, &entrypoint.module),
            None => self.under_path(folder, &entrypoint.module, false),
        };
        match search {
            Search::Found(location) => Some(location),
            Search::Ended | Search::Nothing => self.resolve_absolute(&entrypoint.module),
        }
    }

    /// The absolute name that `from ..name import x` means in a file of the project (`level` dots, `name`
    /// may be empty). `None` when it goes above the import root.
    pub fn relative(&self, importer: FileIndex, level: u32, name: &str) -> Option<String> {
        let file = self.project.files.get(importer.index())?;
        relative_name(&file.module, file.is_package, level, name)
    }

    /// Where `from ..name import x` leads in a file of the project, by its folders: an answer even where
    /// the name goes above the import root.
    pub fn resolve_relative(&self, importer: FileIndex, level: u32, name: &str) -> Option<ModuleLocation> {
        let file = self.project.files.get(importer.index())?;
        let folder = file.path.ancestors().nth(level.max(1) as usize)?;
        self.resolve_in_folder(folder, name, false)
    }

    /// The same for a file that was not walked.
    pub fn resolve_relative_outside(
        &self,
        importer: &OutsideFile,
        level: u32,
        name: &str,
    ) -> Option<ModuleLocation> {
        let folder = importer.path.ancestors().nth(level.max(1) as usize)?;
        self.resolve_in_folder(folder, name, importer.installed)
    }

    fn resolve_in_folder(&self, folder: &Path, name: &str, installed: bool) -> Option<ModuleLocation> {
        let index = self.directories().at(folder);
        let search = if name.is_empty() {
            let parent = folder.parent()?;
            let own_name = folder.file_name()?.to_string_lossy().into_owned();
            match index.and_then(|index| self.directories().folder(index).parent) {
                Some(parent) => self.under(parent, &own_name),
                None => match index.map(|index| self.directories().folder(index)) {
                    Some(own) => own.init.map_or_else(
                        || Search::Found(ModuleLocation::Namespace(vec![folder.to_path_buf()])),
                        |init| Search::Found(ModuleLocation::File(init)),
                    ),
                    None => self.under_path(parent, &own_name, installed),
                },
            }
        } else {
            match index {
                Some(index) => self.under(index, name),
                None => self.under_path(folder, name, installed),
            }
        };
        match search {
            Search::Found(location) => Some(location),
            Search::Ended | Search::Nothing => None,
        }
    }

    /// Searches under a folder of the project.
    fn under(&self, folder: FolderIndex, dotted: &str) -> Search {
        match self.directories().locate(folder, dotted) {
            Located::File(file) => Search::Found(ModuleLocation::File(file)),
            Located::Namespace(folder) => {
                Search::Found(ModuleLocation::Namespace(vec![self.directories().folder(folder).path.clone()]))
            }
            Located::Ended => Search::Ended,
            Located::Nothing => Search::Nothing,
            Located::Unwalked(within, position) => {
                let path = &self.directories().folder(within).path;
                let start = dotted.split('.').take(position).map(|name| name.len() + 1).sum();
                let (_, rest) = dotted.split_at(start);
                match self.listings.locate(path, rest) {
                    OutsideLocated::Nothing if within == folder => Search::Nothing,
                    OutsideLocated::Nothing => {
                        if self.directories().folder(within).has_init {
                            Search::Ended
                        } else {
                            Search::Nothing
                        }
                    }
                    located => self.outside(located, dotted, false),
                }
            }
        }
    }

    /// Searches under a folder that was not walked.
    pub(super) fn under_path(&self, folder: &Path, dotted: &str, installed: bool) -> Search {
        self.outside(self.listings.locate(folder, dotted), dotted, installed)
    }

    fn outside(&self, located: OutsideLocated, dotted: &str, installed: bool) -> Search {
        match located {
            OutsideLocated::File { path, is_package } => {
                let location = match self.project.file_at(&path) {
                    // An editable install leads back into the project.
                    Some(file) => ModuleLocation::File(file),
                    None => ModuleLocation::Outside(OutsideFile {
                        path: path.into(),
                        module: Name::from(dotted),
                        is_package,
                        installed,
                    }),
                };
                Search::Found(location)
            }
            OutsideLocated::Namespace(folder) => Search::Found(ModuleLocation::Namespace(vec![folder])),
            OutsideLocated::Ended => Search::Ended,
            OutsideLocated::Nothing => Search::Nothing,
        }
    }

    /// Scripts import what lies beside them, or beside a script above them, by its bare name.
    fn beside_scripts(
        &self,
        folder: FolderIndex,
        own_root: Option<FolderIndex>,
        importer: FileIndex,
        dotted: &str,
    ) -> Option<ModuleLocation> {
        let mut namespace = None;
        for above in self.directories().upwards(folder) {
            let this = self.directories().folder(above);
            if Some(above) == own_root || this.has_init || this.is_namespace {
                continue;
            }
            match self.under(above, dotted) {
                Search::Found(ModuleLocation::File(found)) if found == importer => {}
                Search::Found(ModuleLocation::Namespace(folders)) => {
                    // A folder that names start from is no package itself.
                    let is_root =
                        |folder: &PathBuf| self.project.import_roots.iter().any(|root| root.path == *folder);
                    if namespace.is_none() && !folders.iter().any(is_root) {
                        namespace = Some(ModuleLocation::Namespace(folders));
                    }
                }
                Search::Found(location) => return Some(location),
                Search::Ended | Search::Nothing => {}
            }
        }
        namespace
    }

    /// The import roots of other parts of the project, nearest first. A folder of scripts is no root for
    /// others, and what two equally near roots have is ambiguous.
    fn under_other_roots(
        &self,
        own: usize,
        own_folder: Option<FolderIndex>,
        dotted: &str,
        is_dependency: bool,
        portions: &mut Vec<PathBuf>,
    ) -> Search {
        let first = dotted.split('.').next().unwrap_or(dotted);
        let named = self.directories().top_names.get(first).map_or(&[][..], Vec::as_slice);
        let unwalked =
            self.directories().root_folders.iter().enumerate().filter(|(_, folder)| {
                folder.is_none_or(|folder| !self.directories().folder(folder).is_walked)
            });
        let mut candidates: Vec<usize> =
            named.iter().copied().chain(unwalked.map(|(root, _)| root)).filter(|root| *root != own).collect();
        if candidates.is_empty() {
            return Search::Nothing;
        }
        candidates.sort_unstable();
        candidates.dedup();
        let nearness = |root: usize| self.nearness(own, root);
        candidates.sort_by_key(|root| std::cmp::Reverse(nearness(*root)));
        let own_portion =
            own_folder.and_then(|folder| self.directories().folder(folder).folders.get(first).copied());
        let mut best: Option<(usize, ModuleLocation)> = None;
        for root in candidates {
            if best.as_ref().is_some_and(|(near, _)| *near > nearness(root)) {
                break;
            }
            let reason = self.project.import_roots[root].reason;
            let for_everyone = matches!(reason, RootReason::Declared | RootReason::SourceFolder);
            if is_dependency && !for_everyone {
                continue;
            }
            let search = match self.directories().root_folders[root] {
                Some(folder) => {
                    let this = self.directories().folder(folder);
                    let portion = this.folders.get(first).copied();
                    if portion.is_none() && this.is_walked && !for_everyone {
                        continue;
                    }
                    if let (Some(own), Some(other)) = (own_portion, portion)
                        && self.collide(own, other)
                    {
                        continue;
                    }
                    self.under(folder, dotted)
                }
                None => self.under_path(&self.project.import_roots[root].path, dotted, false),
            };
            match search {
                Search::Found(ModuleLocation::Namespace(folders)) => {
                    portions.extend(
                        folders.into_iter().filter(|folder| !portions.contains(folder)).collect::<Vec<_>>(),
                    );
                }
                Search::Found(location) => match &best {
                    Some((_, other)) if *other != location => return Search::Ended,
                    _ => best = Some((nearness(root), location)),
                },
                Search::Ended | Search::Nothing => {}
            }
        }
        // A folder without `__init__.py` at the own root gives way to a regular package only elsewhere on the
        // path, as in Python.
        best.map_or(Search::Nothing, |(_, location)| Search::Found(location))
    }

    /// How many leading folders two import roots share.
    fn nearness(&self, one: usize, other: usize) -> usize {
        let roots = &self.project.import_roots;
        roots[one].path.components().zip(roots[other].path.components()).take_while(|(a, b)| a == b).count()
    }

    /// Whether two folders of one name can't be portions of one namespace package: both define a module of
    /// the same name, so they belong to different applications.
    fn collide(&self, one: FolderIndex, other: FolderIndex) -> bool {
        let (one, other) = (self.directories().folder(one), self.directories().folder(other));
        if one.has_init || other.has_init {
            return one.path != other.path;
        }
        let is_regular = |folder: &FolderIndex| self.directories().folder(*folder).has_init;
        one.modules.keys().any(|name| other.modules.contains_key(name))
            || one.folders.iter().any(|(name, folder)| {
                other.folders.get(name).is_some_and(|same| is_regular(folder) || is_regular(same))
            })
    }

    pub(super) fn site_packages(&self) -> &[PathBuf] {
        self.project.environment.as_ref().map_or(&[], |environment| &environment.site_packages)
    }

    /// Searches the virtual environment; answers are kept.
    fn installed(&self, dotted: &str) -> Option<ModuleLocation> {
        if self.site_packages().is_empty() || is_standard_library(dotted) {
            return None;
        }
        if let Some(known) = self.installed.lock().unwrap_or_else(PoisonError::into_inner).get(dotted) {
            return known.clone();
        }
        let mut portions = Vec::new();
        let mut answer = None;
        for folder in self.site_packages() {
            match self.under_path(folder, dotted, true) {
                Search::Found(ModuleLocation::Namespace(folders)) => portions.extend(folders),
                Search::Found(location) => {
                    answer = Some(location);
                    break;
                }
                Search::Ended => break,
                Search::Nothing => {}
            }
        }
        let answer = answer.or_else(|| namespace(portions));
        self.installed.lock().unwrap_or_else(PoisonError::into_inner).insert(dotted.into(), answer.clone());
        answer
    }
}

fn namespace(portions: Vec<PathBuf>) -> Option<ModuleLocation> {
    (!portions.is_empty()).then_some(ModuleLocation::Namespace(portions))
}

/// The absolute name of a relative import, by Python's rules: a package's first dot is the package itself, a
/// module's its parent. More lenient in one thing: a single dot in a module directly under its import root
/// means that root, because the folder may be a package whose own name is not known. `None` when the name
/// goes above the root or is empty.
#[must_use]
pub fn relative_name(module: &str, is_package: bool, level: u32, name: &str) -> Option<String> {
    if level == 0 {
        return (!name.is_empty()).then(|| name.to_owned());
    }
    let mut parts: Vec<&str> = module.split('.').collect();
    let drop = level as usize - usize::from(is_package && module != "__init__");
    if drop > parts.len() {
        return None;
    }
    parts.truncate(parts.len() - drop);
    parts.extend(name.split('.').filter(|part| !part.is_empty()));
    (!parts.is_empty()).then(|| parts.join("."))
}
