use super::{check, check_with};
use fastwright_model::analysis::AnalysisOptions;

#[test]
fn settings_decide_by_their_defaults() {
    check(
        r#"
#- main.py
import os
from fastapi import FastAPI
from pydantic_settings import BaseSettings

class Settings(BaseSettings):
    debug: bool = False
    metrics: bool = True

settings = Settings()
app = FastAPI()

@app.get("/always")
def always(): ...

if settings.debug:
    @app.get("/debug")
    def debug(): ...

if settings.metrics:
    @app.get("/metrics")
    def metrics(): ...

if os.getenv("ADMIN") == "1":
    app.add_api_route("/admin", always)
"#,
        "
main:app
GET /always
GET /metrics if settings.metrics (true by default)
? `/debug` is registered only if settings.debug (not so by default)
? `/admin` is registered only if os.getenv(\"ADMIN\") == \"1\" (not so by default)
",
    );
}

#[test]
fn objects_of_a_model_have_defaults_of_their_own() {
    check(
        r#"
#- main.py
from fastapi import FastAPI
from pydantic import BaseModel, Field

class Part(BaseModel):
    paths: list[str] = ["/part"]

class Plan(BaseModel):
    prefix: str = "/plan"
    paths: list[str] = ["/own"]
    made: list[str] = Field(default_factory=lambda: ["/made"])
    part: Part = Field(default_factory=Part)

class Other(Plan):
    prefix: str = "/other"

def made_here(default):
    class Local(BaseModel):
        prefix: str = default
    return Local()

app = FastAPI()
first = Plan()
for paths in (first.paths, first.made, first.part.paths):
    paths.append("/only-of-the-first")
for plan in (Plan(), Other(), Plan(prefix="/given")):
    for path in plan.paths + plan.made + plan.part.paths:
        app.add_api_route(plan.prefix + path, lambda: None)
app.add_api_route(made_here("/a").prefix, lambda: None)
app.add_api_route(made_here("/b").prefix, lambda: None)
"#,
        "
main:app
GET /plan/own
GET /plan/made
GET /plan/part
GET /other/own
GET /other/made
GET /other/part
GET /given/own
GET /given/made
GET /given/part
GET /a
GET /b
",
    );
}

#[test]
fn what_defaults_leave_out_matters_only_if_it_registers() {
    check(
        r#"
#- main.py
import logging
import os
from fastapi import FastAPI
app = FastAPI()
if os.environ.get("VERBOSE"):
    logging.basicConfig(level="DEBUG")

@app.get("/x")
def x(): ...
"#,
        "
main:app
GET /x
",
    );
}

#[test]
fn unknown_conditions_walk_both_ways() {
    check(
        r#"
#- main.py
import socket
from fastapi import FastAPI
app = FastAPI()
if socket.gethostname() == "a":
    app.add_api_route("/a", lambda: None)
else:
    app.add_api_route("/b", lambda: None)
"#,
        "
main:app
GET /a if socket.gethostname() == \"a\"
GET /b if not (socket.gethostname() == \"a\")
",
    );
}

#[test]
fn optional_dependencies() {
    check(
        r#"
#- main.py
from typing import TYPE_CHECKING
from fastapi import FastAPI
if TYPE_CHECKING:
    from nowhere import app as other

try:
    from enterprise import router as enterprise_router
except ImportError:
    enterprise_router = None

try:
    from .missing import router as missing
except (ImportError, ValueError):
    missing = None

app = FastAPI()
if missing is not None:
    app.include_router(missing)

try:
    import prometheus_client
    HAS_METRICS = True
except ImportError:
    HAS_METRICS = False

if HAS_METRICS:
    @app.get("/metrics")
    def metrics(): ...
#- pyproject.toml
[project]
name = "x"
version = "1"
"#,
        "
main:app
GET /metrics
",
    );
}

#[test]
fn a_module_imported_under_a_condition_registers_under_it() {
    check(
        r#"
#- main.py
import platform
import fastapi
from application import app
if platform.node() == "x":
    import zz_extra
#- application.py
from fastapi import FastAPI
app = FastAPI()
#- zz_extra.py
from application import app
from fastapi import APIRouter

@app.get("/extra")
def extra(): ...
"#,
        "
application:app
GET /extra if platform.node() == \"x\"
",
    );
}

#[test]
fn checks_that_end_the_program_are_passed() {
    check(
        r#"
#- main.py
import os
import sys
from fastapi import FastAPI

if "DATABASE_URL" not in os.environ:
    raise RuntimeError("no database")

def load():
    path = os.environ.get("CONFIG")
    if not path:
        raise ValueError("no config")
    return path

config = load()
if not os.path.exists("/x"):
    sys.exit(1)

app = FastAPI()

@app.get("/x")
def x(): ...
"#,
        "
main:app
GET /x
",
    );
}

#[test]
fn what_follows_an_early_return() {
    check(
        r#"
#- main.py
from fastapi import APIRouter, FastAPI
from flags import enabled, hidden, refused

def add_statistics(app):
    if not enabled("statistics"):
        return
    @app.get("/statistics")
    def statistics(): ...

def add_routers(app, names):
    for name in names:
        router = APIRouter()
        @router.get("/" + name)
        def read(): ...
        if hidden(name):
            continue
        app.include_router(router)

def add_reports(app):
    if enabled("reports"):
        if refused("reports"):
            return
        @app.get("/reports")
        def reports(): ...
    @app.get("/summary")
    def summary(): ...

app = FastAPI()
add_statistics(app)
add_routers(app, ["books"])
add_reports(app)

@app.get("/last")
def last(): ...
"#,
        r#"
main:app
GET /statistics if not (not enabled("statistics"))
GET /books if not (hidden(name))
GET /reports if enabled("reports")
GET /summary
GET /last
"#,
    );
}

#[test]
fn variables_that_the_user_names_are_set() {
    let variables =
        [("ADMIN", "1"), ("SHOP_DEBUG", "on"), ("shop_pages", "3"), ("PLACE", "x"), ("SHOP_PARTS__A", "1")];
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    check_with(
        r#"
#- main.py
import os
from fastapi import FastAPI
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="shop_", env_nested_delimiter="__")
    debug: bool = False
    pages: int | None = None
    where: str = Field("here", alias="PLACE")
    place: str = "there"
    parts: dict = {}

settings = Settings()
app = FastAPI()

def endpoint(): ...

if settings.debug:
    app.add_api_route(f"/{settings.pages}/{settings.where}/{settings.place}", endpoint)
if "ADMIN" in os.environ and os.environ["ADMIN"] == "1":
    app.add_api_route(f"/admin/{os.path.expandvars('$ADMIN-${PLACE}-$OTHER')}", endpoint)
if os.getenv("OTHER"):
    app.add_api_route("/other", endpoint)
app.add_api_route(settings.parts, endpoint)
"#,
        &AnalysisOptions { variables, ..AnalysisOptions::default() },
        "
main:app
GET /3/x/there if settings.debug (true by default)
GET /admin/1-x-$OTHER if \"ADMIN\" in os.environ and os.environ[\"ADMIN\"] == \"1\" (true by default)
? `/other` is registered only if os.getenv(\"OTHER\") (not so by default)
? the path of a route is not known: what variables of the environment make of the setting `parts` is not known
",
    );
}

#[test]
fn settings_that_an_object_asks_for_decide_by_their_defaults() {
    check(
        r#"
#- main.py
from contextvars import ContextVar
from fastapi import FastAPI
from pydantic_settings import BaseSettings

class Settings(BaseSettings):
    debug: bool = False
    metrics: bool = True

current = ContextVar("current")

def settings():
    try:
        return current.get(None) or EVERYWHERE
    except NameError:
        return Settings()

EVERYWHERE = settings()

class Flag:
    def __init__(self, name):
        self.name = name

    def __bool__(self):
        return bool(getattr(settings(), self.name))

app = FastAPI()

def always(): ...

if Flag("debug"):
    app.add_api_route("/debug", always)
if Flag("metrics"):
    app.add_api_route("/metrics", always)
"#,
        "
main:app
GET /metrics if Flag(\"metrics\") (true by default)
? `/debug` is registered only if Flag(\"debug\") (not so by default)
",
    );
}
