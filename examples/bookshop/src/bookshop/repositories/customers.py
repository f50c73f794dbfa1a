"""Queries over customers."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bookshop.models import Customer


async def get(session: AsyncSession, customer_id: int) -> Customer | None:
    """The customer with this id."""
    return await session.get(Customer, customer_id)


async def get_by_email(session: AsyncSession, email: str) -> Customer | None:
    """The customer with this address, written in any case."""
    return await session.scalar(select(Customer).where(Customer.email == email.lower()))


async def list_all(session: AsyncSession, limit: int, offset: int) -> Sequence[Customer]:
    """A page of customers, the oldest first."""
    statement = select(Customer).order_by(Customer.id).limit(limit).offset(offset)
    return (await session.scalars(statement)).all()
