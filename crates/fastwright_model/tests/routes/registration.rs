use super::check;
use fastwright_model::analysis::{AnalysisOptions, analyse_tree, with_large_stack};
use fastwright_model::application::Route;
use fastwright_python::source::MemoryTree;
use std::path::Path;
use std::sync::Arc;

#[test]
fn decorators_of_an_app() {
    check(
        r#"
#- main.py
from fastapi import FastAPI
app = FastAPI()

@app.get("/items")
async def items(): ...

@app.post("/items", status_code=201)
def create(): ...

@app.api_route("/both", methods=["GET", "HEAD"])
def both(): ...

@app.websocket("/ws")
async def ws(websocket): ...
"#,
        "
main:app
GET /items
POST /items
GET,HEAD /both
WEBSOCKET /ws
",
    );
}

#[test]
fn one_function_with_several_decorators() {
    check(
        r#"
#- main.py
from fastapi import FastAPI
app = FastAPI()

@app.get("/a")
@app.get("/b")
def both(): ...
"#,
        "
main:app
GET /b
GET /a
",
    );
}

#[test]
fn included_routers_with_prefixes() {
    check(
        r#"
#- main.py
from fastapi import FastAPI
from routers import users
from routers.orders import router as orders_router
app = FastAPI()
app.include_router(users.router, prefix="/api")
app.include_router(orders_router)
#- routers/__init__.py
#- routers/users.py
from fastapi import APIRouter
router = APIRouter(prefix="/users")

@router.get("")
def all_users(): ...

@router.get("/{id}")
def one(id: int): ...
#- routers/orders.py
from fastapi import APIRouter
router = APIRouter(prefix="/orders")
inner = APIRouter(prefix="/lines")

@inner.get("/")
def lines(): ...

router.include_router(inner, prefix="/x")
"#,
        "
main:app
GET /api/users
GET /api/users/{id}
GET /orders/x/lines/
",
    );
}

#[test]
fn routes_added_after_the_inclusion_are_seen_since_0_137() {
    let fixture = r#"
#- requirements.txt
fastapi==VERSION
#- main.py
from fastapi import APIRouter, FastAPI
app = FastAPI()
router = APIRouter()
app.include_router(router)

@router.get("/late")
def late(): ...
"#;
    check(&fixture.replace("VERSION", "0.137.0"), "main:app\nGET /late");
    check(&fixture.replace("VERSION", "0.136.3"), "main:app");
}

#[test]
fn registration_by_call_and_tables() {
    check(
        r#"
#- main.py
from fastapi import FastAPI
app = FastAPI()

def a(): ...
def b(): ...

TABLE = {"/a": (a, ["GET"]), "/b": (b, ["POST", "PUT"])}
for path, (handler, methods) in TABLE.items():
    app.add_api_route(path, handler, methods=methods)

app.get("/called")(a)
app.add_api_websocket_route("/ws", b)
app.add_route("/plain", a)
arguments = {"path": "/keywords", "endpoint": a, "methods": ["DELETE"]}
app.add_api_route(**arguments)
"#,
        "
main:app
GET /a
POST,PUT /b
GET /called
WEBSOCKET /ws
GET,HEAD /plain
DELETE /keywords
",
    );
}

#[test]
fn routers_in_lists_and_dicts() {
    check(
        r#"
#- main.py
from fastapi import APIRouter, FastAPI

users, orders = APIRouter(), APIRouter()

@users.get("/u")
def u(): ...

@orders.get("/o")
def o(): ...

ROUTERS = [(users, "/users"), (orders, "/orders")]
app = FastAPI()
for router, prefix in ROUTERS:
    app.include_router(router, prefix=prefix)

BY_NAME = {"v1": users}
[app.include_router(router, prefix=f"/{name}") for name, router in BY_NAME.items()]
"#,
        "
main:app
GET /users/u
GET /orders/o
GET /v1/u
",
    );
}

#[test]
fn endpoints_in_wrapping_decorators() {
    check(
        r#"
#- main.py
import functools
from fastapi import FastAPI
app = FastAPI()

def logged(function):
    @functools.wraps(function)
    async def wrapper(*args, **kwargs):
        return await function(*args, **kwargs)
    return wrapper

def get(path):
    def decorate(function):
        app.add_api_route(path, logged(function), methods=["GET"])
        return function
    return decorate

@app.get("/a")
@logged
async def a(): ...

@get("/b")
async def b(): ...
"#,
        "
main:app
GET /a
GET /b
",
    );
}

#[test]
fn route_objects_given_and_appended() {
    check(
        r#"
#- main.py
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Mount, Route, WebSocketRoute

def page(request): ...

app = FastAPI(routes=[Route("/page", page), WebSocketRoute("/ws", page)])
app.router.routes.append(Route("/late", page, methods=["POST"]))
app.routes.insert(0, APIRoute("/first", page))
app.router.routes.extend([Route("/x", page), Mount("/m", routes=[Route("/inside", page)])])
app.router.routes += [Route("/plus", page)]
"#,
        "
main:app
GET /first
GET,HEAD /page
WEBSOCKET /ws
POST /late
GET,HEAD /x
MOUNT /m
GET,HEAD /m/inside
GET,HEAD /plus
",
    );
}

#[test]
fn routes_taken_away_again() {
    check(
        r#"
#- main.py
from fastapi import FastAPI
app = FastAPI()

@app.get("/keep")
def keep(): ...

@app.get("/internal/x")
def internal(): ...

@app.get("/gone")
def gone(): ...

for route in list(app.routes):
    if route.path == "/gone":
        app.routes.remove(route)
app.router.routes = [route for route in app.router.routes if not route.path.startswith("/internal")]
"#,
        "
main:app
GET /keep
",
    );
}

#[test]
fn routes_copied_from_another_app() {
    check(
        r#"
#- main.py
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
other = APIRouter(prefix="/other")

@other.get("/a")
def a(): ...

app = FastAPI()
for route in other.routes:
    if isinstance(route, APIRoute):
        app.add_api_route("/v2" + route.path, route.endpoint, methods=route.methods, name=route.name)
app.routes.extend(other.routes)
"#,
        "
main:app
GET /v2/other/a
GET /other/a
",
    );
}

#[test]
fn partial_methods_and_callable_objects_are_endpoints() {
    check(
        r#"
#- main.py
from functools import partial
from fastapi import FastAPI
app = FastAPI()

def handler(kind, id): ...

class Endpoint:
    def __call__(self): ...
    def method(self): ...

get = partial(app.add_api_route, methods=["GET"])
get("/partial", partial(handler, "x"))
get("/object", Endpoint())
get("/method", Endpoint().method)
app.add_api_route("/lambda", lambda: None)
"#,
        "
main:app
GET /partial
GET /object
GET /method
GET /lambda
",
    );
}

#[test]
fn a_router_subclass_registers_its_own_way() {
    check(
        r#"
#- main.py
from fastapi import APIRouter, FastAPI

class SlashRouter(APIRouter):
    def add_api_route(self, path, endpoint, **options):
        super().add_api_route(path.rstrip("/"), endpoint, **options)
        super().add_api_route(path.rstrip("/") + "/", endpoint, include_in_schema=False, **options)

class Versioned(APIRouter):
    def __init__(self, *args, version, **kwargs):
        super().__init__(*args, prefix=f"/v{version}", **kwargs)

router = SlashRouter(prefix="/s")

@router.get("/a")
def a(): ...

v2 = Versioned(version=2)

@v2.get("/b")
def b(): ...

app = FastAPI()
app.include_router(router)
app.include_router(v2)
"#,
        "
main:app
GET /s/a
GET /s/a/
GET /v2/b
",
    );
}

#[test]
fn an_app_subclass() {
    check(
        r#"
#- main.py
from fastapi import FastAPI

class Service(FastAPI):
    def __init__(self, **kwargs):
        super().__init__(title="Service", **kwargs)
        self.setup()

    def setup(self):
        @self.get("/health")
        def health(): ...
        self.add_api_route("/version", self.version_of, methods=["GET"])

    def version_of(self): ...

app = Service()
"#,
        "
main:app
GET /health
GET /version
",
    );
}

#[test]
fn frontends_come_last() {
    check(
        r#"
#- main.py
from fastapi import FastAPI
app = FastAPI()
app.frontend("/", directory="dist")

@app.get("/api")
def api(): ...
"#,
        "
main:app
GET /api
FRONTEND /
",
    );
}

#[test]
fn generic_routes_that_are_deleted_for_special_ones() {
    check(
        r#"
#- shop-1.0.dist-info/METADATA
Name: shop
Requires-Dist: fastapi==0.123.3
#- main.py
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

generic = APIRouter(prefix="/items")

@generic.get("")
def list_generic_items(): ...

@generic.post("")
def create_generic_item(): ...

special = APIRouter(prefix="/items")

@special.get("")
def list_items(): ...

def replace(replacing, app):
    for index, existing in reversed(list(enumerate(app.routes))):
        if not isinstance(existing, APIRoute):
            continue
        for new in replacing.routes:
            if existing.methods == new.methods and existing.path == new.path:
                del app.routes[index]
    app.include_router(replacing)

app = FastAPI()
app.include_router(generic)
replace(special, app)
"#,
        "
main:app
POST /items
GET /items
",
    );
}

#[test]
fn a_decorated_handler_stands_where_it_is_written() {
    let tree = MemoryTree::from_fixture(
        r#"
#- main.py
import functools

from fastapi import FastAPI

app = FastAPI()


def logged(function):
    @functools.wraps(function)
    def logging(*arguments, **keywords):
        return function(*arguments, **keywords)

    return logging


def repeated(function):
    @functools.wraps(function)
    def repeating(*arguments, **keywords):
        return function(*arguments, **keywords)

    return repeating


def hidden(function):
    def hiding():
        return function()

    return hiding


@app.get("/orders")
@logged
@repeated
def list_orders() -> list[str]:
    return []


@app.get("/books")
@logged
def list_books() -> list[str]:
    return []


@app.get("/coupons")
@hidden
def list_coupons() -> list[str]:
    return []
"#,
    );
    let names = with_large_stack(|| {
        let analysis = analyse_tree(Arc::new(tree), Path::new("."), &AnalysisOptions::default()).unwrap();
        let name = |route: &Route| {
            let span = route.location.span;
            analysis.files.get(route.location.file).text[span.start as usize..span.end as usize].to_owned()
        };
        analysis.apps[0].routes.iter().map(name).collect::<Vec<_>>()
    });
    assert_eq!(names, ["list_orders", "list_books", "hiding"]);
}

/// Which method of the app is called depends on what is not known.
#[test]
fn a_method_whose_name_is_not_known() {
    check(
        r#"
#- main.py
from fastapi import FastAPI
from elsewhere import routes_of

def main(names=None):
    app = FastAPI()
    for route in routes_of(names):
        methods = [method for method in route.methods if method != "HEAD"]
        getattr(app, methods[0].lower())(route.path, response_model=None)(route.endpoint)
    for method in ("get", "post"):
        getattr(app, method)("/known")(main)
    return app
"#,
        "
main:main()
GET /known
POST /known
? a method of this router or app is called whose name is not known: it may add routes
",
    );
}
