//! The project's own tests, run on copies of the project before and after a change.

use crate::failure::Failure;
use crate::git;
use crate::inputs::NOT_OURS;
use fastwright_gate::{ChangedFile, TestOutcome};
use fastwright_python::source::SourceTree;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

/// What one run said.
struct Run {
    code: Option<i32>,
    passed: BTreeSet<String>,
    failed: BTreeSet<String>,
    last_words: String,
}

impl Run {
    /// `64 passed`, `2 failed, 62 passed`.
    fn summary(&self) -> String {
        let mut parts = Vec::new();
        if !self.failed.is_empty() {
            parts.push(format!("{} failed", self.failed.len()));
        }
        if !self.passed.is_empty() {
            parts.push(format!("{} passed", self.passed.len()));
        }
        match self.code {
            _ if !parts.is_empty() => parts.join(", "),
            Some(0) => "passed".to_owned(),
            Some(code) => format!("ended with {code}"),
            None => "was killed".to_owned(),
        }
    }
}

/// Runs a command on the project as it was and as it is. `project` is the folder to run it in, relative to the
/// root.
///
/// # Errors
/// When no copy can be made or the command can't be started.
pub fn compare(
    command: &str,
    root: &Path,
    project: &Path,
    tree: &dyn SourceTree,
    changed: &[ChangedFile],
) -> Result<TestOutcome, Failure> {
    let folder = tempfile::tempdir()
        .map_err(|error| Failure::new(format!("no folder for a copy can be made: {error}")))?;
    let copy = folder.path().join("project");
    let failed =
        |error: std::io::Error| Failure::new(format!("a copy of the project can't be made: {error}"));
    let write = |path: &str, text: &[u8]| -> std::io::Result<()> {
        let target = copy.join(path);
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(target, text)
    };
    let new_paths: BTreeSet<&str> =
        changed.iter().filter(|file| file.old.is_none()).map(|file| file.path.as_str()).collect();
    std::fs::create_dir_all(copy.join(project)).map_err(failed)?;
    for path in kept_paths(root)? {
        if new_paths.contains(path.as_str()) {
            continue;
        }
        if let Ok(text) = tree.read(&root.join(&path)) {
            write(&path, &text).map_err(failed)?;
            #[cfg(unix)]
            if let Ok(metadata) = std::fs::metadata(root.join(&path)) {
                let _ = std::fs::set_permissions(copy.join(&path), metadata.permissions());
            }
        }
    }
    for file in changed {
        if let Some(old) = &file.old {
            write(&file.path, old).map_err(failed)?;
        }
    }
    #[cfg(unix)]
    for environment in [".venv", "venv"] {
        for folder in [Path::new(""), project] {
            let installed = root.join(folder).join(environment);
            let link = copy.join(folder).join(environment);
            if installed.is_dir() && !link.exists() {
                std::os::unix::fs::symlink(&installed, link).map_err(failed)?;
            }
        }
    }
    let before = run(command, &copy.join(project))?;
    if before.code != Some(0) && before.passed.is_empty() {
        let failure = format!(
            "`{command}` fails before the change already, so it says nothing about it: {}",
            before.last_words
        );
        return Ok(TestOutcome { broken: Vec::new(), failure: Some(failure), summary: before.summary() });
    }
    for file in changed {
        match &file.new {
            Some(text) if !file.is_link => write(&file.path, text).map_err(failed)?,
            _ => {
                let _ = std::fs::remove_file(copy.join(&file.path));
            }
        }
    }
    let after = run(command, &copy.join(project))?;
    let mut broken: Vec<String> = before.passed.difference(&after.passed).cloned().collect();
    let mut failure = None;
    if broken.is_empty() && before.code == Some(0) && after.code != Some(0) {
        broken.extend(after.failed.iter().cloned());
        if broken.is_empty() {
            failure = Some(format!("`{command}` fails after the change: {}", after.last_words));
        }
    }
    let (was, is) = (before.summary(), after.summary());
    let summary =
        if was == is { format!("{was}, before and after") } else { format!("{was} before, {is} after") };
    Ok(TestOutcome { broken, failure, summary })
}

/// The files that make up the project: those that git keeps; without a repository, those that nothing ignores.
fn kept_paths(root: &Path) -> Result<Vec<String>, Failure> {
    if git::root_of(root).is_some() {
        return git::kept_paths(root);
    }
    let mut walk = ignore::WalkBuilder::new(root);
    walk.hidden(false).require_git(false).filter_entry(|entry| {
        entry.depth() == 0 || entry.file_name().to_str().is_none_or(|name| !NOT_OURS.contains(&name))
    });
    let paths = walk.build().flatten().filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    let mut paths: Vec<String> = paths
        .filter_map(|entry| Some(entry.path().strip_prefix(root).ok()?.to_string_lossy().replace('\\', "/")))
        .collect();
    paths.sort();
    Ok(paths)
}

/// A command of the user as a shell runs it in a folder; it gets no input.
pub fn shell(command: &str, folder: &Path) -> Command {
    let mut shell = if cfg!(windows) { Command::new("cmd") } else { Command::new("sh") };
    shell.arg(if cfg!(windows) { "/C" } else { "-c" }).arg(command);
    shell.current_dir(folder).stdin(Stdio::null());
    shell
}

fn run(command: &str, folder: &Path) -> Result<Run, Failure> {
    let done = shell(command, folder)
        // Names of tests that passed and failed, where it is pytest.
        .env("PYTEST_ADDOPTS", "-rA -p no:cacheprovider")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .map_err(|error| Failure::new(format!("`{command}` can't be started: {error}")))?;
    let text = String::from_utf8_lossy(&done.stdout);
    let named = |word: &str| -> BTreeSet<String> {
        text.lines()
            .filter_map(|line| line.strip_prefix(word)?.strip_prefix(' '))
            .filter(|rest| rest.contains("::"))
            .map(|rest| rest.split(" - ").next().unwrap_or(rest).trim().to_owned())
            .collect()
    };
    let (passed, mut failed) = (named("PASSED"), named("FAILED"));
    failed.extend(named("ERROR"));
    let told = if text.trim().is_empty() { String::from_utf8_lossy(&done.stderr) } else { text };
    let last_words = told.trim().lines().last().unwrap_or("it said nothing").to_owned();
    Ok(Run { code: done.status.code(), passed, failed, last_words })
}
