import dataclasses
import enum
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Any, ClassVar, Generic, Literal, NewType, Optional, Sequence, TypeAlias, TypeVar, Union
from uuid import UUID, uuid4

from annotated_types import Ge, Len
from pydantic import (
    UUID4,
    AnyHttpUrl,
    AwareDatetime,
    BaseModel,
    ByteSize,
    ConfigDict,
    EmailStr,
    Field,
    FilePath,
    FutureDate,
    HttpUrl,
    NegativeInt,
    NonNegativeFloat,
    PlainSerializer,
    PositiveInt,
    PrivateAttr,
    RootModel,
    SecretBytes,
    SecretStr,
    StrictInt,
    StringConstraints,
    computed_field,
    condecimal,
    conint,
    conlist,
    constr,
    field_serializer,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel, to_pascal
from typing_extensions import TypeAliasType, TypedDict

T = TypeVar("T")
K = TypeVar("K")


class Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)


class CircleShape(Camel):
    shape_type: Literal["circle"] = "circle"
    radius_mm: float = Field(gt=0)


class SquareShape(Camel):
    shape_type: Literal["square"]
    side_mm: float = 1


class GroupShape(Camel):
    shape_type: Literal["group"]
    inner_shapes: list["Shape"] = []


Shape = Annotated[Union[CircleShape, SquareShape, GroupShape], Field(discriminator="shape_type")]
GroupShape.model_rebuild()


class Drawing(Camel):
    main_shape: Shape
    other_shapes: list[Shape] = Field(default_factory=list, description="More shapes")
    by_name: dict[str, Shape] | None = None
    single: CircleShape | SquareShape = Field(discriminator="shape_type", default=CircleShape(radius_mm=2))


UserId = NewType("UserId", int)
Tags: TypeAlias = list[Annotated[str, StringConstraints(min_length=1, to_lower=True)]]
Alias = TypeAliasType("Alias", dict[str, int])
JsonLike = TypeAliasType("JsonLike", Union[int, str, list["JsonLike"]])


class Status(str, enum.Enum):
    """Status of it."""

    ACTIVE = "active"
    OFF = "off"

    @property
    def label(self):
        return self.value.title()


class UserBase(BaseModel):
    """Shared properties."""

    email: EmailStr = Field(max_length=255)
    full_name: str | None = Field(default=None, max_length=255, examples=["Ada"])
    status: Status = Status.ACTIVE
    tags: Tags = []

    @field_validator("full_name")
    @classmethod
    def check(cls, value):
        return value


class UserCreate(UserBase):
    password: SecretStr = Field(min_length=8)


class UserOut(UserBase):
    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {"email": "a@b.c", "created": datetime(2020, 1, 1, tzinfo=timezone.utc).isoformat(), "id": 1}
            ]
        },
    )
    MAX: ClassVar[int] = 5
    _cache: dict = PrivateAttr(default={})
    id: UserId
    created: AwareDatetime
    born: date | None = None
    balance: Decimal = Decimal("0.00")
    friends: "list[UserOut]" = []
    manager: Optional["UserOut"] = None

    @computed_field
    @property
    def display(self) -> str:
        return self.email

    @field_serializer("balance")
    def write_balance(self, value: Decimal) -> float:
        return float(value)

    @model_validator(mode="after")
    def both(self):
        return self


class Page(BaseModel, Generic[T]):
    items: Sequence[T]
    total: Annotated[int, Ge(0)]
    size: PositiveInt | None = Field(50, le=100)


class Pair(BaseModel, Generic[K, T]):
    key: K
    value: T


class UserPage(Page[UserOut]):
    "A page of users."


class Types(BaseModel):
    a: HttpUrl = "http://a.b"
    b: AnyHttpUrl | None = None
    c: UUID4
    d: UUID = Field(default_factory=uuid4)
    e: IPv4Address
    f: Path = Path("x")
    g: FilePath | None = None
    h: ByteSize = 5
    i: FutureDate
    j: NegativeInt
    k: NonNegativeFloat = 0
    l: StrictInt
    m: conint(ge=1, lt=5) = 2
    n: constr(pattern="^a$", max_length=3)
    o: conlist(int, min_length=1, max_length=2)
    p: condecimal(gt=0, max_digits=3, decimal_places=1)
    q: SecretBytes = SecretBytes(b"q")
    r: Alias
    s: JsonLike
    t: Annotated[list[int], Len(1, 3)] = [1]
    u: timedelta = timedelta(days=2, minutes=3)
    v: time | None = time(10, 30)
    w: datetime = datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone.utc)
    x: Literal[Status.ACTIVE, "z"] = "z"
    y: dict[UserId, list[Status]] = {1: [Status.OFF]}
    z: tuple[int, ...] = (1,)


class Point(TypedDict):
    x: float
    y: float


@dataclasses.dataclass
class Box:
    corner: Point
    name: str = "b"
    status: Status = Status.OFF
    tags: list[str] = dataclasses.field(default_factory=list)
    note: Annotated[str, Field(description="A note", max_length=5)] = ""


class Strict(BaseModel):
    model_config = ConfigDict(str_max_length=7, extra="forbid", title="Strict!", use_enum_values=True)
    box: Box
    boxes: list[Box] = []
    text: str
    status: Status = Status.OFF


class Settings(BaseModel):
    box: Box = Box(corner={"x": 1, "y": 2})
    circles: dict[str, CircleShape] = {"a": CircleShape(radius_mm=3)}
    limits: tuple[int, int] = (1, 2)


def drop_private(schema: dict[str, Any], model: type) -> None:
    props = schema.get("properties", {})
    for key in list(props):
        if props[key].get("private"):
            props.pop(key)
            if key in schema.get("required", []):
                schema["required"].remove(key)
    schema["description"] = f"{model.__name__} without {len(props)}"
    schema.update({"x-keys": sorted(props), "x-any": any(p.get("default") for p in props.values())})


class Private(BaseModel):
    model_config = ConfigDict(json_schema_extra=drop_private)
    a: int
    secret: str = Field(json_schema_extra={"private": True})
    c: int = 3


class WithMethod(BaseModel):
    a: int

    class Config:
        @staticmethod
        def json_schema_extra(schema: dict[str, Any]) -> None:
            schema["properties"]["a"]["example"] = 42
            del schema["title"]


class Upper:
    @classmethod
    def __get_pydantic_json_schema__(cls, schema, handler):
        result = handler(schema)
        if "title" in result:
            result["title"] = result["title"].upper()
        return result | {"x-upper": True}


class UsesUpper(BaseModel):
    a: Annotated[int, Upper()] = 1
    b: Annotated[int, Upper] = 1


class Tree(RootModel[dict[str, "Tree"]]):
    pass


class Items(RootModel):
    root: list[UserBase] = Field(min_length=1, description="The items")

    def __iter__(self):
        return iter(self.root)


Money = Annotated[Decimal, PlainSerializer(lambda value: float(value), return_type=float, when_used="json")]


class Priced(BaseModel):
    price: Money = Decimal("1.5")
    discount: Money | None = None
    total: Annotated[Money, Field(description="Total", ge=0)]


class Inherited(UserCreate, Priced):
    email: str = "x"
    extra_thing: Pair[str, Pair[int, Status]] | None = None


TYPES = [
    Drawing, GroupShape, list[Shape], UserCreate, UserOut, UserPage, Page[UserOut], Page[Pair[str, int]], Page[Any],
    Types, Box, Strict, Settings, Private, WithMethod, UsesUpper, Tree, Items, Priced, Inherited,
    Annotated[UserId, Field(ge=1)], Annotated[Status | None, Field(description="s")], list[Alias], JsonLike,
    dict[str, list[Box]], Sequence[Status], set[int] | None, Optional[Page[Status]], Point, Annotated[list[str], Field(max_length=3)],
]
