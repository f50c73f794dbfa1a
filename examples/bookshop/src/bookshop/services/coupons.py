"""Handing out coupons."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bookshop.errors import Conflict
from bookshop.models import Coupon
from bookshop.schemas.orders import CouponCreate


async def create_coupon(session: AsyncSession, request: CouponCreate) -> Coupon:
    """Add a coupon with a code of its own."""
    coupon = Coupon(**request.model_dump())
    session.add(coupon)
    try:
        await session.commit()
    except IntegrityError:
        await session.rollback()
        raise Conflict("There is already a coupon with this code") from None
    return coupon
