//! Folders outside the walked tree, listed when an import leads there and then kept.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use super::evidence::is_identifier;
use crate::source::{EntryKind, SourceTree};

/// The names in one folder that imports can mean.
#[derive(Debug, Default)]
struct Listing {
    modules: FxHashSet<Box<str>>,
    folders: FxHashSet<Box<str>>,
}

/// Where a dotted name leads under a folder that was not walked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OutsideLocated {
    File {
        path: PathBuf,
        is_package: bool,
    },
    Namespace(PathBuf),
    /// The first name is a package or module, and the rest is not in it.
    Ended,
    Nothing,
}

/// Listings of folders by path, each read at most once.
pub(crate) struct Listings {
    tree: Arc<dyn SourceTree>,
    known: Mutex<FxHashMap<PathBuf, Arc<Listing>>>,
}

impl Listings {
    pub(crate) fn new(tree: Arc<dyn SourceTree>) -> Self {
        Self { tree, known: Mutex::default() }
    }

    fn list(&self, folder: &Path) -> Arc<Listing> {
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(folder) {
            return Arc::clone(known);
        }
        let mut listing = Listing::default();
        for entry in self.tree.entries(folder).unwrap_or_default() {
            match entry.kind {
                EntryKind::Directory => {
                    let name = entry.path.file_name().unwrap_or_default().to_string_lossy();
                    if is_identifier(&name) && name != "__pycache__" {
                        listing.folders.insert(name.into());
                    }
                }
                EntryKind::File if entry.path.extension().is_some_and(|extension| extension == "py") => {
                    let stem = entry.path.file_stem().unwrap_or_default().to_string_lossy();
                    if is_identifier(&stem) {
                        listing.modules.insert(stem.into());
                    }
                }
                EntryKind::File | EntryKind::Other => {}
            }
        }
        let listing = Arc::new(listing);
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(folder.to_path_buf(), Arc::clone(&listing));
        listing
    }

    /// The names of modules and packages in a folder, sorted, without `__init__`.
    pub(crate) fn names(&self, folder: &Path) -> Vec<Box<str>> {
        let listing = self.list(folder);
        let mut names: Vec<Box<str>> = listing
            .modules
            .iter()
            .filter(|name| &***name != "__init__")
            .chain(&listing.folders)
            .cloned()
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Follows a dotted name from a folder, with the same precedence as inside the project.
    pub(crate) fn locate(&self, start: &Path, dotted: &str) -> OutsideLocated {
        let mut folder = start.to_path_buf();
        let mut ended = OutsideLocated::Nothing;
        let mut names = dotted.split('.').peekable();
        let mut position = 0;
        while let Some(name) = names.next() {
            let listing = self.list(&folder);
            let is_last = names.peek().is_none();
            let inner = folder.join(name);
            let is_folder = listing.folders.contains(name);
            let is_package = is_folder && self.list(&inner).modules.contains("__init__");
            if is_package {
                if is_last {
                    return OutsideLocated::File { path: inner.join("__init__.py"), is_package: true };
                }
                if position == 0 {
                    ended = OutsideLocated::Ended;
                }
            } else if listing.modules.contains(name) {
                let path = folder.join(format!("{name}.py"));
                return if is_last {
                    OutsideLocated::File { path, is_package: false }
                } else {
                    OutsideLocated::Ended
                };
            } else if is_folder {
                let inside = self.list(&inner);
                if inside.modules.is_empty() && inside.folders.is_empty() {
                    return ended;
                }
                if is_last {
                    return OutsideLocated::Namespace(inner);
                }
            } else {
                return ended;
            }
            folder = inner;
            position += 1;
        }
        ended
    }
}
