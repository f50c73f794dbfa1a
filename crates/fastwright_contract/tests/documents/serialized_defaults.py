from typing import Annotated
from fastapi import FastAPI
from pydantic import BaseModel, PlainSerializer, Field, WrapSerializer, field_serializer
class Shape(BaseModel):
    name: Annotated[dict[int, int], PlainSerializer(lambda v: str(v), return_type=str)] = Field(default={}, max_length=4)
    b: Annotated[int, PlainSerializer(lambda v: repr(v), return_type=str)] = 3
    d: Annotated[list[int], PlainSerializer(lambda v: str(v), return_type=str)] = [1, 2]
    e: Annotated[list[int], PlainSerializer(lambda v: ','.join(str(x) for x in v), return_type=str)] = [1, 2]
app = FastAPI()
@app.get('/')
def f() -> Shape: ...
