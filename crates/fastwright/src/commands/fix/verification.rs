//! `fastwright fix --verify COMMAND`: the project's own tests, before and after.

use crate::terminal;
use fastwright_engine::Failure;
use fastwright_engine::project_tests::{TestRun, run};
use std::io::Write as _;
use std::path::Path;

/// Runs a command in the root of the project. Its output goes to standard error.
///
/// # Errors
/// When it can't be started.
pub(super) fn told_run(command: &str, root: &Path, when: &str) -> Result<TestRun, Failure> {
    terminal::tell(&format!("fastwright: running the project's own code, `{command}`, {when}"));
    let (run, output) = run(command, root)?;
    let mut told = std::io::stderr().lock();
    let _ = told.write_all(&output.stdout).and_then(|()| told.write_all(&output.stderr));
    Ok(run)
}
