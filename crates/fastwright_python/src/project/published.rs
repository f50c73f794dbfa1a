//! What an unpacked distribution says about itself: the `METADATA` in its `*.dist-info` folder.
//!
//! A wheel that was unpacked has no manifest beside its packages; this file is what an installer goes by.

use super::requirements::Requirement;
use crate::source::{EntryKind, SourceTree};
use std::path::{Path, PathBuf};

/// The versions that the distributions unpacked into a folder require exactly: name, version, file.
///
/// Lowest versions are left out: an installer takes the newest one that is allowed.
pub(crate) fn exact_requirements(tree: &dyn SourceTree, folder: &Path) -> Vec<(String, String, PathBuf)> {
    let mut exact = Vec::new();
    for entry in tree.entries(folder).unwrap_or_default() {
        let is_metadata_folder = entry.kind == EntryKind::Directory
            && entry.path.extension().is_some_and(|extension| extension == "dist-info");
        if !is_metadata_folder {
            continue;
        }
        let path = entry.path.join("METADATA");
        let Ok(bytes) = tree.read(&path) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        // Headers end at the first empty line; the description follows.
        for line in text.lines().take_while(|line| !line.is_empty()) {
            let Some(required) = line.strip_prefix("Requires-Dist:") else { continue };
            // `; extra == "docs"` and other markers say when: such a pin need not count.
            if required.contains(';') {
                continue;
            }
            let Some(requirement) = Requirement::parse(required) else { continue };
            if let Some(bound) = requirement.bound().filter(|bound| bound.exact) {
                exact.push((requirement.name, bound.version, path.clone()));
            }
        }
    }
    exact
}
