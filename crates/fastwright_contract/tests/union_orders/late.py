from __future__ import annotations

from typing import Optional, Tuple, Union

from pydantic import BaseModel

from first import Leaf, Twig


# Nobody evaluates these.
def never_called(value: Optional[Union[Twig, Leaf]]) -> Tuple[Union[Twig, Leaf], int]: ...


class Plain:
    value: Optional[Union[Twig, Leaf]]


class Late(BaseModel):
    leaf_first: Optional[Union[Leaf, Twig]]
    pair: Tuple[Union[Leaf, Twig], int]
