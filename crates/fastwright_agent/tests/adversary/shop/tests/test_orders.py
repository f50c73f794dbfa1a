from fastapi.testclient import TestClient

from app.main import app


def test_an_order_is_made(client: TestClient) -> None:
    answer = client.post("/orders", json={"quantity": 2, "price": 1000})
    assert answer.status_code == 201
    assert answer.json()["total"] == 2490


def test_nobody_sees_orders_without_signing_in() -> None:
    assert TestClient(app).get("/orders").status_code in {401, 403}
