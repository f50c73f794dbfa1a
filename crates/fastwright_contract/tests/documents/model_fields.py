import inspect
from typing import Annotated, Any, ClassVar, Optional

from annotated_types import Ge
from fastapi import FastAPI
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, create_model
from pydantic.alias_generators import to_camel


class Base(BaseModel):
    pass


class NamedConfig(ConfigDict, total=False):
    header: tuple[str, ...]


def describe(schema: dict[str, Any], model: type[Base]) -> None:
    for name in schema["properties"]:
        names: list[str] = []
        schema["properties"][name]["names"] = names
        field = model.model_fields[name]
        if inspect.isclass(field.annotation) and issubclass(field.annotation, Base):
            continue
        elif field.validation_alias:
            if isinstance(field.validation_alias, AliasChoices):
                for alias in field.validation_alias.choices:
                    if isinstance(alias, str):
                        names.append(alias.upper())
        else:
            names.append(f"{model.model_config.get('title')}_{name.upper()}")


def configuration(title: str) -> NamedConfig:
    return NamedConfig(title=title, json_schema_extra=describe)


class Inner(Base):
    model_config: ClassVar[NamedConfig] = configuration("inner")
    size: int = 3


class Outer(Base):
    model_config: ClassVar[NamedConfig] = configuration("outer")
    inner: Inner = Field(default_factory=Inner)
    plain: Optional[str] = Field(None, description="x")
    known: bool = Field(default=True, validation_alias=AliasChoices(AliasPath("known"), "a", "b"))


# The configuration of the class that it derives from counts, too.
class Derived(Outer):
    model_config = ConfigDict(extra="forbid")
    more: list[int] = []


class Order(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)
    unit_price: Annotated[int, Ge(1), Field(description="in cents")]
    line_count: int = Field(2, le=9)
    note: str


# A model made from the fields of another one.
Partial = create_model(
    "Partial",
    **{name: (Optional[field.annotation], field) for name, field in Order.model_fields.items()},
)
required = [name for name, field in Order.model_fields.items() if field.is_required()]

app = FastAPI()


@app.post("/outer")
def outer(outer: Outer, required: str = ",".join(required)) -> Derived: ...


@app.post("/order")
def order(order: Order) -> Partial: ...
