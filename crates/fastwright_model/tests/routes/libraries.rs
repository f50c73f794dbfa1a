use super::check;

#[test]
fn decorators_of_libraries_keep_the_function() {
    check(
        r#"
#- main.py
from fastapi import FastAPI, Request
from fastapi_cache.decorator import cache
from slowapi import Limiter
from slowapi.util import get_remote_address
app = FastAPI()
limiter = Limiter(key_func=get_remote_address)
app.state.limiter = limiter

@app.get("/limited")
@limiter.limit("5/minute")
@cache(expire=60)
async def limited(request: Request): ...
"#,
        "
main:app
GET /limited
",
    );
}

#[test]
fn a_library_that_is_given_the_app_may_add_routes() {
    check(
        r#"
#- main.py
from fastapi import FastAPI
from some_library import install
import uvicorn
app = FastAPI()

@app.get("/x")
def x(): ...

install(app)
if __name__ == "__main__":
    uvicorn.run(app)
"#,
        "
main:app
GET /x
? `some_library.install` is given this router or app and its code is not followed: it may add routes
",
    );
}

#[test]
fn class_based_views_of_fastapi_utils() {
    check(
        r#"
#- main.py
from fastapi import APIRouter, Depends, FastAPI
from fastapi_utils.cbv import cbv
router = APIRouter(prefix="/r")

def session(): ...

@cbv(router)
class Items:
    session = Depends(session)

    @router.get("/items")
    def items(self): ...

    @router.post("/items")
    def create(self): ...

app = FastAPI()
app.include_router(router)
"#,
        "
main:app
GET /r/items
POST /r/items
",
    );
}

#[test]
fn routers_of_fastapi_users() {
    check(
        r#"
#- main.py
from fastapi import FastAPI
from unknown_library import make_router
app = FastAPI()
app.include_router(make_router(), prefix="/auth")
"#,
        "
main:app
? the included router is not known (unknown_library.make_router(...)): its routes are missing
",
    );
}

#[test]
fn installed_packages_that_work_with_fastapi_are_evaluated() {
    check(
        r#"
#- .venv/pyvenv.cfg
home = /usr/bin
version = 3.12.0
#- .venv/lib/python3.12/site-packages/fastapi/__init__.py
#- .venv/lib/python3.12/site-packages/health/__init__.py
from .web.routes import router
#- .venv/lib/python3.12/site-packages/health/web/__init__.py
#- .venv/lib/python3.12/site-packages/health/web/routes.py
from fastapi import APIRouter
router = APIRouter()
router.add_api_route("/health", lambda: None)
#- .venv/lib/python3.12/site-packages/graph/__init__.py
#- .venv/lib/python3.12/site-packages/graph/fastapi/__init__.py
from fastapi import APIRouter
class GraphRouter(APIRouter):
    def __init__(self, **options):
        super().__init__(**options)
        self.add_api_route("/graph", self.handle, methods=["POST"])
    def handle(self): ...
#- main.py
from fastapi import FastAPI
from graph.fastapi import GraphRouter
from health.web.routes import router
app = FastAPI()
app.include_router(router)
app.include_router(GraphRouter(prefix="/g"))
"#,
        "
main:app
GET /health
POST /g/graph
",
    );
}

#[test]
fn the_graphql_router_of_strawberry() {
    check(
        r#"
#- main.py
from fastapi import FastAPI
from strawberry.fastapi import GraphQLRouter
import strawberry

@strawberry.type
class Query:
    name: str

class CachingRouter(GraphQLRouter):
    def encode(self, data): ...

schema = strawberry.Schema(Query)
app = FastAPI()
app.include_router(GraphQLRouter(schema), prefix="/graphql")
app.include_router(GraphQLRouter[dict, None](schema, "/query", prefix="/v2", context_getter=lambda: {}))
app.include_router(CachingRouter(schema), prefix="/cached")
"#,
        "
main:app
GET /graphql
POST /graphql
WEBSOCKET /graphql
GET /v2/query
POST /v2/query
WEBSOCKET /v2/query
GET /cached
POST /cached
WEBSOCKET /cached
",
    );
}
