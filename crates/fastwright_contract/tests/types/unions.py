import enum
from typing import Annotated, Any, List, Literal, Optional, Union

from pydantic import BaseModel, Discriminator, Field, RootModel, Tag, TypeAdapter
from pydantic.dataclasses import dataclass
from typing_extensions import TypedDict, TypeAliasType


class Kind(str, enum.Enum):
    a = "a"
    b = "b"


class Cat(BaseModel):
    type: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    type: Literal["dog", "hound"] = "dog"


class Lizard(BaseModel):
    type: Literal["lizard"]
    legs: int


class OtherPets(RootModel[Annotated[Union[Lizard, Dog], Field(discriminator="type")]]):
    pass


class Aliased(BaseModel):
    kind: Literal["x"] = Field(alias="theKind")


class AliasedToo(BaseModel):
    kind: Literal["y"] = Field(alias="theKind")


class ByEnum(BaseModel):
    kind: Literal[Kind.a]


class ByEnumToo(BaseModel):
    kind: Literal[Kind.b]


class ByInt(BaseModel):
    kind: Literal[1]


class ByIntToo(BaseModel):
    kind: Literal[2]


class DictA(TypedDict):
    type: Literal["a"]
    x: int


class DictB(TypedDict):
    type: Literal["b"]


@dataclass
class DataA:
    type: Literal["a"]


@dataclass
class DataB:
    type: Literal["b"] = "b"


Pet = Annotated[Union[Cat, Dog], Field(discriminator="type")]
NamedPet = TypeAliasType("NamedPet", Annotated[Union[Cat, Dog], Field(discriminator="type")])


def tag(value: Any) -> str:
    return "cat"


Tagged = Annotated[
    Union[Annotated[Cat, Tag("cat")], Annotated[Dog, Tag("dog")], Annotated[int, Tag("number")]], Discriminator(tag)
]


class Owner(BaseModel):
    pet: Union[Cat, Dog] = Field(discriminator="type")
    pets: List[Pet]
    maybe: Optional[Pet] = None
    maybe_too: Optional[Union[Cat, Lizard]] = Field(None, discriminator="type")
    tagged: Tagged
    described: Union[Cat, Dog] = Field(discriminator="type", description="Their pet")
    nested: Annotated[Union[Pet, Lizard], Field(discriminator="type")]
    named: NamedPet


class Leaf(BaseModel):
    type: Literal["leaf"]
    value: int


class Branch(BaseModel):
    type: Literal["branch"]
    children: List[Annotated[Union[Leaf, "Branch"], Field(discriminator="type")]]


class Expression(BaseModel):
    type: Literal["not"]
    operand: "Operand" = Field(discriminator="type")


class And(BaseModel):
    type: Literal["and"]
    operands: List["Operand"]


class Value(BaseModel):
    type: Literal["value"]
    value: str


Operand = Union[Expression, And, Value]
Expression.model_rebuild()
And.model_rebuild()

TYPES = {
    "pet": Pet,
    "pets": List[Pet],
    "owner": Owner,
    "aliased": Annotated[Union[Aliased, AliasedToo], Field(discriminator="kind")],
    "by_enum": Annotated[Union[ByEnum, ByEnumToo], Field(discriminator="kind")],
    "by_int": Annotated[Union[ByInt, ByIntToo], Field(discriminator="kind")],
    "dicts": Annotated[Union[DictA, DictB], Field(discriminator="type")],
    "data": Annotated[Union[DataA, DataB], Field(discriminator="type")],
    "optional": Annotated[Optional[Union[Cat, Dog]], Field(discriminator="type")],
    "with_none": Annotated[Union[Cat, Dog, None], Field(discriminator="type")],
    "discriminator_object": Annotated[Union[Cat, Dog], Discriminator("type")],
    "field_object": Annotated[Union[Cat, Dog], Field(discriminator=Discriminator("type"))],
    "tagged": Tagged,
    "tagged_list": list[Tagged],
    "single": Annotated[Union[Cat], Field(discriminator="type")],
    "branch": Branch,
    "expression": Expression,
    "and": And,
    "named": NamedPet,
    "named_list": list[NamedPet],
    "nested": Annotated[Union[Pet, Lizard], Field(discriminator="type")],
    "root": OtherPets,
    "plain": Union[Cat, Dog, Lizard],
    "plain_list": list[Union[Cat, int, None]],
}
