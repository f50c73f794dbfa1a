"""Names of models of both versions, roots, models that contain themselves."""

from enum import Enum
from typing import Annotated, Any, Dict, List, Literal, Optional, Union
from fastapi import FastAPI, APIRouter, Depends, Body as NB
from fastapi.temp_pydantic_v1_params import Body, Query
from pydantic import v1
import pydantic
class K(Enum):
    "Kd"
    a = 1
def f1():
    class Item(v1.BaseModel):
        a: int
        k: K
    class Sub(v1.BaseModel):
        item: Item
    return Item, Sub
def f2():
    class Item(v1.BaseModel):
        b: int
    return Item
def f3():
    class Item(pydantic.BaseModel):
        c: int = 3
        k: K
    class Sub(pydantic.BaseModel):
        item: Item
        items: List[Item]
    return Item, Sub
I1, S1 = f1()
I2 = f2()
I3, S3 = f3()
class Node(v1.BaseModel):
    children: List["Node"] = []
    parent: Optional["Node"] = None
Node.update_forward_refs()
class R(v1.BaseModel):
    __root__: Union[int, Node]
class R2(v1.BaseModel):
    __root__: Node
class R3(v1.BaseModel):
    __root__: Dict[str, Any] = {}
class Deep(v1.BaseModel):
    r: R
    r2: Optional[R2]
    r3: List[R3] = []
    class Inner(v1.BaseModel):
        x: int
    inner: Inner
cb = APIRouter()
@cb.post("/cb", response_model=R)
def cb1(x: Node): ...
app = FastAPI(separate_input_output_schemas=True, responses={500: {"model": R2, "description": "x"}})
@app.post("/1")
def a1(x: I1) -> I3: ...
@app.post("/2")
def a2(x: S1) -> S3: ...
@app.post("/3")
def a3(x: I3) -> I1: ...
@app.post("/4", callbacks=cb.routes)
def a4(x: S3) -> List[Optional[S1]]: ...
@app.post("/5")
def a5(x: Deep) -> R: ...
@app.post("/6", response_model_exclude_none=True)
def a6(x: R3, y: R2) -> Union[R, R2]: ...
@app.post("/7")
def a7(x: Annotated[List[Node], Body()]) -> Dict[str, Any]: ...
@app.get("/8")
def a8(k: Annotated[K, Query()], l: Annotated[Literal["a", "b"], Query()] = "a", m: Annotated[Union[int, str, None], Query(title="M")] = None) -> K: ...
@app.webhooks.post("hook")
def hook(x: Node): ...
@app.post("/9", response_model=Optional[Node], status_code=201, openapi_extra={"x": 1})
def a9(x: Annotated[Optional[Node], Body(examples=[{}], openapi_examples={"a": {"value": {}}})] = None): ...
