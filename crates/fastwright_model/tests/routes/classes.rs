use super::check;

#[test]
fn attrs_factories() {
    check(
        r#"
#- main.py
from attrs import define, field
from fastapi import APIRouter, FastAPI

@define(kw_only=True)
class Base:
    router: APIRouter = field(factory=APIRouter)
    prefix: str = ""
    extensions: list = field(factory=list)

    def __attrs_post_init__(self):
        self.register()
        for extension in self.extensions:
            extension.register(self)

@define(kw_only=True)
class Tiles(Base):
    add_preview: bool = True

    def register(self):
        @self.router.get("/info")
        def info(): ...
        if self.add_preview:
            self.preview()

    def preview(self):
        @self.router.get("/preview")
        def preview(): ...

@define
class Viewer:
    def register(self, factory):
        @factory.router.get("/view")
        def view(): ...

app = FastAPI()
app.include_router(Tiles(prefix="/a", extensions=[Viewer()]).router, prefix="/a")
app.include_router(Tiles(add_preview=False).router, prefix="/b")
"#,
        "
main:app
GET /a/info
GET /a/preview
GET /a/view
GET /b/info
",
    );
}

#[test]
fn dataclasses_with_post_init() {
    check(
        r#"
#- main.py
from dataclasses import KW_ONLY, InitVar, dataclass, field, replace
from typing import ClassVar
from fastapi import APIRouter, FastAPI

@dataclass
class Resource:
    kind: ClassVar[str] = "resource"
    name: str
    prefix: InitVar[str] = "/r"
    _: KW_ONLY
    methods: list[str] = field(default_factory=lambda: ["GET"])
    router: APIRouter = field(init=False)

    def __post_init__(self, prefix):
        self.router = APIRouter(prefix=prefix)
        for method in self.methods:
            self.router.add_api_route("/" + self.name, self.handle, methods=[method])

    def handle(self): ...

app = FastAPI()
app.include_router(Resource("a").router)
app.include_router(Resource("b", "/p", methods=["PUT", "POST"]).router)
"#,
        "
main:app
GET /r/a
PUT /p/b
POST /p/b
",
    );
}

#[test]
fn class_hierarchies_register_routes() {
    check(
        r#"
#- main.py
from abc import ABC, abstractmethod
from typing import Generic, TypeVar
from fastapi import APIRouter, FastAPI
T = TypeVar("T")

class Crud(ABC, Generic[T]):
    path: str
    registry: list["Crud"] = []

    def __init__(self, path=None):
        self.router = APIRouter(prefix=path or self.path)
        self.add("", self.list, ["GET"])
        self.extra()
        Crud.registry.append(self)

    def add(self, path, endpoint, methods):
        self.router.add_api_route(path, endpoint, methods=methods)

    @abstractmethod
    def list(self): ...

    def extra(self):
        pass

class Users(Crud[int]):
    path = "/users"
    def list(self): ...
    def extra(self):
        super().extra()
        self.add("/me", self.me, ["GET"])
    def me(self): ...

class Orders(Crud[str]):
    def list(self): ...

Users()
Orders("/orders")
app = FastAPI()
for resource in Crud.registry:
    app.include_router(resource.router)
"#,
        "
main:app
GET /users
GET /users/me
GET /orders
",
    );
}

#[test]
fn subclasses_register_themselves() {
    check(
        r#"
#- main.py
from fastapi import APIRouter, FastAPI

class Plugin:
    plugins = {}
    def __init_subclass__(cls, *, name=None, **kwargs):
        super().__init_subclass__(**kwargs)
        Plugin.plugins[name or cls.__name__.lower()] = cls

class Meta(type):
    routers = []
    def __new__(mcs, name, bases, namespace):
        cls = super().__new__(mcs, name, bases, namespace)
        if "prefix" in namespace:
            Meta.routers.append(APIRouter(prefix=namespace["prefix"]))
        return cls

class A(Plugin, name="alpha"):
    def routes(self):
        return ["/x"]

class B(Plugin):
    def routes(self):
        return ["/y", "/z"]

class View(metaclass=Meta):
    prefix = "/view"

app = FastAPI()
for name, plugin in Plugin.plugins.items():
    for path in plugin().routes():
        app.add_api_route(f"/{name}{path}", lambda: None)
for router in Meta.routers:
    router.add_api_route("/m", lambda: None)
    app.include_router(router)
"#,
        "
main:app
GET /alpha/x
GET /b/y
GET /b/z
GET /view/m
",
    );
}

#[test]
fn class_based_views_by_hand() {
    check(
        r#"
#- main.py
import inspect
from fastapi import APIRouter, FastAPI
router = APIRouter()

def route(path, method="GET"):
    def mark(function):
        function._route = (path, method)
        return function
    return mark

def controller(prefix):
    def decorate(cls):
        instance = cls()
        for name, member in inspect.getmembers(instance, predicate=inspect.ismethod):
            if hasattr(member, "_route"):
                path, method = member._route
                router.add_api_route(prefix + path, member, methods=[method])
        return cls
    return decorate

@controller("/users")
class Users:
    @route("/")
    def all(self): ...

    @route("/{id}", "DELETE")
    def delete(self, id): ...

    def helper(self): ...

app = FastAPI()
app.include_router(router)
"#,
        "
main:app
GET /users/
DELETE /users/{id}
",
    );
}

#[test]
fn methods_registered_by_name() {
    check(
        r#"
#- main.py
from fastapi import FastAPI
app = FastAPI()

class Endpoint:
    def get(self): ...
    def post(self): ...

def add_resource(cls, path):
    instance = cls()
    for method in ("get", "post", "put"):
        handler = getattr(instance, method, None)
        if handler is not None:
            getattr(app, method)(path)(handler)

add_resource(Endpoint, "/r")
"#,
        "
main:app
GET /r
POST /r
",
    );
}

#[test]
fn proxies_and_descriptors() {
    check(
        r#"
#- main.py
from functools import cached_property
from fastapi import APIRouter, FastAPI

class Lazy:
    def __init__(self, make):
        self._make = make
    def __getattr__(self, name):
        return getattr(self._make(), name)

_router = APIRouter()
router = Lazy(lambda: _router)

@router.get("/proxied")
def proxied(): ...

class Service:
    @property
    def prefix(self):
        return "/" + self.name
    name = "service"
    @cached_property
    def router(self):
        router = APIRouter(prefix=self.prefix)
        router.add_api_route("/x", self.x)
        return router
    def x(self): ...
    @classmethod
    def make(cls):
        return cls()
    @staticmethod
    def static_path():
        return "/static"

app = FastAPI()
app.include_router(_router)
service = Service.make()
app.include_router(service.router)
app.include_router(service.router, prefix=Service.static_path())
"#,
        "
main:app
GET /proxied
GET /service/x
GET /static/service/x
",
    );
}

#[test]
fn new_and_call() {
    check(
        r#"
#- main.py
from fastapi import APIRouter, FastAPI

class Singleton:
    _instance = None
    def __new__(cls, *args, **kwargs):
        if cls._instance is None:
            cls._instance = super().__new__(cls)
            cls._instance.app = FastAPI()
        return cls._instance

class Register:
    def __init__(self, router):
        self.router = router
    def __call__(self, path):
        def decorate(function):
            self.router.add_api_route(path, function)
            return function
        return decorate

app = Singleton().app
route = Register(Singleton().app)

@route("/x")
def x(): ...
"#,
        "
main:app
GET /x
",
    );
}

#[test]
fn generic_classes_of_pep_695() {
    check(
        r#"
#- main.py
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

class Item(BaseModel):
    id: int

type Key = int | str

class Repository[T: BaseModel]:
    def __init__(self, model: type[T]):
        self.model = model

    def router[K](self, key: K = None) -> APIRouter:
        router = APIRouter(prefix="/" + self.model.__name__.lower())
        @router.get("/{key}")
        def get(key: Key) -> T: ...
        return router

app = FastAPI()
app.include_router(Repository[Item](Item).router())
"#,
        "
main:app
GET /item/{key}
",
    );
}
