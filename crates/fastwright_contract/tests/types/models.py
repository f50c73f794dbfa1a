import datetime
import enum
import uuid
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Dict, Final, List, Literal, Optional, Union

from pydantic import (
    AliasChoices, AliasGenerator, AliasPath, BaseModel, ConfigDict, Field, PrivateAttr, RootModel, computed_field,
    field_serializer, field_validator, model_serializer, model_validator,
)
from pydantic.alias_generators import to_camel, to_pascal, to_snake


class Color(str, enum.Enum):
    """Colors that there are."""

    red = "red"
    green = "green"


class Level(enum.IntEnum):
    low = 1
    high = 2


class Mixed(enum.Enum):
    one = 1
    two = "two"


class Address(BaseModel):
    """Where somebody lives.

    With more lines.
    """

    street: str
    zip_code: str = Field("00000", max_length=5, description="Postal code")
    country: Optional[str] = None


class User(BaseModel):
    model_config = ConfigDict(title="The user", json_schema_extra={"examples": [{"name": "a"}]})
    registry: ClassVar[dict] = {}
    _secret: int = PrivateAttr(default=1)
    _other: str = "x"
    id: int
    name: str = Field(..., min_length=1, examples=["Ada"])
    email: str | None = Field(default=None, alias="emailAddress")
    tags: list[str] = []
    scores: Dict[str, float] = Field(default_factory=dict)
    address: Address
    addresses: List[Address] = Field(default_factory=list, title="All addresses")
    color: Color = Color.red
    level: Level = Level.low
    mixed: Mixed
    created: datetime.datetime = Field(default_factory=datetime.datetime.now)
    kind: Literal["user"] = "user"
    price: Decimal = Decimal("1.50")
    uid: uuid.UUID = Field(default_factory=uuid.uuid4)
    hidden: int = Field(exclude=True, default=0)
    parent: Optional["User"] = None
    anything: Any = None
    constant: Final[int] = 3
    final_required: Final[int]
    color_described: Color = Field(description="Its color")
    address_described: Annotated[Address, Field(description="Where")]
    maybe_address: Optional[Address] = Field(None, description="Perhaps")


class Admin(User):
    """An administrator."""

    level: Literal[2] = 2
    permissions: set[str] = set()
    email: str


class Mixin:
    mixed_in: int = 3

    def method(self) -> int:
        return 1


class WithMixin(Mixin, BaseModel):
    own: str


class Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
    first_name: str
    last_name2: str = "x"
    given_alias: int = Field(alias="other")
    low_priority: int = Field(alias="ignored", alias_priority=1)


class CamelChild(Camel):
    more_things: int


class Pascal(BaseModel):
    model_config = {"alias_generator": to_pascal}
    some_name: int


def shout(name: str) -> str:
    return name.upper()


class Shouted(BaseModel, alias_generator=shout, title="Loud"):
    some_name: int


class Generated(BaseModel):
    model_config = ConfigDict(
        alias_generator=AliasGenerator(validation_alias=lambda name: f"in_{name}", serialization_alias=to_camel)
    )
    some_name: int
    other: int = Field(serialization_alias="x")


class Aliases(BaseModel):
    a: int = Field(validation_alias="va")
    b: int = Field(serialization_alias="sb")
    c: int = Field(validation_alias=AliasChoices("c1", "c2"))
    d: int = Field(validation_alias=AliasPath("d1", 0))
    e: int = Field(validation_alias=AliasChoices(AliasPath("e1", "x"), "e2"))
    f: int = Field(alias="fa", validation_alias="fv")


class Titles(BaseModel):
    model_config = ConfigDict(
        field_title_generator=lambda name, info: name.title() + "!", model_title_generator=lambda model: "M" + model.__name__
    )
    some_name: int
    other: int = Field(title="Own")
    third: int = Field(field_title_generator=lambda name, info: name.upper())


class Old(BaseModel):
    class Config:
        title = "Old style"
        extra = "forbid"
        orm_mode = True

    a: int


class Extra(BaseModel):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, int]
    a: int


class ExtraPlain(BaseModel, extra="allow"):
    a: int


class Docstrings(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)

    a: int
    """What a is.

    More of it.
    """
    b: str = Field("x", description="own")
    """not used"""
    c: float
    d: bool = True
    """the last"""


class Required(BaseModel):
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)
    a: int = 1
    b: str


class Names(RootModel[List[str]]):
    """A list of names."""


class Root(RootModel):
    root: Dict[str, int] = {}


class RootChild(Names):
    pass


class RootDescribed(RootModel[int]):
    root: int = Field(description="A number", ge=3)


class Computed(BaseModel):
    width: float
    height: float

    @computed_field
    @property
    def area(self) -> float:
        """The area.

        In square meters.
        """
        return self.width * self.height

    @computed_field(alias="theLabel", title="Label", description="A label", json_schema_extra={"x": 1}, examples=["a"])
    @property
    def label(self) -> str | None:
        return None

    @computed_field(return_type=int)
    def count(self):
        return 1

    @property
    def plain(self) -> int:
        return 1


class ComputedChild(Computed):
    @computed_field
    @property
    def volume(self) -> list[Address]:
        return []


class Validated(BaseModel):
    a: int
    b: int = 3
    c: list[int] = []
    d: str

    @field_validator("a", mode="before", json_schema_input_type=Union[int, str])
    @classmethod
    def check_a(cls, value: Any) -> Any:
        return value

    @field_validator("b", "c")
    @classmethod
    def check_b(cls, value):
        return value

    @field_validator("d", mode="plain")
    @classmethod
    def check_d(cls, value) -> str:
        return value

    @model_validator(mode="before")
    @classmethod
    def before(cls, data: Any) -> Any:
        return data

    @model_validator(mode="after")
    def after(self):
        return self


class ModelWrap(BaseModel):
    a: int

    @model_validator(mode="wrap")
    @classmethod
    def wrap(cls, value, handler):
        return handler(value)


class Serialized(BaseModel):
    a: datetime.datetime
    b: int
    c: int | None = None
    d: set[int] = {1, 2}

    @field_serializer("a")
    def write_a(self, value: datetime.datetime) -> float:
        return value.timestamp()

    @field_serializer("b", when_used="json")
    def write_b(self, value: int, _info) -> str:
        return str(value)

    @field_serializer("c", mode="wrap", when_used="unless-none")
    def write_c(self, value, handler) -> str:
        return str(value)

    @field_serializer("d")
    def write_d(self, value):
        return sorted(value)


class SerializedModel(BaseModel):
    a: int

    @model_serializer
    def write(self) -> dict[str, str]:
        return {"a": str(self.a)}


class SerializedModelWrap(BaseModel):
    a: int

    @model_serializer(mode="wrap")
    def write(self, handler, info):
        return handler(self)


class Tree(BaseModel):
    value: int
    children: list["Tree"] = []


class Outer(BaseModel):
    class Inner(BaseModel):
        a: int

    inner: Inner
    inners: list[Inner] = []


class ByName(BaseModel):
    model_config = ConfigDict(validate_by_alias=False, validate_by_name=True)
    a: int = Field(alias="aa")


class StringLimits(BaseModel):
    model_config = ConfigDict(str_max_length=10, str_min_length=1)
    a: str
    b: str = Field(max_length=3)


class Merged(BaseModel):
    a: Annotated[int, Field(ge=1, description="first")] = Field(5, le=10, title="T")
    b: Annotated[int, Field(json_schema_extra={"x": 1}), Field(json_schema_extra={"y": 2})] = 1
    c: Annotated[str | None, Field(max_length=3)] = None
    d: Annotated[Annotated[int, Field(gt=0)], Field(lt=5)]
    e: Optional[Annotated[str, Field(min_length=2)]] = Field(None, max_length=4)


class FieldExtra(BaseModel):
    a: int = Field(1, example=3, foo="bar")
    b: int = Field(json_schema_extra=lambda schema: schema.update({"z": 1}))
    c: list[int] = Field(min_items=1, max_items=3)


class Shadow(BaseModel):
    date: datetime.date
    type: str = Field("x", alias="@type")
    schema_: str = Field(alias="schema")
    id: int | str = Field(union_mode="left_to_right")


class Empty(BaseModel):
    pass


class Nested(BaseModel):
    users: dict[str, list[User]]
    pair: tuple[Address, Color]
    choice: Union[Address, Color, int]


TYPES = {
    "Color": Color, "Level": Level, "Mixed": Mixed, "Address": Address, "User": User, "Admin": Admin,
    "WithMixin": WithMixin, "Camel": Camel, "CamelChild": CamelChild, "Pascal": Pascal, "Shouted": Shouted,
    "Generated": Generated, "Aliases": Aliases, "Titles": Titles, "Old": Old, "Extra": Extra, "ExtraPlain": ExtraPlain,
    "Docstrings": Docstrings, "Required": Required, "Names": Names, "Root": Root, "RootChild": RootChild,
    "RootDescribed": RootDescribed, "Computed": Computed, "ComputedChild": ComputedChild, "Validated": Validated,
    "ModelWrap": ModelWrap, "Serialized": Serialized, "SerializedModel": SerializedModel,
    "SerializedModelWrap": SerializedModelWrap, "Tree": Tree, "Outer": Outer, "Inner": Outer.Inner, "ByName": ByName,
    "StringLimits": StringLimits, "Merged": Merged, "FieldExtra": FieldExtra, "Shadow": Shadow, "Empty": Empty,
    "Nested": Nested, "colors": list[Color], "maybe_color": Color | None, "root_bare": RootModel[int],
}
