"""The comparison of documents, against a stand-in for the binary that replays the truth, changed where told.

    python -m unittest discover benchmarks
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import corpus  # noqa: E402
import openapi  # noqa: E402
import openapi_documents as documents  # noqa: E402
import openapi_truth  # noqa: E402

# Answers `openapi PATH ...` from the file that ANSWERS names, changed as CHANGE says.
REPLAY = '''
import argparse, gzip, json, os, sys
from pathlib import Path
parser = argparse.ArgumentParser()
parser.add_argument("command"); parser.add_argument("path"); parser.add_argument("--app"); parser.add_argument("--mount")
parser.add_argument("--output-format"); parser.add_argument("--output-dir"); parser.add_argument("--python-env")
parser.add_argument("--partial", action="store_true"); parser.add_argument("--fastapi-version"); parser.add_argument("--pydantic-version")
parser.add_argument("--variable", action="append")
args = parser.parse_args()
assert args.command == "openapi" and Path(args.path).is_dir() and args.partial
change = os.environ.get("CHANGE", "")
sure = "unsure" not in change
def changed(document):
    if "wrong" in change:
        document["info"]["title"] = "another title"
    if "order" in change:
        document = dict(reversed(document.items()))
    return document
if args.output_dir:
    rows = []
    for app, document in json.loads(Path(os.environ["ANSWERS"]).read_text()).items():
        name = None if "none" in change or document is None else app.replace(":", ".") + ".json"
        if name:
            (Path(args.output_dir) / name).write_text(json.dumps(changed(document)))
        rows.append({"app": app, "file": name, "sure": sure and name is not None, "doubts": [] if sure else [
            {"reason": "a loop", "location": {"path": "a.py", "line": 3, "column": 1}}]})
    (Path(args.output_dir) / "index.json").write_text(json.dumps({"version": 1, "documents": rows}))
    sys.exit(0 if sure else 3)
# The folders of applications are named after them.
path = Path(os.environ["TRUTH"]) / "openapi" / (Path(args.path).name.rpartition("-")[0] + ".json.gz")
content = json.loads(gzip.decompress(path.read_bytes()))
assert content["app"] == args.app
(entry,) = [entry for entry in content["documents"] if entry["mount"] == args.mount]
print(json.dumps(changed(entry["openapi"][-1])))
sys.exit(0 if sure else 3)
'''

# The module of each live set, and two published applications.
SMALL = ("--only", "main", "chainlit", "mlflow")
DOCUMENT = {
    "openapi": "3.1.0", "info": {"title": "FastAPI", "version": "0.1.0"},
    "paths": {"/items": {"get": {"operationId": "read_items_get", "responses": {"200": {"content": {}}}}}},
    "components": {"schemas": {"Item": {"type": "object", "properties": {"price": {"type": "number", "default": 1.0}}}}},
}


class Documents(unittest.TestCase):
    def test_types_are_kept_apart(self) -> None:
        for left, right in ((1, 1.0), (1, True), (0, False), (None, False), ("1", 1), ([1], [1, 2]), ({"a": 1}, {"a": 1, "b": 2})):
            self.assertFalse(documents.same({"x": [left]}, {"x": [right]}), (left, right))
        self.assertTrue(documents.same({"a": 1, "b": [None]}, {"b": [None], "a": 1}))
        self.assertTrue(documents.same(float("nan"), float("nan")))

    def test_order_is_reported_apart(self) -> None:
        result = documents.compare([DOCUMENT], dict(reversed(DOCUMENT.items())))
        self.assertTrue(result.exact)
        self.assertFalse(result.ordered)
        self.assertTrue(documents.compare([DOCUMENT], copy.deepcopy(DOCUMENT)).ordered)

    def test_parts_and_pointers(self) -> None:
        candidate = copy.deepcopy(DOCUMENT)
        candidate["components"]["schemas"]["Item"]["properties"]["price"]["default"] = 1
        candidate["paths"]["/a~b/c"] = {"post": {}}
        result = documents.compare([DOCUMENT], candidate)
        self.assertFalse(result.exact)
        self.assertEqual(result.operations, documents.Part(1, 1, 0, 1))
        self.assertEqual(result.schemas, documents.Part(1, 0, 0, 0))
        self.assertEqual([item[:2] for item in result.differences],
                         [("/paths/~1a~0b~1c", "extra"), ("/components/schemas/Item/properties/price/default", "value")])

    def test_any_variant_counts(self) -> None:
        other = copy.deepcopy(DOCUMENT)
        other["info"]["title"] = "other"
        self.assertTrue(documents.compare([other, DOCUMENT], DOCUMENT).exact)
        self.assertFalse(documents.compare([other], DOCUMENT).exact)

    def test_the_method_in_a_shared_operation_id_is_neutral(self) -> None:
        def both(name: str, other: str | None = None) -> dict:
            item = {"get": {"operationId": name}, "post": {"operationId": other or name}}
            return {**DOCUMENT, "paths": {"/x": item}}

        self.assertTrue(documents.compare([both("x_x_get")], both("x_x_post")).exact)
        self.assertFalse(documents.compare([both("x_x_get")], both("y_x_get")).exact)
        self.assertFalse(documents.compare([both("x_x_get")], both("x_x_get", "x_x_post")).exact)
        self.assertFalse(documents.compare([both("x_x_get")], both("x_x_put")).exact)


class Pins(unittest.TestCase):
    def test_the_libraries_are_those_of_the_recording(self) -> None:
        for application in corpus.applications():
            truth = openapi.recorded(application)
            self.assertIn(f"fastapi=={truth['fastapi']}", application.schema_libraries, application.name)
            self.assertIn(f"pydantic=={truth['pydantic']}", application.schema_libraries, application.name)
            self.assertEqual(application.app, truth["app"])
            self.assertTrue(truth["python"].startswith(application.python + "."), application.name)


class Comparison(unittest.TestCase):
    """``openapi.py`` over a corpus that holds one module of each of the two live sets."""

    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.binary = self.folder / "replay"
        self.binary.write_text(f"#!{sys.executable}\n{REPLAY}")
        self.binary.chmod(0o755)
        self.answers = self.folder / "answers.json"
        self.environment = {**os.environ, "FASTWRIGHT_CORPUS": str(self.folder / "corpus"), "ANSWERS": str(self.answers),
                            "TRUTH": str(HERE / "truth")}
        previous = os.environ.get("FASTWRIGHT_CORPUS")
        os.environ["FASTWRIGHT_CORPUS"] = self.environment["FASTWRIGHT_CORPUS"]
        try:
            with contextlib.redirect_stderr(io.StringIO()):
                self.fill()
        finally:
            if previous is None:
                del os.environ["FASTWRIGHT_CORPUS"]
            else:
                os.environ["FASTWRIGHT_CORPUS"] = previous

    def fill(self) -> None:
        pair = openapi_truth.Pair()
        pin = [f"fastapi=={pair.fastapi}"]
        corpus.make(corpus.fastapi_folder(), pin, lambda folder, _: None)
        environment = corpus.cache() / "environments" / pair.name
        environment.mkdir(parents=True)
        (environment / "lock.txt").write_text(pair.lock.read_text())
        (environment / "compiled").touch()
        answers: dict[str, dict | None] = {}
        for name, root in (("docs_src", corpus.documentation_folder()), ("tests", corpus.tests_folder())):
            (root / name).mkdir(parents=True)
            (root / name / "main.py").write_text("")
            truth = openapi_truth.Truth([
                openapi_truth.Answer(f"{name}.main:app", documents=[DOCUMENT]),
                openapi_truth.Answer(f"{name}.main:app", "/sub", documents=[DOCUMENT]),
                openapi_truth.Answer(f"{name}.again:app", documents=[DOCUMENT], same_as=f"{name}.main:app"),
                openapi_truth.Answer(f"{name}.main:broken", error="ValueError: no"),
            ], [])
            answers |= {f"{name}.main:app": DOCUMENT, f"{name}.main:broken": None}
            stored = openapi_truth.store(pair, name)
            stored.parent.mkdir(parents=True, exist_ok=True)
            openapi_truth.save(stored, openapi_truth.fingerprint(pair, openapi_truth.modules(name, root)), truth)
        self.answers.write_text(json.dumps(answers))
        for application in corpus.applications():
            corpus.make(application.folder, application.distributions, lambda folder, _: None)
            corpus.make(application.schema_environment, application.schema_libraries, lambda folder, _: None)

    def run_comparison(self, change: str = "", *options: str) -> tuple[int, dict]:
        done = subprocess.run(
            [sys.executable, str(HERE / "openapi.py"), "--binary", str(self.binary), "--json", *options],
            env={**self.environment, "CHANGE": change}, capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        return done.returncode, json.loads(done.stdout)

    def test_the_truth_equals_itself(self) -> None:
        code, report = self.run_comparison()
        self.assertEqual(code, 0)
        for name, group in report["groups"].items():
            self.assertEqual((group["exact"], group["in_order"], group["wrong_but_sure"]), (group["apps"], group["apps"], 0), name)
            self.assertEqual(group["operations"]["exact"], group["operations"]["truth"])
        self.assertEqual((report["groups"]["docs_src"]["apps"], report["groups"]["docs_src"]["refuse"]), (1, 1))
        self.assertEqual(report["groups"]["applications"]["apps"], 19)

    def test_order_does_not_decide(self) -> None:
        code, report = self.run_comparison("order", "--set", "docs_src")
        self.assertEqual(code, 0)
        self.assertEqual(report["groups"]["docs_src"]["in_order"], 0)

    def test_wrong_but_sure_fails(self) -> None:
        code, report = self.run_comparison("wrong", *SMALL)
        self.assertEqual(code, 1)
        self.assertEqual([group["wrong_but_sure"] for group in report["groups"].values()], [1, 1, 2])
        row = report["groups"]["docs_src"]["rows"][0]
        self.assertEqual([item["at"] for item in row["differences"]], ["/info/title"])

    def test_unsure_documents_are_not_wrong(self) -> None:
        code, report = self.run_comparison("wrong unsure", *SMALL)
        self.assertEqual(code, 1)  # docs_src has to be exact
        self.assertEqual([group["wrong_but_sure"] for group in report["groups"].values()], [0, 0, 0])
        self.assertEqual(report["groups"]["tests"]["unsure"], 1)
        # All operations and schemas of the applications are exact all the same.
        code, _ = self.run_comparison("wrong unsure", "--set", "applications", "--only", "chainlit", "mlflow")
        self.assertEqual(code, 0)
        code, report = self.run_comparison("unsure", "--set", "docs_src")
        self.assertEqual((code, report["groups"]["docs_src"]["needlessly_unsure"]), (0, 1))
        self.assertEqual(report["groups"]["docs_src"]["rows"][0]["doubts"], ["a loop (a.py:3)"])

    def test_no_document_is_not_exact(self) -> None:
        code, report = self.run_comparison("none", "--set", "docs_src")
        self.assertEqual(code, 1)
        self.assertEqual((report["groups"]["docs_src"]["answered"], report["groups"]["docs_src"]["exact"]), (0, 0))

    def test_a_document_where_there_is_none_is_wrong(self) -> None:
        answers = json.loads(self.answers.read_text())
        self.answers.write_text(json.dumps({**answers, "tests.main:broken": DOCUMENT}))
        code, report = self.run_comparison("", "--set", "tests")
        self.assertEqual((code, report["groups"]["tests"]["wrong_but_sure"]), (1, 1))

    def test_a_binary_that_fails_is_no_measurement(self) -> None:
        self.binary.write_text("#!/bin/sh\nexit 2\n")
        done = subprocess.run([sys.executable, str(HERE / "openapi.py"), "--binary", str(self.binary), "--set", "docs_src"],
                              env=self.environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("exit code 2", done.stderr)


if __name__ == "__main__":
    unittest.main()
