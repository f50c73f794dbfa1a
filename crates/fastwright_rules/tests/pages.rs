//! Runs the rule pages: each page in `resources/<area>/<name>.md` is documentation and test at once.
//!
//! A Python block is a project: one file (`main.py`), or several behind lines `#- path/file.py`. A line
//! that ends in `# expect: rule-name "text in the message"` must be the first line of a finding; a block
//! is otherwise silent for the rule of its page. `# ok` points out silence to the reader. Words behind
//! `python` in the opening fence set the scene: `fastapi=0.110.0` the version, `profile=default` what is
//! shown without audits, which pages are reviewed with, `fails` that the code does not import (which
//! `tests/import_pages.py` knows).

#![allow(clippy::unwrap_used)]

use fastwright_model::analysis::{AnalysisOptions, analyse};
use fastwright_rules::metadata::{Profile, Rule};
use fastwright_rules::registry;
use fastwright_rules::settings::ReviewSettings;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The sections of a page in their order.
const SECTIONS: [&str; 8] = [
    "What it does",
    "Why it matters",
    "Example",
    "Use instead",
    "Trade-offs",
    "Fix safety",
    "Known limits",
    "More cases",
];

/// Pages whose rule has metadata and no logic yet, one `area/name` a line.
const PENDING: &str = include_str!("pending.txt");

#[derive(Debug, Default)]
struct Page {
    title: String,
    sections: Vec<Section>,
}

#[derive(Debug)]
struct Section {
    title: String,
    line: usize,
    has_text: bool,
    blocks: Vec<Block>,
}

#[derive(Debug)]
struct Block {
    line: usize,
    words: Vec<String>,
    text: String,
}

/// An assertion in a block, or a finding, in comparable form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    path: String,
    line: u32,
}

fn parse_page(text: &str) -> Page {
    let mut page = Page::default();
    let mut open: Option<Block> = None;
    for (index, line) in text.lines().enumerate() {
        if let Some(block) = &mut open {
            if line.trim_end() == "```" {
                let block = open.take().unwrap();
                if let Some(section) = page.sections.last_mut() {
                    section.blocks.push(block);
                }
            } else {
                block.text.push_str(line);
                block.text.push('\n');
            }
        } else if let Some(info) = line.strip_prefix("```") {
            let words = info.split_whitespace().map(str::to_owned).collect();
            open = Some(Block { line: index + 1, words, text: String::new() });
        } else if let Some(title) = line.strip_prefix("## ") {
            page.sections.push(Section {
                title: title.trim().to_owned(),
                line: index + 1,
                has_text: false,
                blocks: Vec::new(),
            });
        } else if let Some(title) = line.strip_prefix("# ") {
            page.title = title.trim().to_owned();
        } else if let Some(section) = page.sections.last_mut() {
            section.has_text |= !line.trim().is_empty();
        }
    }
    assert!(open.is_none(), "a code block is not closed");
    page
}

impl Block {
    fn is_python(&self) -> bool {
        self.words.first().is_some_and(|word| word == "python")
    }

    fn fastapi_version(&self) -> Option<String> {
        self.words.iter().find_map(|word| word.strip_prefix("fastapi=")).map(str::to_owned)
    }

    /// The profile that its review has.
    fn profile(&self) -> Profile {
        match self.words.iter().any(|word| word == "profile=default") {
            true => Profile::Default,
            false => Profile::Audit,
        }
    }

    /// The files of the project: path and text.
    fn files(&self) -> Vec<(String, String)> {
        let mut files: Vec<(String, String)> = Vec::new();
        for line in self.text.lines() {
            if let Some(path) = line.strip_prefix("#- ") {
                files.push((path.trim().to_owned(), String::new()));
                continue;
            }
            if files.is_empty() {
                files.push(("main.py".to_owned(), String::new()));
            }
            let (_, text) = files.last_mut().unwrap();
            text.push_str(line);
            text.push('\n');
        }
        files
    }

    /// What the block expects of a rule: places, and the text that the message must hold.
    fn expectations(&self, rule: &str) -> Vec<(Place, String)> {
        let mut expected = Vec::new();
        for (path, text) in self.files() {
            for (index, line) in text.lines().enumerate() {
                for part in line.split("# expect: ").skip(1) {
                    let (name, rest) = part.split_once(char::is_whitespace).unwrap_or((part, ""));
                    let wanted = rest.trim().strip_prefix('"').and_then(|rest| rest.split('"').next());
                    if name == rule {
                        let place = Place { path: path.clone(), line: index as u32 + 1 };
                        expected.push((place, wanted.unwrap_or("").to_owned()));
                    }
                }
            }
        }
        expected.sort();
        expected
    }
}

/// Reviews a block with one rule and says what differs from its expectations.
fn run_block(block: &Block, rule: &dyn Rule) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in block.files() {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let options = AnalysisOptions { fastapi_version: block.fastapi_version(), ..AnalysisOptions::default() };
    let analysis = analyse(folder.path(), &options).unwrap();
    let name = rule.metadata().name;
    let settings = ReviewSettings {
        select: vec![name.to_owned()],
        profile: block.profile(),
        ..ReviewSettings::default()
    };
    let review = fastwright_rules::review(&analysis, &settings);
    let mut wrong: Vec<String> =
        review.problems.iter().map(|problem| format!("problem: {}", problem.message)).collect();
    let mut found: Vec<(Place, String)> = review
        .findings
        .iter()
        .map(|finding| {
            let file = analysis.files.get(finding.location.file);
            let line = file.line_of(finding.location.span.start);
            (Place { path: file.relative.clone(), line }, finding.message.clone())
        })
        .collect();
    found.sort();
    for (place, text) in block.expectations(name) {
        match found.iter().position(|(at, message)| *at == place && message.contains(&text)) {
            Some(index) => {
                found.remove(index);
            }
            None => wrong.push(format!("{}:{}: expected {name} \"{text}\"", place.path, place.line)),
        }
    }
    for (place, message) in found {
        wrong.push(format!("{}:{}: unexpected {name} \"{message}\"", place.path, place.line));
    }
    wrong
}

fn resources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("resources")
}

/// `area/name` of every file with this ending below a folder of areas.
fn entries(folder: &Path, ending: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for area in fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir()) {
        for file in fs::read_dir(area.path()).unwrap().map(Result::unwrap) {
            let name = file.file_name().into_string().unwrap();
            if let Some(stem) = name.strip_suffix(ending).filter(|stem| *stem != "mod") {
                found.insert(format!("{}/{stem}", area.file_name().to_string_lossy()));
            }
        }
    }
    found
}

fn pending() -> BTreeSet<String> {
    PENDING.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn every_page_holds() {
    let mut failures = Vec::new();
    let mut blocks = 0;
    let only = std::env::var("FASTWRIGHT_PAGE").ok();
    for rule in registry::all() {
        let metadata = rule.metadata();
        if only.as_ref().is_some_and(|only| only != metadata.name) {
            continue;
        }
        for section in parse_page(metadata.page).sections {
            for block in section.blocks.iter().filter(|block| block.is_python()) {
                blocks += 1;
                for wrong in run_block(block, *rule) {
                    let place = format!("{}/{}.md:{}", metadata.area.name(), metadata.name, block.line);
                    failures.push(format!("{place} ({}): {wrong}", section.title));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} of {blocks} blocks:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_page_is_complete() {
    let mut wrong = Vec::new();
    for entry in entries(&resources(), ".md") {
        let page = parse_page(&fs::read_to_string(resources().join(format!("{entry}.md"))).unwrap());
        let name = entry.split('/').nth(1).unwrap();
        if page.title != name {
            wrong.push(format!("{entry}: the title is `{}`", page.title));
        }
        let titles: Vec<&str> = page.sections.iter().map(|section| section.title.as_str()).collect();
        if titles != SECTIONS {
            wrong.push(format!("{entry}: the sections are {titles:?}"));
            continue;
        }
        for section in &page.sections {
            if !section.has_text && section.blocks.is_empty() {
                wrong.push(format!("{entry}:{}: `{}` is empty", section.line, section.title));
            }
        }
        let expects = |title: &str| {
            let section = page.sections.iter().find(|section| section.title == title).unwrap();
            let blocks: Vec<&Block> = section.blocks.iter().filter(|block| block.is_python()).collect();
            (blocks.len(), blocks.iter().map(|block| block.expectations(name).len()).sum::<usize>())
        };
        if expects("Example").1 == 0 {
            wrong.push(format!("{entry}: the example expects nothing"));
        }
        if expects("Use instead").0 == 0 || expects("Use instead").1 > 0 {
            wrong.push(format!("{entry}: `Use instead` must have a block and be silent"));
        }
        if expects("More cases").0 == 0 {
            wrong.push(format!("{entry}: there are no more cases"));
        }
        let several =
            page.sections.iter().flat_map(|section| &section.blocks).any(|block| block.files().len() > 1);
        if !several {
            wrong.push(format!("{entry}: no case has several files"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn registry_folders_and_pages_agree() {
    let registered: BTreeSet<String> = registry::all()
        .iter()
        .map(|rule| format!("{}/{}", rule.metadata().area.name(), rule.metadata().name))
        .collect();
    let pages = entries(&resources(), ".md");
    let sources = entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules"), ".rs")
        .into_iter()
        .map(|entry| entry.replace('_', "-"))
        .collect::<BTreeSet<_>>();
    let pending = pending();
    let known: BTreeSet<String> = registered.union(&pending).cloned().collect();
    assert_eq!(pages, known, "pages against registry and tests/pending.txt");
    let rules: BTreeSet<String> = sources.intersection(&pages).cloned().collect();
    assert_eq!(rules, pages, "every page has a rule file of its name");
    let both: Vec<_> = registered.intersection(&pending).collect();
    assert!(both.is_empty(), "registered, so no longer pending: {both:?}");
}

#[test]
fn registered_rules_use_their_own_page() {
    for rule in registry::all() {
        let metadata = rule.metadata();
        let path = resources().join(metadata.area.name()).join(format!("{}.md", metadata.name));
        assert_eq!(metadata.page, fs::read_to_string(path).unwrap(), "{}", metadata.name);
        assert!(!metadata.summary.ends_with('.'), "{}", metadata.name);
    }
}

#[test]
fn the_page_parser_reads_blocks_and_expectations() {
    let page = parse_page(
        "# rule\n\n## Example\ntext\n```python fastapi=0.110.0\n#- a.py\nx = 1  # expect: rule \"one\" # expect: other\n#- b/c.py\ny\nz  # expect: rule\n```\n",
    );
    let block = &page.sections[0].blocks[0];
    assert_eq!(block.fastapi_version().as_deref(), Some("0.110.0"));
    let expected = block.expectations("rule");
    assert_eq!(expected[0], (Place { path: "a.py".into(), line: 1 }, "one".to_owned()));
    assert_eq!(expected[1], (Place { path: "b/c.py".into(), line: 2 }, String::new()));
}
