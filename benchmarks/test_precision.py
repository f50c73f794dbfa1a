"""The precision check counts, matches and complains as it says, with a stand-in for the binary."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import corpus  # noqa: E402
import precision  # noqa: E402

# Answers each review with the findings of FINDINGS, by profile.
STAND_IN = """
import json, os, sys
profile = sys.argv[sys.argv.index("--profile") + 1]
known = json.loads(os.environ["FINDINGS"])
if profile == os.environ.get("BROKEN"):
    print("out of order", file=sys.stderr); sys.exit(2)
json.dump({"findings": known.get(profile, []), "statistics": {"lines": int(os.environ.get("LINES", "10000"))}}, sys.stdout)
sys.exit(1)
"""


def entry(fingerprint: str, rule: str = "some-rule", severity: str = "medium", path: str = "app/main.py", line: int = 3,
          symbol: str = "read", message: str = "it is so") -> dict:
    """A finding as a review prints it."""
    return {"fingerprint": fingerprint, "rule": rule, "severity": severity, "message": message,
            "route": {"method": "GET", "path": "/x", "handler": "app.main:read"},
            "location": {"path": path, "start": {"line": line, "column": 1}, "symbol": symbol}}


def label(fingerprint: str, verdict: bool | None, profile: str = "default", why: str = "Read and judged.", **changes) -> dict:
    found = entry(fingerprint, **changes)
    return {"fingerprint": fingerprint, "rule": found["rule"], "severity": found["severity"],
            "path": found["location"]["path"], "line": found["location"]["start"]["line"],
            "symbol": found["location"]["symbol"], "route": "GET /x", "message": found["message"],
            "profile": profile, "verdict": verdict, "why": why}


class Precision(unittest.TestCase):
    def run_it(self, findings: dict[str, list[dict]], labels: list[dict], *options: str, **environment: str) -> tuple[int, str]:
        """Runs the command on one application with these findings and labels."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            binary = folder / "stand-in"
            binary.write_text(f"#!{sys.executable}\n{STAND_IN}", encoding="utf-8")
            binary.chmod(0o755)
            application = corpus.Application("shop", ["shop==1.0"], "3.12", "app:app", ["app"])
            (folder / "applications" / "shop-1.0").mkdir(parents=True)
            (folder / "shop.json").write_text(precision.text_of_labels("shop", labels), encoding="utf-8")
            output = io.StringIO()
            arguments = ["precision.py", "--binary", str(binary), "--labels", str(folder), *options]
            changed = {"FASTWRIGHT_CORPUS": str(folder), "FINDINGS": json.dumps(findings), **environment}
            with (
                mock.patch.dict(os.environ, changed),
                mock.patch.object(sys, "argv", arguments),
                mock.patch.object(corpus, "applications", return_value=[application]),
                mock.patch.object(corpus, "ensure_application"),
                contextlib.redirect_stdout(output),
                contextlib.redirect_stderr(output),
            ):
                code = precision.main()
            return code, output.getvalue()

    def test_right_findings_pass(self) -> None:
        code, output = self.run_it({"default": [entry("a"), entry("b")]}, [label("a", True), label("b", True)])
        self.assertEqual(code, 0, output)
        self.assertIn("precision holds", output)

    def test_too_many_wrong_ones_fail(self) -> None:
        findings = [entry(str(number)) for number in range(10)]
        labels = [label(str(number), number > 0) for number in range(10)]
        code, output = self.run_it({"default": findings}, labels)
        self.assertEqual(code, 1, output)
        self.assertIn("default is right in 90.0%", output)

    def test_severe_wrong_ones_fail_by_lines(self) -> None:
        findings = [entry(str(number)) for number in range(100)] + [entry("x", severity="high"), entry("y", severity="critical")]
        labels = [label(str(number), True) for number in range(100)] + [label("x", False), label("y", False)]
        code, output = self.run_it({"default": findings}, labels, LINES="10000")
        self.assertEqual(code, 1, output)
        self.assertIn("2.00 wrong (or not judged) high or critical findings in 10,000 lines", output)
        self.assertIn("Read and judged.", output)
        code, output = self.run_it({"default": findings}, labels, LINES="40000")
        self.assertEqual(code, 0, output)

    def test_severe_ones_that_nobody_judged_count_as_wrong(self) -> None:
        findings = [entry(f"f{n}") for n in range(100)] + [entry("h1", severity="high"), entry("h2", severity="critical")]
        code, output = self.run_it({"default": findings}, [label(f"f{n}", True) for n in range(100)], LINES="10000")
        self.assertEqual(code, 1, output)
        self.assertIn("default: of 2 high or critical 0 wrong and 2 not judged, in 10000 lines: 2.00 for 10,000", output)

    def test_a_changed_fingerprint_is_found_by_its_facts(self) -> None:
        moved = entry("new", line=30)
        code, output = self.run_it({"default": [moved]}, [label("old", True)], "--json")
        self.assertEqual(code, 0, output)
        self.assertEqual(json.loads(output)["gone"], [])
        code, output = self.run_it({"default": [entry("new", message="it is otherwise", line=30)]}, [label("old", True)])
        self.assertEqual(code, 2, output)
        self.assertIn("only 0% of the findings of default are judged", output)

    def test_changed_words_are_found_by_the_place_when_it_is_the_only_one(self) -> None:
        told_otherwise = entry("new", message="it is otherwise")
        code, output = self.run_it({"default": [told_otherwise]}, [label("old", True)])
        self.assertEqual(code, 0, output)
        code, output = self.run_it({"default": [told_otherwise, entry("newer", message="and it is else")]}, [label("old", True)])
        self.assertEqual(code, 2, output)
        two = [label("old", True), label("older", False, message="it was")]
        code, output = self.run_it({"default": [told_otherwise]}, two)
        self.assertEqual(code, 2, output)

    def test_a_fingerprint_of_another_rule_is_not_trusted(self) -> None:
        code, output = self.run_it({"default": [entry("a", rule="other-rule")]}, [label("a", True)], "--json")
        self.assertEqual(code, 2, output)
        self.assertEqual(json.loads(output)["profiles"]["default"]["unlabelled"], 1)

    def test_labels_without_a_finding_are_told_apart(self) -> None:
        labels = [label("a", True), label("b", True, line=9, symbol="write"), label("c", False, symbol="other"),
                  label("d", True, profile="audit", symbol="hidden")]
        code, output = self.run_it({"default": [entry("a")]}, labels, "--profile", "default")
        self.assertEqual(code, 0, output)
        self.assertIn("right findings that are gone: 1", output)
        self.assertIn("app/main.py:9", output)
        self.assertIn("wrong findings that are gone: 1", output)
        _, output = self.run_it({"default": [entry("a")]}, labels)
        self.assertIn("right findings that are gone: 2", output)

    def test_what_has_to_be_judged_is_listed_once(self) -> None:
        findings = {"default": [entry("a")], "strict": [entry("a"), entry("b", line=4)], "audit": [entry("a"), entry("b", line=4)]}
        code, output = self.run_it(findings, [], "--unlabelled")
        self.assertEqual(code, 0, output)
        self.assertEqual(output.count("app/main.py"), 2, output)
        _, output = self.run_it(findings, [label("a", True)], "--unlabelled", "--json")
        skeletons = json.loads(output)["shop"]
        self.assertEqual([skeleton["fingerprint"] for skeleton in skeletons], ["b"])
        self.assertEqual(skeletons[0]["profile"], "strict")
        self.assertEqual(set(skeletons[0]), set(precision.FIELDS))
        _, output = self.run_it(findings, [label("a", True), label("b", True, line=4, profile="strict")], "--unlabelled")
        self.assertIn("every finding has a label", output)

    def test_labels_that_say_nothing_are_refused(self) -> None:
        for wrong, words in [(label("a", None), "neither true nor false"), (label("a", True, why=" "), "says nothing"),
                             (label("a", True, profile="loud"), "none of")]:
            code, output = self.run_it({}, [wrong])
            self.assertEqual(code, 2, output)
            self.assertIn(words, output)
        code, output = self.run_it({}, [label("a", True), label("a", False)])
        self.assertEqual(code, 2, output)
        self.assertIn("labelled twice", output)

    def test_a_broken_review_is_not_a_result(self) -> None:
        code, output = self.run_it({}, [], BROKEN="strict")
        self.assertEqual(code, 2, output)
        self.assertIn("the review of shop ended with 2: out of order", output)

    def test_a_place_in_a_library_is_the_same_on_each_machine(self) -> None:
        application = corpus.Application("shop", ["shop==1.0"], "3.12", "app:app", ["app"], libraries=["users==1.0"])
        path = f"{application.library_environment}/lib/python3.12/site-packages/users/password.py"
        finding = precision.finding_of(entry("a", path=path), application, "default")
        self.assertEqual(finding.path, "(libraries)/lib/python3.12/site-packages/users/password.py")


class Labels(unittest.TestCase):
    def test_the_labels_are_readable_and_in_order(self) -> None:
        files = sorted(precision.LABELS.glob("*.json"))
        self.assertTrue(files)
        self.assertLessEqual({file.stem for file in files}, {item.name for item in corpus.applications()})
        for file in files:
            precision.read_labels(file)
            text = file.read_text(encoding="utf-8")
            entries = json.loads(text)["labels"]
            self.assertEqual(text, precision.text_of_labels(file.stem, entries), f"{file.name} is not as it is written")


if __name__ == "__main__":
    unittest.main()
