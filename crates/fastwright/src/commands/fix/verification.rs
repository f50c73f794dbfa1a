//! `fastwright fix --verify COMMAND`: the project's own tests, before and after.

use crate::terminal;
use fastwright_engine::Failure;
use fastwright_engine::project_tests::shell;
use std::fmt;
use std::io::Write as _;
use std::path::Path;

/// What a test command says: its exit code, and the counts of its last line where pytest or unittest wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    code: Option<i32>,
    counts: Vec<String>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(0) => formatter.write_str("passed")?,
            Some(code) => write!(formatter, "ended with {code}")?,
            None => formatter.write_str("was killed")?,
        }
        if !self.counts.is_empty() {
            write!(formatter, " ({})", self.counts.join(", "))?;
        }
        Ok(())
    }
}

/// Runs a command in the root of the project. Its output goes to standard error.
///
/// # Errors
/// When it can't be started.
pub(super) fn run(command: &str, root: &Path, when: &str) -> Result<Verdict, Failure> {
    terminal::tell(&format!("fastwright: running the project's own code, `{command}`, {when}"));
    let output = shell(command, root)
        .output()
        .map_err(|error| Failure::new(format!("`{command}` can't be started: {error}")))?;
    let mut told = std::io::stderr().lock();
    let _ = told.write_all(&output.stdout).and_then(|()| told.write_all(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(Verdict { code: output.status.code(), counts: counts(&text) })
}

/// `3 failed`, `12 passed`: times and the order of words do not count.
fn counts(output: &str) -> Vec<String> {
    const WORDS: [&str; 8] =
        ["passed", "failed", "error", "errors", "skipped", "xfailed", "xpassed", "deselected"];
    let Some(line) = output.lines().rev().find(|line| !line.trim().is_empty()) else { return Vec::new() };
    let words: Vec<&str> = line.split(|character: char| !character.is_alphanumeric()).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let mut found: Vec<String> = words
        .windows(2)
        .filter(|pair| pair[0].bytes().all(|byte| byte.is_ascii_digit()) && WORDS.contains(&pair[1]))
        .map(|pair| pair.join(" "))
        .collect();
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_without_times() {
        assert_eq!(counts("...\n==== 1 failed, 12 passed in 0.31s ====\n"), ["1 failed", "12 passed"]);
        assert_eq!(counts("done in 3 s\n"), [] as [&str; 0]);
    }
}
