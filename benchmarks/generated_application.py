"""A generated application: modules made of items, items made of pieces, most of which can be taken away.

Texts refer to other items as ``⟦key⟧``. That is how an item's needs are known: taking an item away takes the
pieces that refer to it, and an item whose fixed pieces refer to it goes as a whole. Rendering replaces
each reference by the name that the item has in that module, and adds the imports.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

REFERENCE = re.compile("⟦([^⟧]+)⟧")
WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")

# Where each name that generated code may use comes from.
SOURCES = {
    "typing": "Annotated Any Generic Literal Optional TypeVar Union NewType NamedTuple ClassVar",
    "typing_extensions": "TypedDict TypeAliasType NotRequired Required Self",
    "collections.abc": "Sequence Mapping Iterable AsyncIterable",
    "collections": "deque defaultdict",
    "contextlib": "asynccontextmanager",
    "dataclasses": "dataclass field",
    "datetime": "date datetime time timedelta timezone",
    "decimal": "Decimal",
    "enum": "Enum IntEnum StrEnum Flag",
    "functools": "partial",
    "ipaddress": "IPv4Address IPv6Network",
    "pathlib": "Path:FilePath_",
    "uuid": "UUID",
    "pydantic": (
        "BaseModel Field RootModel ConfigDict EmailStr HttpUrl AnyUrl SecretStr PositiveInt NonNegativeFloat StrictInt StrictStr "
        "StrictBool conint constr conlist Json JsonValue UUID4 PastDate FutureDatetime AwareDatetime NaiveDatetime ByteSize Base64Bytes "
        "FiniteFloat computed_field field_validator field_serializer model_validator model_serializer AfterValidator "
        "BeforeValidator PlainValidator WrapValidator PlainSerializer WrapSerializer WithJsonSchema Discriminator Tag "
        "StringConstraints create_model AliasChoices AliasPath"
    ),
    "pydantic.json_schema": "SkipJsonSchema",
    "pydantic.alias_generators": "to_camel to_pascal",
    "fastapi": (
        "FastAPI APIRouter Depends Security Path Query Header Cookie Body Form File UploadFile Request Response BackgroundTasks "
        "WebSocket status HTTPException"
    ),
    "fastapi.responses": (
        "JSONResponse HTMLResponse PlainTextResponse RedirectResponse StreamingResponse FileResponse"
    ),
    "fastapi.routing": "APIRoute",
    "fastapi.security": (
        "OAuth2PasswordBearer OAuth2AuthorizationCodeBearer OAuth2PasswordRequestForm HTTPBearer HTTPBasic HTTPDigest "
        "HTTPAuthorizationCredentials HTTPBasicCredentials APIKeyHeader APIKeyQuery APIKeyCookie OpenIdConnect SecurityScopes"
    ),
    "fastapi.openapi.utils": "get_openapi",
}
IMPORTS = {
    alias or name: (module, name, alias)
    for module, names in SOURCES.items() for name, _, alias in (word.partition(":") for word in names.split())
}
# Modules that are used by their own name.
WHOLE = {"decimal": "decimal", "enum": "enum"}


@dataclass(frozen=True)
class Piece:
    """A part of an item's text; with ``loose`` the item is still Python without it."""

    text: str
    loose: bool = False

    @property
    def needs(self) -> set[str]:
        return set(REFERENCE.findall(self.text))


@dataclass(frozen=True)
class Item:
    """A class, a function, a route or a statement of one module."""

    key: str
    module: str
    pieces: tuple[Piece, ...]
    name: str = ""  # what the module calls it; empty for what nobody can refer to
    empty: str = ""  # the last line where no loose piece is left
    fixed: bool = False  # the application is none without it

    def render(self) -> str:
        text = "".join(piece.text for piece in self.pieces)
        return text if any(piece.loose for piece in self.pieces) or not self.empty else text + self.empty

    @property
    def needs(self) -> set[str]:
        return set().union(*(piece.needs for piece in self.pieces)) - {self.key}


@dataclass(frozen=True)
class Application:
    """Items in the order in which each module has them."""

    name: str
    items: tuple[Item, ...]
    future: frozenset[str] = field(default_factory=frozenset)  # modules with `from __future__ import annotations`
    package: bool = False

    @property
    def locator(self) -> str:
        return f"{self.name}.main:app" if self.package else f"{self.name}:app"

    @property
    def module(self) -> str:
        return self.locator.partition(":")[0]

    def loose(self) -> list[tuple[str, int | None]]:
        """What can be taken away: whole items, as (key, None), and loose pieces, as (key, position)."""
        items = [(item.key, None) for item in self.items if not item.fixed]
        return items + [(item.key, at) for item in self.items for at, piece in enumerate(item.pieces) if piece.loose]

    def without(self, taken: Iterable[tuple[str, int | None]]) -> Application:
        """The application without these, and without all that refers to what is gone."""
        taken = set(taken)
        kept = []
        for item in self.items:
            if (item.key, None) not in taken:
                pieces = tuple(piece for at, piece in enumerate(item.pieces) if (item.key, at) not in taken)
                kept.append(Item(item.key, item.module, pieces, item.name, item.empty, item.fixed))
        while True:
            keys = {item.key for item in kept}
            pruned = []
            for item in kept:
                pieces = tuple(piece for piece in item.pieces if not piece.loose or piece.needs <= keys)
                if all(piece.needs <= keys for piece in pieces):
                    pruned.append(Item(item.key, item.module, pieces, item.name, item.empty, item.fixed))
            if pruned == kept:
                return Application(self.name, tuple(kept), self.future, self.package)
            kept = pruned

    def renamed(self, name: str) -> Application:
        return Application(name, self.items, self.future, self.package)

    def flat(self) -> Application:
        """The same in one module, where no two items have the same name."""
        names = [item.name for item in self.items if item.name]
        if not self.package or len(set(names)) < len(names):
            return self
        items = tuple(Item(item.key, "main", item.pieces, item.name, item.empty, item.fixed) for item in self.items)
        return Application(self.name, items, frozenset({"main"} if "main" in self.future else ()), False)

    def render(self) -> dict[str, str]:
        """The text of each module, by its file name relative to the folder that is the import root."""
        known = {item.key: item for item in self.items}
        order = list(dict.fromkeys(item.module for item in self.items))
        files = {module: self.render_module(module, known) for module in order}
        if not self.package:
            return {f"{self.name}.py": files["main"]}
        return {f"{self.name}/__init__.py": "", **{f"{self.name}/{module}.py": text for module, text in files.items()}}

    def render_module(self, module: str, known: dict[str, Item]) -> str:
        items = [item for item in self.items if item.module == module]
        own = {item.name for item in items if item.name}
        imported: dict[str, str] = {}
        taken = set(own)
        lines = []

        def local(match: re.Match) -> str:
            item = known[match[1]]
            if item.module == module:
                return item.name
            if item.key not in imported:
                alias = item.name
                while alias in taken:
                    alias = f"{item.module.capitalize()}{alias}"
                taken.add(alias)
                imported[item.key] = alias
                lines.append(f"from .{item.module} import {item.name}" + ("" if alias == item.name else f" as {alias}"))
            return imported[item.key]

        body = "\n\n".join(REFERENCE.sub(local, item.render()).rstrip("\n") + "\n" for item in items)
        words = set(WORD.findall(body)) - own
        used: dict[str, list[str]] = {}
        for word in sorted(words & IMPORTS.keys()):
            source, name, alias = IMPORTS[word]
            used.setdefault(source, []).append(f"{name} as {alias}" if alias else name)
        head = ["from __future__ import annotations\n"] if module in self.future else []
        head += [f"import {name}" for name in sorted(WHOLE) if re.search(rf"(?<![\w.]){name}\.", body)]
        head += [f"from {source} import {', '.join(names)}" for source, names in sorted(used.items())]
        return "\n".join([*head, "", *sorted(lines), "", ""]) + body

    def write(self, folder: Path) -> None:
        for name, text in self.render().items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
