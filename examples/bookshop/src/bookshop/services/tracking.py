"""Following an order."""

import asyncio
from collections.abc import AsyncIterator

from bookshop.database import session_factory
from bookshop.models import OrderStatus
from bookshop.repositories import orders

FINAL = (OrderStatus.SHIPPED, OrderStatus.CANCELLED)
SECONDS_BETWEEN_LOOKS = 2.0


async def owner_of(order_id: int) -> int | None:
    """The id of the customer whose order this is."""
    async with session_factory() as session:
        order = await orders.get(session, order_id)
        return order.customer_id if order is not None else None


async def follow(order_id: int) -> AsyncIterator[OrderStatus]:
    """Each status that an order takes, until its last. Holds no session while it waits."""
    last = None
    while last not in FINAL:
        async with session_factory() as session:
            current = await orders.get_status(session, order_id)
        if current is None:
            return
        if current != last:
            last = current
            yield current
        if current not in FINAL:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
