"""The grammar's dependencies, parameters, routes, routers and applications."""

from __future__ import annotations

import random

from generated_application import Application, Item, Piece
from generated_types import DESCRIPTIONS, FIELDS, TITLES, Types

WORDS = "items users orders files search jobs teams status reports".split()
RESPONSES = [
    "404: {'description': 'Not found'}", "418: {'model': MODEL}", "'default': {'description': 'Anything else'}", "'4XX': {'model': MODEL, 'description': 'Yours'}",
    "200: {'description': 'Fine', 'content': {'image/png': {}}}", "422: {'description': 'Own validation'}", "500: {'model': MODEL, 'headers': {'X-A': {'schema': {'type': 'string'}}}}",
    "201: {'model': MODEL}", "409: {'content': {'application/json': {'example': {'a': 1.0}}}}", "403: {'model': list[MODEL]}",
]


class Routes:
    """Appends the items of one application, in the order in which they have to stand."""

    def __init__(self, chance: random.Random, items: list[Item], types: Types) -> None:
        self.chance = chance
        self.items = items
        self.types = types
        self.dependencies: list[str] = []
        self.schemes: list[tuple[str, str]] = []  # key, what it gives
        self.callbacks: list[str] = []
        self.unique: list[str] = []
        self.classes: list[str] = []  # APIRoute subclasses
        self.number = 0
        self.module = "main"

    def likely(self, share: float) -> bool:
        return self.chance.random() < share

    def add(self, name: str, pieces: list[Piece], empty: str = "", fixed: bool = False) -> str:
        self.types.module = self.module
        key = f"{name}@{self.module}"
        self.items.append(Item(key, self.module, tuple(pieces), name, empty, fixed))
        return key

    def fresh(self, base: str) -> str:
        self.types.module = self.module
        return self.types.new_name(base)

    # Parameters

    def parameter(self, name: str, inside: str, style: str) -> str:
        """A scalar parameter: ``inside`` is Path, Query, Header or Cookie; style is annotated, default or bare."""
        kind = self.types.scalar()
        if inside in ("Query", "Header") and self.likely(0.15):
            kind = kind.wrapped(self.chance.choice(["list[{}]", "list[{}]", "set[{}]", "tuple[{}, ...]"]), constraint="many", values=("[]",) if style != "bare" else ())
        if inside != "Path" and self.likely(0.3):
            kind = kind.wrapped(self.chance.choice(["{} | None", "Optional[{}]", "Union[{}, None]"]), values=("None", *kind.values))
        default = self.chance.choice(kind.values) if inside != "Path" and kind.values and self.likely(0.5) else None
        if style == "bare":
            return f"{name}: {kind.text}" + (f" = {default}" if default is not None else "")
        arguments = self.types.metadata(kind, parameter=True)
        if inside != "Path" and self.likely(0.12):
            arguments.append(self.chance.choice([f"alias='{name}-alias'", f"validation_alias='{name}In'", f"alias='{name}A', validation_alias='{name}B'"]))
        if self.likely(0.06):
            arguments.append("include_in_schema=False")
        if inside == "Header" and self.likely(0.15):
            arguments.append("convert_underscores=False")
        if self.likely(0.05):
            arguments.append("openapi_examples={'one': {'summary': 'S', 'value': 'v'}, 'two': {'value': None}}")
        if self.likely(0.03):
            arguments.append("example='old style'")
        if style == "default":
            first = [default] if default is not None else ["..."] if self.likely(0.3) else []
            return f"{name}: {kind.text} = {inside}({', '.join(first + arguments)})"
        return f"{name}: Annotated[{kind.text}, {inside}({', '.join(arguments)})]" + (f" = {default}" if default is not None else "")

    def body(self, name: str) -> str:
        kind = self.types.type(2)
        if self.types.models and self.likely(0.6):
            kind = self.types.others and self.likely(0.2) and self.chance.choice(self.types.others) or kind.wrapped(f"⟦{self.chance.choice(self.types.models)}⟧", values=(), constraint="")
        arguments = self.types.metadata(kind, parameter=True) if self.likely(0.4) else []
        if self.likely(0.1):
            arguments.append(self.chance.choice(["embed=True", "media_type='application/vnd.own+json'", f"alias='{name}Alias'"]))
        roll = self.chance.random()
        if roll < 0.4:
            return f"{name}: {kind.text}"
        if roll < 0.7:
            return f"{name}: Annotated[{kind.text}, Body({', '.join(arguments)})]" + (" = None" if self.likely(0.1) else "")
        return f"{name}: {kind.text} = Body({', '.join(arguments)})"

    def form(self, name: str) -> str:
        kind = self.types.scalar()
        arguments = ", ".join(self.types.metadata(kind, parameter=True)) if self.likely(0.4) else ""
        return self.chance.choice([
            f"{name}: Annotated[{kind.text}, Form({arguments})]", f"{name}: {kind.text} = Form({arguments})", f"{name}: UploadFile",
            f"{name}: Annotated[bytes, File()]", f"{name}: list[UploadFile]", f"{name}: UploadFile | None = None",
            f"{name}: Annotated[UploadFile, File(description='A file.')]", f"{name}: Annotated[str | None, Form()] = None", f"{name}: list[bytes] = File()",
        ])

    def dependency(self) -> str:
        """A parameter or a decorator's entry: ``Depends(...)`` of something."""
        chance = self.chance
        pool = [f"Depends(⟦{key}⟧)" for key in self.dependencies] + [f"Security(⟦{key}⟧)" if self.likely(0.3) else f"Depends(⟦{key}⟧)" for key, _ in self.schemes]
        pool += [f"Security(⟦{key}⟧, scopes=['read', 'me'])" for key in self.dependencies[-1:]]
        return chance.choice(pool) if pool else "Depends(lambda: None)"

    def special(self, name: str) -> str:
        return self.chance.choice([f"{name}: Request", f"{name}: Response", f"{name}: BackgroundTasks", f"{name}: SecurityScopes"])

    def parameters(self, path: list[str], method: str, depth: int = 0) -> list[str]:
        chance = self.chance
        style = chance.choice(["annotated", "annotated", "default", "bare"])
        found = []
        names = [name for name in chance.sample(FIELDS, 9) if name not in path]
        for name in path:
            if self.likely(0.9):
                found.append(self.parameter(name, "Path", style))
        for _ in range(chance.choice([0, 0, 1, 1, 2, 3])):
            inside = chance.choice(["Query", "Query", "Query", "Header", "Cookie"])
            found.append(self.parameter(names.pop(), inside, "bare" if style == "bare" and inside == "Query" else "annotated" if style == "bare" else style))
        if self.types.flat and self.likely(0.12):
            inside = chance.choice(["Query", "Header", "Cookie"])
            found.append(f"{names.pop()}: Annotated[⟦{chance.choice(self.types.flat)}⟧, {inside}({'convert_underscores=False' if inside == 'Header' and self.likely(0.3) else ''})]")
        if self.likely(0.3) and (self.dependencies or self.schemes):
            given = chance.choice(["Any", "str", "dict", "int | None"])
            name = names.pop()
            found.append(f"{name}: Annotated[{given}, {self.dependency()}]" if self.likely(0.6) else f"{name}: {given} = {self.dependency()}")
        if self.likely(0.08):
            found.append(self.special(names.pop()))
        if self.likely(0.04):
            found.append(f"{names.pop()}: Annotated[OAuth2PasswordRequestForm, Depends()]" if method not in ("get", "head", "options") else self.special(names.pop()))
        if method in ("post", "put", "patch") or (depth == 0 and method == "delete" and self.likely(0.2)):
            roll = chance.random()
            if roll < 0.6:
                found += [self.body(names.pop()) for _ in range(chance.choice([1, 1, 1, 2]))]
            elif roll < 0.75:
                found += [self.form(names.pop()) for _ in range(chance.choice([1, 2]))]
            elif roll < 0.80 and self.types.flat:
                found.append(f"{names.pop()}: Annotated[⟦{chance.choice(self.types.flat)}⟧, Form()]")
        if self.likely(0.3):
            chance.shuffle(found)
        return found

    @staticmethod
    def signature(parameters: list[str], star: bool) -> list[Piece]:
        """Pieces of a parameter list; what has a default stands last, unless all are keywords."""
        with_default = lambda text: " = " in text  # noqa: E731
        ordered = parameters if star else sorted(parameters, key=with_default)
        pieces = [Piece(f"    {text},\n", True) for text in ordered]
        # A star needs a name after it, whatever is taken away; a request is in no document.
        return [Piece("    *,\n    request_: Request,\n"), *pieces] if star else pieces

    # What routes refer to

    def scheme(self) -> None:
        name = self.fresh(self.chance.choice(["oauth", "bearer", "basic", "key", "scheme"]))
        call, gives = self.chance.choice([
            ("OAuth2PasswordBearer(tokenUrl='token')", "str"), ("OAuth2PasswordBearer(tokenUrl='token', scopes={'me': 'Read me.', 'read': 'Read.'}, scheme_name='Own')", "str"),
            ("OAuth2AuthorizationCodeBearer(authorizationUrl='a', tokenUrl='t', refreshUrl='r', auto_error=False)", "str | None"), ("HTTPBearer()", "Any"),
            ("HTTPBearer(bearerFormat='JWT', description='Say who.', auto_error=False)", "Any"), ("HTTPBasic(realm='here')", "HTTPBasicCredentials"), ("HTTPDigest()", "Any"),
            ("APIKeyHeader(name='X-Key')", "str"), ("APIKeyQuery(name='key', description='In the query.')", "str"), ("APIKeyCookie(name='session', scheme_name='Cookies')", "str"),
            ("OpenIdConnect(openIdConnectUrl='/openid')", "str"),
        ])
        self.schemes.append((self.add(name, [Piece(f"{name} = {call}\n")]), gives))

    def dependable(self) -> None:
        """A function, a class or an instance that can stand in ``Depends``."""
        roll = self.chance.random()
        parameters = self.parameters([], self.chance.choice(["get", "get", "get", "post"]), depth=1)
        if roll < 0.7:
            name = self.fresh(self.chance.choice(["common", "current_user", "session", "paging"]))
            kind = self.chance.choice(["def", "async def"])
            body = self.chance.choice(["    return {}\n", "    return {}\n", "    yield {}\n"])
            pieces = [Piece(f"{kind} {name}(\n"), *self.signature(parameters, self.likely(0.3)), Piece("):\n"), Piece(body)]
        elif roll < 0.9:
            name = self.fresh(self.chance.choice(["Common", "Paging", "Access"]))
            pieces = [Piece(f"class {name}:\n    def __init__(\n        self,\n"),
                      *(Piece("    " + piece.text, piece.loose) for piece in self.signature(parameters, False)), Piece("    ):\n        self.ready = True\n")]
        else:
            class_name, name = self.fresh("Checker"), self.fresh("checker")
            key = self.add(class_name, [Piece(f"class {class_name}:\n    def __init__(self, limit: int):\n        self.limit = limit\n\n    def __call__(\n        self,\n"),
                                        *(Piece("    " + piece.text, piece.loose) for piece in self.signature(parameters, False)), Piece("    ):\n        return self.limit\n")])
            pieces = [Piece(f"{name} = ⟦{key}⟧(3)\n")]
        self.dependencies.append(self.add(name, pieces))

    def unique_function(self) -> None:
        name = self.fresh("unique")
        body = self.chance.choice(["f'{route.name}-{len(route.path)}'", "f\"{route.tags[0] if route.tags else 'x'}-{route.name}\"", "'_'.join(sorted(route.methods)) + route.path_format + route.name"])
        self.unique.append(self.add(name, [Piece(f"def {name}(route: APIRoute) -> str:\n    return {body}\n")]))

    def callback(self) -> None:
        name = self.fresh("callbacks")
        key = self.add(name, [Piece(f"{name} = APIRouter()\n")])
        for _ in range(self.chance.choice([1, 1, 2])):
            self.route(f"⟦{key}⟧", self.chance.choice(["'{$callback_url}/done'", "'{$request.body#/url}'"]), path=[])
        self.callbacks.append(key)

    def filled(self, text: str) -> str:
        """Responses with a model in them; without one where there is none."""
        if self.types.models:
            return text.replace("MODEL", f"⟦{self.chance.choice(self.types.models)}⟧")
        return text.replace("MODEL", "dict[str, int]")

    def responses(self) -> str:
        chosen = self.chance.sample(RESPONSES, self.chance.choice([1, 1, 2, 3]))
        return "responses={" + ", ".join(map(self.filled, chosen)) + "}"

    # Routes

    def options(self, method: str) -> list[str]:
        """Keyword arguments of a route's decorator."""
        chance = self.chance
        found = []
        if self.likely(0.3):
            kind = self.types.type(2).text
            found.append(f"response_model={kind if not kind.startswith(chr(34)) else 'None'}")
        if self.likely(0.2):
            found.append(chance.choice(["status_code=201", "status_code=202", "status_code=status.HTTP_201_CREATED", "status_code=200", "status_code=404"]))
        pool = [
            (0.2, f"tags=['{chance.choice(WORDS)}']"), (0.08, "tags=['one', 'two']"), (0.1, "summary='A summary'"), (0.1, f'description="{chance.choice(DESCRIPTIONS)}"'),
            (0.1, "response_description='What comes back'"), (0.2, self.responses()), (0.05, "deprecated=True"), (0.05, f"operation_id='operation{self.number}'"),
            (0.05, "response_model_exclude_unset=True"), (0.05, "response_model_exclude={'name'}"), (0.05, "response_model_include={'name', 'price'}"),
            (0.04, "response_model_by_alias=False"), (0.05, "include_in_schema=False"), (0.04, "openapi_extra={'x-own': {'a': [1, 2.0]}, 'deprecated': True}"),
            (0.03, f"name='{chance.choice(['Own name', 'other'])}'"),
            (0.06, f"response_class={chance.choice(['HTMLResponse', 'PlainTextResponse', 'RedirectResponse', 'StreamingResponse', 'FileResponse', 'JSONResponse', 'Response'])}"),
        ]
        found += [text for share, text in pool if self.likely(share)]
        if self.likely(0.1) and (self.dependencies or self.schemes):
            found.append(f"dependencies=[{self.dependency()}]")
        if self.callbacks and self.likely(0.15):
            found.append(f"callbacks=⟦{chance.choice(self.callbacks)}⟧.routes")
        if self.unique and self.likely(0.05):
            found.append(f"generate_unique_id_function=⟦{chance.choice(self.unique)}⟧")
        if "tags=['one', 'two']" in found:
            found = [text for text in found if not text.startswith("tags=") or text == "tags=['one', 'two']"]
        return found

    def returns(self) -> str:
        roll = self.chance.random()
        if roll < 0.4:
            return ""
        if roll < 0.85:
            return f" -> {self.types.type(2).text}"
        return self.chance.choice([" -> Response", " -> JSONResponse", " -> None", " -> Any", " -> dict[str, Any]", " -> list[int]", " -> HTMLResponse"])

    def route(self, router: str, prefix: str | None = None, path: list[str] | None = None) -> None:
        chance = self.chance
        self.number += 1
        method = chance.choice(["get", "get", "get", "post", "post", "put", "patch", "delete", "head", "options", "trace"][: 8 if self.likely(0.9) else 11])
        if path is None:
            path = chance.sample(FIELDS, chance.choice([0, 0, 1, 1, 2]))
            parts = [chance.choice(WORDS), *(chance.choice(["{%s}", "{%s}", "{%s}", "{%s:int}", "{%s:path}"]) % name for name in path)]
            prefix = repr("/" + "/".join([*parts, f"r{self.number}"] if self.likely(0.5) else [f"r{self.number}", *parts]))
        name = self.fresh(chance.choice(["read", "make", "list_all", "update_it", "handler"]))
        options = self.options(method)
        parameters = self.parameters(path, method)
        returns = self.returns()
        if method in ("head",) or any("204" in option for option in options):
            returns = ""
        if self.likely(0.04):
            options = [option for option in options if not option.startswith(("response_model=", "status_code=", "responses="))] + ["status_code=204"]
            returns = chance.choice([" -> None", ""])
        several = method == "get" and self.likely(0.04)
        decorator = f"@{router}.api_route({prefix}, methods=['GET', 'PUT'], " if several else f"@{router}.{method}({prefix}, "
        doc = chance.choice(["", "", '    """One line."""\n', '    """\n    A **summary** here.\n\n    - first\n    - second\n    """\n', '    """Seen.\\fNot seen."""\n'])
        kind = chance.choice(["def", "async def"])
        pieces = [Piece(decorator), *(Piece(option + ", ", True) for option in options), Piece(f")\n{kind} {name}(\n"), *self.signature(parameters, self.likely(0.15)),
                  Piece(")"), *([Piece(returns, True)] if returns else []), Piece(":\n"), *([Piece(doc, True)] if doc else []), Piece("    return None\n")]
        self.items.append(Item(f"{name}@{self.module}", self.module, tuple(pieces), name))

    def router(self, inner: tuple[str, ...] = ()) -> str:
        chance = self.chance
        name = self.fresh(chance.choice(["router", "api", "admin"]))
        options = [text for share, text in (
            (0.4, f"prefix='/{chance.choice(WORDS)}'"), (0.3, f"tags=['{chance.choice(WORDS)}']"), (0.15, self.responses()), (0.1, "deprecated=True"),
            (0.1, f"default_response_class={chance.choice(['HTMLResponse', 'PlainTextResponse', 'JSONResponse'])}"), (0.05, "include_in_schema=False"),
            (0.2, f"dependencies=[{self.dependency()}]"), (0.1, f"generate_unique_id_function=⟦{chance.choice(self.unique)}⟧" if self.unique else "redirect_slashes=False"),
        ) if self.likely(share)]
        key = self.add(name, [Piece(f"{name} = APIRouter("), *(Piece(text + ", ", True) for text in options), Piece(")\n")])
        for _ in range(chance.randint(1, 3)):
            self.route(f"⟦{key}⟧")
        for other in inner:
            self.include(f"⟦{key}⟧", other)
        return key

    def include(self, into: str, router: str) -> None:
        options = [text for share, text in (
            (0.5, f"prefix='/{self.chance.choice(WORDS)}'"), (0.2, "tags=['included']"), (0.1, self.responses()), (0.1, "deprecated=True"), (0.05, "include_in_schema=False"),
            (0.15, f"dependencies=[{self.dependency()}]"), (0.05, "default_response_class=PlainTextResponse"),
        ) if self.likely(share)]
        # A router and a route without a prefix may not both be empty; every route here has a path.
        self.number += 1
        self.items.append(Item(f"include{self.number}@{self.module}", self.module, (
            Piece(f"{into}.include_router(⟦{router}⟧, "), *(Piece(text + ", ", True) for text in options), Piece(")\n"))))

    def application(self, name: str = "app", fixed: bool = True) -> str:
        chance = self.chance
        options = [text for share, text in (
            (0.3, f'title="{chance.choice(TITLES)}"'), (0.2, "version='2.0.1'"), (0.2, f'description="{chance.choice(DESCRIPTIONS)}"'), (0.1, "summary='In short'"),
            (0.1, "openapi_tags=[{'name': 'items', 'description': 'D', 'externalDocs': {'url': 'https://example.com/'}}, {'name': 'unused'}]"),
            (0.1, "servers=[{'url': '/v1'}, {'url': 'https://{host}/', 'variables': {'host': {'default': 'a', 'enum': ['a', 'b']}}}]"),
            (0.1, "contact={'name': 'N', 'url': 'https://example.com', 'email': 'a@example.com'}"), (0.1, "license_info={'name': 'MIT', 'identifier': 'MIT'}"),
            (0.05, "terms_of_service='https://example.com/terms'"), (0.1, "root_path='/proxy'"), (0.05, "root_path_in_servers=False"), (0.15, "separate_input_output_schemas=False"),
            (0.1, f"generate_unique_id_function=⟦{chance.choice(self.unique)}⟧" if self.unique else "debug=True"), (0.1, self.responses()),
            (0.1, f"dependencies=[{self.dependency()}]"), (0.05, f"default_response_class={chance.choice(['HTMLResponse', 'PlainTextResponse'])}"),
            (0.05, "deprecated=True"), (0.03, "openapi_external_docs={'url': 'https://example.com/docs'}"), (0.03, "include_in_schema=True"), (0.03, "docs_url=None, redoc_url=None"),
        ) if self.likely(share)]
        return self.add(name, [Piece(f"{name} = FastAPI("), *(Piece(text + ", ", True) for text in options), Piece(")\n")], fixed=fixed)


def generate(seed: str, name: str) -> Application:
    """The application of a seed: always the same one."""
    chance = random.Random(seed)
    items: list[Item] = []
    types = Types(chance, items)
    routes = Routes(chance, items, types)
    package = chance.random() < 0.3
    modules = ["models", "schemas"] if package else ["main"]
    for module in modules:
        types.module = module
        types.others = list(types.others)
        for _ in range(chance.randint(1, 3 if package else 5)):
            types.anything()
        if chance.random() < 0.4:
            types.model(scalars=True)
    routes.module = "routing" if package else "main"
    for _ in range(chance.choice([0, 0, 1, 2])):
        routes.scheme()
    for _ in range(chance.choice([0, 1, 1, 2, 3])):
        routes.dependable()
    if chance.random() < 0.15:
        routes.unique_function()
    if chance.random() < 0.12:
        routes.callback()
    routers: list[str] = []
    for _ in range(chance.choice([0, 1, 1, 2])):
        inner = (routers.pop(),) if routers and chance.random() < 0.3 else ()
        routers.append(routes.router(inner))
    routes.module = "main"
    app = routes.application()
    for _ in range(chance.choice([0, 1, 2, 3, 4] if routers else [1, 2, 3, 4])):
        routes.route(f"⟦{app}⟧")
    for router in routers:
        routes.include(f"⟦{app}⟧", router)
        if chance.random() < 0.1:
            routes.include(f"⟦{app}⟧", router)
    if chance.random() < 0.08:
        routes.route(f"⟦{app}⟧.webhooks", "'new-thing'", path=[])
    future = frozenset({module for module in ("main", "models", "schemas", "routing") if chance.random() < 0.1})
    return Application(name, tuple(items), future, package)
