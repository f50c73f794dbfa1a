"""The application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from bookshop.database import engine
from bookshop.errors import install_error_handlers
from bookshop.logs import configure_logging
from bookshop.middleware import RequestContextMiddleware
from bookshop.routers import api, health
from bookshop.services.payments import PaymentClient, build_http_client
from bookshop.settings import get_settings


class State(TypedDict):
    """What lives as long as the service."""

    payments: PaymentClient


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[State]:
    """Open what the service needs, and close it again."""
    configure_logging()
    async with build_http_client(get_settings()) as http:
        yield {"payments": PaymentClient(http)}
    await engine.dispose()


def create_app() -> FastAPI:
    """A new application."""
    app = FastAPI(title="Bookshop", version="1.4.0", lifespan=lifespan)
    install_error_handlers(app)
    app.include_router(health.router)
    app.include_router(api)
    app.add_middleware(RequestContextMiddleware)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=get_settings().cors_origins,
        allow_credentials=True,
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type"],
        expose_headers=["X-Request-Id"],
    )
    return app


app = create_app()
