"""Reviews over the wire."""

from datetime import datetime

from pydantic import BaseModel, Field

from bookshop.schemas.base import LongText, Schema
from bookshop.schemas.customers import CustomerRecord


class ReviewCreate(BaseModel):
    """What a reader says about a book."""

    rating: int = Field(ge=1, le=5)
    body: LongText


class ReviewRead(Schema):
    """A review as everybody sees it."""

    id: int
    rating: int
    body: str
    created_at: datetime
    reviewer: CustomerRecord
