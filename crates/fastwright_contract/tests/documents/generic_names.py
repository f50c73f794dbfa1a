from typing import Annotated, Generic, TypeVar

from fastapi import FastAPI
from pydantic import BaseModel, Field, FiniteFloat, StrictBool, conlist, constr

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    items: list[T]


app = FastAPI()


@app.get("/1")
def f1() -> Page[FiniteFloat]: ...


@app.get("/2")
def f2() -> Page[StrictBool | None]: ...


@app.get("/3")
def f3() -> Page[constr(min_length=2)]: ...


@app.get("/4")
def f4() -> Page[conlist(int, min_length=1)]: ...


@app.get("/5")
def f5() -> Page[Annotated[int, Field(title="It's", description="D", examples=["e", 1.5, {"a": [None]}])]]: ...


@app.get("/6")
def f6() -> Page[Annotated[int, Field(default=3)]]: ...
