"""The books."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from bookshop.dependencies import (
    OptionalCustomer,
    PageDependency,
    PathId,
    SessionDependency,
    find_book,
    require_admin,
    require_staff,
)
from bookshop.errors import problem_responses
from bookshop.models import Book, Customer
from bookshop.repositories import books
from bookshop.schemas.catalogue import BookCreate, BookRead, BookSummary, BookUpdate
from bookshop.services import catalogue

router = APIRouter(prefix="/books", tags=["books"])


@router.get("", response_model=list[BookSummary])
async def list_books(
    session: SessionDependency,
    viewer: OptionalCustomer,
    page: PageDependency,
    words: Annotated[str | None, Query(min_length=2, max_length=100, description="Words of the title")] = None,
    sort: Annotated[
        str, Query(max_length=100, description="What to sort by: title, price_cents, published_on")
    ] = "title",
) -> Sequence[Book]:
    """Search the books."""
    return await books.search(
        session,
        words=words,
        sort=sort,
        unlisted=books.sees_unlisted(viewer),
        limit=page.limit,
        offset=page.offset,
    )


@router.get("/{book_id}", response_model=BookRead, responses=problem_responses(404))
async def read_book(book_id: PathId, session: SessionDependency, viewer: OptionalCustomer) -> Book:
    """Show one book."""
    return await find_book(session, book_id, viewer)


@router.post(
    "",
    response_model=BookRead,
    status_code=status.HTTP_201_CREATED,
    dependencies=[Depends(require_staff)],
    responses=problem_responses(401, 403, 404, 409),
)
async def create_book(request: BookCreate, session: SessionDependency) -> Book:
    """Add a book."""
    return await catalogue.create_book(session, request)


@router.patch("/{book_id}", response_model=BookRead, responses=problem_responses(401, 403, 404))
async def update_book(
    book_id: PathId,
    changes: BookUpdate,
    session: SessionDependency,
    editor: Annotated[Customer, Depends(require_staff)],
) -> Book:
    """Change a book."""
    book = await find_book(session, book_id, editor)
    return await catalogue.update_book(session, book, changes)


@router.delete(
    "/{book_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(401, 403, 404, 409),
)
async def delete_book(
    book_id: PathId,
    session: SessionDependency,
    editor: Annotated[Customer, Depends(require_admin)],
) -> None:
    """Remove a book that was never sold."""
    book = await find_book(session, book_id, editor)
    await catalogue.delete_book(session, book)
