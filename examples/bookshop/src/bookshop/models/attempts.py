"""Attempts at things that must not be tried without limit."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bookshop.models.base import Base, UtcDateTime, now


class Attempt(Base):
    """One attempt of one client, counted by all processes of the service alike."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_action_client_at", "action", "client", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(String(32))
    client: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
