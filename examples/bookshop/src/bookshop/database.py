"""The database engine and the sessions that requests work with."""

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from bookshop.settings import get_settings

engine = create_async_engine(get_settings().database_url, pool_pre_ping=True)
session_factory = async_sessionmaker(engine, expire_on_commit=False)


@event.listens_for(engine.sync_engine, "connect")
def enforce_foreign_keys(connection: Any, _record: Any) -> None:
    """SQLite checks foreign keys only when each connection asks for it."""
    if engine.dialect.name == "sqlite":
        connection.execute("PRAGMA foreign_keys=ON")


async def get_session() -> AsyncIterator[AsyncSession]:
    """A session for one request. Whoever writes commits."""
    async with session_factory() as session:
        yield session


async def get_transaction() -> AsyncIterator[AsyncSession]:
    """A session for one request that is one unit of work: all of it is kept, or nothing."""
    async with session_factory() as session:
        try:
            yield session
        except Exception:
            await session.rollback()
            raise
        else:
            await session.commit()
