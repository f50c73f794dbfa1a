from typing import Annotated

from fastapi import FastAPI
from pydantic import BaseModel, Field, PlainValidator
from typing_extensions import TypedDict


class Options(TypedDict):
    name: str


class Shown(TypedDict):
    name: str


class Invoice(BaseModel):
    hidden: Annotated[Annotated[Options, PlainValidator(lambda v: v, json_schema_input_type=str)], Field(exclude=True)]
    shown: Annotated[list[Shown], PlainValidator(lambda v: v)]


app = FastAPI()


@app.get("/")
def f() -> Invoice: ...
