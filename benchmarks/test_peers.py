"""The comparison with other tools counts what they say, and says what they were not asked."""

from __future__ import annotations

import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import corpus  # noqa: E402
import peers  # noqa: E402

# A tool that finds a line with "eval" in whatever it is given, and never ends where a file says so.
STAND_IN = """
import json, sys, time
from pathlib import Path
found = []
for target in map(Path, sys.argv[1:]):
    for path in sorted(target.rglob("*.py")) if target.is_dir() else [target]:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if "sleep" in line:
                time.sleep(60)
            if "eval" in line:
                found.append({"path": str(path), "start": {"line": number}, "check_id": "no-eval",
                              "extra": {"metadata": {"cwe": ["CWE-95: Eval Injection"]}}})
print(json.dumps({"results": found}))
"""


def case(package: str, cwe: str = "CWE-94", removed: bool = False) -> dict:
    return {"package": package, "vulnerable_version": "1.0", "fixed_version": "1.1", "cwe": cwe, "file": "shop/main.py",
            "function_span": [2, 3], "fixed_file": "shop/main.py", "fixed_span": [2, 3], "fixed_by_removal": removed}


class Peers(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        cache = mock.patch.object(corpus, "cache", lambda: self.folder)
        cache.start()
        self.addCleanup(cache.stop)
        program = self.folder / "stand-in.py"
        program.write_text(STAND_IN, encoding="utf-8")
        self.tool = peers.Tool("stand-in", [sys.executable, str(program)], peers.semgrep)

    def version(self, name: str, line: str) -> None:
        folder = self.folder / "advisories" / name / "shop"
        folder.mkdir(parents=True)
        (folder / "main.py").write_text(f"# what is at fault\ndef calculate(text):\n    return {line}\n", encoding="utf-8")
        (folder / "other.py").write_text("eval('1')\n", encoding="utf-8")

    def test_counts_what_is_found_and_what_is_still_told(self) -> None:
        self.version("shop-1.0", "eval(text)")
        self.version("shop-1.1", "int(text)")
        self.version("mall-1.0", "eval(text)")
        self.version("mall-1.1", "eval(text)")
        row = peers.measured(self.tool, [case("shop"), case("mall"), case("mall", "CWE-22")], 30, 60)
        self.assertEqual((row.cases, row.found, row.still, row.versions, row.findings), (3, 2, 1, 4, 7))
        self.assertEqual(row.failures, [])
        self.assertGreater(row.memory, 1)

    def test_labelled_files_are_all_that_is_read(self) -> None:
        self.version("shop-1.0", "eval(text)")
        self.version("shop-1.1", "int(text)")
        self.tool.labelled_files = True
        row = peers.measured(self.tool, [case("shop")], 30, 60)
        self.assertEqual((row.found, row.still, row.findings), (1, 0, 1))

    def test_a_version_that_takes_too_long_is_said_to_be_missing(self) -> None:
        self.version("shop-1.0", "sleep(text)")
        self.version("shop-1.1", "int(text)")
        self.version("mall-1.0", "eval(text)")
        row = peers.measured(self.tool, [case("shop"), case("mall", removed=True)], 3, 60)
        self.assertEqual((row.cases, row.found, row.versions), (1, 1, 2))
        self.assertIn("shop 1.0: took more than 3 seconds", row.failures[0])

    def test_nothing_is_read_when_the_time_is_up(self) -> None:
        self.version("mall-1.0", "eval(text)")
        row = peers.measured(self.tool, [case("mall", removed=True)], 30, 0)
        self.assertEqual((row.cases, row.found, row.versions), (0, 0, 0))

    def test_rules_that_are_not_about_security_are_left_out(self) -> None:
        rules = self.folder / "rules"
        rules.mkdir()
        (rules / "a.yaml").write_text("rules: [{id: a, metadata: {\n category: security}}]", encoding="utf-8")
        (rules / "b.yml").write_text("rules: [{id: b, metadata: {\n category: correctness}}]", encoding="utf-8")
        copy = peers.security_rules(rules, self.folder / "copy")
        self.assertEqual([path.name for path in copy.iterdir()], ["a.yaml"])
        (rules / "a.yaml").unlink()
        with self.assertRaises(corpus.CorpusError):
            peers.security_rules(rules, self.folder / "again")

    def test_reads_fastapi_doctor(self) -> None:
        issue = {"category": "Security", "check": "security/unsafe-eval-exec", "line": 3, "message": "m", "path": "shop/main.py",
                 "severity": "error", "help": "h"}
        found = peers.fastapi_doctor(json.dumps({"doctor": {"issues": [issue, {**issue, "check": "api-surface/missing-tags"}]}}))
        self.assertEqual([entry["cwe"] for entry in found], [[95], []])


if __name__ == "__main__":
    unittest.main()
