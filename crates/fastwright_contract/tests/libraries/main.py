from typing import Annotated, Generic, Literal, TypeVar

import names
from fastapi import FastAPI, Query
from names import Body, Size, catalogue, found
from pydantic import BaseModel

T = TypeVar("T")


class Box(BaseModel, Generic[T]):
    inside: T


app = FastAPI()
sizes = [size.value for size in Size] + ["any"]


@app.get("/sorted")
def in_order(name: Literal[tuple(catalogue.list())], size: Literal[tuple(sizes)] = "any") -> Box[names.Either]: ...


@app.post("/body")
def body(body: Body, pattern: Annotated[str, Query(pattern=names.pattern(2))] = ""): ...
