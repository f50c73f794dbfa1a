"""Ordering, paying, cancelling, shipping."""

import asyncio
import hashlib
import hmac
import json
from datetime import timedelta

import httpx
import pytest

from bookshop.database import engine, session_factory
from bookshop.errors import PaymentDeclined, PaymentUnavailable
from bookshop.models import Coupon
from bookshop.models.base import now
from bookshop.services.payments import PaymentClient

CARD = {"card_token": "tok_visa_4242"}


def place(client, headers, quantity=2, **more):
    order = {"lines": [{"book_id": 1, "quantity": quantity}]} | more
    return client.post("/api/v1/orders", headers=headers, json=order)


def stock(client, book_id=1):
    return client.get(f"/api/v1/books/{book_id}").json()["stock"]


def test_an_order_reserves_books(client, ada):
    response = place(client, ada)
    assert response.status_code == 201
    assert response.json()["total_cents"] == 2400
    assert response.json()["status"] == "pending"
    assert stock(client) == 3


def test_what_is_not_left_cannot_be_ordered(client, ada):
    response = place(client, ada, quantity=6)
    assert response.status_code == 409
    assert response.json() == {"detail": "Only 5 of 'The Left Hand of Darkness' are left"}
    assert stock(client) == 5


def test_the_same_book_twice_counts_together(client, ada):
    order = {"lines": [{"book_id": 1, "quantity": 3}, {"book_id": 1, "quantity": 3}]}
    assert client.post("/api/v1/orders", headers=ada, json=order).status_code == 409


def test_unlisted_and_unknown_books_cannot_be_ordered(client, ada):
    for book_id in (3, 99):
        order = {"lines": [{"book_id": book_id, "quantity": 1}]}
        assert client.post("/api/v1/orders", headers=ada, json=order).status_code == 404


def test_an_order_needs_an_account(client):
    assert place(client, {}).status_code == 401


def test_a_coupon_lowers_the_price(client, ada):
    async def add_coupons():
        async with session_factory() as session:
            session.add(Coupon(code="SPRING-10", percent=10, expires_at=now() + timedelta(days=1)))
            session.add(Coupon(code="WINTER-50", percent=50, expires_at=now() - timedelta(days=1)))
            await session.commit()
        await engine.dispose()

    asyncio.run(add_coupons())
    assert place(client, ada, coupon_code="SPRING-10").json()["total_cents"] == 2160
    assert place(client, ada, coupon_code="WINTER-50").status_code == 404


def test_my_orders_are_mine(client, ada, other_customer):
    order_id = place(client, ada).json()["id"]
    assert [order["id"] for order in client.get("/api/v1/orders", headers=ada).json()] == [order_id]
    assert client.get("/api/v1/orders", headers=other_customer).json() == []
    assert client.get(f"/api/v1/orders/{order_id}", headers=ada).status_code == 200
    assert client.get(f"/api/v1/orders/{order_id}", headers=other_customer).status_code == 404
    assert client.post(f"/api/v1/orders/{order_id}/payment", headers=other_customer, json=CARD).status_code == 404
    assert client.post(f"/api/v1/orders/{order_id}/cancellation", headers=other_customer).status_code == 404


def test_paying(client, ada, payments):
    order_id = place(client, ada).json()["id"]
    assert client.get(f"/api/v1/orders/{order_id}/invoice", headers=ada).status_code == 409
    paid = client.post(f"/api/v1/orders/{order_id}/payment", headers=ada, json=CARD)
    assert paid.json()["status"] == "paid"
    assert payments.charged == [(order_id, 2400)]
    assert client.post(f"/api/v1/orders/{order_id}/payment", headers=ada, json=CARD).status_code == 409

    invoice = client.get(f"/api/v1/orders/{order_id}/invoice", headers=ada).json()
    assert invoice["billed_to"] == "Ada"
    assert invoice["lines"] == [{"title": "The Left Hand of Darkness", "quantity": 2, "unit_price_cents": 1200}]


def test_a_declined_card_leaves_the_order_open(client, ada):
    order_id = place(client, ada).json()["id"]
    declined = client.post(f"/api/v1/orders/{order_id}/payment", headers=ada, json={"card_token": "tok_declined"})
    assert declined.status_code == 402
    assert client.post(f"/api/v1/orders/{order_id}/payment", headers=ada, json=CARD).status_code == 200


def test_cancelling_gives_the_books_back(client, ada):
    order_id = place(client, ada).json()["id"]
    assert client.post(f"/api/v1/orders/{order_id}/cancellation", headers=ada).json()["status"] == "cancelled"
    assert stock(client) == 5
    assert client.post(f"/api/v1/orders/{order_id}/cancellation", headers=ada).status_code == 409


def test_shipping(client, ada, staff):
    order_id = place(client, ada).json()["id"]
    path = f"/api/v1/admin/orders/{order_id}/shipment"
    assert client.post(path, headers=staff).status_code == 409
    client.post(f"/api/v1/orders/{order_id}/payment", headers=ada, json=CARD)
    assert client.post(path, headers=ada).status_code == 403
    assert client.post(path, headers=staff).json()["status"] == "shipped"
    assert client.post("/api/v1/admin/orders/99/shipment", headers=staff).status_code == 404


def test_the_sales_report(client, ada, staff):
    order_id = place(client, ada).json()["id"]
    assert client.get("/api/v1/admin/reports/sales", headers=staff).json() == []
    client.post(f"/api/v1/orders/{order_id}/payment", headers=ada, json=CARD)
    row = {"book_id": 1, "title": "The Left Hand of Darkness", "copies": 2, "revenue_cents": 2400}
    assert client.get("/api/v1/admin/reports/sales", headers=staff).json() == [row]
    assert client.get("/api/v1/admin/reports/sales?since=2020-01-01T00:00:00", headers=staff).status_code == 422


def test_the_payment_webhook_needs_a_signature(client):
    event = {"order_id": 1, "reference": "pay_1", "outcome": "captured"}
    assert client.post("/api/v1/webhooks/payments", json=event).status_code == 401

    body = json.dumps(event | {"order_id": 99}).encode()
    signature = hmac.new(b"shared-with-nobody", body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Payment-Signature": signature}
    assert client.post("/api/v1/webhooks/payments", content=body, headers=headers).status_code == 404
    assert client.post("/api/v1/webhooks/payments", content=body + b" ", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("status", "expected"), [(402, PaymentDeclined), (500, PaymentUnavailable), (200, PaymentUnavailable)]
)
def test_what_the_provider_answers(status, expected):
    async def charge():
        transport = httpx.MockTransport(lambda request: httpx.Response(status, json={}))
        async with httpx.AsyncClient(transport=transport, base_url="https://payments.example.com") as http:
            await PaymentClient(http).charge(1, 100, "tok_visa_4242")

    with pytest.raises(expected):
        asyncio.run(charge())
