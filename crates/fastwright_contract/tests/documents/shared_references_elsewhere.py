"""Routes that no app includes say something about models that contain themselves; the latest one wins."""

from typing import Annotated, Optional

from fastapi import APIRouter, Body, Depends, FastAPI, WebSocket
from pydantic import BaseModel


class Node(BaseModel):
    children: list["Node"] = []


class Tree(BaseModel):
    parent: Optional["Tree"] = None


class Branch(BaseModel):
    inner: Optional["Branch"] = None


app = FastAPI()
never = APIRouter()
early = APIRouter()


@early.post("/node")
def from_early(node: Annotated[Node, Body(title="early")]):
    pass


@app.post("/tree")
def from_app(tree: Annotated[Tree, Body(title="app")]):
    pass


@never.post("/node")
def from_never(node: Annotated[Node, Body(title="never", description="never")]):
    pass


@never.post("/tree", include_in_schema=False)
def from_never_tree(tree: Annotated[Tree, Body(title="never")]):
    pass


def branch(branch: Annotated[Branch, Body(title="dependency")]):
    pass


@never.websocket("/branch")
def from_socket(socket: WebSocket, branch=Depends(branch)):
    pass


@app.post("/branch")
def from_app_branch(branch: Branch):
    pass


app.include_router(early)
