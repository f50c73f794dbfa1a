//! Prints the OpenAPI document of the one app of a project:
//! `cargo run -p fastwright_contract --example document -- examples/bookshop`.

use fastwright_contract::Versions;
use fastwright_contract::fastapi::openapi;
use fastwright_contract::pydantic::generate::SchemaGenerator;
use fastwright_model::analysis::{AnalysisOptions, evaluate, with_large_stack};
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let folder = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    // Deeply nested code recurses deeply.
    with_large_stack(|| print_document(&folder))
}

#[allow(clippy::print_stdout, reason = "it is what the example is about")]
fn print_document(folder: &std::path::Path) -> ExitCode {
    let mut evaluation = match evaluate(folder, &AnalysisOptions::default()) {
        Ok(evaluation) => evaluation,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let Some(app) = evaluation.selected.first().map(|selected| selected.id) else {
        eprintln!("there is no app in {}", folder.display());
        return ExitCode::FAILURE;
    };
    let versions = Versions::of(&evaluation);
    let document = openapi(&mut evaluation, &mut SchemaGenerator::new(), app, versions);
    println!("{:#}", document.json);
    for doubt in &document.doubts {
        eprintln!("not known: {}", doubt.reason);
    }
    if document.doubts.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
