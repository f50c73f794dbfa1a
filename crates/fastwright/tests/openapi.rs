//! `fastwright openapi` through the real binary. The bookshop's document is the one that its running
//! application gave (FastAPI 0.165.0, Pydantic 2.14.3).

#![allow(clippy::unwrap_used, missing_docs)]

use assert_cmd::Command;
use serde_json::Value;
use std::path::{Path, PathBuf};

struct Run {
    code: i32,
    output: String,
    errors: String,
}

fn fastwright(folder: &Path, arguments: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_fastwright"))
        .current_dir(folder)
        .arg("openapi")
        .args(arguments)
        .env_remove("FORCE_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("VIRTUAL_ENV")
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap(),
        output: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
    }
}

fn bookshop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/bookshop").canonicalize().unwrap()
}

fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

const SHOP: &str = "\
from fastapi import FastAPI

app = FastAPI(title='Shop')


@app.get('/orders/{order_id}')
def read_order(order_id: int) -> dict[str, int]:
    return {'order': order_id}
";

#[test]
fn the_document_of_the_bookshop_is_that_of_the_running_application() {
    let run = fastwright(&bookshop(), &[]);
    assert_eq!((run.code, run.errors.as_str()), (0, ""));
    let recorded = std::fs::read_to_string(bookshop().join("openapi.json")).unwrap();
    let (document, recorded): (Value, Value) =
        (serde_json::from_str(&run.output).unwrap(), serde_json::from_str(&recorded).unwrap());
    assert_eq!(document, recorded);
    // The order of keys, too.
    assert_eq!(document.to_string(), recorded.to_string());
}

#[test]
fn a_committed_document_is_compared() {
    let run = fastwright(&bookshop(), &["--check", "openapi.json"]);
    assert_eq!((run.code, run.output.as_str(), run.errors.as_str()), (0, "", ""));
    let folder = project(&[("main.py", SHOP)]);
    let written = fastwright(folder.path(), &["--output-file", "openapi.json"]);
    assert_eq!(written.code, 0);
    std::fs::write(folder.path().join("main.py"), SHOP.replace("order_id: int", "order_id: str")).unwrap();
    let run = fastwright(folder.path(), &["--check", "openapi.json"]);
    assert_eq!((run.code, run.errors.as_str()), (1, ""));
    insta::assert_snapshot!(run.output);
}

#[test]
fn a_yaml_document_says_the_same() {
    let folder = project(&[("main.py", SHOP)]);
    let run = fastwright(folder.path(), &["--output-format", "yaml", "--output-file", "openapi.yaml"]);
    assert_eq!((run.code, run.errors.as_str()), (0, ""));
    insta::assert_snapshot!(std::fs::read_to_string(folder.path().join("openapi.yaml")).unwrap());
    assert_eq!(fastwright(folder.path(), &["--check", "openapi.yaml"]).code, 0);
}

#[test]
fn what_is_not_known_is_said_and_nothing_is_guessed() {
    let unknown = "\
from fastapi import FastAPI
from somewhere import make_model

app = FastAPI()


@app.get('/orders')
def read_orders() -> make_model():
    return []
";
    let folder = project(&[("main.py", unknown)]);
    let run = fastwright(folder.path(), &[]);
    assert_eq!((run.code, run.output.as_str()), (3, ""));
    assert!(run.errors.contains("`--partial` prints the rest"), "{}", run.errors);
    assert!(run.errors.contains("main.py:"), "{}", run.errors);
    let run = fastwright(folder.path(), &["--partial"]);
    assert_eq!(run.code, 3);
    let document: Value = serde_json::from_str(&run.output).unwrap();
    assert_eq!(document["paths"]["/orders"]["get"]["summary"], "Read Orders");
}

#[test]
fn several_apps_are_named_and_written_together() {
    let two = "\
from fastapi import FastAPI

shop = FastAPI(title='Shop')
admin = FastAPI(title='Admin')
shop.mount('/internal', FastAPI(title='Internal'))
";
    let folder = project(&[("main.py", two)]);
    let run = fastwright(folder.path(), &[]);
    assert_eq!((run.code, run.output.as_str()), (2, ""));
    assert!(
        run.errors.contains("--app 'main:admin'") && run.errors.contains("--app 'main:shop'"),
        "{}",
        run.errors
    );
    let title = |arguments: &[&str]| {
        let run = fastwright(folder.path(), arguments);
        let document: Value = serde_json::from_str(&run.output).unwrap_or_default();
        document["info"]["title"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(title(&["--app", "main:shop"]), "Shop");
    assert_eq!(title(&["--app", "main:shop", "--mount", "/internal"]), "Internal");
    let wrong = fastwright(folder.path(), &["--app", "main:shop", "--mount", "/elsewhere"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.errors.contains("mounted are `/internal`"), "{}", wrong.errors);
    let all = fastwright(folder.path(), &["--output-dir", "documents"]);
    assert_eq!((all.code, all.errors.as_str()), (0, ""));
    let index = std::fs::read_to_string(folder.path().join("documents/index.json")).unwrap();
    let index: Value = serde_json::from_str(&index).unwrap();
    let files: Vec<&str> =
        index["documents"].as_array().unwrap().iter().map(|entry| entry["file"].as_str().unwrap()).collect();
    assert!(files.contains(&"main.shop.json") && files.contains(&"main.shop@internal.json"), "{files:?}");
    assert!(files.iter().all(|file| folder.path().join("documents").join(file).exists()));
}

#[test]
fn the_version_decides_the_behaviour() {
    let folder = project(&[("main.py", SHOP)]);
    let definitions = |version: &str| {
        let run = fastwright(folder.path(), &["--fastapi-version", version]);
        assert_eq!((run.code, run.errors.as_str()), (0, ""));
        let document: Value = serde_json::from_str(&run.output).unwrap();
        document["components"]["schemas"]["ValidationError"]["properties"].as_object().unwrap().len()
    };
    // `input` and `ctx` came later.
    assert_eq!((definitions("0.115.14"), definitions("0.165.0")), (3, 5));
    let run = fastwright(folder.path(), &["--fastapi-version", "new"]);
    assert_eq!((run.code, run.errors.as_str()), (2, "fastwright: --fastapi-version: `new` is no version\n"));
}

/// Pydantic validated core schemas before 2.10, and made floats of the bounds of floats.
#[test]
fn bounds_of_floats_are_floats_before_pydantic_2_10() {
    let shop = "\
from fastapi import FastAPI, Query

app = FastAPI()


@app.get('/orders')
def orders(weight: float = Query(gt=0, lt=10.5), count: int = Query(gt=0)): ...
";
    let folder = project(&[("main.py", shop)]);
    for (pydantic, bounds) in [("2.9.2", ["0.0", "10.5", "0"]), ("2.10.0", ["0", "10.5", "0"])] {
        let run =
            fastwright(folder.path(), &["--fastapi-version", "0.115.14", "--pydantic-version", pydantic]);
        assert_eq!((run.code, run.errors.as_str()), (0, ""));
        let document: Value = serde_json::from_str(&run.output).unwrap();
        let schema =
            |parameter: usize| &document["paths"]["/orders"]["get"]["parameters"][parameter]["schema"];
        let found = [
            schema(0)["exclusiveMinimum"].to_string(),
            schema(0)["exclusiveMaximum"].to_string(),
            schema(1)["exclusiveMinimum"].to_string(),
        ];
        assert_eq!(found, bounds, "{pydantic}");
    }
}

#[test]
fn variables_of_the_environment_are_set_by_option_and_configuration() {
    let source = "\
import os
from fastapi import FastAPI

app = FastAPI(title=os.environ.get('TITLE', 'Shop'), version=os.environ.get('VERSION', '1'))
";
    let folder =
        project(&[("main.py", source), ("fastwright.toml", "variables = { TITLE = 'A', VERSION = '2' }\n")]);
    let info = |arguments: &[&str]| {
        let run = fastwright(folder.path(), arguments);
        assert_eq!(run.errors, "");
        serde_json::from_str::<Value>(&run.output).unwrap()["info"].clone()
    };
    assert_eq!(info(&[]), serde_json::json!({"title": "A", "version": "2"}));
    assert_eq!(info(&["--variable", "TITLE=B=C"]), serde_json::json!({"title": "B=C", "version": "2"}));
    assert_eq!(info(&["--isolated"]), serde_json::json!({"title": "Shop", "version": "1"}));
    let run = fastwright(folder.path(), &["--variable", "TITLE"]);
    assert!(run.errors.contains("expected NAME=VALUE, such as `DEBUG=1`"), "{}", run.errors);
}

/// Everybody who uses a model that contains itself writes into one and the same reference.
#[test]
fn a_serializer_at_a_model_that_contains_itself_is_doubted() {
    let shop = "\
from fastapi import FastAPI
from pydantic import BaseModel, field_serializer

app = FastAPI()


class Shelf(BaseModel):
    shelves: list['Shelf'] = []


class Room(BaseModel):
    shelf: Shelf

    @field_serializer('shelf')
    def shown(self, shelf) -> str:
        return str(shelf)


@app.get('/room')
def room() -> Room: ...
";
    let run = fastwright(project(&[("main.py", shop)]).path(), &[]);
    assert_eq!((run.code, run.output.as_str()), (3, ""));
    assert!(run.errors.contains("a serializer stands at a model that contains itself"), "{}", run.errors);
}

#[test]
fn a_callable_that_is_not_known_says_why() {
    let source = "\
import library
from fastapi import Depends, FastAPI

app = FastAPI()
chosen = library.guards['user']
if library.strict:
    either = library.strict_guard
else:
    either = library.guard


@app.get('/a')
def read_a(a=Depends(library.make_guard(1)), b=Depends(chosen)): ...


@app.get('/b')
def read_b(c=Depends(either), d=Depends(library)): ...
";
    let run = fastwright(project(&[("main.py", source)]).path(), &["--partial", "-o", "/dev/null"]);
    let reasons: Vec<&str> =
        run.errors.lines().filter_map(|line| line.split_once(": ")).map(|(_, reason)| reason).collect();
    assert_eq!(
        reasons,
        [
            "the parameters of a callable are not known: what `library.make_guard(...)` gives is not known",
            "the parameters of a callable are not known: what `library.guards[...]` gives is not known",
            "the parameters of a callable are not known: it is one of library.strict_guard, library.guard",
            "the parameters of a callable are not known: `library` is not followed",
        ]
    );
}

#[test]
fn a_broken_file_is_told_of_however_it_is_imported() {
    let folder = project(&[
        (
            "main.py",
            "import importlib\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\nimportlib.import_module('broken')\n",
        ),
        ("broken.py", "from fastapi import APIRouter\n\nrouter = APIRouter(\n"),
        ("other.py", "from fastapi import APIRouter\n\nrouter = APIRouter(\n"),
    ]);
    let run = fastwright(folder.path(), &["--app", "main:app"]);
    assert_eq!(run.errors.matches("broken.py").count(), 1, "{}", run.errors);
    assert!(!run.errors.contains("other.py"), "nothing imports it: {}", run.errors);
    let run = fastwright(folder.path(), &[]);
    assert_eq!(run.errors.matches("broken.py").count(), 1, "{}", run.errors);
}
