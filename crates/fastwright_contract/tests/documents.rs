//! Documents of whole small apps, compared with those of the real FastAPI. `documents/*.py` are the modules, and
//! `documents_of_0_121/*.py` those for that version, which takes models of Pydantic 1; `documents/record.py` has written what
//! `app.openapi()` returns beside them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod whole_documents;

use fastwright_contract::Versions;
use fastwright_contract::json::Json;
use fastwright_model::analysis::AnalysisOptions;
use fastwright_python::project::Version;
use fastwright_python::source::MemoryTree;
use std::fmt::Write;
use std::path::Path;
use whole_documents::{NEWEST, document_of};

#[test]
fn documents_are_those_of_fastapi() {
    check("documents", NEWEST);
}

#[test]
fn documents_are_those_of_an_older_fastapi() {
    let (fastapi, pydantic) = (Version::new(0, 121, 3), Version::new(2, 12, 4));
    check("documents_of_0_121", Versions { fastapi, pydantic, ..NEWEST });
}

fn check(folder: &str, versions: Versions) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut report = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let module = entry.unwrap().path();
        let recorded = module.with_extension("json");
        if module.extension().is_some_and(|extension| extension == "py") && recorded.exists() {
            let source = std::fs::read_to_string(&module).unwrap();
            let recorded: Json = serde_json::from_str(&std::fs::read_to_string(recorded).unwrap()).unwrap();
            let name = module.file_stem().unwrap().to_string_lossy();
            compare(&name, &source, versions, &recorded, &mut report);
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

/// The document has to be equal and claimed; where FastAPI raises, it must not be claimed.
fn compare(name: &str, source: &str, versions: Versions, recorded: &Json, report: &mut String) {
    let tree = MemoryTree::from_fixture(&format!("#- main.py\n{source}"));
    let (document, doubts) = document_of(tree, &AnalysisOptions::default(), versions);
    if let Some(error) = recorded.get("error") {
        if doubts.is_empty() {
            writeln!(report, "{name}: no doubt, FastAPI says {error}").unwrap();
        }
        return;
    }
    if !doubts.is_empty() {
        writeln!(report, "{name}: doubt: {}", doubts.join("; ")).unwrap();
    }
    differ(name, "", recorded, &document, report);
}

fn differ(name: &str, place: &str, expected: &Json, got: &Json, report: &mut String) {
    if let (Json::Object(expected), Json::Object(got)) = (expected, got) {
        for key in expected.keys().chain(got.keys().filter(|key| !expected.contains_key(*key))) {
            let of = |object: &serde_json::Map<String, Json>| object.get(key).cloned().unwrap_or(Json::Null);
            differ(name, &format!("{place}/{key}"), &of(expected), &of(got), report);
        }
    } else if expected != got {
        writeln!(report, "{name}: {place}:\n  expected {expected}\n  got      {got}").unwrap();
    }
}
