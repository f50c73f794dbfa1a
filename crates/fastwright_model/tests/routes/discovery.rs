use super::check;

const ROUTES: &str = r#"
#- app/__init__.py
#- app/routes/__init__.py
#- app/routes/users.py
from fastapi import APIRouter
router = APIRouter(prefix="/users")
@router.get("/")
def users(): ...
#- app/routes/orders.py
from fastapi import APIRouter
router = APIRouter(prefix="/orders")
@router.get("/")
def orders(): ...
"#;

#[test]
fn pkgutil() {
    check(
        &format!(
            r#"{ROUTES}
#- app/main.py
import importlib
import pkgutil
from fastapi import FastAPI
from app import routes
app = FastAPI()
for info in pkgutil.iter_modules(routes.__path__):
    module = importlib.import_module(f"{{routes.__name__}}.{{info.name}}")
    if hasattr(module, "router"):
        app.include_router(module.router)
"#
        ),
        "
app.main:app
GET /orders/
GET /users/
",
    );
}

#[test]
fn pkgutil_unpacked() {
    check(
        &format!(
            r#"{ROUTES}
#- app/main.py
import importlib, pkgutil
from fastapi import FastAPI
import app.routes
app_ = FastAPI()
for finder, name, is_package in pkgutil.walk_packages(app.routes.__path__, prefix="app.routes."):
    if is_package:
        continue
    app_.include_router(getattr(importlib.import_module(name), "router"))
"#
        ),
        "
app.main:app_
GET /orders/
GET /users/
",
    );
}

#[test]
fn files_of_a_folder() {
    check(
        &format!(
            r#"{ROUTES}
#- app/main.py
from importlib import import_module
from pathlib import Path
from fastapi import FastAPI
app = FastAPI()
folder = Path(__file__).resolve().parent / "routes"
for file in sorted(folder.glob("*.py")):
    if file.stem.startswith("_"):
        continue
    module = import_module("." + file.stem, package="app.routes")
    app.include_router(module.router, prefix="/api")
"#
        ),
        "
app.main:app
GET /api/orders/
GET /api/users/
",
    );
}

#[test]
fn os_listdir() {
    check(
        &format!(
            r#"{ROUTES}
#- app/main.py
import importlib
import os
from fastapi import FastAPI
app = FastAPI()
directory = os.path.join(os.path.dirname(__file__), "routes")
for name in sorted(os.listdir(directory)):
    if name.endswith(".py") and name != "__init__.py":
        app.include_router(importlib.import_module(f"app.routes.{{name[:-3]}}").router)
"#
        ),
        "
app.main:app
GET /orders/
GET /users/
",
    );
}

#[test]
fn names_in_a_list() {
    check(
        &format!(
            r#"{ROUTES}
#- app/main.py
import importlib
import sys
from fastapi import FastAPI
app = FastAPI()
MODULES = ["users", "orders"]
for name in MODULES:
    __import__(f"app.routes.{{name}}")
    app.include_router(sys.modules[f"app.routes.{{name}}"].router)
"#
        ),
        "
app.main:app
GET /users/
GET /orders/
",
    );
}

#[test]
fn star_imports_and_lazy_modules() {
    check(
        r#"
#- main.py
from fastapi import FastAPI
from api import *
import lazy
app = FastAPI()
app.include_router(first)
app.include_router(lazy.second)
#- api.py
from fastapi import APIRouter
__all__ = ["first"]
first = APIRouter()
first.add_api_route("/first", lambda: None)
#- lazy/__init__.py
import importlib
_names = {"second": ".inner"}
def __getattr__(name):
    if name in _names:
        return getattr(importlib.import_module(_names[name], __name__), name)
    raise AttributeError(name)
#- lazy/inner.py
from fastapi import APIRouter
second = APIRouter()
second.add_api_route("/second", lambda: None)
"#,
        "
main:app
GET /first
GET /second
",
    );
}

#[test]
fn members_of_a_module() {
    check(
        r#"
#- main.py
from fastapi import APIRouter, FastAPI
import routers
app = FastAPI()
for name, value in vars(routers).items():
    if isinstance(value, APIRouter):
        app.include_router(value)
#- routers.py
from fastapi import APIRouter
a = APIRouter()
b = APIRouter()
a.add_api_route("/a", lambda: None)
b.add_api_route("/b", lambda: None)
"#,
        "
main:app
GET /a
GET /b
",
    );
}

/// As in Python, packages run before the modules in them: what looks like a cycle of imports from the module is none.
#[test]
fn packages_run_before_their_modules() {
    check(
        r#"
#- core/__init__.py
from .base import *
from .main import *
#- core/base/__init__.py
from .errors import ServiceError
#- core/base/errors.py
class ServiceError(Exception): ...
#- core/main/__init__.py
from .app import Service
from .builder import Builder
#- core/main/app.py
from fastapi import FastAPI
from core.base import ServiceError

class Service:
    def __init__(self, router):
        self.app = FastAPI()
        self.app.include_router(router)
#- core/main/builder.py
from fastapi import APIRouter
from .app import Service

class Builder:
    async def build(self):
        router = APIRouter()
        router.add_api_route("/x", self.build)
        return Service(router)
"#,
        "
core.main.app:Service.__init__()
GET /x
",
    );
}
