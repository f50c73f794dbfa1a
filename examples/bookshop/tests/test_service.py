"""The service around the shop."""

from fastapi.testclient import TestClient

from bookshop.main import app

client = TestClient(app)


def test_health():
    assert client.get("/health/live").json() == {"status": "ok"}
    assert client.get("/health/ready").json() == {"status": "ok"}


def test_every_answer_has_a_request_id():
    first, second = (client.get("/health/live").headers["X-Request-Id"] for _ in range(2))
    assert first != second


def test_only_our_own_pages_may_call_us():
    ours = client.get("/api/v1/books", headers={"Origin": "http://localhost:5173"})
    assert ours.headers["Access-Control-Allow-Origin"] == "http://localhost:5173"
    theirs = client.get("/api/v1/books", headers={"Origin": "https://elsewhere.example"})
    assert "Access-Control-Allow-Origin" not in theirs.headers


def test_errors_have_one_shape():
    assert client.get("/api/v1/nowhere").json() == {"detail": "Not Found"}
    assert client.get("/api/v1/books/99").json() == {"detail": "There is no such book"}


def test_every_operation_has_an_id_and_a_description():
    operations = [
        operation for path in client.get("/openapi.json").json()["paths"].values() for operation in path.values()
    ]
    assert len({operation["operationId"] for operation in operations}) == len(operations) == 30
    assert all(operation["description"] for operation in operations)
