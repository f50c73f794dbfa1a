"""The routes comparison, against a stand-in for the binary that replays the recorded truth.

    python -m unittest discover benchmarks
"""

from __future__ import annotations

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
import routes  # noqa: E402

# Answers `routes PATH --output-format json [--app APP]` from the truth, changed as CHANGE says.
REPLAY = '''
import argparse, gzip, json, os, sys
from pathlib import Path
parser = argparse.ArgumentParser()
parser.add_argument("command"); parser.add_argument("path"); parser.add_argument("--app")
parser.add_argument("--output-format"); parser.add_argument("--python-env")
args = parser.parse_args()
assert args.command == "routes" and args.output_format == "json" and Path(args.path).is_dir()
truth = Path(os.environ["TRUTH"])
name = "applications" if args.app else "docs_src"
change = os.environ.get("CHANGE")
apps = []
for entry in json.loads(gzip.decompress((truth / f"{name}.json.gz").read_bytes()))["apps"]:
    if entry["same_as"] or (args.app and entry["app"] != args.app):
        continue
    kinds = {"api": "http", "route": "http", "Mount": "mount"}
    rows = [{"kind": kinds.get(kind, kind), "methods": methods or [], "path": path, "handler": endpoint,
             "location": {"path": "a.py", "start": {"line": 1}}, "conditional": None}
            for kind, methods, path, endpoint, source in entry["routes"]]
    rows += [{"kind": "http", "methods": ["GET", "HEAD"], "path": path, "handler": None} for path in entry["documentation"]]
    if change == "drop":
        rows = [row for row in rows if row["path"] != "/items/{item_id}"][: -1 if args.app else None]
    if change == "invent":
        rows.append({"kind": "http", "methods": ["GET"], "path": "/invented", "conditional": None})
    if change == "condition":
        rows.append({"kind": "http", "methods": ["GET"], "path": "/sometimes", "conditional": "settings.debug"})
    apps.append({"app": entry["app"], "routes": rows, "undecided": [{"reason": "a loop", "location": None}] if change else []})
json.dump({"version": 1, "apps": apps}, sys.stdout)
'''


class Replay(unittest.TestCase):
    def setUp(self) -> None:
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        folder = Path(self.scratch.name)
        self.binary = folder / "replay"
        self.binary.write_text(f"#!{sys.executable}\n{REPLAY}")
        self.binary.chmod(0o755)
        # An empty corpus that counts as complete: the stand-in never reads it.
        self.environment = {**os.environ, "FASTWRIGHT_CORPUS": str(folder / "corpus"), "TRUTH": str(HERE / "truth")}
        os.environ["FASTWRIGHT_CORPUS"] = str(folder / "corpus")
        self.addCleanup(os.environ.pop, "FASTWRIGHT_CORPUS", None)
        pinned = corpus.pins()["fastapi"]
        complete = [(corpus.fastapi_folder(), [pinned["distribution"]]),
                    (corpus.documentation_libraries(), pinned["libraries"])]
        for application in corpus.applications():
            complete.append((application.folder, application.distributions))
            if application.library_environment:
                complete.append((application.library_environment, application.libraries))
        for made, wanted in complete:
            made.mkdir(parents=True)
            made.with_name(made.name + ".pins").write_text("".join(line + "\n" for line in wanted))
        corpus.documentation_folder().mkdir(parents=True)

    def run_routes(self, change: str = "") -> tuple[int, dict]:
        done = subprocess.run(
            [sys.executable, str(HERE / "routes.py"), "--binary", str(self.binary), "--json"],
            env={**self.environment, "CHANGE": change}, capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        return done.returncode, json.loads(done.stdout)

    def test_the_truth_equals_itself(self) -> None:
        code, report = self.run_routes()
        self.assertEqual(code, 0)
        for results in report["groups"].values():
            for item in results:
                self.assertEqual((item["found"], item["missing"], item["invented"]), (item["truth"], [], []), item["app"])
        self.assertEqual(len(report["groups"]["applications"]), 14)

    def test_missing_and_invented_routes_fail(self) -> None:
        code, report = self.run_routes("drop")
        self.assertEqual(code, 1)
        self.assertTrue(any(item["missing"] for item in report["groups"]["docs_src"]))
        # One route of many is within the 97% of a large application.
        self.assertTrue(next(i for i in report["groups"]["applications"] if i["name"] == "open_webui")["passed"])
        code, report = self.run_routes("invent")
        self.assertEqual(code, 1)
        self.assertTrue(all(len(item["invented"]) == 1 for item in report["groups"]["applications"]))

    def test_conditional_routes_are_not_invented(self) -> None:
        code, report = self.run_routes("condition")
        self.assertEqual(code, 0)
        self.assertTrue(all(len(item["conditional"]) == 1 for item in report["groups"]["applications"]))
        self.assertEqual(report["groups"]["applications"][0]["undecided"], ["a loop"])


class Pairs(unittest.TestCase):
    def test_head_of_plain_routes_and_documentation_do_not_count(self) -> None:
        entry = {"name": "x", "app": "m:app", "same_as": None, "documentation": ["/docs"], "routes": [
            ["route", ["GET", "HEAD"], "/plain", "m:plain", None],
            ["api", ["HEAD"], "/head", "m:head", None],
            ["websocket", None, "/ws", "m:ws", None],
        ]}
        listed = {"app": "m:app", "routes": [
            {"kind": "http", "methods": ["GET", "HEAD"], "path": "/plain"},
            {"kind": "http", "methods": ["HEAD"], "path": "/head"},
            {"kind": "websocket", "methods": [], "path": "/ws"},
            {"kind": "http", "methods": ["GET"], "path": "/docs"},
        ]}
        result = routes.compare(entry, listed, exact=True)
        self.assertEqual((result.truth, result.found, result.invented, result.missing), (3, 3, [], []))

    def test_an_app_that_is_not_listed_fails(self) -> None:
        entry = {"name": "x", "app": "m:app", "same_as": None, "documentation": [],
                 "routes": [["api", ["GET"], "/", "m:root", "m.py:3"]]}
        result = routes.compare(entry, None, exact=False)
        self.assertTrue(result.absent)
        self.assertFalse(result.passed)
        self.assertEqual(result.missing, [("GET", "/", "m.py:3")])


if __name__ == "__main__":
    unittest.main()
