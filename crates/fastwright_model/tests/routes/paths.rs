use super::check;

#[test]
fn constants_of_other_modules_and_computed_text() {
    check(
        r#"
#- constants.py
API = "/api"
VERSION_1 = "/v1"
class Paths:
    USERS = "/users"
    ONE = USERS + "/{user_id}"
#- main.py
import constants as c
from constants import Paths
from enum import Enum
from fastapi import FastAPI
app = FastAPI()

class Path(str, Enum):
    A = "/a"

@app.get(c.API + c.VERSION_1 + Paths.ONE)
def one(user_id): ...

@app.get(f"{c.API}{Paths.USERS}")
def users(): ...

@app.get("/%s/%d" % ("x", 3))
def percent(): ...

@app.get("/{}/{name}".format("f", name="g"))
def formatted(): ...

@app.get("/".join(["", "j", "k"]))
def joined(): ...

@app.get(Path.A.value)
def a(): ...

@app.get(Path.A)
def a2(): ...
"#,
        "
main:app
GET /api/v1/users/{user_id}
GET /api/users
GET /x/3
GET /f/g
GET /j/k
GET /a
GET /a
",
    );
}

#[test]
fn helpers_make_the_path() {
    check(
        r#"
#- main.py
from fastapi import FastAPI
app = FastAPI()

def path(*parts, trailing=False):
    text = "/" + "/".join(str(part).strip("/") for part in parts)
    return text + "/" if trailing else text

responses = {code: {"description": text} for code, text in [(404, "no"), (409, "twice")]}

@app.get(path("a", "/b/", 3, trailing=True), responses={**responses})
def handler(): ...

counter = 0
def next_path():
    global counter
    counter += 1
    return f"/n{counter}"

app.get(next_path())(handler)
app.get(next_path())(handler)
"#,
        "
main:app
GET /a/b/3/
GET /n1
GET /n2
",
    );
}

#[test]
fn control_flow_decides_paths() {
    check(
        r#"
#- main.py
import sys
from fastapi import FastAPI
app = FastAPI()

def endpoint(): ...

n = 0
while True:
    n += 1
    if n == 2:
        continue
    if n > 3:
        break
    app.get(f"/while{n}")(endpoint)

def kinds():
    yield "a"
    for x in ("b", "c"):
        yield x
    yield from ["d"]

for kind in kinds():
    match kind:
        case "a" | "b":
            path = f"/early/{kind}"
        case "c":
            continue
        case other:
            path = f"/late/{other}"
    app.get(path)(endpoint)

if sys.version_info >= (3, 8):
    app.get("/new")(endpoint)
else:
    app.get("/old")(endpoint)

try:
    path = {"x": "/known"}["x"]
except KeyError:
    path = "/unknown"
app.get(path)(endpoint)
"#,
        "
main:app
GET /while1
GET /while3
GET /early/a
GET /early/b
GET /late/d
GET /new
GET /known
",
    );
}

#[test]
fn what_is_not_known_is_said() {
    check(
        r#"
#- main.py
import json
from fastapi import APIRouter, FastAPI
app = FastAPI()
config = json.load(open("paths.json"))

@app.get(config["path"])
def one(): ...

@app.get("/sure")
def sure(): ...

app.include_router(APIRouter(), prefix=config["prefix"])
"#,
        "
main:app
GET /sure
? the path of a route is not known: it is computed from json.load(...)[...]
? the prefix of an included router is not known: it is computed from json.load(...)[...]
",
    );
}

#[test]
fn closures_keep_their_state() {
    check(
        r#"
#- main.py
from fastapi import FastAPI
app = FastAPI()

def numbering(prefix):
    count = 0
    def register(function):
        nonlocal count
        count += 1
        app.add_api_route(f"{prefix}/{count}", function)
        return function
    return register

register = numbering("/n")

@register
def a(): ...

@register
def b(): ...
"#,
        "
main:app
GET /n/1
GET /n/2
",
    );
}
