//! Comments that hide what a tool finds.

use crate::changed_files::{ChangedFile, line_of};
use crate::judgement::Reasons;
use crate::verdict::SUPPRESSION_ADDED;
use fastwright_contract::contract::document::At;
use fastwright_rules::comments::scan;
use std::collections::BTreeMap;

/// How comments begin that tools listen to, in lower case without blanks.
const MARKERS: &[&str] = &[
    "noqa",
    "type:ignore",
    "mypy:ignore-errors",
    "mypy:disable-error-code",
    "pyright:ignore",
    "pyright:basic",
    "ty:ignore",
    "pyre-ignore",
    "pyre-fixme",
    "ruff:noqa",
    "ruff:ignore",
    "ruff:disable",
    "flake8:noqa",
    "pylint:disable",
    "pylint:skip-file",
    "nosec",
    "nosemgrep",
    "bandit:skip",
    "fastwright:ignore",
    "pragma:nocover",
    "fmt:off",
    "fmt:skip",
    "isort:skip",
    "codeql[",
    "lgtm[",
];

pub(crate) fn check(reasons: &mut Reasons<'_>, files: &[ChangedFile]) {
    // A suppression that moves with its code to another file is none that was added.
    let mut before: BTreeMap<String, usize> = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_python()) {
        for (marker, _) in suppressions(&file.old_text()) {
            *before.entry(marker).or_default() += 1;
        }
    }
    for file in files.iter().filter(|file| file.is_python()) {
        let text = file.new_text();
        for (marker, offset) in suppressions(&text) {
            if let Some(count) = before.get_mut(&marker).filter(|count| **count > 0) {
                *count -= 1;
                continue;
            }
            let at = At { path: file.path.clone(), line: line_of(&text, offset) };
            let message = format!("`# {marker}` hides what a tool finds");
            reasons.add(SUPPRESSION_ADDED, message, Some(at));
        }
    }
}

/// The suppressions of a text: what they say, and where.
fn suppressions(text: &str) -> Vec<(String, u32)> {
    let comments = scan(text);
    let mut found = Vec::new();
    for span in comments.spans {
        let Some(comment) = text.get(span.start as usize..span.end as usize) else { continue };
        // Several can stand in one comment.
        for part in comment.split('#').skip(1) {
            let words = part.trim().trim_end_matches('\r');
            let packed: String =
                words.to_lowercase().chars().filter(|character| !character.is_whitespace()).collect();
            if MARKERS.iter().any(|marker| packed.starts_with(marker)) {
                found.push((words.to_owned(), span.start));
            }
        }
    }
    found
}
