"""Keeping the catalogue."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bookshop.errors import Conflict, NotFound
from bookshop.models import Author, Book
from bookshop.repositories import authors
from bookshop.schemas.catalogue import AuthorCreate, AuthorUpdate, BookCreate, BookUpdate


async def create_author(session: AsyncSession, request: AuthorCreate) -> Author:
    """Add an author, who has no books yet."""
    author = Author(**request.model_dump(), books=[])
    session.add(author)
    await session.commit()
    return author


async def update_author(session: AsyncSession, author: Author, changes: AuthorUpdate) -> Author:
    """Change what was sent, leave the rest."""
    for name, value in changes.model_dump(exclude_unset=True).items():
        setattr(author, name, value)
    await session.commit()
    return author


async def create_book(session: AsyncSession, request: BookCreate) -> Book:
    """Add a book of an author whom we have."""
    author = await authors.get(session, request.author_id)
    if author is None:
        raise NotFound("There is no such author")
    book = Book(**request.model_dump(exclude={"author_id"}), author=author)
    session.add(book)
    try:
        await session.commit()
    except IntegrityError:
        await session.rollback()
        raise Conflict("There is already a book with this ISBN") from None
    return book


async def update_book(session: AsyncSession, book: Book, changes: BookUpdate) -> Book:
    """Change what was sent, leave the rest."""
    for name, value in changes.model_dump().items():
        setattr(book, name, value)
    await session.commit()
    return book


async def delete_book(session: AsyncSession, book: Book) -> None:
    """Remove a book and its reviews, unless somebody bought it."""
    await session.delete(book)
    try:
        await session.commit()
    except IntegrityError:
        await session.rollback()
        raise Conflict("This book was sold before; take it off the list instead") from None
