"""What can go wrong, and how each of it is answered."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from bookshop.schemas.base import Problem

logger = logging.getLogger(__name__)

DESCRIPTIONS = {
    401: "Who is asking is not known",
    402: "The payment was declined",
    403: "Who is asking may not do this",
    404: "There is no such thing",
    409: "It contradicts what is already there",
    429: "Too many attempts",
    502: "The payment provider did not answer",
    503: "The service is not ready",
}


class BookshopError(Exception):
    """A rule of the shop was broken; the message is written for the caller."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(BookshopError):
    """Something named in a request does not exist."""

    status = 404


class Conflict(BookshopError):
    """A request contradicts what is already there."""

    status = 409


class PaymentDeclined(BookshopError):
    """The bank said no."""

    status = 402


class PaymentUnavailable(BookshopError):
    """The payment provider could not be asked."""

    status = 502


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` that document errors of these statuses."""
    return {status: {"model": Problem, "description": DESCRIPTIONS[status]} for status in statuses}


async def answer_bookshop_error(request: Request, error: BookshopError) -> JSONResponse:
    """A broken rule, in the same shape as every other error."""
    return JSONResponse(status_code=error.status, content={"detail": error.message})


async def answer_database_error(request: Request, error: SQLAlchemyError) -> JSONResponse:
    """The database refused or is gone."""
    logger.error("database error on %s %s", request.method, request.url.path, exc_info=error)
    return JSONResponse(status_code=500, content={"detail": f"The database could not do this: {error}"})


def install_error_handlers(app: FastAPI) -> None:
    """Teach an app to answer our errors."""
    app.add_exception_handler(BookshopError, answer_bookshop_error)
    app.add_exception_handler(SQLAlchemyError, answer_database_error)
