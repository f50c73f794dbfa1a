"""The snapshot of findings sees what changes, and nothing else."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import findings_snapshot  # noqa: E402
import precision  # noqa: E402


def finding(rule: str = "some-rule", line: int = 3, severity: str = "high", symbol: str | None = "read",
            route: str | None = "GET /x") -> precision.Finding:
    return precision.Finding(application="shop", profile="default", fingerprint=f"{rule}{line}", rule=rule,
                             severity=severity, path="app/main.py", line=line, symbol=symbol, route=route,
                             message="it is so")


def snapshot(*default: precision.Finding, audit: tuple[precision.Finding, ...] = ()) -> dict:
    return findings_snapshot.snapshot_of({"default": list(default), "strict": list(default), "audit": [*default, *audit]})


class Snapshot(unittest.TestCase):
    def test_a_finding_is_a_line_without_its_place_in_the_file(self) -> None:
        self.assertEqual(snapshot(finding())["default"], ["high[some-rule] app/main.py:read  GET /x"])
        self.assertEqual(snapshot(finding(symbol=None, route=None))["default"], ["high[some-rule] app/main.py"])

    def test_code_that_moves_changes_nothing(self) -> None:
        self.assertEqual(findings_snapshot.differences("shop", snapshot(finding(line=3)), snapshot(finding(line=90))), [])

    def test_a_finding_that_is_gone_and_one_that_is_new(self) -> None:
        changed = findings_snapshot.differences("shop", snapshot(finding("old")), snapshot(finding("new")))
        self.assertIn("shop: default: old: 1 -> 0", changed)
        self.assertIn("shop: audit: new: 0 -> 1", changed)
        self.assertIn("shop: - high[old] app/main.py:read  GET /x", changed)
        self.assertIn("shop: + high[new] app/main.py:read  GET /x", changed)

    def test_another_severity_is_a_change(self) -> None:
        changed = findings_snapshot.differences("shop", snapshot(finding()), snapshot(finding(severity="low")))
        self.assertEqual(changed, ["shop: - high[some-rule] app/main.py:read  GET /x",
                                   "shop: + low[some-rule] app/main.py:read  GET /x"])

    def test_two_findings_of_one_line_are_counted(self) -> None:
        changed = findings_snapshot.differences("shop", snapshot(finding()), snapshot(finding(), finding(line=9)))
        self.assertIn("shop: + high[some-rule] app/main.py:read  GET /x", changed)

    def test_what_only_audits_show_is_counted(self) -> None:
        changed = findings_snapshot.differences("shop", snapshot(finding()), snapshot(finding(), audit=(finding("lead"),)))
        self.assertEqual(changed, ["shop: audit: lead: 0 -> 1"])

    def test_an_application_that_is_not_known(self) -> None:
        self.assertEqual(findings_snapshot.differences("shop", None, snapshot()), ["shop: not in the snapshot yet"])

    def test_the_file_does_not_depend_on_the_order(self) -> None:
        one, other = {"a": snapshot(finding()), "b": snapshot()}, {"b": snapshot(), "a": snapshot(finding())}
        self.assertEqual(findings_snapshot.text_of(one), findings_snapshot.text_of(other))


if __name__ == "__main__":
    unittest.main()
