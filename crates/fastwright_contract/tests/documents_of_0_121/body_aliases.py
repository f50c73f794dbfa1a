"""Aliases of body fields, a callback of two routes, models of each other: as they were before FastAPI 0.124."""

from typing import Annotated, Optional

from fastapi import APIRouter, Body, FastAPI
from fastapi._compat import PYDANTIC_V2
from pydantic import BaseModel


class Node(BaseModel):
    value: int


class Parent(BaseModel):
    children: list["Child"] = []


class Child(BaseModel):
    parent: Optional["Parent"] = None


class Decided(BaseModel):
    if PYDANTIC_V2:
        value: int
    else:
        value: str


app = FastAPI()
never = APIRouter()
callbacks = APIRouter()


@callbacks.post("/called")
def called(first: Node, second: Annotated[Node, Body(alias="secondAlias")]): ...


@never.post("/child")
def from_never(child: Annotated[Child, Body(title="never")]): ...


@app.post("/several", callbacks=callbacks.routes)
def several(first: Annotated[Node, Body(alias="firstAlias")], second: int = Body(3, alias="secondAlias")): ...


@app.post("/single", callbacks=callbacks.routes)
def single(node: Annotated[Node, Body(alias="nodeAlias", embed=True)]): ...


@app.post("/parent")
def parent(parent: Parent) -> Decided: ...
