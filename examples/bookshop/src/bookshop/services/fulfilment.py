"""Getting orders out of the house."""

from sqlalchemy.ext.asyncio import AsyncSession

from bookshop.errors import Conflict, NotFound
from bookshop.models import Order, OrderStatus
from bookshop.repositories import customers, orders
from bookshop.services import mail


async def ship_order(session: AsyncSession, order_id: int) -> Order:
    """Mark a paid order as shipped and tell its customer."""
    order = await orders.get(session, order_id)
    if order is None:
        raise NotFound("There is no such order")
    if not await orders.move(session, order.id, OrderStatus.PAID, OrderStatus.SHIPPED):
        raise Conflict("Only a paid order can be shipped")
    await session.commit()
    await notify_customer(session, order)
    return order


async def notify_customer(session: AsyncSession, order: Order) -> None:
    """Write to the customer of an order."""
    customer = await customers.get(session, order.customer_id)
    if customer is not None:
        mail.send_shipping_notice(customer.email, customer.full_name, order.id)
