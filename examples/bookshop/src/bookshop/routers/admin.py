"""What the staff does."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, status
from pydantic import AwareDatetime
from sqlalchemy import Row

from bookshop.dependencies import PageDependency, PathId, SessionDependency, require_admin, require_staff
from bookshop.errors import problem_responses
from bookshop.models import Customer, Order
from bookshop.models.base import now
from bookshop.repositories import customers, orders
from bookshop.schemas.customers import CustomerRead, CustomerUpdate
from bookshop.schemas.orders import OrderRead, SalesRow
from bookshop.services import accounts, fulfilment

router = APIRouter(
    prefix="/admin",
    tags=["admin"],
    dependencies=[Depends(require_staff)],
    responses=problem_responses(401, 403),
)


@router.get("/customers", response_model=list[CustomerRead])
async def list_customers(session: SessionDependency, page: PageDependency) -> Sequence[Customer]:
    """List the accounts."""
    return await customers.list_all(session, limit=page.limit, offset=page.offset)


@router.patch(
    "/customers/{customer_id}",
    response_model=CustomerRead,
    dependencies=[Depends(require_admin)],
    responses=problem_responses(404),
)
async def update_customer(customer_id: PathId, changes: CustomerUpdate, session: SessionDependency) -> Customer:
    """Change an account, also what it may do."""
    customer = await customers.get(session, customer_id)
    if customer is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, detail="There is no such account")
    return await accounts.update_customer(session, customer, changes)


@router.post("/orders/{order_id}/shipment", response_model=OrderRead, responses=problem_responses(404, 409))
async def ship_order(order_id: PathId, session: SessionDependency) -> Order:
    """Send a paid order on its way."""
    return await fulfilment.ship_order(session, order_id)


@router.get("/reports/sales", response_model=list[SalesRow])
async def report_sales(
    session: SessionDependency,
    page: PageDependency,
    since: Annotated[AwareDatetime | None, Query(description="Default: 30 days before until")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Default: now")] = None,
) -> Sequence[Row[tuple[int, str, int, int]]]:
    """Report what each book earned."""
    end = until or now()
    start = since or end - timedelta(days=30)
    return await orders.sales(session, start, end, limit=page.limit, offset=page.offset)
