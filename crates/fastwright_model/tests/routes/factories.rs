use super::{check, check_with};
use fastwright_model::analysis::AnalysisOptions;

#[test]
fn create_app_that_nobody_calls() {
    check(
        r#"
#- app/__init__.py
#- app/main.py
from fastapi import FastAPI
from .settings import Settings

def create_app(settings: Settings | None = None, *, debug: bool = False) -> FastAPI:
    settings = settings or Settings()
    app = FastAPI(title=settings.title)
    register(app, settings.prefix)
    return app

def register(app, prefix):
    from .routes import router
    app.include_router(router, prefix=prefix)
#- app/settings.py
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    title: str = "App"
    prefix: str = "/api"
#- app/routes.py
from fastapi import APIRouter
router = APIRouter()
@router.get("/x")
def x(): ...
"#,
        "
app.main:create_app()
GET /api/x
",
    );
}

#[test]
fn create_app_called_at_module_level() {
    check(
        r#"
#- factory.py
from fastapi import FastAPI
def build(name, routers=()):
    application = FastAPI(title=name)
    for router in routers:
        application.include_router(router)
    return application
#- main.py
from factory import build
from fastapi import APIRouter
router = APIRouter()
@router.get("/x")
def x(): ...
app = build("x", routers=[router])
"#,
        "
main:app
GET /x
",
    );
}

#[test]
fn an_app_made_in_main_only() {
    check(
        r#"
#- main.py
import uvicorn
from fastapi import FastAPI

def make():
    app = FastAPI()
    @app.get("/x")
    def x(): ...
    return app

if __name__ == "__main__":
    app = make()
    uvicorn.run(app)
"#,
        "
main:make()
GET /x
",
    );
}

#[test]
fn factories_that_are_methods() {
    check(
        r#"
#- main.py
from fastapi import APIRouter, FastAPI

class Server:
    def __init__(self, prefix="/s"):
        self.router = APIRouter(prefix=prefix)
        self.router.add_api_route("/ping", self.ping, methods=["GET"])

    def ping(self): ...

    def build(self) -> FastAPI:
        app = FastAPI()
        app.include_router(self.router)
        return app

app = Server().build()
"#,
        "
main:app
GET /s/ping
",
    );
}

#[test]
fn router_factories_in_a_loop() {
    check(
        r#"
#- main.py
from fastapi import APIRouter, FastAPI

def crud(name, *, read_only=False):
    router = APIRouter(prefix=f"/{name}", tags=[name])

    @router.get("/")
    def all_of_them(): ...

    if not read_only:
        @router.post("/")
        def create(): ...

    return router

app = FastAPI()
for name in ("users", "orders"):
    app.include_router(crud(name, read_only=name == "orders"))
"#,
        "
main:app
GET /users/
POST /users/
GET /orders/
",
    );
}

#[test]
fn a_named_app_behind_middleware() {
    let fixture = r#"
#- main.py
from fastapi import FastAPI
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware
import socketio

api = FastAPI()

@api.get("/x")
def x(): ...

app = SentryAsgiMiddleware(api)
combined = socketio.ASGIApp(socketio.AsyncServer(), other_asgi_app=api)

class Wrapped:
    def __init__(self, inner):
        self.inner = inner
    async def __call__(self, scope, receive, send):
        await self.inner(scope, receive, send)

wrapped = Wrapped(api)
"#;
    for app in ["main:app", "main:combined", "main:wrapped", "main:api"] {
        let options = AnalysisOptions { apps: vec![app.to_owned()], ..AnalysisOptions::default() };
        check_with(fixture, &options, &format!("{app}\nGET /x"));
    }
}

#[test]
fn the_app_name_is_bound_again_to_middleware() {
    check(
        r#"
#- main.py
from fastapi import FastAPI
from mangum import Mangum
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware
app = FastAPI()

@app.get("/x")
def x(): ...

app = SentryAsgiMiddleware(app)
handler = Mangum(app)
"#,
        "
main:app
GET /x
",
    );
}

#[test]
fn factories_with_arguments_and_caches() {
    check(
        r#"
#- main.py
from functools import lru_cache
from fastapi import FastAPI

@lru_cache
def get_settings():
    return {"prefix": "/p"}

def create_app(config: dict, extra) -> FastAPI:
    app = FastAPI()
    app.add_api_route(get_settings()["prefix"], lambda: None)
    if extra:
        app.add_api_route("/extra", lambda: None)
    return app
"#,
        "
main:create_app()
GET /p
GET /extra if extra
",
    );
}

#[test]
fn starting_up_adds_routers() {
    check(
        r#"
#- main.py
from contextlib import asynccontextmanager
from fastapi import APIRouter, FastAPI
router = APIRouter()
@router.get("/late")
def late(): ...

@asynccontextmanager
async def lifespan(app: FastAPI):
    app.include_router(router)
    yield

app = FastAPI(lifespan=lifespan)

@app.get("/early")
def early(): ...

@app.on_event("startup")
async def start():
    app.add_api_route("/started", late)
"#,
        "
main:app
GET /early
GET /late if the application has started
GET /started if the application has started
",
    );
}

#[test]
fn a_class_is_named_in_a_data_file() {
    check(
        r#"
#- main.py
from fastapi import FastAPI
from settings import settings

def create_app():
    app = FastAPI()
    plugin = settings.getimport("core", "plugin")()
    app.mount("/auth", plugin.app())
    if settings.getboolean("core", "extra"):
        @app.get("/extra")
        def extra(): ...
    return app
app = create_app()
#- settings.py
import os
from configparser import ConfigParser
from importlib import import_module
import yaml

class Settings(ConfigParser):
    def __init__(self):
        super().__init__()
        with open(os.path.join(os.path.dirname(__file__), "defaults.yml")) as file:
            for section, options in yaml.safe_load(file).items():
                self.add_section(section)
                for name, described in options.items():
                    self.set(section, name, str(described["default"]))
        self.read("/etc/shop.ini")

    def get(self, section, option, **kwargs):
        variable = f"SHOP_{section}_{option}".upper()
        if variable in os.environ:
            return os.environ[variable]
        return super().get(section, option, **kwargs)

    def getimport(self, section, option):
        module, name = self.get(section, option).rsplit(".", 1)
        return getattr(import_module(module), name)

settings = Settings()
#- defaults.yml
core:
  plugin: {default: plugins.simple.Simple}
  extra: {default: false}
#- plugins/__init__.py
#- plugins/simple.py
from fastapi import FastAPI

class Simple:
    def app(self):
        app = FastAPI()
        @app.get("/token")
        def token(): ...
        return app
"#,
        r#"
main:app
MOUNT /auth
GET /auth/token
? `/extra` is registered only if settings.getboolean("core", "extra") (not so by default)
"#,
    );
}

/// What a class registers after it has made its app is seen where the program makes an object and uses it.
#[test]
fn an_object_that_makes_its_app_and_is_told_to_serve() {
    check(
        r#"
#- server.py
from fastapi import APIRouter, FastAPI

class Server:
    def __init__(self, address: str):
        self.address = address
        self._app = FastAPI()
        self._router = APIRouter(prefix="/v1")

    def status(self): ...

    def serve(self, metrics: bool = True):
        self._router.add_api_route("/status", self.status, methods=["GET"])
        self._app.include_router(self._router)
        if metrics:
            self._app.add_api_route("/metrics", self.status)

def document(address: str):
    return Server(address)._app.openapi()

def run(address: str):
    try:
        server = Server(address)
        server.serve()
    except SystemExit:
        raise
"#,
        "
server:Server.__init__()
GET /v1/status
GET /metrics
",
    );
}

#[test]
fn an_object_is_made_in_a_file_that_nothing_imports() {
    check(
        r#"
#- service/__init__.py
#- service/server.py
from fastapi import FastAPI

class Base:
    def __init__(self):
        self.app = FastAPI()

class Server(Base):
    def start(self):
        @self.app.get("/x")
        def x(): ...
#- service/cli.py
def main(arguments=None):
    from service.server import Server
    Server().start()
#- service/tests/test_it.py
from service.server import Server
def test_it():
    server = Server()
    server.app.get("/test")(test_it)
"#,
        "
service.server:Base.__init__()
GET /x
",
    );
}

/// A builder makes routers and hands them to the object that has the app.
#[test]
fn an_object_is_given_routers_by_a_builder() {
    check(
        r#"
#- app.py
from fastapi import FastAPI

class Service:
    def __init__(self, config, users_router, items_router):
        self.app = FastAPI()
        self.app.include_router(users_router, prefix="/users")
        self.app.include_router(items_router, prefix="/items")
#- routers.py
from fastapi import APIRouter

class Routes:
    def __init__(self, providers):
        self.router = APIRouter()
        self.router.add_api_route("/", self.all, methods=["GET"])

    def all(self): ...

    def get_router(self):
        return self.router
#- builder.py
from app import Service
from routers import Routes

class Builder:
    def __init__(self, config):
        self.config = config

    async def build(self, *args, **kwargs) -> Service:
        providers = await self.providers(*args, **kwargs)
        routers = {
            "users_router": Routes(providers).get_router(),
            "items_router": Routes(providers).get_router(),
        }
        return Service(config=self.config, **routers)

    async def providers(self, *args, **kwargs):
        return open(self.config)
"#,
        "
app:Service.__init__()
GET /users/
GET /items/
",
    );
}

/// Who uses the object is not in the program: what is not called is said.
#[test]
fn methods_that_register_and_that_nothing_calls() {
    check(
        r#"
#- server.py
from fastapi import FastAPI

class Server:
    def __init__(self, client):
        self.client = client
        self.app = FastAPI()
        self.app.add_api_route("/health", self.health)

    def health(self):
        return self.client.get("/health")

    def register(self, router):
        self.app.include_router(router)

    def pages(self):
        @self.app.get("/page")
        def page(): ...

class Special(Server):
    def more(self):
        self.app.add_api_route("/more", self.health)
"#,
        "
server:Server.__init__()
GET /health
? `Server.register` registers on this app and nothing calls it: its routes are missing
? `Server.pages` registers on this app and nothing calls it: its routes are missing
? `Special.more` registers on this app and nothing calls it: its routes are missing
",
    );
}

/// What the start of an app does is followed further where it says that it changes its routes.
#[test]
fn starting_up_takes_the_routes_of_another_app_after_much_work() {
    let fixture = |rounds: u32| {
        format!(
            r#"
#- main.py
from contextlib import asynccontextmanager
from fastapi import FastAPI

async def create():
    found = []
    for first in range({rounds}):
        for second in range({rounds}):
            for third in range({rounds}):
                found.append(third)
    inner = FastAPI()
    inner.add_api_route("/x", create)
    return inner

@asynccontextmanager
async def lifespan(app):
    inner = await create()
    app.router.routes = inner.routes
    yield

app = FastAPI(lifespan=lifespan)
"#
        )
    };
    check(
        &fixture(20),
        "
main:app
GET /x
main:create()
GET /x
",
    );
    check(
        &fixture(60),
        "
main:app
? what starts with this app takes too many steps to be followed: routes that it adds may be missing
? the call of `create` takes too many steps, the rest of it is not followed
",
    );
}
