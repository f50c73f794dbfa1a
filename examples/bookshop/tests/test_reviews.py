"""Reviews."""

REVIEW = {"rating": 5, "body": "I read it in one night."}


def write(client, headers, book_id=1, **more):
    return client.post(f"/api/v1/books/{book_id}/reviews", headers=headers, json=REVIEW | more)


def test_a_review_is_shown(client, ada):
    created = write(client, ada)
    assert created.status_code == 201
    shown = client.get("/api/v1/books/1/reviews").json()
    assert [(review["rating"], review["body"]) for review in shown] == [(5, REVIEW["body"])]
    assert shown[0]["reviewer"]["full_name"] == "Ada"


def test_one_review_a_book(client, ada):
    assert write(client, ada).status_code == 201
    assert write(client, ada).status_code == 409


def test_a_review_needs_an_account_and_stars(client, ada):
    assert write(client, {}).status_code == 401
    assert write(client, ada, rating=6).status_code == 422


def test_reviews_of_unknown_books(client):
    assert client.get("/api/v1/books/99/reviews").status_code == 404


def test_a_review_belongs_to_its_writer(client, ada, other_customer, staff):
    mine = write(client, ada).json()["id"]
    assert client.delete(f"/api/v1/reviews/{mine}", headers=other_customer).status_code == 403
    assert client.delete(f"/api/v1/reviews/{mine}", headers=ada).status_code == 204
    assert client.delete(f"/api/v1/reviews/{mine}", headers=ada).status_code == 404

    theirs = write(client, other_customer).json()["id"]
    assert client.delete(f"/api/v1/reviews/{theirs}", headers=staff).status_code == 204
