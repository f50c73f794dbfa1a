"""Whether the service is well."""

import logging

from fastapi import APIRouter, HTTPException, status
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bookshop.dependencies import SessionDependency
from bookshop.errors import problem_responses

logger = logging.getLogger(__name__)

router = APIRouter(prefix="/health", tags=["health"])


class Health(BaseModel):
    """That all is well."""

    status: str = "ok"


@router.get("/live")
async def live() -> Health:
    """Tell whether the process answers."""
    return Health()


@router.get("/ready", responses=problem_responses(503))
async def ready(session: SessionDependency) -> Health:
    """Tell whether the service can serve: it needs its database."""
    try:
        await session.execute(select(1))
    except (SQLAlchemyError, OSError) as error:
        logger.exception("the database does not answer")
        raise HTTPException(status.HTTP_503_SERVICE_UNAVAILABLE, detail="The database does not answer") from error
    return Health()
