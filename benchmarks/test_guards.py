"""How the guards comparison reads answers, and what it sends."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import guards  # noqa: E402
import guards_probe  # noqa: E402


def answer(status: int | None, entered: bool = False, credentials: bool = False, detail: str = "") -> guards.Answer:
    return guards.Answer("GET", "/", status, entered, credentials, detail)


class Answers(unittest.TestCase):
    def test_kinds(self) -> None:
        for made, kind in [
            (answer(401), "refused"), (answer(403, entered=True), "refused"),
            (answer(401, entered=True, credentials=True), "answered"), (answer(401, credentials=True), "refused"),
            (answer(200, entered=True), "answered"), (answer(404, entered=True), "answered"),
            (answer(422), "undecided"), (answer(422, entered=True), "answered"),
            (answer(500, entered=True), "silent"), (answer(None), "silent"),
            (answer(307, detail="/login?next=/"), "refused"), (answer(307, detail="/docs"), "answered"),
        ]:
            self.assertEqual(made.kind, kind, made)

    def test_claims(self) -> None:
        self.assertIs(guards.agrees("required", answer(401)), True)
        self.assertIs(guards.agrees("public", answer(401)), False)
        self.assertIs(guards.agrees("optional", answer(200)), True)
        self.assertIs(guards.agrees("required", answer(404)), False)
        self.assertIs(guards.agrees("required", answer(500)), None)
        self.assertIs(guards.agrees(None, answer(200)), False)


class Requests(unittest.TestCase):
    schemas = guards_probe.Documents({"components": {"schemas": {
        "Order": {"type": "object", "required": ["count", "email", "kind", "next"], "properties": {
            "count": {"type": "integer", "exclusiveMinimum": 4}, "email": {"type": "string", "format": "email"},
            "kind": {"enum": ["a", "b"]}, "next": {"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/Leaf"}]},
            "note": {"type": "string"}}},
        "Leaf": {"type": "object", "required": ["code"], "properties": {"code": {"type": "string", "minLength": 12}}},
        "Loop": {"type": "object", "required": ["loop"], "properties": {"loop": {"$ref": "#/components/schemas/Loop"}}},
    }}})

    def test_values_are_minimal_and_valid(self) -> None:
        self.assertEqual(self.schemas.value({"$ref": "#/components/schemas/Order"}),
                         {"count": 5, "email": "somebody@example.com", "kind": "a", "next": {"code": "plausiblexxx"}})
        self.assertEqual(self.schemas.value({"type": "array", "minItems": 2, "items": {"type": "number"}}), [1, 1])
        self.assertEqual(self.schemas.value({"type": "string", "pattern": "^[A-Z]+$", "maxLength": 5}), "AB")
        self.assertIsInstance(self.schemas.value({"$ref": "#/components/schemas/Loop"}), dict)

    def test_credentials_are_left_out_and_noticed(self) -> None:
        made = guards_probe.request(self.schemas, {
            "parameters": [
                {"name": "X-API-Key", "in": "header", "required": True, "schema": {"type": "string"}},
                {"name": "X-Trace", "in": "header", "required": True, "schema": {"type": "string"}},
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}},
            ],
            "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {
                "type": "object", "required": ["username", "password"],
                "properties": {"username": {"type": "string"}, "password": {"type": "string"}}}}}},
        }, "POST", "/a/{id}/{rest:path}")
        self.assertEqual(made["headers"], {"X-Trace": "plausible"})
        self.assertEqual(made["url"], f"/a/{guards_probe.BY_FORMAT['uuid']}/plausible")
        self.assertTrue(made["credentials"])
        self.assertEqual(set(made["body"]["data"]), {"username", "password"})


if __name__ == "__main__":
    unittest.main()
