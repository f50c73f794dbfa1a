"""The tables."""

from bookshop.models.attempts import Attempt
from bookshop.models.base import Base
from bookshop.models.catalogue import Author, Book
from bookshop.models.coupons import Coupon
from bookshop.models.customers import Customer, Role
from bookshop.models.orders import Order, OrderLine, OrderStatus
from bookshop.models.reviews import Review

__all__ = [
    "Attempt",
    "Author",
    "Base",
    "Book",
    "Coupon",
    "Customer",
    "Order",
    "OrderLine",
    "OrderStatus",
    "Review",
    "Role",
]
