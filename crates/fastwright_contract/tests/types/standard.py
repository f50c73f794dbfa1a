import collections
import collections.abc
import datetime
import decimal
import enum
import fractions
import ipaddress
import os
import pathlib
import re
import typing
import uuid
import zoneinfo
from typing import (AbstractSet, Annotated, Any, AnyStr, Callable, DefaultDict, Dict, Final, FrozenSet, Hashable, Iterable, Iterator, List, Literal, LiteralString, Mapping, MutableSet, NewType, Optional, Pattern, Sequence, Sized, Tuple, TypeVar, Union)

import typing_extensions
from typing_extensions import Annotated as ExtendedAnnotated

T = TypeVar("T")
Bound = TypeVar("Bound", bound=int)
Constrained = TypeVar("Constrained", int, str)
Defaulted = typing_extensions.TypeVar("Defaulted", default=int)
UserId = NewType("UserId", int)
Pairs = list[tuple[T, T]]

TYPES = {
    "any": Any,
    "object": object,
    "none": None,
    "none_type": type(None),
    "bool": bool,
    "int": int,
    "float": float,
    "complex": complex,
    "str": str,
    "bytes": bytes,
    "decimal": decimal.Decimal,
    "fraction": fractions.Fraction,
    "list": list,
    "list_of": list[int],
    "typing_list": List[str],
    "sequence": Sequence[int],
    "abc_sequence": collections.abc.Sequence[str],
    "iterable": Iterable[int],
    "generator": collections.abc.Generator[int, None, None],
    "deque": collections.deque[int],
    "tuple": tuple,
    "tuple_fixed": tuple[int, str],
    "tuple_variadic": tuple[int, ...],
    "tuple_empty": tuple[()],
    "typing_tuple": Tuple[int, ...],
    "set": set[int],
    "frozenset": FrozenSet[int],
    "abstract_set": AbstractSet[int],
    "abc_set": collections.abc.Set[int],
    "mutable_set": MutableSet[int],
    "dict": dict,
    "dict_of": dict[str, int],
    "dict_any": Dict[str, Any],
    "dict_int": dict[int, list[str]],
    "mapping": Mapping[str, int],
    "mutable_mapping": collections.abc.MutableMapping[str, int],
    "default_dict": collections.defaultdict[str, int],
    "default_dict_list": DefaultDict[str, List[int]],
    "ordered_dict": collections.OrderedDict[str, int],
    "counter": collections.Counter[str],
    "literal": Literal["a", "b"],
    "literal_one": Literal["a"],
    "literal_mixed": Literal["a", 1, None, True],
    "literal_nested": Literal["a", Literal["b", "c"]],
    "optional": Optional[int],
    "union": Union[int, str],
    "union_pipe": int | str | None,
    "union_nested": Union[int, Union[str, None]],
    "annotated": Annotated[int, "text"],
    "annotated_extended": ExtendedAnnotated[int, 5],
    "callable": Callable,
    "callable_of": Callable[[int], str],
    "type_of": type[int],
    "type_bare": type,
    "type_union": type[int | str],
    "typevar": T,
    "typevar_bound": Bound,
    "typevar_constrained": Constrained,
    "typevar_default": Defaulted,
    "newtype": UserId,
    "newtype_list": list[UserId],
    "pairs": Pairs[int],
    "pairs_bare": Pairs,
    "pattern": re.Pattern,
    "pattern_of": Pattern[str],
    "path": pathlib.Path,
    "pure_path": pathlib.PurePath,
    "path_like": os.PathLike[str],
    "uuid": uuid.UUID,
    "datetime": datetime.datetime,
    "date": datetime.date,
    "time": datetime.time,
    "timedelta": datetime.timedelta,
    "ipv4": ipaddress.IPv4Address,
    "ipv6": ipaddress.IPv6Address,
    "ipv4_network": ipaddress.IPv4Network,
    "ipv6_interface": ipaddress.IPv6Interface,
    "zone": zoneinfo.ZoneInfo,
    "hashable": Hashable,
    "any_str": AnyStr,
    "bytearray": bytearray,
    "sized": Sized,
    "iterator": Iterator[int],
    "literal_string": LiteralString,
    "forward_plain": list["UserId"],
    "final": Final[int],
    "list_optional": list[Optional[datetime.date]],
    "nested": dict[str, list[tuple[int, dict[str, float]]]],
}
