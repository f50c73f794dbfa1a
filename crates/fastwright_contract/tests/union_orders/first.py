from typing import Dict, List, Literal, Optional, Union

from pydantic import BaseModel, field_validator


class Leaf(BaseModel):
    pass


class Twig(BaseModel):
    # An argument of a decorator, not an annotation.
    @field_validator("*", mode="before", json_schema_input_type=Optional[Union[List[str], str]])
    @classmethod
    def check(cls, value):
        return value


def never_called(value: List[Union[float, int]], other: "Dict[str, Union[int, bytes]]") -> Optional[Literal["b", "a"]]:
    local: Optional[Union[bytes, int]] = None
    return local


Alias = Dict[str, Union[Twig, Leaf]]
