"""Authors and books over the wire."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel

from bookshop.schemas.base import FullName, Identifier, Isbn, LongText, NotNull, PriceCents, Schema, Stock, Title


class AuthorCreate(BaseModel):
    """A new author."""

    name: FullName
    biography: LongText | None = None


class AuthorUpdate(BaseModel):
    """What can be changed of an author; what is left out stays."""

    name: Annotated[FullName | None, NotNull] = None
    biography: LongText | None = None


class AuthorRead(Schema):
    """An author in a list."""

    id: int
    name: str


class BookSummary(Schema):
    """A book in a list."""

    id: int
    isbn: str
    title: str
    price_cents: int


class AuthorDetail(AuthorRead):
    """An author with everything we sell of them."""

    biography: str | None
    books: list[BookSummary]


class BookCreate(BaseModel):
    """A new book."""

    isbn: Isbn
    title: Title
    description: LongText | None = None
    published_on: date | None = None
    price_cents: PriceCents
    stock: Stock = 0
    is_listed: bool = True
    author_id: Identifier


class BookUpdate(BaseModel):
    """What can be changed of a book; what is left out stays."""

    title: Annotated[Title | None, NotNull] = None
    description: LongText | None = None
    published_on: date | None = None
    price_cents: Annotated[PriceCents | None, NotNull] = None
    stock: Annotated[Stock | None, NotNull] = None
    is_listed: Annotated[bool | None, NotNull] = None


class BookRead(BookSummary):
    """A book on its own page."""

    description: str | None
    published_on: date | None
    stock: int
    author: AuthorRead
