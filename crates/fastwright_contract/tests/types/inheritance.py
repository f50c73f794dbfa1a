from __future__ import annotations

import abc
import dataclasses
import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Generic, List, Optional, Protocol, TypeVar, Union

from pydantic import AliasGenerator, BaseModel, ConfigDict, Field, PrivateAttr, computed_field, field_validator
from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from somewhere import Something

T = TypeVar("T", bound="Entity")


class Schema(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)


class Timestamps(BaseModel):
    created_at: datetime.datetime
    updated_at: Optional[datetime.datetime] = None


class Entity(Schema, abc.ABC):
    entity_id: int
    kind: ClassVar[str] = "entity"

    @abc.abstractmethod
    def method(self): ...


class Article(Entity, Timestamps):
    title_text: str = Field(..., max_length=10)
    entity_id: str = Field(description="Overridden")
    _cache: dict = PrivateAttr(default_factory=dict)

    def method(self):
        return 1


class Special(Article):
    title_text: str
    updated_at: datetime.date = datetime.date(2020, 1, 1)
    model_config = ConfigDict(title="Very special", extra="forbid")


class Left(BaseModel):
    a: int = 1
    b: str = "left"


class Right(BaseModel):
    b: int = 2
    c: float = 0.5


class Both(Left, Right):
    d: bool = True


class Config1(BaseModel):
    model_config = ConfigDict(title="One", extra="allow")
    a: int


class Config2(Config1):
    model_config = ConfigDict(title="Two")


class Config3(Config2, extra="forbid"):
    pass


class Repository(BaseModel, Generic[T]):
    items: List[T]
    first: Optional[T] = None


class Articles(Repository[Article]):
    pass


class WithMethod(BaseModel):
    items: list[int] = []

    @property
    def size(self) -> int:
        return 0

    @classmethod
    def make(cls) -> WithMethod:
        return cls()

    def model_post_init(self, context: Any) -> None:
        pass


def factory(name: str):
    class Local(BaseModel):
        value: int = Field(description=name)

    return Local


First = factory("first")
Second = factory("second")


class Uses(BaseModel):
    first: First
    second: Second
    both: Union[First, Second]


class Defaults(BaseModel):
    nested: Left = Left()
    listed: list[Left] = [Left(a=2)]
    mapping: dict[str, int] = {"a": 1}
    pair: tuple[int, str] = (1, "x")
    none: None = None
    negative: float = -1.5
    big: int = 2**63 - 1
    text: str = """multi
line"""
    delta: datetime.timedelta = datetime.timedelta(hours=1)
    computed: int = 60 * 60
    raw: bytes = b"x"
    limit: int = Field(1, le=2**31 - 1, ge=-(2**31))
    bounded: int = Field(1, le=(2**63 - 1) // 60)


TYPES = {
    "Article": Article, "Special": Special, "Both": Both, "Config2": Config2, "Config3": Config3,
    "Articles": Articles, "WithMethod": WithMethod, "First": First, "Second": Second, "Uses": Uses,
    "Defaults": Defaults, "Repository": Repository,
}
