"""Who may do what."""

import pytest

ADMIN_ROUTES = [
    ("GET", "/api/v1/admin/customers"),
    ("PATCH", "/api/v1/admin/customers/1"),
    ("POST", "/api/v1/admin/orders/1/shipment"),
    ("GET", "/api/v1/admin/reports/sales"),
]


@pytest.mark.parametrize(("method", "path"), ADMIN_ROUTES)
def test_customers_are_kept_out(client, ada, method, path):
    assert client.request(method, path).status_code == 401
    assert client.request(method, path, headers=ada, json={}).status_code == 403


def test_the_staff_sees_accounts_but_gives_no_roles(client, staff):
    assert len(client.get("/api/v1/admin/customers?limit=2", headers=staff).json()) == 2
    assert client.patch("/api/v1/admin/customers/1", headers=staff, json={"role": "admin"}).status_code == 403


def test_administrators_give_roles(client, admin, ada):
    changed = client.patch("/api/v1/admin/customers/1", headers=admin, json={"role": "staff"})
    assert changed.json()["role"] == "staff"
    assert client.get("/api/v1/admin/customers", headers=ada).status_code == 200
    assert client.patch("/api/v1/admin/customers/99", headers=admin, json={}).status_code == 404
