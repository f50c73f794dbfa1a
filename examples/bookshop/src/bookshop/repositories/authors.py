"""Queries over authors."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from bookshop.models import Author


async def get(session: AsyncSession, author_id: int) -> Author | None:
    """The author with this id."""
    return await session.get(Author, author_id)


async def get_with_books(session: AsyncSession, author_id: int) -> Author | None:
    """The author with this id, and their books."""
    return await session.get(Author, author_id, options=[selectinload(Author.books)])


async def list_all(session: AsyncSession, limit: int, offset: int) -> Sequence[Author]:
    """A page of authors, by name."""
    statement = select(Author).order_by(Author.name, Author.id).limit(limit).offset(offset)
    return (await session.scalars(statement)).all()
