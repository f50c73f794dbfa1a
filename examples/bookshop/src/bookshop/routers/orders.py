"""The orders of whoever is signed in."""

from collections.abc import Sequence

from fastapi import APIRouter, BackgroundTasks, Depends, status

from bookshop.dependencies import (
    CurrentCustomer,
    OwnOrder,
    PageDependency,
    PathId,
    PaymentsDependency,
    SessionDependency,
    get_current_customer,
)
from bookshop.errors import problem_responses
from bookshop.models import Order
from bookshop.repositories import orders
from bookshop.schemas.orders import InvoiceRead, OrderCreate, OrderRead, PaymentCreate
from bookshop.services import ordering, sales

router = APIRouter(
    prefix="/orders",
    tags=["orders"],
    dependencies=[Depends(get_current_customer)],
    responses=problem_responses(401),
)


@router.post(
    "",
    response_model=OrderRead,
    status_code=status.HTTP_201_CREATED,
    responses=problem_responses(404, 409),
)
async def place_order(request: OrderCreate, customer: CurrentCustomer, session: SessionDependency) -> Order:
    """Order books."""
    return await ordering.place_order(session, customer, request)


@router.get("", response_model=list[OrderRead])
async def list_orders(customer: CurrentCustomer, session: SessionDependency, page: PageDependency) -> Sequence[Order]:
    """List my orders."""
    return await orders.list_of_customer(session, customer.id, limit=page.limit, offset=page.offset)


@router.get("/{order_id}", response_model=OrderRead, responses=problem_responses(404))
async def read_order(order: OwnOrder) -> Order:
    """Show one of my orders."""
    return order


@router.post("/{order_id}/payment", response_model=OrderRead, responses=problem_responses(402, 404, 409, 502))
async def pay_order(
    order: OwnOrder,
    payment: PaymentCreate,
    session: SessionDependency,
    payments: PaymentsDependency,
    background: BackgroundTasks,
) -> Order:
    """Pay one of my orders."""
    paid = await ordering.pay_order(session, payments, order, payment.card_token)
    background.add_task(sales.recount, session, [line.book_id for line in paid.lines])
    return paid


@router.post("/{order_id}/cancellation", response_model=OrderRead, responses=problem_responses(404, 409))
async def cancel_order(order: OwnOrder, session: SessionDependency) -> Order:
    """Cancel one of my orders."""
    return await ordering.cancel_order(session, order)


@router.get("/{order_id}/invoice", responses=problem_responses(404, 409))
async def read_invoice(order_id: PathId, session: SessionDependency) -> InvoiceRead:
    """Show the invoice of an order."""
    return await ordering.write_invoice(session, order_id)
