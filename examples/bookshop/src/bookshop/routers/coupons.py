"""The coupons."""

from collections.abc import Sequence

from fastapi import APIRouter, Depends, status

from bookshop.dependencies import PageDependency, SessionDependency, require_staff
from bookshop.errors import problem_responses
from bookshop.models import Coupon
from bookshop.repositories import coupons as coupon_rows
from bookshop.schemas.orders import CouponCreate, CouponRead
from bookshop.services import coupons

router = APIRouter(
    prefix="/admin/coupons",
    tags=["admin"],
    dependencies=[Depends(require_staff)],
    responses=problem_responses(401, 403),
)


@router.get("", response_model=list[CouponRead])
async def list_coupons(session: SessionDependency, page: PageDependency) -> Sequence[Coupon]:
    """List the coupons."""
    return await coupon_rows.list_all(session, limit=page.limit, offset=page.offset)


@router.post(
    "",
    response_model=CouponRead,
    status_code=status.HTTP_201_CREATED,
    responses=problem_responses(409),
)
async def create_coupon(request: CouponCreate, session: SessionDependency) -> Coupon:
    """Add a coupon."""
    return await coupons.create_coupon(session, request)
