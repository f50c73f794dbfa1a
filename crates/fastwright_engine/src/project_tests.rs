//! The project's own tests, run on copies of the project before and after a change.

use crate::failure::Failure;
use crate::git;
use crate::inputs::NOT_OURS;
use fastwright_gate::{ChangedFile, TestOutcome};
use fastwright_python::source::SourceTree;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What one run of the tests said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestRun {
    /// Its exit code; none where it was killed.
    pub code: Option<i32>,
    /// Tests that passed, where it says their names.
    pub passed: BTreeSet<String>,
    /// Tests that failed.
    pub failed: BTreeSet<String>,
    /// The last line of what it printed.
    pub last_words: String,
}

/// Variables that make pytest say the names of tests that passed and failed; others don't mind them.
pub const REPORT_ALL: &[(&str, &str)] =
    &[("PYTEST_ADDOPTS", "-rA -p no:cacheprovider"), ("PYTHONDONTWRITEBYTECODE", "1")];

impl TestRun {
    /// What a run said that ended with a code and printed this.
    pub fn of(code: Option<i32>, stdout: &str, stderr: &str) -> Self {
        let named = |word: &str| -> BTreeSet<String> {
            stdout
                .lines()
                .filter_map(|line| line.strip_prefix(word)?.strip_prefix(' '))
                .filter(|rest| rest.contains("::"))
                .map(|rest| rest.split(" - ").next().unwrap_or(rest).trim().to_owned())
                .collect()
        };
        let (passed, mut failed) = (named("PASSED"), named("FAILED"));
        failed.extend(named("ERROR"));
        let told = if stdout.trim().is_empty() { stderr } else { stdout };
        let last_words = told.trim().lines().last().unwrap_or("it said nothing").to_owned();
        Self { code, passed, failed, last_words }
    }

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
    let (before, _) = run(command, &copy.join(project))?;
    for file in changed {
        match &file.new {
            Some(text) if !file.is_link => write(&file.path, text).map_err(failed)?,
            _ => {
                let _ = std::fs::remove_file(copy.join(&file.path));
            }
        }
    }
    let (after, _) = run(command, &copy.join(project))?;
    Ok(compared(&before, &after, command))
}

/// What two runs of a command, before and after a change, say about it.
pub fn compared(before: &TestRun, after: &TestRun, command: &str) -> TestOutcome {
    if before.code != Some(0) && before.passed.is_empty() {
        let failure = format!(
            "`{command}` fails before the change already, so it says nothing about it: {}",
            before.last_words
        );
        return TestOutcome { broken: Vec::new(), failure: Some(failure), summary: before.summary() };
    }
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
    TestOutcome { broken, failure, summary }
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
fn shell(command: &str, folder: &Path) -> Command {
    let mut shell = if cfg!(windows) { Command::new("cmd") } else { Command::new("sh") };
    shell.arg(if cfg!(windows) { "/C" } else { "-c" }).arg(command);
    shell.current_dir(folder).stdin(Stdio::null());
    shell
}

/// Runs a command in a folder; with what it printed. This runs code of the project.
///
/// # Errors
/// When it can't be started.
pub fn run(command: &str, folder: &Path) -> Result<(TestRun, Output), Failure> {
    let done = shell(command, folder)
        .envs(REPORT_ALL.iter().copied())
        .output()
        .map_err(|error| Failure::new(format!("`{command}` can't be started: {error}")))?;
    let (stdout, stderr) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    let run = TestRun::of(done.status.code(), &stdout, &stderr);
    Ok((run, done))
}
