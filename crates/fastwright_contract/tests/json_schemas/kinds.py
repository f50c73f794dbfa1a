import dataclasses
import enum
from collections import Counter, deque
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Generic, Literal, NamedTuple, Optional, TypeVar, Union
from uuid import UUID

import annotated_types
from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    AnyUrl,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Json,
    PlainSerializer,
    PlainValidator,
    RootModel,
    Tag,
    WithJsonSchema,
    WrapValidator,
    computed_field,
    field_serializer,
    model_serializer,
)
from pydantic.dataclasses import dataclass as pydantic_dataclass
from pydantic.json_schema import Examples, SkipJsonSchema
from typing_extensions import NotRequired, Required, TypedDict, deprecated

T = TypeVar("T")


class Color(enum.Enum):
    "A color."
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Mixed(enum.Enum):
    A = 1
    B = "b"


class Numbers(BaseModel):
    a: int = Field(gt=0, le=10, multiple_of=2)
    b: float = Field(1.5, ge=0)
    c: Decimal = Field(Decimal("1.5"), max_digits=4, decimal_places=2, gt=0)
    d: Fraction = Fraction(1, 2)
    e: Annotated[float, Field(lt=float("inf"))]
    f: complex = 1


class Texts(BaseModel):
    model_config = ConfigDict(str_min_length=2, str_max_length=9)
    a: str
    b: str = Field(min_length=3, pattern="^a")
    c: bytes = b"x"
    d: bytes = Field(max_length=3)


class Base64(BaseModel):
    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64", ser_json_timedelta="float")
    c: bytes = b"xyz"
    d: timedelta = timedelta(seconds=90)


class Times(BaseModel):
    model_config = ConfigDict(ser_json_temporal="milliseconds")
    a: date = date(2020, 1, 1)
    b: datetime = datetime(2020, 1, 1)
    c: time
    d: timedelta = timedelta(days=1)


class PlainTimes(BaseModel):
    a: date = date(2020, 1, 1)
    b: datetime = datetime(2020, 1, 1)
    c: time = time(1, 2)
    d: timedelta = timedelta(days=1)
    e: UUID = UUID("12345678123456781234567812345678")


class Collections(BaseModel):
    a: list[int] = [1]
    b: set[str] = {"b", "a"}
    c: frozenset[int] = frozenset()
    d: tuple[int, str] = (1, "a")
    e: tuple[int, ...] = ()
    f: dict[str, int] = {}
    g: dict[str, Any]
    h: dict[Annotated[str, Field(pattern="^x")], int]
    i: dict[Annotated[str, Field(max_length=3)], list[str]]
    j: dict[Color, Level]
    k: Counter[str]
    l: deque[int] = Field(max_length=3)
    m: list
    n: dict
    o: Annotated[list[int], Field(min_length=1)]
    p: tuple[()]
    q: dict[Literal["a", "b"], int]


class Unions(BaseModel):
    a: int | None
    b: Optional[str] = None
    c: int | str | None = 3
    d: Literal["a"]
    e: Literal["a", "b"] = "a"
    f: Literal[1, "b", None]
    g: Literal[Color.RED]
    h: int | int | bool
    i: Union[int, SkipJsonSchema[None]] = None
    j: SkipJsonSchema[int] = 2
    k: int | Callable[[], int] = 2
    l: Literal[1, 2]
    m: None = None
    n: bool = True
    o: Annotated[int, Field(ge=1)] | Annotated[int, Field(ge=1)]


class Enums(BaseModel):
    a: Color = Color.RED
    b: Level
    c: Mixed | None = None
    d: list[Level] = [Level.LOW]
    e: Color = Field(Color.BLUE, title="The color", description="What color")


class Aliases(BaseModel):
    a: int = Field(alias="aA")
    b: int = Field(validation_alias="vB", serialization_alias="sB")
    c: int = Field(validation_alias=AliasChoices(AliasPath("x", 0), "cc", "ccc"))
    d: int = Field(validation_alias=AliasPath("x", "y"))
    user_id2name: int
    HTTPCode: int = Field(title="Code")


class ByName(BaseModel):
    model_config = ConfigDict(validate_by_alias=False, validate_by_name=True)
    a: int = Field(alias="aA")


class Documented(BaseModel):
    """A model.

    With more.
    \f
    Hidden.
    """

    model_config = ConfigDict(
        title="Other", extra="forbid", json_schema_extra={"examples": [{"a": 1}], "x-y": {"z": [1]}}
    )
    a: int = Field(description="The a", examples=[1, 2], deprecated=True, json_schema_extra={"x": 1})


class Allowing(BaseModel):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, int]
    a: int = 1


class Node(BaseModel):
    children: list["Node"] = []
    parent: Optional["Node"] = None
    color: Color = Field(Color.RED, description="x")


class Page(BaseModel, Generic[T]):
    items: list[T]
    next: int | None = None


class Cat(BaseModel):
    kind: Literal["cat"]
    name: str = "x"


class Dog(BaseModel):
    kind: Literal["dog", "wolf"]


class Pets(BaseModel):
    pet: Cat | Dog = Field(discriminator="kind")
    pets: list[Annotated[Cat | Dog, Field(discriminator="kind")]]
    other: Annotated[
        Annotated[Cat, Tag("c")] | Annotated[Dog, Tag("d")], Discriminator(lambda value: "c")
    ]


class AliasCat(BaseModel):
    kind: Literal["cat"] = Field(alias="petKind")


class AliasDog(BaseModel):
    kind: Literal["dog"] = Field(alias="petKind")


class AliasPets(BaseModel):
    pet: AliasCat | AliasDog = Field(discriminator="kind")


class Computed(BaseModel):
    a: int = 1
    hidden: int = Field(1, exclude=True)

    @computed_field
    @property
    def double(self) -> int:
        "Twice."
        return 2

    @computed_field(alias="theNode", title="T")
    @property
    def node(self) -> Node | None:
        return None


class Required1(BaseModel):
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)
    a: int = 1
    b: Color = Color.RED


class Overridden(BaseModel):
    model_config = ConfigDict(json_schema_mode_override="validation")
    a: Computed
    b: Json[list[int]]
    c: Decimal


class Ints(RootModel[list[int]]):
    "Some ints."


class Titled(RootModel[int]):
    root: int = Field(3, description="x", title="t", json_schema_extra={"a": 1})


class RootNode(RootModel[Node]):
    pass


@dataclasses.dataclass
class Point:
    x: int
    y: float = 2
    z: list[int] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Doc:
    "With a text."
    x: Point


@pydantic_dataclass(config=ConfigDict(extra="forbid", title="Spot!"))
class Spot:
    p: Point
    x: int = Field(alias="ex", description="d")


class Movie(TypedDict, total=False):
    "A movie."
    name: Required[str]
    year: int
    node: NotRequired[Node]


class Strict(TypedDict):
    __pydantic_config__ = ConfigDict(extra="forbid")
    a: int
    b: NotRequired[Annotated[str, Field(description="b")]]


class Pair(NamedTuple):
    a: int
    b: str = "x"
    c: Color = Color.RED


class HasRecords(BaseModel):
    model_config = ConfigDict(extra="forbid")
    point: Point
    doc: Doc
    movie: Movie
    strict: Strict
    pair: Pair
    pairs: list[Pair] = []


def to_text(value) -> str:
    return str(value)


def twice(value: int) -> int:
    return value * 2


class Functions(BaseModel):
    a: Annotated[int, AfterValidator(to_text)]
    b: Annotated[int, BeforeValidator(to_text, json_schema_input_type=str)]
    c: Annotated[int, PlainValidator(to_text, json_schema_input_type=int | str)] = 1
    d: Annotated[int, WrapValidator(lambda value, handler: value)] = 2
    e: Annotated[int, PlainSerializer(to_text)] = 3
    f: Annotated[int | None, PlainSerializer(to_text, when_used="unless-none")] = None
    g: Annotated[int, PlainSerializer(twice)] = 4
    h: Annotated[int, WithJsonSchema({"type": "string", "x": 1})] = 5
    i: Annotated[int, WithJsonSchema({"type": "string"}, mode="serialization")] = 5
    j: Annotated[list[int], Examples([[1], [2]])]
    k: Annotated[Cat, Examples([{"kind": "cat"}])]
    l: Annotated[Node, Field(description="Its node", title="N")]
    m: Annotated[Color, WithJsonSchema({"enum": ["x"]})]
    n: int = 1

    @field_serializer("n")
    def write_n(self, value) -> str:
        return str(value)


class Serialized(BaseModel):
    a: int

    @model_serializer
    def write(self) -> dict[str, int]:
        return {}


def without_default(schema):
    schema.pop("default")


class Extra(BaseModel):
    model_config = ConfigDict(json_schema_extra=lambda schema: schema.update(x=len(schema["properties"])))
    a: int = 1
    b: int = Field(2, json_schema_extra=without_default)


def pop_titles(schema, cls):
    for prop in schema.get("properties", {}).values():
        prop.pop("title", None)
    schema["x-class"] = cls.__name__


class Extra2(BaseModel):
    model_config = ConfigDict(json_schema_extra=pop_titles)
    a: int = 1
    b: str


class Extra3(BaseModel):
    a: int = 1

    class Config:
        @staticmethod
        def json_schema_extra(schema, model):
            schema["required"] = sorted(schema["properties"])


class Own(BaseModel):
    a: int

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema, handler):
        schema = handler(core_schema)
        schema = handler.resolve_ref_schema(schema)
        schema["x-own"] = handler.mode
        return schema


class Own2(BaseModel):
    a: int

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema, handler):
        schema = super().__get_pydantic_json_schema__(core_schema, handler)
        schema["examples"] = [{"a": 1}]
        return {**schema, "title": "Own too"}


class UsesOwn(BaseModel):
    own: Own
    own2: Own2 = Field(description="d")


@deprecated("old")
class Old(BaseModel):
    a: int


class Urls(BaseModel):
    a: AnyUrl
    b: AnyUrl = Field(max_length=5)
    c: Json
    d: Json[Node]


class Defaults(BaseModel):
    a: list[int] = Field(default_factory=list)
    b: Cat = Cat(kind="cat")
    c: type[Cat] = Cat
    d: Any = None
    e: Any = {"b": 1, "a": [Color.RED]}
    f: object = 3


TYPES = [
    Numbers, Texts, Base64, Times, PlainTimes, Collections, Unions, Enums, Aliases, ByName, Documented, Allowing,
    Node, Page[int], Page[Node], Page[Cat | Dog], Pets, AliasPets, Computed, Required1, Overridden, Ints, Titled,
    RootNode, Point, Doc, Spot, Movie, Strict, Pair, HasRecords, Functions, Serialized, Extra, Extra2, Extra3, Own,
    Own2, UsesOwn, Old, Urls, Defaults, list[Node] | None, dict[str, Color], Annotated[int, Field(gt=1)], int | str, Any,
    Optional[Color], list[Page[Color]],
]
