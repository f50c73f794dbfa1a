"""Parameters and bodies of Pydantic 1, beside those of Pydantic 2."""

from enum import Enum
from typing import Annotated, List, Optional, Union

from fastapi import APIRouter, FastAPI
from fastapi import Query as NewQuery
from fastapi.temp_pydantic_v1_params import Body, Cookie, File, Form, Header, Path, Query
from pydantic import BaseModel as NewModel
from pydantic.v1 import BaseModel, Field


class Shared(str, Enum):
    one = "1"


class Item(BaseModel):
    name: str
    shared: Shared = Shared.one


def make():
    class Item(NewModel):
        number: int
        shared: Shared
        default: int = 3

    return Item


NewItem = make()


class Filters(BaseModel):
    """Filters."""

    limit: int = Field(10, ge=1, description="How many")
    order_by: Optional[str] = Field(None, alias="orderBy")
    tags: List[str] = []


class Headers(BaseModel):
    x_token: str
    other_one: int = 3


class Data(BaseModel):
    user: str
    password: str = "p"


app = FastAPI()
router = APIRouter()


@app.get("/path/{item_id}")
def path(
    item_id: Annotated[int, Path(title="The id", ge=1, examples=[3])],
    q: Annotated[Optional[str], Query(min_length=3, pattern="^a", description="Q", deprecated=True)] = None,
    skip: Annotated[int, Query(alias="skip-it", example=3)] = 0,
    limit: int = Query(10, le=100, title="Limit", extra_one="x"),
    hidden: Annotated[int, Query(include_in_schema=False)] = 1,
    new: Annotated[int, NewQuery(gt=3)] = 5,
    many: Annotated[List[str], Query()] = ["a"],
    kind: Annotated[Shared, Query()] = Shared.one,
    x_token: Annotated[Optional[str], Header()] = None,
    kept_name: Annotated[str, Header(convert_underscores=False)] = "a",
    session: Annotated[Optional[str], Cookie(json_schema_extra={"x-own": 1})] = None,
): ...


@app.get("/models")
def models(filters: Annotated[Filters, Query()], headers: Annotated[Headers, Header()]): ...


@app.post("/body")
def body(item: Item) -> NewItem: ...


@app.post("/new")
def new_body(item: NewItem) -> Item: ...


@app.post("/embedded")
def embedded(item: Annotated[Item, Body(embed=True, title="An item", description="It")]): ...


@app.post("/several")
def several(item: Item, other: Annotated[Item, Body(alias="theOther")], importance: Annotated[int, Body(gt=0)] = 3): ...


@app.post("/default")
def default(item: Item = Body(None, media_type="application/vnd.own+json", examples=[{"name": "a"}])): ...


@app.post("/list")
def listed(items: List[Item]) -> List[Union[Item, None]]: ...


@app.post("/union")
def union(item: Union[Item, Filters, None] = None): ...


@app.post("/form")
def form(username: Annotated[str, Form(max_length=5)], age: Annotated[Optional[int], Form()] = None): ...


@app.post("/form-model")
def form_model(data: Annotated[Data, Form()]): ...


@app.post("/file")
def file(file: Annotated[bytes, File(description="F")], note: Annotated[str, Form()] = "n"): ...


@router.post("/routed", response_model=List[Filters])
def routed(item: Annotated[Item, Body()]): ...


app.include_router(router, prefix="/in")
