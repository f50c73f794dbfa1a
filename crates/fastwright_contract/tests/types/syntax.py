from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Optional

from pydantic import BaseModel, Field

type Identifier = int
type Named = Annotated[str, Field(min_length=1, description="A name")]
type Listed[T] = list[T]
type Tree = dict[str, Tree] | int


class Page[T](BaseModel):
    items: list[T]
    total: int


class Pair[A, B: int](BaseModel):
    first: A
    second: Optional[B] = None


class Later(BaseModel):
    id: Identifier
    name: Named
    names: Listed[str]
    tree: Tree
    page: Page[Other]
    pair: Pair[str, int]
    again: Optional[Later] = None


class Other(BaseModel):
    later: list[Later] = []


TYPES = {
    "later": Later, "other": Other, "page": Page[int], "pair": Pair, "pair_args": Pair[str, bool],
    "identifier": Identifier, "named": Named, "listed": Listed[int], "tree": Tree,
}
