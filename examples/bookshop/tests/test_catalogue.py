"""Books and authors."""

import asyncio

import pytest

from bookshop.database import engine, session_factory
from bookshop.repositories import books

DUNE = {"isbn": "9780441172719", "title": "Dune", "price_cents": 1000, "stock": 3, "author_id": 1}


def titles(response):
    assert response.status_code == 200, response.text
    return [book["title"] for book in response.json()]


def test_books_are_sorted(client):
    assert titles(client.get("/api/v1/books")) == ["Solaris", "The Left Hand of Darkness"]
    assert titles(client.get("/api/v1/books?sort=price_cents")) == ["Solaris", "The Left Hand of Darkness"]


def test_books_are_found_by_words(client):
    assert titles(client.get("/api/v1/books?words=hand")) == ["The Left Hand of Darkness"]
    assert titles(client.get("/api/v1/books?words=%25%25")) == []


def test_unlisted_books_are_for_the_staff(client, ada, staff):
    assert client.get("/api/v1/books/3").status_code == 404
    assert client.get("/api/v1/books/3", headers=ada).status_code == 404
    assert client.get("/api/v1/books/3", headers=staff).status_code == 200
    assert len(titles(client.get("/api/v1/books", headers=staff))) == 3


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "offset=-1", "words=a"])
def test_a_page_has_bounds(client, query):
    assert client.get(f"/api/v1/books?{query}").status_code == 422


def test_bestsellers_come_first():
    async def bestsellers():
        async with session_factory() as session:
            found = await books.bestsellers(session, limit=10, offset=0)
        await engine.dispose()
        return [book.title for book in found]

    assert asyncio.run(bestsellers()) == ["Solaris", "The Left Hand of Darkness"]


def test_the_staff_adds_books(client, staff):
    response = client.post("/api/v1/books", headers=staff, json=DUNE)
    assert response.status_code == 201
    assert response.json()["author"] == {"id": 1, "name": "Ursula K. Le Guin"}
    assert client.post("/api/v1/books", headers=staff, json=DUNE).status_code == 409
    assert client.post("/api/v1/books", headers=staff, json=DUNE | {"author_id": 99}).status_code == 404


def test_customers_do_not_keep_the_catalogue(client, ada):
    assert client.post("/api/v1/books", json=DUNE).status_code == 401
    assert client.post("/api/v1/books", headers=ada, json=DUNE).status_code == 403
    assert client.patch("/api/v1/books/1", headers=ada, json={"price_cents": 1}).status_code == 403
    assert client.delete("/api/v1/books/1", headers=ada).status_code == 403
    assert client.post("/api/v1/authors", headers=ada, json={"name": "Ada"}).status_code == 403


def test_the_staff_changes_books(client, staff):
    changes = {
        "title": "Solaris (new translation)",
        "description": "A planet that thinks.",
        "published_on": "2011-06-07",
        "price_cents": 1500,
        "stock": 9,
        "is_listed": True,
    }
    changed = client.patch("/api/v1/books/2", headers=staff, json=changes)
    assert changed.status_code == 200
    assert changed.json()["price_cents"] == 1500


def test_only_administrators_remove_books(client, staff, admin):
    assert client.delete("/api/v1/books/1", headers=staff).status_code == 403
    assert client.delete("/api/v1/books/1", headers=admin).status_code == 204
    assert client.get("/api/v1/books/1").status_code == 404


def test_an_author_with_books(client):
    author = client.get("/api/v1/authors/2").json()
    assert [book["title"] for book in author["books"]] == ["His Master's Voice", "Solaris"]


def test_the_staff_adds_authors(client, staff):
    response = client.post("/api/v1/authors", headers=staff, json={"name": "Octavia E. Butler"})
    assert response.status_code == 201
    assert response.json()["books"] == []
    assert len(client.get("/api/v1/authors").json()) == 3


def test_unknown_authors(client, staff):
    assert client.get("/api/v1/authors/99").status_code == 404
    assert client.patch("/api/v1/authors/99", headers=staff, json={"name": "Nobody"}).status_code == 404
