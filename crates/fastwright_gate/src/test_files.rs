//! Tests: existing ones stay as they are, new ones may come.

use crate::changed_files::{ChangedFile, line_of};
use crate::judgement::Reasons;
use crate::verdict::{ReasonKind, TEST_CHANGED, TEST_REMOVED, TEST_SETUP_CHANGED, TEST_SKIPPED};
use fastwright_contract::contract::document::At;
use fastwright_python::ir::{Module, StmtKind};
use fastwright_python::location::Span;
use std::collections::BTreeMap;

pub(crate) fn check(reasons: &mut Reasons<'_>, files: &[ChangedFile]) {
    for file in files.iter().filter(|file| file.is_test()) {
        check_file(reasons, file);
    }
}

fn check_file(reasons: &mut Reasons<'_>, file: &ChangedFile) {
    let at = |line: u32| Some(At { path: file.path.clone(), line });
    let is_shared = file.name() == "conftest.py";
    if file.new.is_none() {
        let (kind, words) = if is_shared {
            (TEST_SETUP_CHANGED, "what tests share is gone")
        } else {
            (TEST_REMOVED, "the file with tests is gone")
        };
        reasons.add(kind, words.to_owned(), at(1));
        return;
    }
    if is_shared {
        // A fixture can bend every test of its folder.
        let words =
            if file.old.is_none() { "new code runs around tests" } else { "what tests share is different" };
        reasons.add(TEST_SETUP_CHANGED, words.to_owned(), at(1));
        return;
    }
    let (old, new) = (file.old_text(), file.new_text());
    let (before, after) = (ChangedFile::parsed(&old), ChangedFile::parsed(&new));
    let (olds, news) = (definitions(&before.module, &old), definitions(&after.module, &new));
    for (name, (text, _)) in &olds {
        match news.get(name) {
            None => {
                let kind = if is_test_name(name) { TEST_REMOVED } else { TEST_SETUP_CHANGED };
                reasons.add(kind, format!("`{name}` is gone"), at(1));
            }
            Some((other, span)) if other != text => {
                let kind = if skips(other) > skips(text) {
                    TEST_SKIPPED
                } else if is_test_name(name) {
                    TEST_CHANGED
                } else {
                    TEST_SETUP_CHANGED
                };
                reasons.add(kind, words_for(kind, name), at(line_of(&new, span.start)));
            }
            Some(_) => {}
        }
    }
    for (name, (text, span)) in news.iter().filter(|(name, _)| !olds.contains_key(*name)) {
        if skips(text) > 0 {
            let message = format!("the new `{name}` is skipped");
            reasons.add(TEST_SKIPPED, message, at(line_of(&new, span.start)));
        } else if !is_test_name(name) && text.contains("autouse") {
            let message = format!("the new fixture `{name}` runs around other tests");
            reasons.add(TEST_SETUP_CHANGED, message, at(line_of(&new, span.start)));
        }
    }
    let (olds, mut news) = (loose(&before.module, &old), loose(&after.module, &new));
    for (text, _) in &olds {
        match news.iter().position(|(other, _)| other == text) {
            Some(position) => {
                news.remove(position);
            }
            None => {
                let message = format!("`{}` is gone", first_line(text));
                reasons.add(TEST_SETUP_CHANGED, message, at(1));
            }
        }
    }
    if file.old.is_some() {
        for (text, span) in news {
            let kind = if skips(&text) > 0 { TEST_SKIPPED } else { TEST_SETUP_CHANGED };
            let message = format!("`{}` is new, outside of any test", first_line(&text));
            reasons.add(kind, message, at(line_of(&new, span.start)));
        }
    } else if let Some((text, span)) = news.iter().find(|(text, _)| skips(text) > 0) {
        let message = format!("the new tests are skipped by `{}`", first_line(text));
        reasons.add(TEST_SKIPPED, message, at(line_of(&new, span.start)));
    }
}

fn words_for(kind: ReasonKind, name: &str) -> String {
    match kind.name {
        "test-skipped" => format!("`{name}` is skipped, or expected to fail"),
        _ => format!("`{name}` is different"),
    }
}

fn is_test_name(name: &str) -> bool {
    name.rsplit('.').next().is_some_and(|last| last.starts_with("test"))
        || name.split('.').next().is_some_and(|first| first.starts_with("Test"))
}

/// How often a text skips something.
fn skips(text: &str) -> usize {
    const WORDS: &[&str] = &[
        "skip(",
        "skipif(",
        "mark.skip",
        "skipIf(",
        "skipUnless(",
        "skipTest(",
        "SkipTest",
        "xfail",
        "expectedFailure",
        "importorskip(",
        "deselect",
    ];
    WORDS.iter().map(|word| text.matches(word).count()).sum()
}

/// Functions of a file and methods of its classes by qualified name, and classes without their methods; each
/// as its text without differences of white space, and its place.
fn definitions(module: &Module, text: &str) -> BTreeMap<String, (String, Span)> {
    let mut found = BTreeMap::new();
    let mut add = |name: &str, words: String, span: Span| {
        let mut name = name.to_owned();
        while found.contains_key(&name) {
            name.push('\'');
        }
        found.insert(name, (words, span));
    };
    for statement in &module.body {
        match &statement.kind {
            StmtKind::Function(function) => {
                add(function.name.as_str(), words(text, function.span), function.span);
            }
            StmtKind::Class(class) => {
                let mut own = String::new();
                let mut end = class.span.start;
                for inner in &class.body {
                    if let StmtKind::Function(function) = &inner.kind {
                        own.push_str(&words(text, Span { start: end, end: function.span.start }));
                        end = function.span.end;
                        add(function.qualname.as_str(), words(text, function.span), function.span);
                    }
                }
                own.push_str(&words(text, Span { start: end, end: class.span.end }));
                add(class.name.as_str(), own, class.span);
            }
            _ => {}
        }
    }
    found
}

/// Statements of a file that are neither definitions nor imports.
fn loose(module: &Module, text: &str) -> Vec<(String, Span)> {
    module
        .body
        .iter()
        .filter(|statement| {
            !matches!(
                statement.kind,
                StmtKind::Function(_)
                    | StmtKind::Class(_)
                    | StmtKind::Import(_)
                    | StmtKind::ImportFrom { .. }
            )
        })
        .map(|statement| (words(text, statement.span), statement.span))
        .collect()
}

fn words(text: &str, span: Span) -> String {
    let text = text.get(span.start as usize..span.end as usize).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn first_line(text: &str) -> &str {
    match text.char_indices().nth(60) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}
