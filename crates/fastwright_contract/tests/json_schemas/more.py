import enum
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, Optional, TypeVar, Union

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    RootModel,
    SecretStr,
    Tag,
    WithJsonSchema,
    computed_field,
)
from pydantic.experimental.missing_sentinel import MISSING
from pydantic.json_schema import Examples, SkipJsonSchema
from pydantic_core import core_schema

T = TypeVar("T")


class A:
    class Item(BaseModel):
        a: int = 1


class B:
    class Item(BaseModel):
        b: "Sub"
        same: "Same1"

    class Sub(BaseModel):
        x: int = 2


Sub = B.Sub


class C:
    class Same(BaseModel):
        x: int
        c: "C.Same | None" = None


class D:
    class Same(BaseModel):
        x: int
        c: "D.Same | None" = None


C.Same.model_rebuild()
D.Same.model_rebuild()
Same1 = C.Same
B.Item.model_rebuild()


class UsesAll(BaseModel):
    a: A.Item
    b: B.Item
    c: C.Same
    d: D.Same
    e: A.Item = Field(A.Item(), description="e")


class Kind(str, enum.Enum):
    CAT = "cat"
    DOG = "dog"


class Cat(BaseModel):
    kind: Literal[Kind.CAT] = Kind.CAT
    friend: Optional["Pet"] = None


class Dog(BaseModel):
    kind: Literal[Kind.DOG]
    owner: "Owner"


class Owner(BaseModel):
    pets: list["Pet"] = []


class Pet(RootModel[Annotated[Cat | Dog, Field(discriminator="kind")]]):
    pass


Cat.model_rebuild()
Dog.model_rebuild()
Owner.model_rebuild()


class Num1(BaseModel):
    tag: Literal[1, True]


class Num2(BaseModel):
    tag: Literal[2]


class Nums(BaseModel):
    n: Num1 | Num2 = Field(discriminator="tag")


class Sentinel(BaseModel):
    a: int | MISSING = MISSING
    b: int | None | MISSING = MISSING


class Invalid(BaseModel):
    f: Callable[[], int]


class SkipsInvalid(BaseModel):
    a: Invalid | int
    b: SkipJsonSchema[Invalid] = Field(default=None)
    c: Annotated[Callable[[], int], WithJsonSchema({"type": "string"})]


class Hex:
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler):
        return core_schema.no_info_plain_validator_function(lambda value: value)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema, handler: GetJsonSchemaHandler):
        made = handler(core_schema.str_schema(min_length=24, pattern="^[0-9a-f]+$"))
        made.update(examples=["5eb7cf5a86d9755df3a6c593"], format="hex")
        return made


class HasHex(BaseModel):
    a: Hex
    b: Hex | None = None
    c: list[Hex] = []


class Meta:
    def __init__(self, note):
        self.note = note

    def __get_pydantic_json_schema__(self, schema, handler):
        made = handler(schema)
        made["x-note"] = self.note
        return made


NOTE_one = Meta("one")
NOTE_two = Meta("two")
NOTE_three = Meta("three")
NOTE_four = Meta("four")
NOTE_five = Meta("five")


class Noted(BaseModel):
    a: Annotated[int, NOTE_one] = 1
    b: Annotated[Owner, NOTE_two]
    c: Annotated[list[Owner], NOTE_three, Field(description="c")]
    d: Annotated[int, NOTE_four, NOTE_five]


class Base(BaseModel):
    model_config = ConfigDict(extra="forbid", title="Base title")
    x: int

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema, handler):
        made = super().__get_pydantic_json_schema__(core_schema, handler)
        made = handler.resolve_ref_schema(made)
        for name, prop in made["properties"].items():
            if "title" in prop:
                del prop["title"]
            prop.setdefault("description", f"The {name}")
        made.setdefault("required", []).append("x-more")
        return made


class Derived(Base):
    "Derived text."
    y: str = "y"
    z: "Derived | None" = None


class Conditional(BaseModel):
    a: int = 1

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema, handler):
        made = handler(core_schema)
        if handler.mode == "serialization":
            made["x-mode"] = "out"
        return made


def first(schema: dict[str, Any]) -> None:
    schema["x-list"] = [name.upper() for name in schema.get("properties", {})]
    schema["properties"].pop("b", None)
    if "required" in schema:
        schema["required"] = [name for name in schema["required"] if name != "b"]


class Callables(BaseModel):
    model_config = ConfigDict(json_schema_extra=first)
    a: int
    b: int
    c: str = Field("x", json_schema_extra={"x-date": date(2020, 1, 1), "x-kind": Kind.CAT, "x-tuple": (1, 2)})


class WithStatic(BaseModel):
    model_config = {"json_schema_extra": {"example": {"when": datetime(2020, 1, 1), "kind": Kind.DOG, "d": Decimal("1.0")}}}
    a: int


class Inner(BaseModel):
    a: int = 1
    kind: Kind = Kind.CAT
    secret: SecretStr = SecretStr("x")


class Defaults(BaseModel):
    a: Inner = Inner()
    b: list[Inner] = [Inner(a=2), Inner()]
    c: dict[str, Inner] = {"x": Inner(kind=Kind.DOG)}
    d: SecretStr = SecretStr("abc")
    e: Path = Path("a/b")
    f: set[Kind] = {Kind.DOG, Kind.CAT}
    g: frozenset[int] = frozenset([3, 1])
    h: tuple[Inner, ...] = (Inner(),)
    i: Any = Field(default=...)
    j: float = float("inf")
    k: Callable[[], int] | int = len
    l: timedelta | None = timedelta(minutes=5)
    m: bytes | None = b"a"
    n: Any = Inner
    o: Decimal = 1
    p: int = "1"


class GenericPage(BaseModel, Generic[T]):
    "A page."
    items: list[T]
    self: "GenericPage[T] | None" = None


class Modes(BaseModel):
    a: int = 1

    @computed_field
    def b(self) -> "Modes2":
        return None


class Modes2(BaseModel):
    c: list[Modes] = []


Modes.model_rebuild()


class Examples2(BaseModel):
    a: Annotated[int, Examples([1]), Examples([2], mode="serialization")] = Field(1, examples=[0])
    b: Annotated[int | None, Field(description="inner", examples=[3])] = Field(None, title="B!")
    c: Annotated[Inner | None, Field(description="i")] = None
    d: list[Annotated[int, Field(gt=1, description="element")]]
    e: dict[str, Annotated[Inner, Field(description="value", title="V")]]


class Deep(RootModel[dict[str, list[GenericPage[Inner]]]]):
    """Deep.

    indented
      more
    """


class Deeper(RootModel[Deep]):
    root: Deep = Field(description="D")


class SameTwice(BaseModel):
    a: Union[Annotated[Inner, Field(description="x")], Annotated[Inner, Field(description="x")], None]
    b: list[int] | list[int] | tuple[int, ...]


class Mangled(BaseModel):
    model_config = ConfigDict(alias_generator=lambda name: name.upper() + "-x", populate_by_name=True)
    some_thing: int
    other: int = Field(2, alias="o_o")


class Titles(BaseModel):
    model_config = ConfigDict(
        model_title_generator=lambda cls: cls.__name__ + "!", field_title_generator=lambda name, info: name.upper()
    )
    a: int
    b: Inner


TYPES = [
    UsesAll, A.Item, B.Item, C.Same, Pet, Owner, Nums, Sentinel, SkipsInvalid, HasHex, Noted, Derived, Conditional,
    Callables, WithStatic, Defaults, GenericPage[int], GenericPage[GenericPage[Inner]], Modes, Modes2, Examples2,
    Deep, Deeper, SameTwice, Mangled, Titles, Annotated[Owner, Field(description="o")], list[D.Same],
    Annotated[Conditional | None, Field(title="N")], dict[Kind, Pet],
]
