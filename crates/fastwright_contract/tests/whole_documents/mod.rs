//! The document of the first app of a tree of sources, with what is doubted about it.

use fastwright_contract::Versions;
use fastwright_contract::fastapi::application::openapi;
use fastwright_contract::json::Json;
use fastwright_contract::pydantic::generate::SchemaGenerator;
use fastwright_contract::versions::NEWEST_PYDANTIC;
use fastwright_model::analysis::{AnalysisOptions, NEWEST_FASTAPI, evaluate_tree, with_large_stack};
use fastwright_python::project::Version;
use fastwright_python::source::MemoryTree;
use std::path::Path;
use std::sync::Arc;

/// The newest versions that are followed.
pub const NEWEST: Versions =
    Versions { fastapi: NEWEST_FASTAPI, pydantic: NEWEST_PYDANTIC, python: Version::new(3, 11, 0) };

/// The document, and the reasons of its doubts.
pub fn document_of(tree: MemoryTree, options: &AnalysisOptions, versions: Versions) -> (Json, Vec<String>) {
    with_large_stack(|| {
        let mut evaluation = evaluate_tree(Arc::new(tree), Path::new("."), options).unwrap();
        let app = evaluation.selected.first().expect("there is an app").id;
        let document = openapi(&mut evaluation, &mut SchemaGenerator::new(), app, versions);
        (document.json, document.doubts.iter().map(|doubt| doubt.reason.clone()).collect())
    })
}
