import pytest
from fastapi.testclient import TestClient

from app.main import app
from app.store import User, store


@pytest.fixture
def client() -> TestClient:
    store.orders.clear()
    store.users.clear()
    store.users["customer"] = User(id=1, role="customer")
    return TestClient(app, headers={"Authorization": "Bearer customer"})
