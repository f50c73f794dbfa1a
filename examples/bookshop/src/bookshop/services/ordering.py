"""Placing, paying and cancelling orders."""

from collections import Counter

from sqlalchemy.ext.asyncio import AsyncSession

from bookshop.errors import Conflict, NotFound, PaymentDeclined
from bookshop.models import Customer, Order, OrderLine, OrderStatus
from bookshop.repositories import books, coupons, orders
from bookshop.schemas.orders import InvoiceLine, InvoiceRead, OrderCreate, PaymentEvent
from bookshop.services.payments import PaymentClient


async def place_order(session: AsyncSession, customer: Customer, request: OrderCreate) -> Order:
    """Reserve the books and fix their prices."""
    quantities: Counter[int] = Counter()
    for line in request.lines:
        quantities[line.book_id] += line.quantity

    found = await books.lock_listed(session, quantities.keys())
    lines = []
    for book_id, quantity in quantities.items():
        book = found.get(book_id)
        if book is None:
            raise NotFound(f"There is no book {book_id}")
        if book.stock < quantity:
            raise Conflict(f"Only {book.stock} of {book.title!r} are left")
        book.stock -= quantity
        lines.append(OrderLine(book_id=book_id, quantity=quantity, unit_price_cents=book.price_cents))

    total = sum(line.quantity * line.unit_price_cents for line in lines)
    coupon_id = None
    if request.coupon_code is not None:
        coupon = await coupons.get_valid(session, request.coupon_code)
        if coupon is None:
            raise NotFound("This coupon does not exist or has expired")
        coupon_id = coupon.id
        total -= total * coupon.percent // 100

    order = Order(
        customer_id=customer.id,
        coupon_id=coupon_id,
        status=OrderStatus.PENDING,
        total_cents=total,
        lines=lines,
    )
    session.add(order)
    await session.commit()
    return order


async def pay_order(session: AsyncSession, payments: PaymentClient, order: Order, card_token: str) -> Order:
    """Charge the card of a customer for an order."""
    if not await orders.move(session, order.id, OrderStatus.PENDING, OrderStatus.PAYING):
        raise Conflict("This order is not waiting for a payment")
    # Committed before the provider is asked: no row stays locked while it thinks, and a second
    # click finds the order taken.
    await session.commit()
    try:
        reference = await payments.charge(order.id, order.total_cents, card_token)
    except PaymentDeclined:
        await orders.move(session, order.id, OrderStatus.PAYING, OrderStatus.PENDING)
        await session.commit()
        raise
    # When the provider is unavailable the order stays "paying" until its webhook tells how it ended.
    await orders.move(session, order.id, OrderStatus.PAYING, OrderStatus.PAID)
    order.payment_reference = reference
    await session.commit()
    return order


async def settle_payment(session: AsyncSession, event: PaymentEvent) -> None:
    """Believe the provider about a payment that was under way."""
    order = await orders.get(session, event.order_id)
    if order is None:
        raise NotFound("There is no such order")
    captured = event.outcome == "captured"
    target = OrderStatus.PAID if captured else OrderStatus.PENDING
    if await orders.move(session, order.id, OrderStatus.PAYING, target) and captured:
        order.payment_reference = event.reference
    await session.commit()


async def cancel_order(session: AsyncSession, order: Order) -> Order:
    """Give the books back; only as long as nothing was paid."""
    if not await orders.move(session, order.id, OrderStatus.PENDING, OrderStatus.CANCELLED):
        raise Conflict("Only an order that is not paid can be cancelled")
    found = await books.lock(session, [line.book_id for line in order.lines])
    for line in order.lines:
        found[line.book_id].stock += line.quantity
    await session.commit()
    return order


async def write_invoice(session: AsyncSession, order_id: int) -> InvoiceRead:
    """The invoice of an order that was paid."""
    order = await orders.get_for_invoice(session, order_id)
    if order is None:
        raise NotFound("There is no such order")
    if order.status not in (OrderStatus.PAID, OrderStatus.SHIPPED):
        raise Conflict("There is an invoice only after the payment")
    return InvoiceRead(
        number=f"{order.created_at:%Y}-{order.id:06d}",
        billed_to=order.customer.full_name,
        email=order.customer.email,
        lines=[
            InvoiceLine(title=line.book.title, quantity=line.quantity, unit_price_cents=line.unit_price_cents)
            for line in order.lines
        ],
        total_cents=order.total_cents,
    )
