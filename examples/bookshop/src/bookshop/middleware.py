"""Middleware: a request id for every request, in its logs and its response."""

import logging
import time
from contextvars import ContextVar
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)
request_id: ContextVar[str] = ContextVar("request_id", default="-")


class RequestContextMiddleware:
    """Names each request, logs how it ended and how long it took."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        name = uuid4().hex
        token = request_id.set(name)
        started = time.perf_counter()
        status = 500

        async def send_with_name(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = name
            await send(message)

        try:
            await self.app(scope, receive, send_with_name)
        finally:
            milliseconds = (time.perf_counter() - started) * 1000
            logger.info("%s %s -> %d in %.1f ms", scope["method"], scope["path"], status, milliseconds)
            request_id.reset(token)
