"""What the schemas share."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Schema(BaseModel):
    """A shape that can be read from a row."""

    model_config = ConfigDict(from_attributes=True)


class Problem(BaseModel):
    """The body of every error."""

    detail: str


def refuse_null(value: Any) -> Any:
    """In a partial update a field may be left out, but not emptied."""
    if value is None:
        raise ValueError("may be left out, but not null")
    return value


NotNull = BeforeValidator(refuse_null)
FullName = Annotated[str, Field(min_length=1, max_length=120)]
Phone = Annotated[str, Field(max_length=32, pattern=r"^\+?[0-9 ()-]+$")]
LongText = Annotated[str, Field(min_length=1, max_length=10_000)]
PriceCents = Annotated[int, Field(gt=0, le=100_000)]
Stock = Annotated[int, Field(ge=0, le=1_000_000)]
Isbn = Annotated[str, Field(pattern=r"^[0-9]{13}$")]
Title = Annotated[str, Field(min_length=1, max_length=200)]
Identifier = Annotated[int, Field(ge=1, le=2_147_483_647)]
