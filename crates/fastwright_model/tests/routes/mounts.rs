use super::check;

#[test]
fn apps_in_apps() {
    check(
        r#"
#- main.py
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.applications import Starlette
from starlette.routing import Route

api = FastAPI()

@api.get("/x")
def x(): ...

def page(request): ...

app = FastAPI()
app.mount("/api/", api)
app.mount("/site", Starlette(routes=[Route("/page", page)]))
app.mount("/static", StaticFiles(directory="static"), name="static")
"#,
        "
main:app
MOUNT /api
GET /api/x
MOUNT /site
GET,HEAD /site/page
MOUNT /static
",
    );
}

#[test]
fn mounted_apps_from_factories_behind_middleware() {
    check(
        r#"
#- main.py
from fastapi import FastAPI

class Timing:
    def __init__(self, app, *, name="t"):
        self.app = app
    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)

def make(version):
    sub = FastAPI()
    sub.add_api_route("/v", lambda: version)
    return Timing(sub)

app = FastAPI()
for version in (1, 2):
    app.mount(f"/v{version}", make(version))
"#,
        "
main:app
MOUNT /v1
GET /v1/v
MOUNT /v2
GET /v2/v
",
    );
}

#[test]
fn an_app_mounted_in_itself_ends() {
    check(
        r#"
#- main.py
from fastapi import APIRouter, FastAPI
app = FastAPI()
router = APIRouter(prefix="/r")
router.add_api_route("/x", lambda: None)
router.include_router(router)
app.mount("/self", app)
app.include_router(router)
"#,
        "
main:app
MOUNT /self
GET /r/x
",
    );
}
