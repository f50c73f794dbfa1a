"""Queries over reviews."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from bookshop.models import Review


async def get(session: AsyncSession, review_id: int) -> Review | None:
    """The review with this id."""
    return await session.get(Review, review_id)


async def list_of_book(session: AsyncSession, book_id: int, limit: int, offset: int) -> Sequence[Review]:
    """A page of the reviews of a book with who wrote them, the newest first."""
    statement = (
        select(Review)
        .where(Review.book_id == book_id)
        .options(joinedload(Review.reviewer))
        .order_by(Review.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return (await session.scalars(statement)).all()
