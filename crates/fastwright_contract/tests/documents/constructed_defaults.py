from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any, Generic, Literal, Optional, TypeVar, Union
from uuid import UUID

from fastapi import FastAPI
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    computed_field,
    field_validator,
    model_validator,
)

T = TypeVar("T")


class Checked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="after")
    def ok(self):
        return self


class ByName(Checked):
    model_config = ConfigDict(validate_by_alias=False, validate_by_name=True)
    size: int = Field(1, alias="Size")


class Aliased(Checked):
    a: int = Field(1, exclude=True)
    b: int = Field(2, serialization_alias="B")
    c: int = Field(3, validation_alias="cc")
    d: int = Field(4, alias="dd")


class Cat(Checked):
    kind: Literal["cat"] = "cat"
    lives: float = 9


class Dog(Checked):
    kind: Literal["dog"] = "dog"


class Owner(Checked):
    pet: Union[Cat, Dog] = Field(discriminator="kind")
    other: Optional[Union[Cat, Dog]] = None


class Base(Checked):
    n: int = 1


class Sub(Base):
    m: int = 2


class Containing(Checked):
    base: Base
    bases: list[Base] = []


class Box(Checked, Generic[T]):
    v: T
    vs: list[T] = []


class Scalars(Checked):
    f: float
    i: int
    s: str
    o: Optional[float] = 2
    dt: datetime = datetime(2020, 1, 1)
    de: Decimal = Decimal("1.50")
    u: UUID = UUID(int=3)
    any: Any = (1, 2)


class Number(IntEnum):
    ONE = 1
    TWO = 2


class Color(str, Enum):
    R = "r"
    Box = "g"


class Choices(Checked):
    n: Number = Number.ONE
    c: Color = Color.R
    l: list[Color] = [Color.R, Color.Box]
    lit: Literal["a", 1] = 1


class ByValue(Checked):
    model_config = ConfigDict(use_enum_values=True, validate_default=True)
    n: Number = Number.ONE
    c: Color
    f: float = 1
    s: str = "x"


class Summed(Checked):
    total: int = 0
    parts: list[int] = []

    @model_validator(mode="after")
    def add(self):
        self.total = sum(self.parts)
        return self


class Computed(Checked):
    a: int = 1

    @computed_field
    @property
    def double(self) -> int:
        return self.a * 2

    @computed_field(alias="Triple")
    @property
    def triple(self) -> int:
        return self.a * 3


class Numbers(RootModel[list[int]]):

    @field_validator("root")
    @classmethod
    def s(cls, v):
        return v + [9]


class Lists(Checked):
    o: Numbers = Numbers([1])
    os: list[Numbers] = [Numbers([2]), Numbers([3])]


@dataclass
class Record:
    a: int
    b: str = "x"


class WithRecord(Checked):
    dc: Record = Record(1)
    dcs: list[Record] = [Record(2, "y")]


class Nested(Checked):
    t: Optional["Nested"] = None
    n: int

    @field_validator("n")
    @classmethod
    def inc(cls, v, info):
        return v + 1


class Holder(BaseModel):
    by_name: ByName = ByName(size=5)
    aliased: Aliased = Aliased(a=5, b=6, cc=7, dd=8)
    owner: Owner = Owner(pet=Dog(), other=Cat(lives=1))
    containing: Containing = Containing(base=Base(n=2), bases=[{"n": 5}, Base(n=6)])
    box: Box[int] = Box[int](v="3", vs=["1", 2])
    box_of_models: Box[Base] = Box[Base](v={"n": 3})
    box_of_anything: Box = Box(v="3")
    scalars: Scalars = Scalars(f=1, i=2.0, s="a")
    choices: Choices = Choices(n=2, c="g", l=["g"], lit="a")
    by_value: ByValue = ByValue(c="g")
    summed: Summed = Summed(parts=[1, 2])
    computed: Computed = Computed(a=4)
    numbers: Numbers = Numbers([1, "2"])
    lists: Lists = Lists()
    with_record: WithRecord = WithRecord()
    nested: Nested = Nested(n=1, t=Nested(n=5))
    summed_again: Summed = Summed(**{"parts": [7]})


app = FastAPI()


@app.post("/")
def post(h: Holder) -> Holder: ...
