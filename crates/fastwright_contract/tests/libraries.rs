//! What installed libraries define and the program uses in its document: lists made from the data files of a
//! library, members of its enumerations, its models, what its functions give. `libraries/main.json` is what
//! FastAPI 0.165.0 says with the library in its path.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod whole_documents;

use fastwright_contract::json::Json;
use fastwright_model::analysis::AnalysisOptions;
use fastwright_python::source::MemoryTree;
use whole_documents::{NEWEST, document_of};

const PACKAGES: &str = "environment/lib/python3.12/site-packages";

/// The document of a module with its doubts.
fn document(source: &str) -> (Json, Vec<String>) {
    let mut tree = MemoryTree::from_fixture(&format!("#- main.py\n{source}"));
    tree.insert("environment/pyvenv.cfg", "version = 3.12.1\n");
    tree.insert(format!("{PACKAGES}/names/__init__.py"), include_str!("libraries/names.py"));
    for file in ["b.json", "a.json", "c.txt", "d.md"] {
        tree.insert(format!("{PACKAGES}/names/data/{file}"), "{}");
    }
    let python_env = Some("environment".into());
    let options = AnalysisOptions { python_env, for_document: true, ..AnalysisOptions::default() };
    document_of(tree, &options, NEWEST)
}

#[test]
fn what_a_library_defines_is_in_the_document() {
    let (document, doubts) = document(include_str!("libraries/main.py"));
    assert_eq!(doubts, Vec::<String>::new());
    let recorded: Json = serde_json::from_str(include_str!("libraries/main.json")).unwrap();
    assert_eq!(document, recorded);
}

#[test]
fn the_order_of_files_is_not_decided() {
    let (document, doubts) = document(include_str!("libraries/unordered.py"));
    assert_eq!(
        doubts,
        [
            "the values of a literal have the order of the files in `data`, which is not decided",
            "`openapi_extra` of a route is not known: the order of the files in `data` is not decided",
        ]
    );
    let parameter = &document["paths"]["/found"]["get"]["parameters"][0];
    assert_eq!(parameter["schema"]["enum"], serde_json::json!(["a.json", "b.json", "c.txt"]));
}

/// A library that is not installed may give anything.
#[test]
fn a_list_that_may_have_more_is_doubted() {
    let source = "\
import absent
from typing import Literal
from fastapi import FastAPI

names = ['a']
for name in absent.names():
    if name:
        names.append('b')
app = FastAPI()


@app.get('/x')
def x(p: Literal[tuple(names)], q: Literal[tuple(absent.NAMES)]): ...
";
    let (_, doubts) = document(source);
    assert!(doubts.iter().any(|doubt| doubt.starts_with("a value of a literal is not known")), "{doubts:?}");
    assert!(doubts.iter().any(|doubt| doubt.contains("`builtins.tuple(...)`")), "{doubts:?}");
}
