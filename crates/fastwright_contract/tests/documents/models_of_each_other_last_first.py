from typing import Annotated, Optional

from fastapi import Body, FastAPI
from pydantic import BaseModel, Field


class Parent(BaseModel):
    name: str
    children: list["Child"] = []


class Child(BaseModel):
    age: int = 0
    parent: Optional["Parent"] = None


app = FastAPI()


@app.get("/")
def f() -> Child: ...


@app.post("/")
def g(child: Annotated[Child, Body(title="One")]) -> Parent: ...


@app.put("/")
def h(parent: Annotated[Parent, Field(description="Two")]): ...
