"""Opening accounts, signing in, changing accounts."""

import jwt

PASSWORD = "correct horse battery"
ACCOUNT = {"email": "Grace@Bookshop.example", "full_name": "Grace", "password": PASSWORD}


def test_a_new_customer_can_sign_in(client):
    response = client.post("/api/v1/auth/register", json=ACCOUNT)
    assert response.status_code == 201
    assert response.json()["role"] == "customer"
    assert "password" not in response.text

    form = {"username": "grace@bookshop.example", "password": PASSWORD}
    assert client.post("/api/v1/auth/login", data=form).status_code == 200


def test_an_address_has_one_account(client):
    assert client.post("/api/v1/auth/register", json=ACCOUNT).status_code == 201
    assert client.post("/api/v1/auth/register", json=ACCOUNT).status_code == 409


def test_a_short_password_is_refused(client):
    assert client.post("/api/v1/auth/register", json=ACCOUNT | {"password": "short"}).status_code == 422


def test_a_wrong_password_and_an_unknown_address_look_alike(client):
    wrong = client.post("/api/v1/auth/login", data={"username": "ada@bookshop.example", "password": "wrong"})
    unknown = client.post("/api/v1/auth/login", data={"username": "nobody@bookshop.example", "password": "wrong"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.headers["WWW-Authenticate"] == "Bearer"


def test_guessing_passwords_is_stopped(client):
    form = {"username": "ada@bookshop.example", "password": "wrong"}
    statuses = [client.post("/api/v1/auth/login", data=form).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]


def test_my_account(client, ada):
    account = client.get("/api/v1/account", headers=ada).json()
    assert account["email"] == "ada@bookshop.example"
    assert "password_hash" not in account


def test_a_change_leaves_the_rest(client, ada):
    assert client.patch("/api/v1/account", headers=ada, json={"phone": "+49 30 1234"}).status_code == 200
    changed = client.patch("/api/v1/account", headers=ada, json={"full_name": "Ada Lovelace"}).json()
    assert (changed["full_name"], changed["phone"]) == ("Ada Lovelace", "+49 30 1234")


def test_a_name_cannot_be_emptied(client, ada):
    assert client.patch("/api/v1/account", headers=ada, json={"full_name": None}).status_code == 422


def test_without_a_token_nobody_is_signed_in(client):
    response = client.get("/api/v1/account")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_an_expired_token_is_refused(client, expired_token):
    assert client.get("/api/v1/account", headers={"Authorization": f"Bearer {expired_token}"}).status_code == 401


def test_a_token_signed_with_another_key_is_refused(client):
    forged = jwt.encode({"sub": "3", "aud": "bookshop:access"}, "x" * 32, algorithm="HS256")
    assert client.get("/api/v1/account", headers={"Authorization": f"Bearer {forged}"}).status_code == 401


def test_a_locked_account_is_signed_out(client, ada, admin):
    assert client.patch("/api/v1/admin/customers/1", headers=admin, json={"is_active": False}).status_code == 200
    assert client.get("/api/v1/account", headers=ada).status_code == 401
