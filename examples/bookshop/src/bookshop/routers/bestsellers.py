"""What sells best."""

from collections.abc import Sequence

from fastapi import APIRouter

from bookshop.dependencies import PageDependency, SessionDependency
from bookshop.models import Book
from bookshop.repositories import books
from bookshop.schemas.catalogue import BookSummary

router = APIRouter(prefix="/books", tags=["books"])


@router.get("/bestsellers", response_model=list[BookSummary])
async def list_bestsellers(session: SessionDependency, page: PageDependency) -> Sequence[Book]:
    """List the books that sell best."""
    return await books.bestsellers(session, limit=page.limit, offset=page.offset)
