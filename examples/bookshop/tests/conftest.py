"""A shop with a database of its own for every test."""

import asyncio
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

database = Path(tempfile.mkdtemp(prefix="bookshop-tests-")) / "bookshop.db"
os.environ["BOOKSHOP_DATABASE_URL"] = f"sqlite+aiosqlite:///{database}"
os.environ["BOOKSHOP_TOKEN_KEY"] = "only-for-tests-only-for-tests-only-for-tests"
os.environ["BOOKSHOP_PAYMENT_WEBHOOK_KEY"] = "shared-with-nobody"

from bookshop import security
from bookshop.database import engine, session_factory
from bookshop.dependencies import get_payments
from bookshop.errors import PaymentDeclined
from bookshop.main import app
from bookshop.models import Author, Base, Book, Customer, Role
from bookshop.settings import get_settings

# As slow as passwords deserve would be too slow for tests.
security.password_hasher = PasswordHash([Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1)])

PASSWORD = "correct horse battery"
Headers = dict[str, str]


class FakePayments:
    """A payment provider that declines one card."""

    def __init__(self) -> None:
        self.charged: list[tuple[int, int]] = []

    async def charge(self, order_id: int, amount_cents: int, card_token: str) -> str:
        """Charge every card but the declined one."""
        if card_token == "tok_declined":
            raise PaymentDeclined("Your bank declined the payment")
        self.charged.append((order_id, amount_cents))
        return f"pay_{order_id}"


async def fill_database() -> None:
    """Tables with three accounts, two authors and three books."""
    password_hash = security.password_hasher.hash(PASSWORD)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with session_factory() as session:
        for name, role in (("ada", Role.CUSTOMER), ("stan", Role.STAFF), ("root", Role.ADMIN)):
            email = f"{name}@bookshop.example"
            session.add(Customer(email=email, full_name=name.title(), password_hash=password_hash, role=role))
        le_guin = Author(name="Ursula K. Le Guin")
        lem = Author(name="Stanislaw Lem", biography="Wrote of what we cannot understand.")
        session.add_all(
            [
                Book(
                    isbn="9780441478125", title="The Left Hand of Darkness", price_cents=1200, stock=5, author=le_guin
                ),
                Book(isbn="9780156027601", title="Solaris", price_cents=900, stock=2, sold=40, author=lem),
                Book(isbn="9780262538473", title="His Master's Voice", price_cents=1100, is_listed=False, author=lem),
            ]
        )
        await session.commit()
    await engine.dispose()


@pytest.fixture(scope="session")
def opening_day() -> bytes:
    """The database that every test starts with; made once."""
    asyncio.run(fill_database())
    return database.read_bytes()


@pytest.fixture(autouse=True)
def shop(opening_day: bytes) -> Iterator[None]:
    """Every test starts with the same shop."""
    database.write_bytes(opening_day)
    yield
    asyncio.run(engine.dispose())


@pytest.fixture
def payments() -> FakePayments:
    """The payment provider of a test."""
    return FakePayments()


@pytest.fixture
def client(payments: FakePayments) -> Iterator[TestClient]:
    """A client of the running application."""
    app.dependency_overrides[get_payments] = lambda: payments
    with TestClient(app) as client:
        yield client
    app.dependency_overrides.clear()


@pytest.fixture
def sign_in(client: TestClient) -> Callable[[str], Headers]:
    """Signs somebody in; gives the headers of their requests."""

    def sign_in(name: str) -> Headers:
        form = {"username": f"{name}@bookshop.example", "password": PASSWORD}
        response = client.post("/api/v1/auth/login", data=form)
        assert response.status_code == 200, response.text
        return {"Authorization": f"Bearer {response.json()['access_token']}"}

    return sign_in


@pytest.fixture
def ada(sign_in: Callable[[str], Headers]) -> Headers:
    """The headers of a customer."""
    return sign_in("ada")


@pytest.fixture
def staff(sign_in: Callable[[str], Headers]) -> Headers:
    """The headers of somebody of the staff."""
    return sign_in("stan")


@pytest.fixture
def admin(sign_in: Callable[[str], Headers]) -> Headers:
    """The headers of an administrator."""
    return sign_in("root")


@pytest.fixture
def other_customer(client: TestClient) -> Headers:
    """The headers of a customer who has just opened an account."""
    account = {"email": "grace@bookshop.example", "full_name": "Grace", "password": PASSWORD}
    assert client.post("/api/v1/auth/register", json=account).status_code == 201
    form = {"username": account["email"], "password": PASSWORD}
    token = client.post("/api/v1/auth/login", data=form).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def expired_token() -> str:
    """A token of yesterday."""
    settings = get_settings().model_copy(update={"token_minutes": -24 * 60})
    return security.issue_token(1, settings)
