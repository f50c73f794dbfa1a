"""FastAPI fails on models of Pydantic 1 inside of types that it leaves to Pydantic 2."""

from fastapi import FastAPI
from pydantic.v1 import BaseModel


class Item(BaseModel):
    name: str


app = FastAPI()


@app.post("/items")
def items(items: dict[str, Item]): ...
