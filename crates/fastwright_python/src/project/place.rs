//! Where the analysed path lies: in which project, repository or folder of installed packages.

use std::path::{Path, PathBuf};

use super::DiscoverError;
use super::environment::is_package_folder;
use crate::source::{EntryKind, SourceTree};

/// Files that make a folder the root of a project.
const ROOT_MARKS: [&str; 5] = ["pyproject.toml", "setup.py", "setup.cfg", "fastwright.toml", ".git"];

/// Where the analysed path lies.
pub(super) struct Place {
    /// What the user named.
    pub(super) analysed: PathBuf,
    /// The folder that is walked: the analysed one, or that of the analysed file.
    pub(super) folder: PathBuf,
    pub(super) is_file: bool,
    pub(super) root: PathBuf,
    /// Whether the root holds one of [`ROOT_MARKS`].
    pub(super) is_marked: bool,
    /// The folder of installed packages that the analysed path lies in.
    pub(super) package_folder: Option<PathBuf>,
    pub(super) repository: Option<PathBuf>,
}

/// Finds the place of a path, or says why nothing can be analysed there.
pub(super) fn locate(tree: &dyn SourceTree, path: &Path) -> Result<Place, DiscoverError> {
    let analysed = tree.absolute(path).map_err(|error| DiscoverError::Io(path.to_path_buf(), error))?;
    let (folder, is_file) = match tree.kind(&analysed) {
        Some(EntryKind::Directory) => (analysed.clone(), false),
        Some(EntryKind::File) => (analysed.parent().unwrap_or(&analysed).to_path_buf(), true),
        Some(EntryKind::Other) => return Err(DiscoverError::NotReadable(path.to_path_buf())),
        None => return Err(DiscoverError::Missing(path.to_path_buf())),
    };
    let mut root = None;
    let mut package_folder = None;
    let mut below: Option<&Path> = None;
    for ancestor in folder.ancestors() {
        // Above a project's root only the name is asked: listing every folder up to `/` may be long.
        let is_named =
            ancestor.file_name().is_some_and(|name| name == "site-packages" || name == "dist-packages");
        if is_named || (root.is_none() && is_package_folder(tree, ancestor)) {
            package_folder = Some(ancestor.to_path_buf());
            // Installed packages belong to no project around them.
            root = root.or_else(|| Some((below.unwrap_or(ancestor).to_path_buf(), false)));
            break;
        }
        if root.is_none() && ROOT_MARKS.iter().any(|mark| tree.kind(&ancestor.join(mark)).is_some()) {
            root = Some((ancestor.to_path_buf(), true));
        }
        if tree.kind(&ancestor.join(".git")).is_some() {
            break;
        }
        below = Some(ancestor);
    }
    let (root, is_marked) = root.unwrap_or_else(|| (folder.clone(), false));
    let repository = folder
        .ancestors()
        .take_while(|ancestor| package_folder.as_deref() != Some(ancestor))
        .find(|ancestor| tree.kind(&ancestor.join(".git")).is_some())
        .map(Path::to_path_buf);
    Ok(Place { analysed, folder, is_file, root, is_marked, package_folder, repository })
}
