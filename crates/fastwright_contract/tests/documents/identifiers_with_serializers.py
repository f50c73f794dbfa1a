from typing import Annotated

from fastapi import FastAPI, Header
from pydantic import UUID4, BaseModel, BeforeValidator, field_serializer

app = FastAPI()


class Parcel(BaseModel):
    number: UUID4

    @field_serializer("number")
    def shown(self, value) -> int | None:
        return value.int


class Marks(BaseModel):
    level: Annotated[UUID4, BeforeValidator(lambda value: value, json_schema_input_type=int | str)]


@app.get("/parcels")
def parcels(marks: Annotated[Marks, Header()]) -> Parcel: ...


@app.post("/parcels")
def add(parcel: Parcel): ...
