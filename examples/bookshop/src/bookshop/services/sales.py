"""Counting what was sold."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from bookshop.repositories import books, orders


async def recount(session: AsyncSession, book_ids: Sequence[int]) -> None:
    """Bring the sold copies of these books up to date; the bestsellers are sorted by them."""
    copies = await orders.copies_sold(session, book_ids)
    for book_id, book in (await books.lock(session, book_ids)).items():
        book.sold = copies.get(book_id, 0)
    await session.commit()
