import collections
import dataclasses
import datetime
import enum
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Generic, List, NamedTuple, Optional, TypeVar

import pydantic
from pydantic import AliasGenerator, BaseModel, ConfigDict, Field, computed_field, field_validator, with_config
from pydantic.dataclasses import dataclass as pydantic_dataclass
from typing_extensions import NotRequired, ReadOnly, Required, TypedDict

T = TypeVar("T")


@dataclass
class Point:
    x: int
    y: int = 0


@dataclass
class Documented:
    """A documented one."""

    name: str
    tags: List[str] = field(default_factory=list)
    hidden: int = field(default=1, init=False)
    never: int = field(init=False)
    described: int = field(default=2, metadata={"description": "What", "title": "Title", "other": 1})
    constant: ClassVar[int] = 3
    initial: dataclasses.InitVar[int] = 5


@dataclass
class Child(Documented):
    more: str = "x"
    name: int = 3


@dataclass(kw_only=True)
class Keyword:
    a: int = 1
    b: str


@dataclass
class Partly:
    a: int
    _: dataclasses.KW_ONLY
    b: int = 2
    c: str


@pydantic_dataclass
class Checked:
    """Checked by Pydantic."""

    a: int = Field(ge=1, description="At least one")
    b: Optional[str] = Field(default=None, max_length=3)
    c: Annotated[int, Field(alias="see")] = 3

    @field_validator("a")
    @classmethod
    def check(cls, value):
        return value

    @computed_field
    @property
    def double(self) -> int:
        return self.a * 2


@pydantic_dataclass(config=ConfigDict(title="Configured", extra="forbid"))
class Configured:
    some_name: int


@pydantic_dataclass(config={"alias_generator": str.upper}, kw_only=True)
class Shouting:
    some_name: int
    other: int = Field(2, kw_only=False)


@pydantic_dataclass
class CheckedChild(Checked):
    d: int = 4


@dataclass
class Box(Generic[T]):
    content: T
    more: List[T] = field(default_factory=list)


@dataclass
class Linked:
    value: int
    next: Optional["Linked"] = None


class Movie(TypedDict):
    """A movie."""

    title: str
    year: int


class Partial(TypedDict, total=False):
    a: int
    b: Required[str]
    c: Annotated[int, Field(ge=1, description="C")]


class Sub(Movie, total=False):
    rating: NotRequired[float]
    stars: int
    frozen: Required[ReadOnly[int]]


class GenericDict(TypedDict, Generic[T]):
    value: T
    values: List[T]


class Strict(TypedDict):
    __pydantic_config__ = ConfigDict(extra="forbid", title="Strictly")
    a: int


@with_config(ConfigDict(extra="allow"))
class Loose(TypedDict):
    a: int


Functional = TypedDict("Functional", {"a": int, "b-c": str})
FunctionalPartial = TypedDict("FunctionalPartial", {"a": int}, total=False)


class Place(NamedTuple):
    """A place."""

    name: str
    height: float = 0.0
    described: Annotated[int, Field(description="D")] = 1


Bare = collections.namedtuple("Bare", ["a", "b"])
Called = NamedTuple("Called", [("a", int), ("b", str)])


class Holder(BaseModel):
    point: Point
    points: List[Point]
    maybe: Optional[Documented] = None
    movie: Movie
    place: Place
    box: Box[int]
    default: Point = Point(1, 2)
    checked: Checked


class CamelHolder(BaseModel):
    model_config = ConfigDict(alias_generator=pydantic.alias_generators.to_camel)
    some_point: Keyword


class Plain(enum.Enum):
    A = 1
    B = "b"
    C = None


class Auto(enum.Enum):
    A = enum.auto()
    B = enum.auto()
    C = 7
    D = enum.auto()


class AutoText(enum.StrEnum):
    FIRST = enum.auto()
    SECOND = "2nd"


class Flags(enum.IntFlag):
    R = 4
    W = 2


class FlagAuto(enum.Flag):
    R = enum.auto()
    W = enum.auto()
    X = enum.auto()


class Floats(float, enum.Enum):
    A = 1
    B = 2.5


class Texts(str, enum.Enum):
    A = enum.auto()
    B = "b"


class Named(enum.Enum):
    def _generate_next_value_(name, start, count, last_values):
        return name.lower()

    ALPHA = enum.auto()
    BETA = enum.auto()


class WithNew(str, enum.Enum):
    """With labels."""

    def __new__(cls, value, label):
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    A = ("a", "First")
    B = ("b", "Second")

    @property
    def shout(self):
        return self.value.upper()


class Aliased(enum.Enum):
    A = 1
    B = 1
    C = 2


class Empty(enum.Enum):
    pass


class Dates(enum.Enum):
    A = datetime.date(2020, 1, 1)


TYPES = {
    "Point": Point, "Documented": Documented, "Child": Child, "Keyword": Keyword, "Partly": Partly, "Checked": Checked,
    "Configured": Configured, "Shouting": Shouting, "CheckedChild": CheckedChild, "Box": Box, "BoxInt": Box[int],
    "BoxPoint": Box[Point], "Linked": Linked, "Movie": Movie, "Partial": Partial, "Sub": Sub,
    "GenericDict": GenericDict[int], "Strict": Strict, "Loose": Loose, "Functional": Functional,
    "FunctionalPartial": FunctionalPartial, "Place": Place, "Bare": Bare, "Called": Called, "Holder": Holder,
    "CamelHolder": CamelHolder, "Plain": Plain, "Auto": Auto, "AutoText": AutoText, "Flags": Flags,
    "FlagAuto": FlagAuto, "Floats": Floats, "Texts": Texts, "Named": Named, "WithNew": WithNew, "Aliased": Aliased,
    "Empty": Empty, "Dates": Dates,
}
