from typing import Any

from fastapi import FastAPI
from pydantic import AnyUrl, BaseModel, HttpUrl, field_serializer


class Invoice(BaseModel):
    value: AnyUrl
    other: HttpUrl | None
    number: int

    @field_serializer("value", "other", "number")
    def dump(self, value) -> Any:
        return value


app = FastAPI()


@app.post("/")
def f(a: Invoice, b: Invoice) -> Invoice: ...
