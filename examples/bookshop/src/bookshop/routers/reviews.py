"""The reviews."""

import logging
from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, status

from bookshop.dependencies import (
    CurrentCustomer,
    OptionalCustomer,
    PageDependency,
    PathId,
    SessionDependency,
    TransactionDependency,
    find_book,
)
from bookshop.errors import Conflict, problem_responses
from bookshop.models import Review
from bookshop.repositories import reviews
from bookshop.schemas.reviews import ReviewCreate, ReviewRead
from bookshop.services import reviewing

logger = logging.getLogger(__name__)

router = APIRouter(tags=["reviews"])


@router.get("/books/{book_id}/reviews", response_model=list[ReviewRead], responses=problem_responses(404))
async def list_reviews(
    book_id: PathId, session: SessionDependency, viewer: OptionalCustomer, page: PageDependency
) -> Sequence[Review]:
    """List what readers say about a book."""
    book = await find_book(session, book_id, viewer)
    return await reviews.list_of_book(session, book.id, limit=page.limit, offset=page.offset)


@router.post(
    "/books/{book_id}/reviews",
    response_model=ReviewRead,
    status_code=status.HTTP_201_CREATED,
    responses=problem_responses(401, 404, 409),
)
async def create_review(
    book_id: PathId, request: ReviewCreate, customer: CurrentCustomer, session: TransactionDependency
) -> Review:
    """Say something about a book."""
    try:
        book = await find_book(session, book_id, customer)
        return await reviewing.add_review(session, book, customer.id, request)
    except Conflict:
        raise
    except Exception as error:
        logger.exception("a review of book %d was not stored", book_id)
        raise HTTPException(status.HTTP_500_INTERNAL_SERVER_ERROR, detail="Your review could not be stored") from error


@router.delete(
    "/reviews/{review_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(401, 403, 404),
)
async def delete_review(review_id: PathId, customer: OptionalCustomer, session: TransactionDependency) -> None:
    """Remove a review: one's own, or as staff any."""
    review = await reviews.get(session, review_id)
    if review is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, detail="There is no such review")
    if customer is not None and not reviewing.may_remove(customer, review):
        raise HTTPException(status.HTTP_403_FORBIDDEN, detail="This is somebody else's review")
    await session.delete(review)
