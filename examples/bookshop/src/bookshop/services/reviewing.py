"""Writing and removing reviews."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bookshop.errors import Conflict
from bookshop.models import Book, Customer, Review, Role
from bookshop.schemas.reviews import ReviewCreate


async def add_review(session: AsyncSession, book: Book, customer_id: int, request: ReviewCreate) -> Review:
    """Add what a customer says about a book."""
    review = Review(book_id=book.id, customer_id=customer_id, **request.model_dump())
    session.add(review)
    try:
        await session.flush()
    except IntegrityError:
        raise Conflict("You have reviewed this book already") from None
    await session.refresh(review, ["reviewer"])
    return review


def may_remove(customer: Customer, review: Review) -> bool:
    """Whether somebody may remove a review: its writer, and the staff."""
    return review.customer_id == customer.id or customer.role in (Role.STAFF, Role.ADMIN)
