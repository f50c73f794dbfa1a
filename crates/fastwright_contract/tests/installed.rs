//! Models of a real application, compared with what the real Pydantic makes of them.
//!
//! `FASTWRIGHT_APPLICATION` is its folder, `FASTWRIGHT_ENVIRONMENT` its virtual environment,
//! `FASTWRIGHT_MODELS` a JSON file: `module:Qualname mode` to schemas and definitions.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use fastwright_contract::json::Json;
use fastwright_contract::pydantic::core_schema::Mode;
use fastwright_contract::pydantic::generate::SchemaGenerator;
use fastwright_contract::pydantic::json_schema::generate_definitions;
use fastwright_contract::{Context, Doubts, Versions};
use fastwright_model::analysis::{AnalysisOptions, NEWEST_FASTAPI, analyse_tree_with, with_large_stack};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::project::Version;
use fastwright_python::source::DiskTree;
use fastwright_python::value::{Kind, Value};
use std::path::PathBuf;
use std::sync::Arc;

#[test]
#[ignore = "needs an application, its environment and what Pydantic says of its models"]
fn models_are_what_pydantic_says() {
    let variable = |name: &str| PathBuf::from(std::env::var_os(name).expect(name));
    let recorded: Json = match std::env::var_os("FASTWRIGHT_MODELS") {
        Some(path) => serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap(),
        None => Json::Null,
    };
    let application = variable("FASTWRIGHT_APPLICATION");
    let options = AnalysisOptions {
        python_env: std::env::var_os("FASTWRIGHT_ENVIRONMENT").map(PathBuf::from),
        ..AnalysisOptions::default()
    };
    with_large_stack(|| compare(&application, &options, &recorded));
}

fn compare(application: &std::path::Path, options: &AnalysisOptions, recorded: &Json) {
    let tree = Arc::new(DiskTree);
    analyse_tree_with(tree, application, options, |interpreter, _| ask(interpreter, recorded)).unwrap();
}

fn ask(interpreter: &mut Interpreter<'static>, recorded: &Json) {
    let versions = Versions {
        fastapi: NEWEST_FASTAPI,
        pydantic: fastwright_contract::versions::NEWEST_PYDANTIC,
        python: Version::new(3, 11, 0),
    };
    let mut classes: Vec<(String, Value)> = Vec::new();
    for id in interpreter.classes().to_vec() {
        let class = interpreter.class(id).unwrap();
        let module = interpreter.module(class.module).name;
        classes.push((format!("{module}:{}", class.qualname), Kind::Class(id).into()));
    }
    let Some(recorded) = recorded.as_object() else { return doubts_of(interpreter, versions, &classes) };
    let mut context = Context::new(interpreter, versions);
    let (mut same, mut different, mut doubted, mut needless, mut missing) = (0, 0, 0, 0, 0);
    let mut slowest = (std::time::Duration::ZERO, String::new());
    for (key, expected) in recorded {
        let (name, mode) = key.rsplit_once(' ').unwrap();
        let mode = if mode == "validation" { Mode::Validation } else { Mode::Serialization };
        let Some((_, class)) = classes.iter().find(|(known, _)| known == name) else {
            missing += 1;
            continue;
        };
        context.doubts = Doubts::default();
        // What is doubted is said once by each generator.
        let mut generator = SchemaGenerator::new();
        let started = std::time::Instant::now();
        let schema = generator.type_schema(&mut context, class, None);
        let (schemas, definitions) = generate_definitions(&mut context, &[(mode, schema)]);
        if started.elapsed() > slowest.0 {
            slowest = (started.elapsed(), key.clone());
        }
        let got = serde_json::json!({ "schemas": schemas, "definitions": definitions });
        let doubts = std::mem::take(&mut context.doubts).into_vec();
        let reasons: Vec<String> = doubts.iter().map(|doubt| doubt.reason.clone()).collect();
        let equal = same_text(&got, expected);
        match (equal, doubts.is_empty(), expected.get("error")) {
            (true, true, _) => same += 1,
            (true, false, _) => {
                needless += 1;
                println!("NEEDLESS {key}: {}", reasons.join("; "));
            }
            (false, false, _) => {
                doubted += 1;
                println!("DOUBTED {key}: {}", reasons.join("; "));
            }
            (false, true, Some(error)) => {
                different += 1;
                println!("ERROR {key}: {error}");
            }
            (false, true, None) => {
                different += 1;
                println!("DIFFERENT {key}");
                show(expected, &got);
            }
        }
    }
    println!(
        "same {same}, different {different}, doubted {doubted}, needlessly doubted {needless}, not evaluated {missing}, slowest {slowest:?}"
    );
}

/// Whether two values are the same text: the order of keys counts.
fn same_text(left: &Json, right: &Json) -> bool {
    let (left, right) = (left.to_string(), right.to_string());
    left == right
}

/// What is doubted of the models of an application of which Pydantic has said nothing.
fn doubts_of(interpreter: &mut Interpreter<'static>, versions: Versions, classes: &[(String, Value)]) {
    let mut context = Context::new(interpreter, versions);
    let mut reasons: std::collections::BTreeMap<String, usize> = Default::default();
    let (mut clear, mut all) = (0, 0);
    let started = std::time::Instant::now();
    for (_, class) in classes {
        if !context.interpreter.derives_from(class, "pydantic.main.BaseModel") {
            continue;
        }
        all += 1;
        context.doubts = Doubts::default();
        let schema = SchemaGenerator::new().type_schema(&mut context, class, None);
        generate_definitions(&mut context, &[(Mode::Validation, schema)]);
        let doubts = std::mem::take(&mut context.doubts).into_vec();
        clear += usize::from(doubts.is_empty());
        for doubt in doubts {
            *reasons.entry(doubt.reason).or_default() += 1;
        }
    }
    println!("{clear} of {all} models are clear, {:?}", started.elapsed());
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (reason, count) in reasons {
        println!("{count:6} {reason}");
    }
}

fn show(expected: &Json, got: &Json) {
    let empty = serde_json::Map::new();
    let (expected, got) = (
        expected["definitions"].as_object().unwrap_or(&empty),
        got["definitions"].as_object().unwrap_or(&empty),
    );
    for (name, definition) in expected {
        match got.get(name) {
            Some(found) if same_text(found, definition) => {}
            Some(found) => println!("   {name}:\n     expected {definition}\n     got      {found}"),
            None => println!("   {name} is missing: {definition}"),
        }
    }
    for name in got.keys().filter(|name| !expected.contains_key(*name)) {
        println!("   {name} is not expected");
    }
}
