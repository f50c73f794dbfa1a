"""Fields of models of Pydantic 1."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from typing import Any, Callable, ClassVar, Deque, Dict, FrozenSet, List, Literal, Optional, Sequence, Set, Tuple, Union
from uuid import UUID, uuid4

from fastapi import FastAPI
from pydantic.v1 import (
    UUID4,
    AnyUrl,
    BaseModel,
    EmailStr,
    Extra,
    Field,
    HttpUrl,
    IPvAnyAddress,
    Json,
    NegativeFloat,
    PositiveInt,
    PrivateAttr,
    SecretStr,
    StrictBool,
    StrictInt,
    StrictStr,
    conint,
    conlist,
    conset,
    constr,
    root_validator,
    validator,
)
from pydantic.v1.color import Color
from typing_extensions import Annotated


class Kind(str, Enum):
    """Kinds."""

    first = "f"
    second = "s"


class Level(IntEnum):
    low = 1


class Plain(Enum):
    a = "a"
    b = 2


class Base(BaseModel):
    """What all have."""

    id: int
    created: datetime = datetime(2020, 1, 2, 3, 4)

    class Config:
        extra = "forbid"


class Child(Base):
    name: Optional[str]
    id: str = "x"


class Strings(BaseModel):
    short: str = Field(..., max_length=3, min_length=1, regex="^a$", description="Short one", title="The short")
    listed: List[str] = Field([], max_length=5)
    items: List[int] = Field(..., min_items=1, max_items=2, unique_items=True)
    unique: Set[str] = Field(set(), max_items=4)
    limited: constr(min_length=2, regex="b+") = "bb"
    limited_again: Optional[constr(max_length=9)] = None
    optional: Optional[str] = Field(None, example="an example", examples=[1])
    alias_name: str = Field("d", alias="aliasName")
    email: EmailStr
    url: HttpUrl
    any_url: Optional[AnyUrl]
    secret: SecretStr = Field(..., min_length=8)
    strict: StrictStr = Field("a", max_length=3)
    data: bytes = b"abc"
    path: Path = Path("/tmp")


class Numbers(BaseModel):
    positive: PositiveInt
    negative: NegativeFloat = -1.5
    ranged: int = Field(3, ge=1, lt=10, multiple_of=2)
    price: Decimal = Field(Decimal("1.50"), gt=0, max_digits=5)
    whole: Decimal = Decimal("3")
    con: conint(gt=1, le=5) = 2
    strict: StrictInt = 1
    flag: StrictBool = True
    real: float = Field(0.5, gt=0)
    optional: Optional[float] = Field(None, ge=0.5)


class Containers(BaseModel):
    bare: list = []
    bare_typing: List
    mapping: Dict[str, int] = {"a": 1}
    bare_mapping: dict
    any_mapping: Dict[str, Any] = {}
    nested: List[List[Child]]
    by_pattern: Dict[constr(regex="^x"), int]
    pair: Tuple[int, str] = (1, "a")
    many: Tuple[int, ...]
    sequence: Sequence[Kind] = [Kind.first]
    frozen: FrozenSet[int] = frozenset()
    deque: Deque[int]
    conlist: conlist(int, min_items=1, max_items=3)
    conset: conset(str, max_items=2)
    optional_items: List[Optional[int]]
    models: List[Child] = []
    model_by_key: Dict[str, Child] = {}
    union_items: List[Union[int, Child]]


class Choices(BaseModel):
    union: Union[int, str]
    union_default: Union[int, str] = Field(3, description="One of")
    models: Union[Child, Strings]
    models_described: Union[Child, Strings] = Field(..., title="Two")
    optional_union: Optional[Union[int, Child]]
    literal: Literal["a", "b"]
    one: Literal[1] = 1
    mixed: Literal["a", 1] = "a"
    kind: Kind
    kind_default: Kind = Kind.first
    kind_described: Optional[Kind] = Field(None, description="A kind", title="Kind!")
    kinds: List[Kind] = [Kind.second]
    level: Level = Level.low
    plain: Plain = Plain.b
    child: Child
    child_described: Child = Field(..., description="A child")
    child_optional: Optional[Child]
    constant: int = Field(3, const=True)
    anything: Any
    an_object: object = None
    nothing: None


class Others(BaseModel):
    when: datetime
    day: date = date(2021, 1, 1)
    at: Optional[time]
    lasting: timedelta = timedelta(seconds=90)
    uuid: UUID
    uuid_four: UUID4 = Field(default_factory=uuid4)
    address: IPvAnyAddress
    color: Color
    text: Json
    function: Callable[[int], int]
    variable: ClassVar[int] = 3
    _private: int = PrivateAttr(3)
    inferred = 5
    inferred_text = "text"
    inferred_field = Field(1.5, title="Inferred")
    annotated: Annotated[int, Field(gt=3)] = 4
    annotated_required: Annotated[str, Field(description="D")]
    forward: "Later" = None
    itself: Optional["Others"]
    itself_list: List["Others"] = []

    @validator("day", pre=True, always=True)
    def check_day(cls, value):
        return value

    @root_validator
    def check(cls, values):
        return values


class Later(BaseModel):
    value: int


Others.update_forward_refs()


def to_camel(name):
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


class Configured(BaseModel):
    some_name: int
    other_name: str = Field("a", alias="given")
    third_name: int = 3

    class Config:
        title = "A title"
        alias_generator = to_camel
        allow_population_by_field_name = True
        schema_extra = {"example": {"someName": 1}, "x-more": [1, 2]}
        fields = {"third_name": {"description": "From the configuration", "alias": "third"}}
        extra = Extra.forbid


class ConfiguredChild(Configured):
    more_of_it: bool = False

    class Config:
        title = None


class Changed(BaseModel):
    name: str

    class Config:
        @staticmethod
        def schema_extra(schema, model):
            schema["properties"].pop("name")
            schema["x-name"] = model.__name__


class Keywords(BaseModel, extra="forbid", title="By keyword"):
    name: str


class Root(BaseModel):
    """A list."""

    __root__: List[Child]


app = FastAPI()

MODELS = [Strings, Numbers, Containers, Choices, Others, Configured, ConfiguredChild, Changed, Keywords, Root, Child]


@app.post("/strings")
def strings(body: Strings) -> Strings: ...


@app.post("/numbers")
def numbers(body: Numbers) -> List[Numbers]: ...


@app.post("/containers")
def containers(body: List[Containers]) -> Optional[Containers]: ...


@app.post("/choices", response_model=Union[Choices, Child])
def choices(body: Choices): ...


@app.post("/others", responses={404: {"model": Child}, 409: {"model": List[Root]}})
def others(body: Others): ...


@app.post("/configured", response_model=ConfiguredChild)
def configured(body: Configured): ...


@app.post("/changed", response_model=Keywords)
def changed(body: Optional[Changed] = None): ...


@app.post("/root")
def root(body: Root): ...
