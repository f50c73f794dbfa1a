"""What readers say about books."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bookshop.models.base import Base, UtcDateTime, now

if TYPE_CHECKING:
    from bookshop.models.catalogue import Book
    from bookshop.models.customers import Customer


class Review(Base):
    """The opinion of one customer on one book; each has at most one a book."""

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("book_id", "customer_id"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating_in_stars"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    rating: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    book: Mapped["Book"] = relationship(back_populates="reviews")
    reviewer: Mapped["Customer"] = relationship(back_populates="reviews")
