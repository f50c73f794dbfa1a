from typing import Annotated

from fastapi import FastAPI
from pydantic import BaseModel, Field


class Parent(BaseModel):
    children: list["Child"] = []


class Child(BaseModel):
    parent: Parent | None = None


class Report(BaseModel):
    label: Annotated[Parent, Field(description="One")]
    other: Annotated[Child, Field(description="Two")]


app = FastAPI()


@app.post("/")
def f(report: Report) -> Parent: ...


@app.get("/")
def g() -> Child: ...
