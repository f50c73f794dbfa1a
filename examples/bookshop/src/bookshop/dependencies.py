"""What the routes depend on."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Header, HTTPException, Path, Query, Request, WebSocket, WebSocketException, status
from fastapi.security import OAuth2PasswordBearer
from fastapi.security.utils import get_authorization_scheme_param
from sqlalchemy.ext.asyncio import AsyncSession

from bookshop import security
from bookshop.database import get_session, get_transaction, session_factory
from bookshop.models import Book, Customer, Order, Role
from bookshop.repositories import attempts, books, customers, orders
from bookshop.schemas.base import Identifier
from bookshop.services.payments import PaymentClient
from bookshop.settings import Settings, get_settings

SessionDependency = Annotated[AsyncSession, Depends(get_session)]
TransactionDependency = Annotated[AsyncSession, Depends(get_transaction)]
SettingsDependency = Annotated[Settings, Depends(get_settings)]

PathId = Annotated[Identifier, Path()]

TOKEN_URL = "/api/v1/auth/login"
required_token = OAuth2PasswordBearer(tokenUrl=TOKEN_URL)
optional_token = OAuth2PasswordBearer(tokenUrl=TOKEN_URL, auto_error=False)


async def load_customer(token: str, session: AsyncSession, settings: Settings) -> Customer | None:
    """The account that a token stands for, while it may be used."""
    customer_id = security.read_token(token, settings)
    if customer_id is None:
        return None
    customer = await customers.get(session, customer_id)
    return customer if customer is not None and customer.is_active else None


async def get_current_customer(
    token: Annotated[str, Depends(required_token)],
    session: SessionDependency,
    settings: SettingsDependency,
) -> Customer:
    """Whoever is signed in; nobody else gets further."""
    customer = await load_customer(token, session, settings)
    if customer is None:
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED,
            detail="Please sign in",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return customer


async def get_optional_customer(
    token: Annotated[str | None, Depends(optional_token)],
    session: SessionDependency,
    settings: SettingsDependency,
) -> Customer | None:
    """Whoever is signed in, for pages that greet visitors too."""
    if token is None:
        return None
    return await load_customer(token, session, settings)


CurrentCustomer = Annotated[Customer, Depends(get_current_customer)]
OptionalCustomer = Annotated[Customer | None, Depends(get_optional_customer)]


async def get_socket_customer(websocket: WebSocket, settings: SettingsDependency) -> Customer:
    """Whoever opens a socket. Its session ends here: a socket may stay open for hours."""
    scheme, token = get_authorization_scheme_param(websocket.headers.get("Authorization"))
    customer = None
    if scheme.lower() == "bearer":
        async with session_factory() as session:
            customer = await load_customer(token, session, settings)
    if customer is None:
        raise WebSocketException(status.WS_1008_POLICY_VIOLATION, reason="Please sign in")
    return customer


SocketCustomer = Annotated[Customer, Depends(get_socket_customer)]


class RequireRole:
    """Lets only accounts with one of these roles through."""

    def __init__(self, *roles: Role) -> None:
        self.roles = frozenset(roles)

    async def __call__(self, customer: CurrentCustomer) -> Customer:
        if customer.role not in self.roles:
            raise HTTPException(status.HTTP_403_FORBIDDEN, detail="Your account may not do this")
        return customer


require_staff = RequireRole(Role.STAFF, Role.ADMIN)
require_admin = RequireRole(Role.ADMIN)


class Throttle:
    """Lets a client try something only so often. The database counts, so that all processes agree."""

    def __init__(self, action: str, attempts: int, window: timedelta) -> None:
        self.action = action
        self.attempts = attempts
        self.window = window

    async def __call__(self, request: Request, session: SessionDependency) -> None:
        client = request.client.host if request.client else "unknown"
        if await attempts.count(session, self.action, client, self.window) >= self.attempts:
            raise HTTPException(
                status.HTTP_429_TOO_MANY_REQUESTS,
                detail="Too many attempts, please try again later",
                headers={"Retry-After": str(int(self.window.total_seconds()))},
            )
        await attempts.record(session, self.action, client)


@dataclass(frozen=True)
class Page:
    """Which part of a list is wanted."""

    limit: int
    offset: int


async def get_page(
    limit: Annotated[int, Query(ge=1, le=100, description="How many")] = 20,
    offset: Annotated[int, Query(ge=0, le=1_000_000, description="After how many")] = 0,
) -> Page:
    """The part of a list that a request asks for."""
    return Page(limit=limit, offset=offset)


PageDependency = Annotated[Page, Depends(get_page)]


async def get_own_order(order_id: PathId, customer: CurrentCustomer, session: SessionDependency) -> Order:
    """An order of whoever is signed in. Those of others do not exist for them."""
    order = await orders.get(session, order_id)
    if order is None or order.customer_id != customer.id:
        raise HTTPException(status.HTTP_404_NOT_FOUND, detail="There is no such order")
    return order


OwnOrder = Annotated[Order, Depends(get_own_order)]


async def find_book(session: AsyncSession, book_id: int, viewer: Customer | None) -> Book:
    """A book, if this viewer may see it; unlisted ones are for the staff."""
    book = await books.get(session, book_id)
    if book is None or not (book.is_listed or books.sees_unlisted(viewer)):
        raise HTTPException(status.HTTP_404_NOT_FOUND, detail="There is no such book")
    return book


async def get_payments(request: Request) -> PaymentClient:
    """The payment client, which lives as long as the service."""
    return request.state.payments


PaymentsDependency = Annotated[PaymentClient, Depends(get_payments)]


async def verify_payment_signature(
    request: Request,
    settings: SettingsDependency,
    signature: Annotated[str, Header(alias="X-Payment-Signature", max_length=128)] = "",
) -> None:
    """Only the payment provider can sign with the key that we share."""
    key = settings.payment_webhook_key
    if key is None or not security.signature_matches(await request.body(), signature, key.get_secret_value()):
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, detail="The signature does not fit the message")
