use fastwright_model::analysis::{AnalysisOptions, analyse_tree, with_large_stack};
use fastwright_python::source::MemoryTree;
use std::path::Path;
use std::sync::Arc;

/// Analyses the files of a fixture and compares who may call each route: `path guard` lines.
#[track_caller]
fn check(fixture: &str, expected: &str) {
    let tree = MemoryTree::from_fixture(fixture);
    let shown: Vec<String> = with_large_stack(|| {
        let analysis = analyse_tree(Arc::new(tree), Path::new("."), &AnalysisOptions::default()).unwrap();
        let routes = analysis.apps.iter().flat_map(|app| &app.routes);
        routes.map(|route| format!("{} {:?}", route.path, route.guard.kind)).collect()
    });
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(shown, expected);
}

#[test]
fn a_handler_that_refuses_does_so_on_each_of_its_routes() {
    check(
        r#"
#- main.py
from fastapi import FastAPI, HTTPException, Request
app = FastAPI()

async def anywhere(request: Request):
    if "x-token" not in request.headers:
        raise HTTPException(401)
    return {}

app.add_api_route("/one", anywhere)
app.add_api_route("/two", anywhere)
"#,
        "
/one Required
/two Required
",
    );
}

#[test]
fn a_handler_that_looks_at_the_path_is_asked_for_each_of_its_routes() {
    check(
        r#"
#- main.py
from fastapi import FastAPI, HTTPException, Request
app = FastAPI()

async def only_inside(request: Request):
    if not request.url.path.startswith("/public") and "x-token" not in request.headers:
        raise HTTPException(401)
    return {}

app.add_api_route("/public/a", only_inside)
app.add_api_route("/private/a", only_inside)
app.add_api_route("/public/b", only_inside)
"#,
        "
/public/a Public
/private/a Required
/public/b Public
",
    );
}
