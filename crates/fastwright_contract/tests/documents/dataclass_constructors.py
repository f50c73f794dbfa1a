import dataclasses
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Header, Query, Request


class First:
    pass


class Method(Enum):
    first = First
    count = len
    both = (First, 1)


@dataclass
class Base:
    shared: int = 0

    def as_dict(self): ...


@dataclass
class Parameters(Base):
    request: Request = None
    text: Annotated[str | None, Query(description="a text", alias="t")] = None
    hidden: int | None = field(init=False, default=None)
    number: int = field(default=3)
    many: list[int] = field(default_factory=list)
    header: str = Header("x")
    shared: float = dataclasses.field(default=0.5, metadata={"title": "not seen"})
    last: bool = field(kw_only=True, default=True)
    method: Literal[tuple(method.name for method in Method)] = "first"


app = FastAPI()


@app.get("/x")
def x(parameters=Depends(Parameters)): ...
