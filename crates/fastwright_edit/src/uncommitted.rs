//! Whether git has what a fix is about to change.

use fastwright_git::{RevisionError, RevisionTree};
use fastwright_python::source::SourceTree as _;
use std::path::Path;

/// The files whose bytes are not those of the last commit, as shown to people. In no repository nothing is
/// uncommitted.
///
/// # Errors
/// When there is a repository that can't be read.
pub fn uncommitted<'f>(
    root: &Path,
    files: impl IntoIterator<Item = (&'f Path, &'f str, &'f [u8])>,
) -> Result<Vec<String>, String> {
    let committed = match RevisionTree::open(root, "HEAD") {
        Ok(tree) => Some(tree),
        Err(RevisionError::NoRepository(_)) => return Ok(Vec::new()),
        // Nothing is committed yet.
        Err(RevisionError::NoRevision { .. }) => None,
        Err(error) => return Err(error.to_string()),
    };
    let is_same = |path: &Path, bytes: &[u8]| {
        let Some(Ok(old)) = committed.as_ref().map(|tree| tree.read(path)) else { return false };
        old == bytes || unix_lines(&old) == unix_lines(bytes)
    };
    Ok(files
        .into_iter()
        .filter(|(path, _, bytes)| !is_same(path, bytes))
        .map(|(_, shown, _)| shown.to_owned())
        .collect())
}

/// Git may change line ends on checkout.
fn unix_lines(bytes: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(bytes.len());
    for (index, byte) in bytes.iter().enumerate() {
        if *byte != b'\r' || bytes.get(index + 1) != Some(&b'\n') {
            result.push(*byte);
        }
    }
    result
}
