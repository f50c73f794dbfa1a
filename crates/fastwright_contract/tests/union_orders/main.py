from typing import Dict, List, Literal, Optional, Tuple, Union

from fastapi import FastAPI
from pydantic import BaseModel

from first import Alias, Leaf, Twig
import late


class Model(BaseModel):
    stop: Optional[Union[str, List[str]]] = None
    builtin: Optional[Union[str, list[str]]] = None
    numbers: List[Union[int, float]]
    numbers_too: List[int | float]
    letters: Optional[Literal["a", "b"]]
    letters_alone: Literal["a", "b"]
    in_quotes: Dict[str, Union[bytes, int]]
    in_quotes_too: "Dict[str, Union[int, bytes]]"
    local: Optional[Union[int, bytes]]
    plain: Union[str, List[str]]
    alias: Alias
    same: Dict[str, Union[Leaf, Twig]]
    late: Optional[Union[Twig, Leaf]]
    late_pair: Tuple[Union[Twig, Leaf], int]


import many


class After(BaseModel):
    stop: Optional[Union[str, List[str]]] = None
    numbers: List[Union[int, float]]


app = FastAPI()


@app.post("/model")
def model(model: Model, stop: Optional[Union[str, List[str]]] = None) -> late.Late: ...


@app.get("/after")
def after() -> After: ...
