//! JSON Schemas of core schemas, compared with those of the real Pydantic. `json_schemas/*.py` are the
//! programs; a script has written what Pydantic compiles their types to and makes of it beside them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod core_schemas;
mod program;

use core_schemas::{Reader, mode};
use fastwright_contract::json::{Json, JsonObject};
use fastwright_contract::pydantic::core_schema::Mode;
use fastwright_contract::pydantic::generate::SchemaGenerator;
use fastwright_contract::pydantic::json_schema::generate_definitions;
use program::{doubts, with_program};
use std::rc::Rc;

/// From recorded core schemas: what this half alone makes of them.
#[track_caller]
fn check(source: &str, recorded: &str, expected_doubts: &[&str]) {
    let recorded: Json = serde_json::from_str(recorded).unwrap();
    let (schemas, definitions, doubts) = with_program(source, |program| {
        let inputs: Vec<_> = recorded["inputs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|input| (mode(input[0].as_str().unwrap()), Reader(program).core(&input[1])))
            .collect();
        let (schemas, definitions) = generate_definitions(program.context, &inputs);
        (schemas, definitions, doubts(program))
    });
    check_against(&recorded, &schemas, &definitions, &doubts, expected_doubts);
}

/// From the types of the program: both halves.
#[track_caller]
fn check_types(source: &str, recorded: &str, expected_doubts: &[&str]) {
    let recorded: Json = serde_json::from_str(recorded).unwrap();
    let (schemas, definitions, doubts) = with_program(source, |program| {
        let types = program.global("TYPES");
        let types = program.context.interpreter.elements(&types).unwrap();
        let mut generator = SchemaGenerator::new();
        let mut inputs = Vec::new();
        for annotation in &types {
            let core = generator.type_schema(program.context, annotation, None);
            inputs.push((Mode::Validation, Rc::clone(&core)));
            inputs.push((Mode::Serialization, core));
        }
        let (schemas, definitions) = generate_definitions(program.context, &inputs);
        (schemas, definitions, doubts(program))
    });
    check_against(&recorded, &schemas, &definitions, &doubts, expected_doubts);
}

#[track_caller]
fn check_against(
    recorded: &Json,
    schemas: &[Json],
    definitions: &JsonObject,
    doubts: &[String],
    expected_doubts: &[&str],
) {
    let mut differences = Vec::new();
    let expected = recorded["definitions"].as_object().unwrap();
    for (name, definition) in expected {
        compare(name, definition, definitions.get(name).unwrap_or(&Json::Null), &mut differences);
    }
    for name in definitions.keys().filter(|name| !expected.contains_key(*name)) {
        differences.push(format!("{name}: not expected"));
    }
    for (index, schema) in recorded["schemas"].as_array().unwrap().iter().enumerate() {
        compare(&format!("input {index}"), schema, &schemas[index], &mut differences);
    }
    assert!(differences.is_empty(), "{}\n{}", differences.join("\n"), doubts.join("\n"));
    assert_eq!(doubts, expected_doubts);
}

/// Compares texts: the order of keys counts.
fn compare(what: &str, expected: &Json, got: &Json, differences: &mut Vec<String>) {
    let (expected, got) = (expected.to_string(), got.to_string());
    if expected != got {
        differences.push(format!("{what}:\n  expected {expected}\n  got      {got}"));
    }
}

#[test]
fn types_of_every_kind() {
    check(include_str!("json_schemas/kinds.py"), include_str!("json_schemas/kinds.json"), &[]);
}

#[test]
fn names_functions_and_defaults() {
    check(include_str!("json_schemas/more.py"), include_str!("json_schemas/more.json"), &[]);
}

#[test]
fn types_of_every_kind_from_the_program() {
    check_types(include_str!("json_schemas/kinds.py"), include_str!("json_schemas/kinds.json"), &[]);
}

#[test]
fn names_functions_and_defaults_from_the_program() {
    check_types(include_str!("json_schemas/more.py"), include_str!("json_schemas/more.json"), &[]);
}

#[test]
fn models_of_applications_from_the_program() {
    check_types(
        include_str!("json_schemas/applications.py"),
        include_str!("json_schemas/applications.json"),
        &[],
    );
}
