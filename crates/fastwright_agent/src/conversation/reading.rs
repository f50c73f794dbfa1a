//! `read_file`, `search`, `list_files`: what the model may see of the files. Secrets are hidden first, and everything is
//! looked for in what is left: a search or an edit can't be used to guess them.

use super::AgentError;
use super::talk::{Step, Talk};
use crate::visible::line;
use fastwright_sandbox::files::{Kind, ProjectFiles, Protection, protection};
use regex::RegexBuilder;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadFile {
    path: String,
    #[serde(default)]
    start_line: Option<usize>,
    #[serde(default)]
    lines: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    text: String,
    #[serde(default)]
    regex: bool,
    #[serde(default)]
    folder: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListFiles {
    #[serde(default)]
    folder: String,
    #[serde(default)]
    all: bool,
}

/// Files that a search or a list looks at.
const MOST_FILES: usize = 4_000;
/// Bytes that a search reads.
const MOST_BYTES: usize = 40_000_000;
/// Lines that a search gives.
const MOST_LINES: usize = 200;
/// Lines are cut here.
const LONGEST_LINE: usize = 400;
/// Folders that hold nothing of the project's own.
const SKIPPED: &[&str] = &[
    ".git",
    ".hg",
    ".svn",
    ".venv",
    "venv",
    "node_modules",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".fastwright_cache",
    ".tox",
    ".nox",
    "site-packages",
];

impl Talk<'_> {
    pub(super) fn read_file(&mut self, input: ReadFile) -> Result<Step, AgentError> {
        let text = match self.workspace.read(&input.path) {
            Ok(text) => text,
            Err(refusal) => return Ok(Step::Say(self.data("read_file", &refusal.0))),
        };
        // First as a whole, then by lines: a secret over several lines is hidden as one.
        let text = self.secrets.hide(&text);
        let total = text.lines().count();
        let first = input.start_line.unwrap_or(1).max(1);
        let numbered: Vec<String> = text
            .lines()
            .enumerate()
            .skip(first - 1)
            .take(input.lines.unwrap_or(usize::MAX))
            .map(|(index, line)| format!("{:>5} {line}", index + 1))
            .collect();
        let head = format!("{} ({total} lines)", line(&input.path, 300));
        Ok(Step::Say(self.data("read_file", &format!("{head}\n{}", numbered.join("\n")))))
    }

    pub(super) fn search(&mut self, input: Search) -> Result<Step, AgentError> {
        let pattern = if input.regex { input.text.clone() } else { regex::escape(&input.text) };
        let built = RegexBuilder::new(&pattern).size_limit(1 << 20).multi_line(true).build();
        let expression = match built {
            Ok(expression) if !input.text.is_empty() => expression,
            Ok(_) => return Ok(Step::say("`text` is empty")),
            Err(error) => {
                return Ok(Step::Say(format!(
                    "this is no regular expression: {}",
                    line(&error.to_string(), 300)
                )));
            }
        };
        let mut found = Vec::new();
        let mut bytes = 0;
        let (paths, left_out) = self.all_files(&input.folder);
        for path in &paths {
            let Ok(text) = self.workspace.read(path) else { continue };
            bytes += text.len();
            if bytes > MOST_BYTES || found.len() > MOST_LINES {
                break;
            }
            if !text.lines().any(|line| expression.is_match(line)) {
                continue;
            }
            let text = self.secrets.hide(&text);
            let lines = text.lines().enumerate().filter(|(_, line)| expression.is_match(line));
            found.extend(
                lines.map(|(index, text)| format!("{path}:{}: {}", index + 1, line(text, LONGEST_LINE))),
            );
        }
        let more = found.len() > MOST_LINES;
        found.truncate(MOST_LINES);
        let mut said = if found.is_empty() { "nothing found".to_owned() } else { found.join("\n") };
        if more || left_out {
            said.push_str("\n(there is more: name a folder, or look for something rarer)");
        }
        Ok(Step::Say(self.data("search", &said)))
    }

    pub(super) fn list_files(&mut self, input: ListFiles) -> Result<Step, AgentError> {
        let folder = input.folder.trim_matches('/').trim_start_matches("./");
        let folder = if folder == "." { "" } else { folder };
        if input.all {
            let (paths, left_out) = self.all_files(folder);
            let more = if left_out { "\n(there is more: name a folder)" } else { "" };
            return Ok(Step::Say(self.data("list_files", &format!("{}{more}", paths.join("\n")))));
        }
        let said = match self.workspace.files().list(folder) {
            Ok(listing) => {
                let mut lines: Vec<String> = listing
                    .entries
                    .iter()
                    .map(|entry| {
                        let slash = if entry.kind == Kind::Folder { "/" } else { "" };
                        let why = entry.protection.map(|found| format!(" ({found})")).unwrap_or_default();
                        format!("{}{slash}{why}", entry.name)
                    })
                    .collect();
                if listing.left_out > 0 {
                    lines.push(format!("({} more)", listing.left_out));
                }
                lines.join("\n")
            }
            Err(error) => error.to_string(),
        };
        Ok(Step::Say(self.data("list_files", &said)))
    }

    /// Files below a folder that may be read, sorted, new ones among them.
    fn all_files(&self, folder: &str) -> (Vec<String>, bool) {
        let mut found = Vec::new();
        let left_out = walk(self.workspace.files(), folder, &mut found);
        for (path, before, after) in self.workspace.both() {
            if before.is_none()
                && after.is_some()
                && (folder.is_empty() || path.starts_with(&format!("{folder}/")))
            {
                found.push(path.to_owned());
            }
        }
        found.sort_unstable();
        (found, left_out)
    }
}

/// Collects files; says whether there are more.
fn walk(files: &ProjectFiles, folder: &str, found: &mut Vec<String>) -> bool {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(listing) = files.list(&folder) else { continue };
        for entry in listing.entries {
            let path =
                if folder.is_empty() { entry.name.clone() } else { format!("{folder}/{}", entry.name) };
            if protection(&path) == Some(Protection::Secret) {
                continue;
            }
            match entry.kind {
                Kind::Folder if !SKIPPED.contains(&entry.name.as_str()) => folders.push(path),
                Kind::File => found.push(path),
                _ => {}
            }
            if found.len() >= MOST_FILES {
                return true;
            }
        }
    }
    false
}
