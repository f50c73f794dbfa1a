//! Files that are no code of the program: configuration of tools, dependencies, pipelines, everything else.

use crate::changed_files::ChangedFile;
use crate::judgement::Reasons;
use crate::verdict::{
    DEPENDENCIES_CHANGED, DOES_NOT_PARSE, FILE_NOT_UNDERSTOOD, PIPELINE_CHANGED, ReasonKind,
    TEST_SETUP_CHANGED, TOOL_CONFIGURATION_CHANGED,
};
use fastwright_contract::contract::document::At;
use toml::Table;

/// Files that tools which check the code read.
const TOOL_FILES: &[&str] = &[
    "ruff.toml",
    ".ruff.toml",
    ".flake8",
    "mypy.ini",
    ".mypy.ini",
    "pyrightconfig.json",
    ".pylintrc",
    "pylintrc",
    ".bandit",
    "bandit.yaml",
    "fastwright.toml",
    ".semgrep.yml",
    ".semgrepignore",
    ".coveragerc",
    "ty.toml",
    ".editorconfig",
    "sonar-project.properties",
];

/// Files that say how tests are run.
const TEST_SETUP_FILES: &[&str] =
    &["pytest.ini", ".pytest.ini", "tox.ini", "noxfile.py", "setup.cfg", "pytest.toml"];

/// Files that name libraries.
const DEPENDENCY_FILES: &[&str] = &[
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile",
    "Pipfile.lock",
    "setup.py",
    "environment.yml",
    "environment.yaml",
    "constraints.txt",
    "pylock.toml",
    ".python-version",
    "package.json",
    "package-lock.json",
];

/// Folders and files of pipelines, hooks and agents.
const PIPELINE_PATHS: &[&str] = &[
    ".github/",
    ".gitlab/",
    ".circleci/",
    ".ci/",
    ".husky/",
    ".claude/",
    ".codex/",
    ".cursor/",
    ".agents/",
    ".gemini/",
];
const PIPELINE_FILES: &[&str] = &[
    ".gitlab-ci.yml",
    ".pre-commit-config.yaml",
    "azure-pipelines.yml",
    "Jenkinsfile",
    ".travis.yml",
    "bitbucket-pipelines.yml",
    ".mcp.json",
    "AGENTS.md",
    "CLAUDE.md",
    "GEMINI.md",
    ".gitattributes",
    ".gitmodules",
    ".gitignore",
];

/// Endings of files that people read and no program does.
const DOCUMENTS: &[&str] = &[".md", ".rst", ".adoc", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp"];

pub(crate) fn check(reasons: &mut Reasons<'_>, files: &[ChangedFile]) {
    for file in files {
        let name = file.name();
        let at = Some(At { path: file.path.clone(), line: 1 });
        if file.is_link {
            reasons.add(FILE_NOT_UNDERSTOOD, format!("{} is a symbolic link", file.path), at);
        } else if PIPELINE_FILES.contains(&name)
            || PIPELINE_PATHS.iter().any(|folder| in_folder(&file.path, folder))
        {
            reasons.add(PIPELINE_CHANGED, format!("{} is different", file.path), at);
        } else if name == "pyproject.toml" {
            pyproject(reasons, file);
        } else if TOOL_FILES.contains(&name) {
            reasons.add(TOOL_CONFIGURATION_CHANGED, format!("{} is different", file.path), at);
        } else if TEST_SETUP_FILES.contains(&name) {
            reasons.add(TEST_SETUP_CHANGED, format!("{} is different", file.path), at);
        } else if DEPENDENCY_FILES.contains(&name) || is_requirements(&file.path) {
            reasons.add(DEPENDENCIES_CHANGED, format!("{} is different", file.path), at);
        } else if !file.is_python() && !is_document(&file.path) {
            reasons.add(FILE_NOT_UNDERSTOOD, format!("{} is different", file.path), at);
        } else if file.is_python() {
            parses(reasons, file);
        }
    }
}

fn in_folder(path: &str, folder: &str) -> bool {
    path.starts_with(folder) || path.contains(&format!("/{folder}"))
}

fn is_requirements(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let in_folder = path.contains("requirements/");
    (name.starts_with("requirements") || in_folder) && (name.ends_with(".txt") || name.ends_with(".in"))
}

fn is_document(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let lower = path.to_lowercase();
    DOCUMENTS.iter().any(|ending| lower.ends_with(ending))
        || matches!(name, "LICENSE" | "NOTICE" | "AUTHORS" | "CODEOWNERS")
}

/// Every file of Python parses, be it reached or not.
fn parses(reasons: &mut Reasons<'_>, file: &ChangedFile) {
    let Some(bytes) = &file.new else { return };
    let at = |line| Some(At { path: file.path.clone(), line });
    let Ok(text) = std::str::from_utf8(bytes) else {
        if file.old.as_deref().is_none_or(|old| std::str::from_utf8(old).is_ok()) {
            reasons.add(DOES_NOT_PARSE, "the file is no UTF-8".to_owned(), at(1));
        }
        return;
    };
    let Some(problem) = ChangedFile::parsed(text).problem else { return };
    if file.old.is_some() && ChangedFile::parsed(&file.old_text()).problem.is_some() {
        return;
    }
    let line = crate::changed_files::line_of(text, problem.offset.unwrap_or(0));
    reasons.add(DOES_NOT_PARSE, problem.message, at(line));
}

/// The parts of `pyproject.toml` that differ.
fn pyproject(reasons: &mut Reasons<'_>, file: &ChangedFile) {
    let at = Some(At { path: file.path.clone(), line: 1 });
    let read = |text: String| text.parse::<Table>();
    let (Ok(old), new) = (read(file.old_text()), read(file.new_text())) else {
        reasons.add(FILE_NOT_UNDERSTOOD, format!("{} is different", file.path), at);
        return;
    };
    let new = match new {
        Ok(new) => new,
        Err(error) => {
            reasons.add(DOES_NOT_PARSE, format!("{} is no TOML: {}", file.path, error.message()), at);
            return;
        }
    };
    for (name, kind) in differing(&old, &new) {
        reasons.add(kind, format!("`{name}` of {} is different", file.path), at.clone());
    }
}

fn differing(old: &Table, new: &Table) -> Vec<(String, ReasonKind)> {
    let mut found = Vec::new();
    let empty = Table::new();
    let tools = |table: &Table| -> Table {
        table.get("tool").and_then(toml::Value::as_table).unwrap_or(&empty).clone()
    };
    let (old_tools, new_tools) = (tools(old), tools(new));
    for name in keys(&old_tools, &new_tools) {
        if old_tools.get(&name) == new_tools.get(&name) {
            continue;
        }
        let kind = match name.as_str() {
            "pytest" | "tox" | "nox" => TEST_SETUP_CHANGED,
            "poetry" | "uv" | "pdm" | "hatch" | "setuptools" | "flit" | "pixi" => DEPENDENCIES_CHANGED,
            "black" | "isort" | "commitizen" | "bumpversion" | "towncrier" => continue,
            _ => TOOL_CONFIGURATION_CHANGED,
        };
        found.push((format!("[tool.{name}]"), kind));
    }
    for name in keys(old, new).into_iter().filter(|name| name != "tool") {
        let (mut before, mut after) = (old.get(&name).cloned(), new.get(&name).cloned());
        if name == "project" {
            // What only people read.
            for table in [&mut before, &mut after].into_iter().flatten() {
                if let Some(table) = table.as_table_mut() {
                    for key in
                        ["description", "readme", "keywords", "urls", "authors", "classifiers", "license"]
                    {
                        table.remove(key);
                    }
                }
            }
        }
        if before != after {
            found.push((format!("[{name}]"), DEPENDENCIES_CHANGED));
        }
    }
    found
}

fn keys(old: &Table, new: &Table) -> Vec<String> {
    let mut names: Vec<String> = old.keys().chain(new.keys()).cloned().collect();
    names.sort();
    names.dedup();
    names
}
