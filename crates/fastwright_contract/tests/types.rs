//! Types and models of small modules, compared with what the real Pydantic makes of them. `types/*.py` are
//! the modules; `types/record.py` has written what Pydantic says beside them.
//!
//! `FASTWRIGHT_TYPES` names another folder to compare.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod program;

use fastwright_contract::Doubts;
use fastwright_contract::json::Json;
use fastwright_contract::pydantic::core_schema::{Mode, Shared};
use fastwright_contract::pydantic::generate::SchemaGenerator;
use fastwright_contract::pydantic::json_schema::generate_definitions;
use fastwright_python::name::Name;
use fastwright_python::value::Value;
use program::{Program, doubts, with_program};
use std::fmt::Write;
use std::path::{Path, PathBuf};

#[test]
fn types_are_what_pydantic_says() {
    let folder = match std::env::var_os("FASTWRIGHT_TYPES") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/types"),
    };
    let mut report = String::new();
    let mut modules: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    modules.sort();
    for module in modules {
        let recorded = module.with_extension("json");
        if module.extension().is_some_and(|extension| extension == "py") && recorded.exists() {
            let source = std::fs::read_to_string(&module).unwrap();
            let recorded: Json = serde_json::from_str(&std::fs::read_to_string(recorded).unwrap()).unwrap();
            let name = module.file_stem().unwrap().to_string_lossy().into_owned();
            compare_module(&name, &source, &recorded, &mut report);
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

fn compare_module(module: &str, source: &str, recorded: &Json, report: &mut String) {
    // The module is `main.py` here, with one line before it.
    let differences = with_program(source, |program| {
        let mut differences = String::new();
        let mut generator = SchemaGenerator::new();
        let types = program.global("TYPES");
        let types: Vec<(Name, Value)> = program.context.interpreter.entries(&types).expect("TYPES is a dict");
        let mut together = Vec::new();
        for (name, type_) in &types {
            for (text, mode) in [("validation", Mode::Validation), ("serialization", Mode::Serialization)] {
                let key = format!("{name} {text}");
                let expected = &recorded[&key];
                program.context.doubts = Doubts::default();
                let schema = generator.type_schema(program.context, type_, None);
                let got = generated(program, &[(mode, schema.clone())]);
                let new = doubts(program);
                if expected.get("error").is_none() {
                    together.push((mode, schema));
                    if !new.is_empty() {
                        writeln!(differences, "{module}: {key}: doubt: {}", new.join("; ")).unwrap();
                    }
                    differ(module, &key, expected, &got, &mut differences);
                } else if new.is_empty() {
                    writeln!(differences, "{module}: {key}: no doubt, Pydantic says {}", expected["error"])
                        .unwrap();
                }
            }
        }
        let got = generated(program, &together);
        differ(module, "together", &recorded["together"], &got, &mut differences);
        differences
    });
    report.push_str(&differences);
}

fn generated(program: &mut Program<'_, '_, '_>, inputs: &[(Mode, Shared)]) -> Json {
    let (schemas, definitions) = generate_definitions(program.context, inputs);
    serde_json::json!({ "schemas": schemas, "definitions": definitions })
}

/// Compares texts: the order of keys counts.
fn differ(module: &str, key: &str, expected: &Json, got: &Json, report: &mut String) {
    let named = |json: &Json| -> Vec<(String, String)> {
        let mut parts: Vec<(String, String)> = Vec::new();
        for (index, schema) in json["schemas"].as_array().into_iter().flatten().enumerate() {
            parts.push((format!("schema {index}"), schema.to_string()));
        }
        for (name, definition) in json["definitions"].as_object().into_iter().flatten() {
            parts.push((name.clone(), definition.to_string()));
        }
        parts
    };
    let (expected, got) = (named(expected), named(got));
    for (name, text) in &expected {
        match got.iter().find(|(known, _)| known == name) {
            Some((_, found)) if found == text => {}
            Some((_, found)) => {
                writeln!(report, "{module}: {key}: {name}:\n  expected {text}\n  got      {found}").unwrap();
            }
            None => writeln!(report, "{module}: {key}: {name} is missing: {text}").unwrap(),
        }
    }
    for (name, text) in got.iter().filter(|(name, _)| !expected.iter().any(|(known, _)| known == name)) {
        writeln!(report, "{module}: {key}: {name} is not expected: {text}").unwrap();
    }
}
