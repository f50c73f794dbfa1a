from typing import Annotated

from fastapi import Body, FastAPI
from pydantic import BaseModel


class Node(BaseModel):
    children: list["Node"] = []


app = FastAPI()


@app.get("/")
def f() -> Node: ...


@app.post("/", include_in_schema=False)
def g(node: Annotated[Node, Body(description="Hidden")]): ...
