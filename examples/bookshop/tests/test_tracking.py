"""Following an order over a socket."""

import pytest
from starlette.websockets import WebSocketDisconnect

from bookshop.services import tracking


@pytest.fixture
def order_id(client, ada):
    order = {"lines": [{"book_id": 1, "quantity": 1}]}
    return client.post("/api/v1/orders", headers=ada, json=order).json()["id"]


def test_an_order_is_followed_to_its_end(client, ada, order_id, monkeypatch):
    monkeypatch.setattr(tracking, "SECONDS_BETWEEN_LOOKS", 0.01)
    with client.websocket_connect(f"/api/v1/orders/{order_id}/tracking", headers=ada) as socket:
        assert socket.receive_json() == {"order_id": order_id, "status": "pending"}
        client.post(f"/api/v1/orders/{order_id}/cancellation", headers=ada)
        assert socket.receive_json() == {"order_id": order_id, "status": "cancelled"}
        with pytest.raises(WebSocketDisconnect):
            socket.receive_json()


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer forged"}, {"Authorization": "Basic YTpi"}])
def test_strangers_do_not_follow_orders(client, order_id, headers):
    path = f"/api/v1/orders/{order_id}/tracking"
    with pytest.raises(WebSocketDisconnect) as refusal, client.websocket_connect(path, headers=headers):
        pass
    assert refusal.value.code == 1008


def test_other_customers_do_not_follow_orders(client, other_customer, order_id):
    path = f"/api/v1/orders/{order_id}/tracking"
    with pytest.raises(WebSocketDisconnect) as refusal, client.websocket_connect(path, headers=other_customer):
        pass
    assert refusal.value.code == 1008
