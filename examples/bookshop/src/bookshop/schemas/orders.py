"""Orders, coupons and payments over the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field

from bookshop.models import OrderStatus
from bookshop.schemas.base import Identifier, Schema

CouponCode = Annotated[str, Field(pattern=r"^[A-Z0-9-]{4,32}$")]


class OrderLineCreate(BaseModel):
    """Some copies of a book."""

    book_id: Identifier
    quantity: int = Field(ge=1, le=100)


class OrderCreate(BaseModel):
    """What a customer wants to buy."""

    lines: list[OrderLineCreate] = Field(min_length=1, max_length=50)
    coupon_code: CouponCode | None = None


class OrderLineRead(Schema):
    """Some copies of a book, at the price they were bought."""

    book_id: int
    quantity: int
    unit_price_cents: int


class OrderRead(Schema):
    """An order as its customer and the staff see it."""

    id: int
    status: OrderStatus
    total_cents: int
    created_at: datetime
    lines: list[OrderLineRead]


class InvoiceLine(BaseModel):
    """One line of an invoice."""

    title: str
    quantity: int
    unit_price_cents: int


class InvoiceRead(BaseModel):
    """An invoice, with whom it is made out to."""

    number: str
    billed_to: str
    email: str
    lines: list[InvoiceLine]
    total_cents: int


class PaymentCreate(BaseModel):
    """The card to charge, as the payment provider's widget has named it."""

    card_token: str = Field(min_length=8, max_length=128)


class PaymentEvent(BaseModel):
    """What the payment provider tells us about a charge."""

    order_id: Identifier
    reference: str = Field(max_length=64)
    outcome: Literal["captured", "failed"]


class CouponCreate(BaseModel):
    """A new coupon."""

    code: CouponCode
    percent: int = Field(ge=1, le=90)
    expires_at: AwareDatetime


class CouponRead(Schema):
    """A coupon as the staff sees it."""

    id: int
    code: str
    percent: int
    expires_at: datetime


class SalesRow(Schema):
    """What one book earned in a period."""

    book_id: int
    title: str
    copies: int
    revenue_cents: int
