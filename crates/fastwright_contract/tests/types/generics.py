import datetime
from typing import Annotated, Any, Dict, Generic, List, Literal, Optional, Sequence, TypeVar, Union

from pydantic import BaseModel, ConfigDict, Field, RootModel, computed_field
from typing_extensions import TypeAliasType, TypeVar as ExtendedTypeVar

T = TypeVar("T")
U = TypeVar("U")
Number = TypeVar("Number", int, float)
Key = TypeVar("Key", bound=str)
Model = TypeVar("Model", bound=BaseModel)
Defaulted = ExtendedTypeVar("Defaulted", default=int)


class Item(BaseModel):
    name: str


class Other(BaseModel):
    """Another."""

    value: int


class Page(BaseModel, Generic[T]):
    """A page of results."""

    items: List[T]
    total: int = Field(ge=0)
    next: Optional[T] = None


class Pair(BaseModel, Generic[T, U]):
    first: T
    second: Dict[str, U] = {}


class Bounded(BaseModel, Generic[Number]):
    value: Number


class BoundedModel(BaseModel, Generic[Model]):
    data: Model
    error: str | None = None


class WithDefault(BaseModel, Generic[Defaulted]):
    value: Defaulted


class ItemPage(Page[Item]):
    """Pages of items."""

    extra: str = "x"


class Reordered(Pair[U, T], Generic[T, U]):
    third: T


class Partial(Pair[int, T], Generic[T]):
    more: list[T]


class Wrapper(BaseModel, Generic[T]):
    page: Page[T]
    pages: dict[str, Page[T]]
    pair: Pair[T, int]
    bare: Page


class Node(BaseModel, Generic[T]):
    value: T
    children: List["Node[T]"] = []


class Items(RootModel[List[T]], Generic[T]):
    pass


class Response(BaseModel, Generic[T]):
    model_config = ConfigDict(title="A response")
    data: Annotated[T, Field(description="What it is about")]
    meta: dict[str, Any] = Field(default_factory=dict)

    @computed_field
    @property
    def first(self) -> T | None:
        return None


class Named(BaseModel, Generic[T]):
    data: T

    @classmethod
    def model_parametrized_name(cls, params):
        return f"{params[0].__name__}Named"


class UsesPages(BaseModel):
    items: Page[Item]
    others: Page[Other]
    union: Union[Page[Item], Page[Other]]
    optional: Optional[Page[int]] = None
    nested: Page[Page[Item]]
    listed: Page[list[Item]]
    literal: Page[Literal["a", "b"]]


class Base(BaseModel, Generic[T]):
    id: T


class Middle(Base[int]):
    name: str


class Leaf(Middle):
    leaf: bool = False


class Abstract(BaseModel, Generic[T]):
    inner: "Inner[T]"


class Inner(BaseModel, Generic[T]):
    x: T


Alias = TypeAliasType("Alias", Union[int, str])
ListAlias = TypeAliasType("ListAlias", List[T], type_params=(T,))
Recursive = TypeAliasType("Recursive", "Union[int, list[Recursive]]")
ModelAlias = TypeAliasType("ModelAlias", Item)
Described = TypeAliasType("Described", Annotated[int, Field(ge=1, description="A number")])


class UsesAliases(BaseModel):
    a: Alias
    b: list[Alias]
    c: ListAlias[int]
    d: ListAlias[Item]
    e: Recursive
    f: ModelAlias
    g: Described
    h: Optional[Described] = None


class UsesModelTwice(BaseModel):
    a: ModelAlias
    b: Item


TYPES = {
    "page_bare": Page,
    "page": Page[Item],
    "page_int": Page[int],
    "page_optional": Page[Optional[int]],
    "page_union": Page[Union[int, str]],
    "page_dict": Page[Dict[str, Item]],
    "pair": Pair[Item, Other],
    "bounded": Bounded,
    "bounded_int": Bounded[int],
    "bounded_model": BoundedModel[Item],
    "bounded_model_bare": BoundedModel,
    "with_default": WithDefault,
    "with_default_str": WithDefault[str],
    "item_page": ItemPage,
    "reordered": Reordered[int, str],
    "partial": Partial[str],
    "wrapper": Wrapper[Item],
    "node": Node[int],
    "items": Items[Item],
    "response": Response[Item],
    "response_list": Response[List[Item]],
    "named": Named[Item],
    "uses_pages": UsesPages,
    "leaf": Leaf,
    "abstract": Abstract[int],
    "alias": Alias,
    "alias_list": list[Alias],
    "list_alias": ListAlias[int],
    "recursive": Recursive,
    "model_alias": ModelAlias,
    "uses_aliases": UsesAliases,
    "uses_model_twice": UsesModelTwice,
    "page_of_page": Page[Page[Item]],
    "annotated_page": Annotated[Page[Item], Field(description="A page")],
    "page_forward": List[Page[datetime.date]],
}
