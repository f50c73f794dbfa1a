"""Queries over coupons."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bookshop.models import Coupon
from bookshop.models.base import now


async def get_valid(session: AsyncSession, code: str) -> Coupon | None:
    """The coupon with this code, unless it has expired."""
    return await session.scalar(select(Coupon).where(Coupon.code == code, Coupon.expires_at > now()))


async def list_all(session: AsyncSession, limit: int, offset: int) -> Sequence[Coupon]:
    """A page of coupons, the newest first."""
    statement = select(Coupon).order_by(Coupon.id.desc()).limit(limit).offset(offset)
    return (await session.scalars(statement)).all()
