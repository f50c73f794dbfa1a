from typing import Annotated, Generic, List, Optional, TypeVar

from pydantic import BaseModel, Field
from typing_extensions import TypeAliasType

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B", bound=int)
Identifier = TypeAliasType("Identifier", int)
Named = TypeAliasType("Named", Annotated[str, Field(min_length=1, description="A name")])
Listed = TypeAliasType("Listed", List[T], type_params=(T,))
Tree = TypeAliasType("Tree", "dict[str, Tree] | int")


class Page(BaseModel, Generic[T]):
    items: list[T]
    total: int


class Pair(BaseModel, Generic[A, B]):
    first: A
    second: Optional[B] = None


class Later(BaseModel):
    id: Identifier
    name: Named
    names: Listed[str]
    tree: Tree
    page: "Page[Other]"
    pair: Pair[str, int]
    again: Optional["Later"] = None


class Other(BaseModel):
    later: list[Later] = []


TYPES = {
    "later": Later, "other": Other, "page": Page[int], "pair": Pair, "pair_args": Pair[str, bool],
    "identifier": Identifier, "named": Named, "listed": Listed[int], "tree": Tree,
}
