from typing import Annotated
from fastapi import FastAPI, Body
from pydantic import BaseModel, JsonValue
from typing_extensions import TypeAliasType
I = TypeAliasType('I', JsonValue)
class M(BaseModel):
    a: JsonValue
    b: JsonValue | None = None
    c: list[JsonValue] = []
app = FastAPI()
@app.post('/')
def f(x: M) -> I: ...
@app.post('/2')
def f2(x: Annotated[I, Body()]) -> M: ...
