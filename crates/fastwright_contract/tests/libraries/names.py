import enum
import os
import re
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Union

from pydantic import BaseModel, Field

paths = list(Path(__file__).parent.joinpath("data").glob("*.json"))


class Catalogue:
    def __init__(self, known: dict[str, Path]):
        self.known = known

    def list(self) -> list[str]:
        return list(self.known)


catalogue = Catalogue({path.stem: path for path in sorted(paths)})
with as_file(files(__package__) / "data") as folder:
    found = {path.name: path for path in folder.glob("**/*") if path.suffix in {".json", ".txt"}}
listed = os.listdir(Path(__file__).parent / "data")


class Size(enum.Enum):
    small = "s"
    large = "l"


class Body(BaseModel):
    text: str


class Cat(BaseModel):
    kind: str


class Dog(BaseModel):
    kind: int


Either = Annotated[Union[Cat, Dog], Field(description="one of both")]


def pattern(count: int) -> str:
    return "^{}$".format(re.escape(".").join([r"\d+" for _ in range(count)]))
