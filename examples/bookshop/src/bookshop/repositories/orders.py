"""Queries over orders."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from bookshop.models import Book, Order, OrderLine, OrderStatus


async def get(session: AsyncSession, order_id: int) -> Order | None:
    """The order with this id, and its lines."""
    return await session.get(Order, order_id, options=[selectinload(Order.lines)])


async def get_for_invoice(session: AsyncSession, order_id: int) -> Order | None:
    """The order with this id, and all that an invoice shows."""
    return await session.get(
        Order,
        order_id,
        options=[joinedload(Order.customer), selectinload(Order.lines).joinedload(OrderLine.book)],
    )


async def get_status(session: AsyncSession, order_id: int) -> OrderStatus | None:
    """How far an order has come."""
    return await session.scalar(select(Order.status).where(Order.id == order_id))


async def move(session: AsyncSession, order_id: int, source: OrderStatus, target: OrderStatus) -> bool:
    """Move an order from one status to another, unless somebody else was faster."""
    statement = update(Order).where(Order.id == order_id, Order.status == source).values(status=target)
    return (await session.execute(statement)).rowcount == 1


async def list_of_customer(session: AsyncSession, customer_id: int, limit: int, offset: int) -> Sequence[Order]:
    """A page of the orders of a customer, the newest first."""
    statement = (
        select(Order)
        .where(Order.customer_id == customer_id)
        .options(selectinload(Order.lines))
        .order_by(Order.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return (await session.scalars(statement)).all()


async def sales(
    session: AsyncSession, since: datetime, until: datetime, limit: int, offset: int
) -> Sequence[Row[tuple[int, str, int, int]]]:
    """A page of what each book earned in a period, the most first."""
    revenue = func.sum(OrderLine.quantity * OrderLine.unit_price_cents)
    statement = (
        select(
            Book.id.label("book_id"),
            Book.title,
            func.sum(OrderLine.quantity).label("copies"),
            revenue.label("revenue_cents"),
        )
        .join(OrderLine, OrderLine.book_id == Book.id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            Order.status.in_((OrderStatus.PAID, OrderStatus.SHIPPED)),
            Order.created_at >= since,
            Order.created_at < until,
        )
        .group_by(Book.id, Book.title)
        .order_by(revenue.desc(), Book.id)
        .limit(limit)
        .offset(offset)
    )
    return (await session.execute(statement)).all()


async def copies_sold(session: AsyncSession, book_ids: Sequence[int]) -> dict[int, int]:
    """How many copies of each of these books were paid for."""
    statement = (
        select(OrderLine.book_id, func.sum(OrderLine.quantity))
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.book_id.in_(book_ids), Order.status.in_((OrderStatus.PAID, OrderStatus.SHIPPED)))
        .group_by(OrderLine.book_id)
    )
    return {book_id: copies for book_id, copies in await session.execute(statement)}
