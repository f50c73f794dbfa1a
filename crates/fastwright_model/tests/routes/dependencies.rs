use fastwright_model::analysis::{AnalysisOptions, analyse_tree, with_large_stack};
use fastwright_python::source::MemoryTree;
use std::path::Path;
use std::sync::Arc;

/// Analyses the files of a fixture and compares what each route depends on: a line for the route, below it one for each
/// callable, with how it got there, its scopes and the places of its parameters.
#[track_caller]
fn check(fixture: &str, expected: &str) {
    let tree = MemoryTree::from_fixture(fixture);
    let shown: Vec<String> = with_large_stack(|| {
        let analysis = analyse_tree(Arc::new(tree), Path::new("."), &AnalysisOptions::default()).unwrap();
        let mut lines = Vec::new();
        for (app, details) in analysis.apps.iter().zip(&analysis.details) {
            for (route, detail) in app.routes.iter().zip(details) {
                lines.push(route.path.clone());
                for node in detail.dependant.as_ref().unwrap().walk() {
                    let name = node.qualified.rsplit(':').next().unwrap_or_default();
                    let mut line = format!("{name} ({})", node.via);
                    node.scopes.iter().for_each(|scope| line.push_str(&format!(" {scope}")));
                    for parameter in &node.parameters {
                        line.push_str(&format!(", {} in {}", parameter.name, parameter.place.name()));
                    }
                    lines.push(line);
                }
            }
        }
        lines
    });
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(shown, expected);
}

/// What a dependency needs is built once, for whichever route comes first; where its parameters come from depends on the
/// path of each.
#[test]
fn parameters_of_shared_dependencies_come_from_the_path_where_it_names_them() {
    let routes = [
        ("/orders/{order_id}", "path"),
        ("/orders", "query"),
        ("/bills/{order_id}", "path"),
        ("/bills", "query"),
    ];
    for backwards in [false, true] {
        let mut routes = routes.to_vec();
        if backwards {
            routes.reverse();
        }
        let mut fixture = "
#- main.py
from fastapi import Depends, FastAPI, Header
app = FastAPI()

def session(): ...
def order(order_id: int, x_token: str = Header(), session=Depends(session)): ...
def bill(order=Depends(order), page: int = 1): ...
"
        .to_owned();
        let mut expected = String::new();
        for (number, (path, place)) in routes.into_iter().enumerate() {
            fixture += &format!("@app.get(\"{path}\")\ndef get_{number}(bill=Depends(bill)): ...\n");
            expected += &format!(
                "{path}
                session (parameter `session`)
                order (parameter `order`), order_id in {place}, x_token in header
                bill (parameter `bill`), page in query
                get_{number} (the endpoint)
                "
            );
        }
        check(&fixture, &expected);
    }
}

#[test]
fn places_of_a_shared_dependency_stay_apart() {
    check(
        r#"
#- main.py
from fastapi import Depends, FastAPI, Security
app = FastAPI(dependencies=[Depends(lambda: None)])

def user(): ...
def again(user=Depends(user)): return again

@app.get("/read")
def read(reader=Security(user, scopes=["read"])): ...

@app.get("/write", dependencies=[Depends(user)])
def write(writer=Security(user, scopes=["write", "read"])): ...

@app.get("/again")
def more(again=Depends(again)): ...
"#,
        "
/read
<lambda> (dependencies of the app)
user (parameter `reader`) read
read (the endpoint)
/write
<lambda> (dependencies of the app)
user (dependencies of the route)
user (parameter `writer`) write read
write (the endpoint)
/again
<lambda> (dependencies of the app)
user (parameter `user`)
again (parameter `again`)
more (the endpoint)
",
    );
}

/// Callables that depend on each other can't be resolved; what is cut off for one route is not taken for the whole.
#[test]
fn circles_are_cut_off_anew_for_each_route() {
    check(
        r#"
#- main.py
from __future__ import annotations
from fastapi import Depends, FastAPI
app = FastAPI()

class First:
    def __init__(self, second: Second = Depends()): ...

class Second:
    def __init__(self, first: First = Depends()): ...

@app.get("/first")
def get_first(value: First = Depends()): ...

@app.get("/second")
def get_second(value: Second = Depends()): ...
"#,
        "
/first
First (parameter `first`)
Second (parameter `second`)
First (parameter `value`)
get_first (the endpoint)
/second
Second (parameter `second`)
First (parameter `first`)
Second (parameter `value`)
get_second (the endpoint)
",
    );
}
