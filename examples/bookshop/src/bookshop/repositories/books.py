"""Queries over books."""

from collections.abc import Collection, Sequence

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from bookshop.models import Book, Customer, Role


def sees_unlisted(viewer: Customer | None) -> bool:
    """Whether a viewer sees books that are not for sale yet."""
    return viewer is not None and viewer.role in (Role.STAFF, Role.ADMIN)


async def get(session: AsyncSession, book_id: int) -> Book | None:
    """The book with this id, and its author."""
    return await session.get(Book, book_id, options=[joinedload(Book.author)])


async def search(
    session: AsyncSession,
    *,
    words: str | None,
    sort: str,
    unlisted: bool,
    limit: int,
    offset: int,
) -> Sequence[Book]:
    """A page of the books whose title contains these words."""
    statement = select(Book)
    if not unlisted:
        statement = statement.where(Book.is_listed)
    if words:
        statement = statement.where(Book.title.icontains(words, autoescape=True))
    statement = statement.order_by(text(f"books.{sort}"), Book.id).limit(limit).offset(offset)
    return (await session.scalars(statement)).all()


async def bestsellers(session: AsyncSession, limit: int, offset: int) -> Sequence[Book]:
    """A page of the listed books, the most sold first."""
    statement = select(Book).where(Book.is_listed).order_by(Book.sold.desc(), Book.id).limit(limit).offset(offset)
    return (await session.scalars(statement)).all()


async def lock_listed(session: AsyncSession, book_ids: Collection[int]) -> dict[int, Book]:
    """The listed ones of these books by id, locked until the transaction ends."""
    statement = select(Book).where(Book.id.in_(book_ids), Book.is_listed).order_by(Book.id).with_for_update()
    return {book.id: book for book in await session.scalars(statement)}


async def lock(session: AsyncSession, book_ids: Collection[int]) -> dict[int, Book]:
    """These books by id, locked until the transaction ends."""
    statement = select(Book).where(Book.id.in_(book_ids)).order_by(Book.id).with_for_update()
    return {book.id: book for book in await session.scalars(statement)}
