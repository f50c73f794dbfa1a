"""Queries over attempts."""

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bookshop.models import Attempt
from bookshop.models.base import now


async def count(session: AsyncSession, action: str, client: str, window: timedelta) -> int:
    """How often a client has tried something lately."""
    statement = select(func.count()).where(
        Attempt.action == action, Attempt.client == client, Attempt.at > now() - window
    )
    return await session.scalar(statement) or 0


async def record(session: AsyncSession, action: str, client: str) -> None:
    """Count one more attempt, at once: it counts also when the request fails later."""
    outdated = delete(Attempt).where(
        Attempt.action == action, Attempt.client == client, Attempt.at < now() - timedelta(days=1)
    )
    await session.execute(outdated)
    session.add(Attempt(action=action, client=client))
    await session.commit()
