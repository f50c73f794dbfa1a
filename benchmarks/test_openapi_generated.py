"""The generator and the reduction, with stand-ins for both answers.

    python -m unittest discover benchmarks
"""

from __future__ import annotations

import argparse
import ast
import sys
import tempfile
import unittest
import warnings
from pathlib import Path
from unittest import mock

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import openapi  # noqa: E402
import openapi_generated  # noqa: E402
import openapi_truth  # noqa: E402
from generated_application import Application, Item, Piece  # noqa: E402


def parses(application: Application) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of escapes in docstrings
        for text in application.render().values():
            ast.parse(text)


class Generator(unittest.TestCase):
    def test_a_seed_decides_everything(self) -> None:
        first = openapi_generated.generate("5", 20)
        self.assertEqual([item.render() for item in first], [item.render() for item in openapi_generated.generate("5", 20)])
        self.assertEqual(openapi_generated.generate("5:7", 1)[0].render(), first[7].render())
        self.assertNotEqual([item.render() for item in first], [item.render() for item in openapi_generated.generate("6", 20)])

    def test_all_of_it_is_python(self) -> None:
        for application in openapi_generated.generate("9", 60):
            parses(application)

    def test_it_is_python_without_any_piece(self) -> None:
        for application in openapi_generated.generate("11", 3):
            for taken in application.loose():
                parses(application.without([taken]))


class Taking(unittest.TestCase):
    application = Application("shop", (
        Item("Item@models", "models", (Piece("class Item(BaseModel):\n"), Piece("    name: str\n", True)), "Item", "    pass\n"),
        Item("Item@schemas", "schemas", (Piece("class Item(BaseModel):\n"), Piece("    one: ⟦Item@models⟧\n", True)), "Item", "    pass\n"),
        Item("Sub@schemas", "schemas", (Piece("class Sub(⟦Item@schemas⟧):\n"), Piece("    x: int\n", True)), "Sub", "    pass\n"),
        Item("app@main", "main", (Piece("app = FastAPI()\n"),), "app", fixed=True),
        Item("read@main", "main", (Piece("@⟦app@main⟧.get('/')\ndef read("), Piece("one: ⟦Item@models⟧, ", True), Piece("two: ⟦Item@schemas⟧, ", True),
                                   Piece("): ...\n")), "read"),
    ), package=True)

    def test_what_refers_to_what_is_gone_goes_too(self) -> None:
        left = self.application.without([("Item@schemas", None)])
        self.assertEqual([item.key for item in left.items], ["Item@models", "app@main", "read@main"])
        self.assertIn("def read(one: Item, )", left.render()["shop/main.py"])
        left = self.application.without([("Item@models", None)])
        self.assertEqual(left.render()["shop/schemas.py"].split("\n\n")[-2].strip(), "class Item(BaseModel):\n    pass")

    def test_equal_names_get_an_alias(self) -> None:
        text = self.application.render()["shop/main.py"]
        self.assertIn("from .models import Item\n", text)
        self.assertIn("from .schemas import Item as SchemasItem\n", text)
        self.assertIn("from fastapi import FastAPI\n", text)
        self.assertIn("one: Item, two: SchemasItem, ", text)

    def test_one_module_is_made_only_where_names_differ(self) -> None:
        self.assertIs(self.application.flat(), self.application)
        flat = self.application.without([("Item@schemas", None)]).flat()
        self.assertEqual(list(flat.render()), ["shop.py"])


class Reduction(unittest.TestCase):
    def test_what_does_not_matter_is_taken_away(self) -> None:
        """A candidate that is wrong about every app with a certain word is reduced to little more than that word."""
        application = next(item for item in openapi_generated.generate("3", 200) if sum("deprecated=True" in text for text in item.render().values()) == 1)

        def cases(_args, applications: list[Application]) -> list[openapi_generated.Case]:
            made = []
            for item in applications:
                document = {"info": {"title": "right"}}
                wrong = any("deprecated=True" in text for text in item.render().values())
                candidate = openapi.Candidate({"info": {"title": "wrong" if wrong else "right"}}, True)
                made.append(openapi_generated.Case(item, openapi.judge(item.name, item.locator, [document], None, candidate), [document]))
            return made

        (case,) = cases(None, [application])
        self.assertTrue(case.fails)
        with mock.patch.object(openapi_generated, "cases", cases):
            small = openapi_generated.reduce(argparse.Namespace(), case, 60)
        self.assertTrue(small.fails)
        self.assertLess(len(small.application.loose()), 4)
        self.assertIn("value /info/title", openapi_generated.told(small))

    def test_a_run_that_breaks_is_split(self) -> None:
        applications = openapi_generated.generate("3", 8)
        bad = applications[5]

        def run_project(_binary, folder: Path, *_rest) -> tuple[dict, float]:
            if (folder / bad.name).exists() or (folder / f"{bad.name}.py").exists():
                raise openapi.CandidateError("exit code 101")
            return {(f"{path.stem}:app" if path.suffix else f"{path.name}.main:app", None): openapi.Candidate() for path in folder.iterdir()}, 0.0

        with mock.patch.object(openapi, "run_project", run_project):
            with tempfile.TemporaryDirectory() as scratch:
                for application in applications:
                    application.write(Path(scratch))
                found, broken = openapi_generated.candidates(Path("x"), Path(scratch), applications, Path("y"), 1)
        self.assertEqual(list(broken), [bad.locator])
        self.assertEqual(len(found), 7)


class Apps(unittest.TestCase):
    def test_mounted_apps_count_once(self) -> None:
        document, other = {"info": {}}, {"info": {"title": "x"}}
        truth = openapi_truth.Truth([
            openapi_truth.Answer("m:app", documents=[document]), openapi_truth.Answer("m:app", "/sub/", documents=[other]),
            openapi_truth.Answer("m:sub", documents=[other]), openapi_truth.Answer("n:app", documents=[document], same_as="m:app"),
            openapi_truth.Answer("m:app", "/own", documents=[{"info": {"title": "y"}}]),
        ], [])
        self.assertEqual([(item.name, keys) for item, keys in openapi.counted(truth)], [
            ("m:app", [("m:app", None)]), ("m:sub", [("m:sub", None), ("m:app", "/sub")]), ("m:app at /own", [("m:app", "/own")])])


if __name__ == "__main__":
    unittest.main()
