"""Reductions that customers can claim with a code."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from bookshop.models.base import Base, UtcDateTime


class Coupon(Base):
    """A code that lowers the price of an order until it expires."""

    __tablename__ = "coupons"
    __table_args__ = (CheckConstraint("percent BETWEEN 1 AND 90", name="percent_sensible"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    percent: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
