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
        routes
            .map(|route| {
                let assumed = route.guard.assumption.as_ref().map(|reason| format!(" ({reason})"));
                format!("{} {:?}{}", route.path, route.guard.kind, assumed.unwrap_or_default())
            })
            .collect()
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

/// Of a handler only what may refuse is run; wherever that stands, it is found.
#[test]
fn a_handler_refuses_before_in_and_after_its_work() {
    check(
        r#"
#- main.py
from functools import partial
from fastapi import Depends, FastAPI, HTTPException, Request
app = FastAPI()

def ensure(request: Request):
    if "x-token" not in request.headers:
        raise HTTPException(401)

def get_check(request: Request):
    print(request.headers.get("x-mode"))
    return ensure

def get_bound(request: Request):
    print(request.headers.get("x-mode"))
    return partial(ensure, request)

class Caller:
    def __init__(self, request: Request):
        self.request = request

    @property
    def name(self):
        ensure(self.request)

def get_caller(request: Request):
    print(request.headers.get("x-mode"))
    return Caller(request)

@app.get("/first")
async def first(request: Request):
    if "x-token" not in request.headers:
        raise HTTPException(401)
    return {"items": list(range(10))}

@app.get("/last")
async def last(request: Request):
    names = [str(number) for number in range(10)]
    if names:
        print(names)
    if "x-token" not in request.headers:
        raise HTTPException(401)
    return names

@app.get("/called")
async def called(request: Request):
    names = ["a"]
    with open("names") as file:
        names.extend(file)
        ensure(request)
    return names

@app.get("/again")
async def again(request: Request):
    try:
        ensure(request)
    except HTTPException:
        print("refused")
        raise
    return {}

@app.get("/given")
async def given(request: Request, check=Depends(get_check)):
    if request.headers.get("x-mode") == "strict":
        raise HTTPException(403)
    print("checks")
    check(request)
    return {}

@app.get("/bound")
async def bound(request: Request, check=Depends(get_bound)):
    if request.headers.get("x-mode") == "strict":
        raise HTTPException(403)
    print("checks")
    check()
    return {}

@app.get("/looked-at")
async def looked_at(request: Request, caller=Depends(get_caller)):
    if request.headers.get("x-mode") == "strict":
        raise HTTPException(403)
    print("looks")
    return {"name": caller.name}

@app.get("/never")
async def never(request: Request):
    if request.headers.get("x-mode") == "strict":
        raise HTTPException(403)
    return {}
"#,
        "
/first Required
/last Required
/called Required
/again Required
/given Required
/bound Required
/looked-at Required
/never Public
",
    );
}

/// Who is refused is decided by code that nobody sees: that it refuses nobody is not said.
#[test]
fn credentials_that_are_handed_to_code_that_is_not_followed() {
    check(
        r#"
#- main.py
import jwt
from typing import Annotated
from fastapi import Depends, FastAPI, HTTPException, Security
from fastapi.security import APIKeyHeader
from packaging.version import Version
from platform_services.manager import get_service
from platform_services.base import AuthService

app = FastAPI()
header = APIKeyHeader(name="x-api-key", auto_error=False)

def auth_service() -> AuthService:
    return get_service("auth")

async def by_service(key: Annotated[str | None, Security(header)]):
    return await auth_service().user_of(key)

async def by_library(key: Annotated[str | None, Security(header)]):
    return jwt.decode(key, "k", algorithms=["HS256"])

async def by_format(key: Annotated[str | None, Security(header)]):
    return Version(key)

async def by_nobody(key: Annotated[str | None, Security(header)]):
    return key

@app.get("/service")
def service(user=Depends(by_service)): ...
@app.get("/library")
def library(user=Depends(by_library)): ...
@app.get("/format")
def format(version=Depends(by_format)): ...
@app.get("/nobody")
def nobody(user=Depends(by_nobody)): ...
"#,
        "
/service Optional (`by_service` hands credentials to `platform_services.manager.get_service(...).user_of`, which is not followed and may refuse callers)
/library Optional
/format Optional
/nobody Optional
",
    );
}
