from typing import Annotated
from fastapi import FastAPI
from pydantic import BaseModel, Field
class Node(BaseModel):
    children: list["Node"] = []
class Shape(BaseModel):
    z: list[Annotated[Node, Field(description='D')]]
class Later(BaseModel):
    x: Node
    y: list[Node]
app = FastAPI()
@app.get('/2')
def f2(a: Later): ...
@app.get('/')
def f(b: Shape) -> Node: ...
