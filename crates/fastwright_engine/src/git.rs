//! The git program, for what needs a working tree: which files differ, and applying a patch.
//!
//! Configuration of a repository can name programs that git runs; what is used here runs none of them.

use crate::failure::Failure;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs git in a folder and gives what it prints.
///
/// # Errors
/// When there is no git, or it refuses; the message has its words.
pub fn run(folder: &Path, arguments: &[&OsStr]) -> Result<Vec<u8>, Failure> {
    let done = Command::new("git")
        .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("LC_ALL", "C")
        .output()
        .map_err(|error| Failure::new(format!("git can't be run, which is needed here: {error}")))?;
    if done.status.success() {
        return Ok(done.stdout);
    }
    let told = String::from_utf8_lossy(&done.stderr);
    Err(Failure::new(format!("git: {}", told.trim())))
}

/// The root of the working tree that holds a folder; none where there is no repository.
pub fn root_of(folder: &Path) -> Option<PathBuf> {
    let printed = run(folder, &["rev-parse".as_ref(), "--show-toplevel".as_ref()]).ok()?;
    let path = String::from_utf8(printed).ok()?;
    Some(PathBuf::from(path.trim_end_matches('\n')))
}

/// Paths of files that differ between a revision and the working tree, new ones included; relative to the root.
///
/// # Errors
/// When git refuses.
pub fn changed_paths(root: &Path, revision: &str) -> Result<Vec<String>, Failure> {
    let options =
        ["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", revision, "--"];
    let mut paths = listed(&run(root, &options.map(OsStr::new))?);
    let options = ["ls-files", "--others", "--exclude-standard", "-z"];
    paths.extend(listed(&run(root, &options.map(OsStr::new))?));
    paths.sort();
    paths.dedup();
    Ok(paths)
}

/// Paths of all files of the working tree that are not ignored; relative to the root.
///
/// # Errors
/// When git refuses.
pub fn kept_paths(root: &Path) -> Result<Vec<String>, Failure> {
    let options = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
    let mut paths = listed(&run(root, &options.map(OsStr::new))?);
    paths.sort();
    paths.dedup();
    Ok(paths)
}

fn listed(printed: &[u8]) -> Vec<String> {
    printed
        .split(|byte| *byte == 0)
        .filter(|path| !path.is_empty())
        .map(|path| String::from_utf8_lossy(path).into_owned())
        .collect()
}
