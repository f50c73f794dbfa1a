//! The order of union members across modules: `typing` gives back the object that an equal subscription made
//! before, wherever that was. `union_orders/record.py` has written what the real FastAPI says of the modules
//! beside it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod whole_documents;

use fastwright_contract::json::Json;
use fastwright_model::analysis::AnalysisOptions;
use fastwright_python::source::MemoryTree;
use whole_documents::{NEWEST, document_of};

/// The document of `main:app` with its doubts; the app is named or found.
fn document(files: &[(&str, &str)], is_named: bool) -> (Json, Vec<String>) {
    let mut tree = MemoryTree::from_fixture("");
    for (name, source) in files {
        tree.insert(*name, *source);
    }
    let apps = if is_named { vec!["main:app".to_owned()] } else { Vec::new() };
    let options = AnalysisOptions { apps, for_document: true, ..AnalysisOptions::default() };
    document_of(tree, &options, NEWEST)
}

#[test]
fn the_first_union_of_the_program_gives_the_order() {
    let files = [
        ("main.py", include_str!("union_orders/main.py")),
        ("first.py", include_str!("union_orders/first.py")),
        ("late.py", include_str!("union_orders/late.py")),
        ("many.py", include_str!("union_orders/many.py")),
    ];
    let (document, doubts) = document(&files, true);
    let recorded: Json = serde_json::from_str(include_str!("union_orders/main.json")).unwrap();
    let (schemas, expected) = (&document["components"]["schemas"], &recorded["components"]["schemas"]);
    for (name, schema) in expected.as_object().unwrap() {
        for (property, expected) in schema["properties"].as_object().into_iter().flatten() {
            assert_eq!(&schemas[name]["properties"][property], expected, "{name}.{property}");
        }
    }
    assert_eq!(document, recorded);
    assert_eq!(doubts, Vec::<String>::new());
}

const FIRST: &str = "\
from typing import List, Optional, Union

def unused(value: Optional[Union[List[str], str]]): ...
";

fn main_with(imports: &str) -> String {
    format!(
        "\
from typing import List, Optional, Union
from fastapi import FastAPI
from pydantic import BaseModel
{imports}

class Model(BaseModel):
    stop: Optional[Union[str, List[str]]] = None
    other: Optional[Union[str, int]] = None

app = FastAPI()

@app.get('/')
def read() -> Model: ...
"
    )
}

/// What a library subscribes while it is imported may have pushed the first one out.
#[test]
fn a_library_between_two_orders_is_doubted() {
    let reason = "the members of a union have the order of the module that wrote it first, and which one that is \
                  is not decided";
    let doubts = |imports: &str| {
        let main = main_with(imports);
        document(&[("main.py", &main), ("first.py", FIRST)], true).1
    };
    assert_eq!(doubts("import first\nimport json"), Vec::<String>::new());
    assert_eq!(doubts("import httpx\nimport first"), Vec::<String>::new());
    assert_eq!(doubts("import httpx\nimport first\nimport httpx"), Vec::<String>::new());
    assert_eq!(doubts("import first\nimport httpx"), [reason]);
}

/// Where the app is not named, modules are not evaluated in the order in which it imports them.
#[test]
fn two_orders_are_doubted_where_the_app_is_not_named() {
    let reason = "the members of a union have the order of the module that is imported first, which is known only \
                  where the app is named as `--app module:name`";
    let main = main_with("import first");
    assert_eq!(document(&[("main.py", &main), ("first.py", FIRST)], false).1, [reason]);
    // Modules of other programs do not count.
    let main = main_with("");
    let first = format!("import fastapi\n{FIRST}");
    assert_eq!(document(&[("main.py", &main), ("first.py", &first)], false).1, Vec::<String>::new());
}
