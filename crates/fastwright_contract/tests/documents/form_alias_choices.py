from typing import Annotated

from fastapi import FastAPI, Form
from pydantic import AliasChoices, BaseModel, Field


class Report(BaseModel):
    note: int = 3
    label: Annotated[str, Field(validation_alias=AliasChoices("labelA", "labelB"))]


app = FastAPI()


@app.post("/")
def f(items: Annotated[Report, Form()], other: Annotated[int, Form()]): ...
