import re
from datetime import timedelta
from enum import Enum
from typing import Annotated, Any, Generic, Optional, TypeVar, Union

from fastapi import FastAPI
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    RootModel,
    computed_field,
    field_validator,
    model_validator,
)
from pydantic_core import core_schema

T = TypeVar("T", bound=Union[int, float])


class Strictly(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


class Range(BaseModel, Generic[T]):
    model_config = ConfigDict(extra="forbid")

    least: Optional[T] = None
    most: Optional[T] = None

    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        schema = handler(source)
        return core_schema.no_info_before_validator_function(
            cls.parse,
            schema,
            json_schema_input_schema=core_schema.union_schema([schema, core_schema.str_schema()]),
        )

    @classmethod
    def parse(cls, value: Any) -> Any:
        if isinstance(value, str) and ".." in value:
            least, most = value.split("..")
            return dict(least=least or None, most=most or None)
        if isinstance(value, (str, int, float)):
            return dict(least=value, most=value)
        return value

    @model_validator(mode="after")
    def check(self) -> "Range[T]":
        if self.least is None and self.most is None:
            raise ValueError("empty")
        return self


class Size(float):
    @classmethod
    def parse(cls, value: Any) -> "Size":
        if isinstance(value, (float, int)):
            return cls(value)
        if isinstance(value, str):
            if value.endswith("GB"):
                return cls(value[:-2])
            return cls(value)
        raise ValueError(value)

    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        return core_schema.no_info_plain_validator_function(
            cls.parse,
            serialization=core_schema.plain_serializer_function_ser_schema(
                float, return_schema=core_schema.float_schema()
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema, handler):
        return {"anyOf": [{"type": "number"}, {"type": "string"}]}


class Seconds(int):
    @classmethod
    def parse(cls, value: Union[int, str]) -> "Seconds":
        if isinstance(value, int):
            return cls(value)
        try:
            return cls(int(value))
        except ValueError:
            pass
        found = re.compile(r"(?P<amount>\d+) *(?P<unit>[smh])$").match(value)
        if not found:
            raise ValueError(value)
        return cls(int(found.group("amount")) * {"s": 1, "m": 60, "h": 3600}[found.group("unit")])

    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        return core_schema.no_info_plain_validator_function(
            cls.parse,
            serialization=core_schema.plain_serializer_function_ser_schema(
                int, return_schema=core_schema.int_schema()
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema, handler):
        return {"type": "integer"}


class Processor(Strictly):
    count: Annotated[Range[int], Field(description="how many")] = Range[int](least=2)
    memory: Range[Size] = Range[Size](least=Size.parse("8GB"))
    disk: Optional[Range[Size]] = Range[Size](least=Size.parse("1.5GB"), most=Size.parse(20))
    name: str = "x"


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Converted(Strictly):
    label: str
    number: Annotated[int, BeforeValidator(lambda value: value.strip("#"))]
    doubled: Annotated[int, AfterValidator(lambda value: value * 2)] = 4
    shown: Annotated[int, PlainSerializer(lambda value: f"<{value}>", return_type=str)] = 5
    color: Color = Color.RED
    share: float = 1
    either: Union[int, str, None] = None
    words: list[str] = Field(default_factory=list)
    lengths: dict[str, float] = {}
    checked: Annotated[int, AfterValidator(lambda value: value + 1)] = Field(1, validate_default=True)

    @field_validator("label", mode="before")
    @classmethod
    def make_label(cls, value: Any) -> Any:
        return f"{value}!" if isinstance(value, str) else value

    @field_validator("words")
    @classmethod
    def sort_words(cls, value: list[str]) -> list[str]:
        return [word.upper() for word in value]

    @model_validator(mode="before")
    @classmethod
    def rename(cls, data: Any) -> Any:
        if "colour" in data:
            data = {key: value for key, value in data.items() if key != "colour"} | {"color": data["colour"]}
        return data

    @computed_field
    @property
    def title(self) -> str:
        return f"{self.label} {self.number}"


class Names(RootModel[Union[list[str], dict[str, str]]]):
    root: Union[list[str], dict[str, str]] = {}

    @field_validator("root")
    @classmethod
    def as_dict(cls, value):
        if isinstance(value, list):
            return {name: "" for name in value}
        return value


class Waiting(BaseModel):
    model_config = ConfigDict(ser_json_timedelta="float")

    time: timedelta = timedelta(minutes=2)
    code: int = 1


class Holder(BaseModel):
    processor: Processor = Processor()
    smaller: Processor = Processor(count=Range[int](least=0, most=None), name=7)
    converted: Converted = Converted(
        label="a",
        number="#12",
        doubled=3,
        colour="blue",
        share=3,
        either="text",
        words=["b", "c"],
        lengths={"a": 1},
    )
    names: Names = Names()
    some_names: Names = Names(["a", "b"])
    waiting: Waiting = Waiting(code=2)
    delay: Seconds = Seconds.parse("5m")
    sizes: list[Size] = [Size(3), Size("4.5")]


app = FastAPI()


@app.post("/")
def post(holder: Holder) -> Holder: ...
