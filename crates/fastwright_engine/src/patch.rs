//! What a patch makes of files, without touching them: git applies it to copies in a folder of their own.

use crate::failure::Failure;
use crate::git;
use fastwright_gate::ChangedFile;
use fastwright_python::source::SourceTree;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// The files that a patch changes. `root` is where its paths start, `tree` what they are before.
///
/// # Errors
/// When the patch names paths outside of the root, does not fit, or git can't be run.
pub fn changed_files(patch: &[u8], root: &Path, tree: &dyn SourceTree) -> Result<Vec<ChangedFile>, Failure> {
    let folder = tempfile::tempdir()
        .map_err(|error| Failure::new(format!("no folder for a copy can be made: {error}")))?;
    let made = |error: std::io::Error| Failure::new(format!("a copy can't be written: {error}"));
    let named = named_paths(patch)?;
    for path in &named {
        if let Ok(text) = tree.read(&root.join(path)) {
            let copy = folder.path().join("files").join(path);
            if let Some(parent) = copy.parent() {
                std::fs::create_dir_all(parent).map_err(made)?;
            }
            std::fs::write(&copy, text).map_err(made)?;
        }
    }
    let files = folder.path().join("files");
    std::fs::create_dir_all(&files).map_err(made)?;
    let file = folder.path().join("patch");
    std::fs::write(&file, patch).map_err(made)?;
    if !patch.iter().all(u8::is_ascii_whitespace) {
        let options = ["apply".as_ref(), "--whitespace=nowarn".as_ref(), file.as_os_str()];
        git::run(&files, &options)
            .map_err(|error| Failure::new(format!("the patch does not fit the files: {error}")))?;
    }
    let mut paths: BTreeSet<String> = named;
    collect(&files, &files, &mut paths);
    let mut changed = Vec::new();
    for path in paths {
        let old = tree.read(&root.join(&path)).ok();
        let (new, is_link) = read(&files.join(&path));
        if old != new {
            changed.push(ChangedFile { path, old, new, is_link });
        }
    }
    Ok(changed)
}

/// What a file holds, or where a link leads.
pub fn read(path: &Path) -> (Option<Vec<u8>>, bool) {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => {
            let target = std::fs::read_link(path).unwrap_or_default();
            (Some(target.to_string_lossy().into_owned().into_bytes()), true)
        }
        Ok(metadata) if metadata.is_file() => (std::fs::read(path).ok(), false),
        _ => (None, false),
    }
}

/// Paths that a patch names in its headers.
fn named_paths(patch: &[u8]) -> Result<BTreeSet<String>, Failure> {
    let text = String::from_utf8_lossy(patch);
    let mut found = BTreeSet::new();
    for line in text.lines() {
        let line = line.trim_end_matches('\r');
        let stripped = ["--- ", "+++ "].iter().find_map(|word| {
            let rest = line.strip_prefix(word)?.split('\t').next()?;
            rest.strip_prefix("a/").or_else(|| rest.strip_prefix("b/"))
        });
        let moved = ["rename from ", "rename to ", "copy from ", "copy to "]
            .iter()
            .find_map(|word| line.strip_prefix(word));
        let both = line.strip_prefix("diff --git a/").and_then(|rest| {
            // Both names are equal where only the mode changes.
            let half = rest.len().checked_sub(3)? / 2;
            let (first, second) = (rest.get(..half)?, rest.get(half + 3..)?);
            (first == second).then_some(first)
        });
        for path in [stripped, moved, both].into_iter().flatten() {
            let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
            if !inside {
                return Err(Failure::new(format!("the patch names `{path}`, outside of the project")));
            }
            found.insert(path.to_owned());
        }
    }
    Ok(found)
}

fn collect(root: &Path, folder: &Path, found: &mut BTreeSet<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path: PathBuf = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => collect(root, &path, found),
            Ok(_) => {
                if let Ok(relative) = path.strip_prefix(root) {
                    found.insert(relative.to_string_lossy().replace('\\', "/"));
                }
            }
            Err(_) => {}
        }
    }
}
