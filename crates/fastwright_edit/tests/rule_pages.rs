//! The fixes that rule pages show: a block ```` ```python fixed ```` is what `fastwright fix` makes of the block in
//! front of it in its section, or of the page's first example; nothing is fixed in a block ```` ```python unfixed ````.
//! And no block of any page has a fix that the guard refuses.

#![allow(clippy::unwrap_used)]

use fastwright_edit::rounds::{Outcome, Permission, Request, fix};
use fastwright_edit::state::Project;
use fastwright_model::analysis::{AnalysisOptions, with_large_stack};
use fastwright_python::source::MemoryTree;
use fastwright_rules::metadata::Profile;
use fastwright_rules::registry;
use fastwright_rules::settings::ReviewSettings;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Texts by path.
type Files = BTreeMap<String, String>;

struct Block {
    section: String,
    line: usize,
    words: Vec<String>,
    files: Files,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut section, mut open, mut path) = (String::new(), false, String::new());
    for (index, line) in page.lines().enumerate() {
        if open && line.trim_end() == "```" {
            open = false;
        } else if open {
            let block = blocks.last_mut().unwrap();
            if let Some(name) = line.strip_prefix("#- ") {
                path = name.trim().to_owned();
                block.files.insert(path.clone(), String::new());
            } else {
                let text = block.files.entry(path.clone()).or_default();
                text.push_str(line);
                text.push('\n');
            }
        } else if let Some(title) = line.strip_prefix("## ") {
            section = title.trim().to_owned();
        } else if let Some(words) = line.strip_prefix("```") {
            open = true;
            path = "main.py".to_owned();
            let words = words.split_whitespace().map(str::to_owned).collect();
            blocks.push(Block { section: section.clone(), line: index + 1, words, files: Files::new() });
        }
    }
    blocks.retain(|block| block.words.first().is_some_and(|word| word == "python"));
    blocks
}

impl Block {
    fn is_fixed(&self) -> bool {
        self.words.iter().any(|word| word == "fixed")
    }

    fn is_unfixed(&self) -> bool {
        self.words.iter().any(|word| word == "unfixed")
    }

    fn version(&self) -> Option<String> {
        self.words.iter().find_map(|word| word.strip_prefix("fastapi=")).map(str::to_owned)
    }
}

/// What the fixes of one rule make of files.
fn fixed(rule: &'static str, files: &Files, version: Option<String>) -> (Files, Vec<String>, usize) {
    let mut tree = MemoryTree::new();
    for (path, text) in files {
        tree.insert(path, text.as_bytes());
    }
    let request = Request {
        project: Project {
            tree: Arc::new(tree),
            path: PathBuf::from(MemoryTree::ROOT),
            analysis: AnalysisOptions {
                fastapi_version: version,
                latent_routes: true,
                ..AnalysisOptions::default()
            },
            review: ReviewSettings {
                extend_select: vec![rule.to_owned()],
                profile: Profile::Audit,
                ..ReviewSettings::default()
            },
        },
        permission: Permission::Contract,
        wants: &mut |_, finding| finding.rule == rule,
    };
    let outcome: Outcome = fix(request).unwrap();
    let refused = outcome
        .refused
        .iter()
        .map(|refused| format!("{}:{}: {}", refused.told.path, refused.told.line, refused.reasons.join("; ")))
        .collect();
    let mut result = files.clone();
    for file in outcome.files {
        let path = file.path.strip_prefix(Path::new(MemoryTree::ROOT)).unwrap();
        result.insert(path.to_string_lossy().into_owned(), String::from_utf8(file.after).unwrap());
    }
    (result, refused, outcome.applied.len())
}

/// Without what pages say about lines.
fn without_expectations(files: &Files) -> Files {
    let without = |line: &str| {
        let marks = ["# expect: ", "# ok"];
        match marks.iter().filter_map(|mark| line.find(mark)).min() {
            Some(at) if line[..at].trim().is_empty() => String::new(),
            Some(at) => format!("{}\n", line[..at].trim_end()),
            None => format!("{line}\n"),
        }
    };
    files.iter().map(|(path, text)| (path.clone(), text.lines().map(without).collect())).collect()
}

fn shown(files: &Files) -> String {
    match files.get("main.py") {
        Some(text) if files.len() == 1 => text.clone(),
        _ => files.iter().map(|(path, text)| format!("#- {path}\n{text}")).collect(),
    }
}

#[test]
fn pages_show_what_fixes_make() {
    with_large_stack(check_pages);
}

fn check_pages() {
    let only = std::env::var("FASTWRIGHT_PAGE").ok();
    let (mut wrong, mut with_fix) = (Vec::new(), BTreeSet::new());
    for rule in registry::all() {
        let metadata = rule.metadata();
        if only.as_ref().is_some_and(|only| !only.split(',').any(|name| name == metadata.name)) {
            continue;
        }
        let blocks = blocks(metadata.page);
        let example = blocks.iter().find(|block| block.section == "Example");
        for (index, block) in blocks.iter().enumerate() {
            let place = format!("{}/{}.md:{}", metadata.area.name(), metadata.name, block.line);
            if block.is_fixed() {
                let before = blocks[..index]
                    .iter()
                    .rev()
                    .find(|other| other.section == block.section && !other.is_fixed())
                    .or(example)
                    .unwrap();
                let (made, _, applied) = fixed(metadata.name, &before.files, before.version());
                with_fix.insert(metadata.name);
                if applied == 0 {
                    wrong.push(format!("{place}: nothing is fixed"));
                } else if without_expectations(&made) != block.files {
                    let made = shown(&without_expectations(&made));
                    wrong.push(format!("{place}: the fix makes\n{made}"));
                }
                let (again, _, applied) = fixed(metadata.name, &made, before.version());
                if applied > 0 || again != made {
                    wrong.push(format!("{place}: a second run changes something"));
                }
            } else {
                let (made, refused, applied) = fixed(metadata.name, &block.files, block.version());
                wrong.extend(refused.into_iter().map(|reason| format!("{place}: refused: {reason}")));
                if applied > 0 && block.is_unfixed() {
                    wrong.push(format!("{place}: is fixed:\n{}", shown(&without_expectations(&made))));
                }
                if applied > 0 && !blocks.iter().any(Block::is_fixed) {
                    let made = shown(&without_expectations(&made));
                    wrong.push(format!("{place}: is fixed, and the page shows no fix:\n{made}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(only.is_some() || with_fix.len() >= 40, "{} rules have a fix", with_fix.len());
}
