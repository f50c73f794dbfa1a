//! What lies below folders: how much it takes, and what of it is secret.

use crate::files::is_hidden_from_commands;
use crate::run::scratch::is_not_its_own;
use std::path::{Path, PathBuf};

/// Each entry takes something, however small it is.
const SMALLEST: u64 = 4096;

/// How much the files below folders take on the disk, as far as `limit`. What can't be looked at counts as too much:
/// nobody makes paths that are too long to be opened but to hide something.
pub(super) fn used(folders: &[PathBuf], limit: u64) -> u64 {
    let mut sum: u64 = 0;
    let mut waiting = folders.to_vec();
    while let Some(folder) = waiting.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            // It is gone meanwhile, or it can't be written either.
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied
                ) =>
            {
                continue;
            }
            Err(_) => return u64::MAX,
        };
        for entry in entries.flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            sum = sum.saturating_add(allocated(&metadata).max(SMALLEST));
            if metadata.is_dir() {
                waiting.push(entry.path());
            }
        }
        if sum > limit {
            return sum;
        }
    }
    sum
}

#[cfg(unix)]
pub(super) fn allocated(metadata: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(metadata).saturating_mul(512)
}

#[cfg(not(unix))]
fn allocated(metadata: &std::fs::Metadata) -> u64 {
    metadata.len()
}

/// A project without its secrets.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Visible {
    /// Files that hold secrets.
    pub(super) hidden: Vec<PathBuf>,
    /// Files and folders without any secret in them.
    pub(super) open: Vec<PathBuf>,
    /// Folders around secrets.
    pub(super) listed: Vec<PathBuf>,
}

/// No more of a project is looked through.
const MOST_ENTRIES: usize = 400_000;

/// Parts what is below a root into what may be read and what may not.
///
/// # Errors
/// When there are too many files to look at.
pub(super) fn visible(root: &Path) -> Result<Visible, String> {
    let mut found = Visible::default();
    let mut left = MOST_ENTRIES;
    if part(root, "", &mut found, &mut left)? {
        found.open.push(root.to_owned());
    }
    Ok(found)
}

/// Whether a folder holds no secret. If it holds one, the parts of it that do not are open.
fn part(root: &Path, folder: &str, found: &mut Visible, left: &mut usize) -> Result<bool, String> {
    let path = root.join(folder);
    let mut is_open = true;
    let mut open = Vec::new();
    let entries = std::fs::read_dir(&path).into_iter().flatten().flatten();
    for entry in entries {
        *left = left.checked_sub(1).ok_or("the project has too many files to look for secrets in it")?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            open.push(entry.path());
            continue;
        };
        let relative = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let Ok(kind) = entry.file_type() else { continue };
        let is_folder = kind.is_dir();
        let is_open_itself = if is_folder {
            // Certificates of an installed package are no secrets.
            is_not_its_own(&entry.path(), name) || part(root, &relative, found, left)?
        } else {
            let is_hidden = is_hidden_from_commands(&relative);
            if is_hidden {
                found.hidden.push(entry.path());
            }
            !is_hidden
        };
        is_open &= is_open_itself;
        // A link is open as far as what it leads to is open by itself.
        if is_open_itself && !kind.is_symlink() {
            open.push(entry.path());
        }
    }
    if !is_open {
        found.open.append(&mut open);
        found.listed.push(path);
    }
    Ok(is_open)
}
