#!/usr/bin/env python3
"""What other tools say of the advisories of ``advisories.json``: found, false alarms after the repair, time, memory.

    python benchmarks/peers.py --binary target/release/fastwright
    python benchmarks/peers.py --binary target/release/fastwright --semgrep-rules ../semgrep-rules/python

bandit and ruff (``FAST,ASYNC,S,B``) are installed into virtual environments of their own in the corpus folder, in
pinned versions. semgrep takes part when ``--semgrep-rules`` names a folder with its public Python rules: they are
not on the package index (``git clone https://github.com/semgrep/semgrep-rules``). The project ``fastapi-doctor`` of the
package index is a generator of projects, not the linter of that name: nothing to run.

A case is found as in ``advisories.py``: a finding in the labelled function, with a CWE of the advisory's family.
ruff names no CWE: ``RUFF`` says which weakness each of its security rules is about, and those of FAST, ASYNC and B are about
none of these. All tools see the same files of both versions, in one run, one after the other.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import advisories
import corpus
import measure
import speed

BANDIT, SEMGREP = "bandit==1.9.2", "semgrep==1.185.0"

# Weaknesses that ruff's security rules are about.
RUFF = {
    "S102": 94, "S103": 732, "S104": 605, "S105": 259, "S106": 259, "S107": 259, "S108": 377, "S113": 400, "S202": 22, "S301": 502,
    "S302": 502, "S305": 327, "S306": 377, "S307": 94, "S308": 79, "S310": 918, "S311": 330, "S324": 327, "S501": 295, "S506": 502,
    "S602": 78, "S603": 78, "S604": 78, "S605": 78, "S606": 78, "S607": 426, "S608": 89, "S609": 78, "S610": 89, "S611": 89,
    "S612": 94, "S701": 79, "S702": 79, "S704": 79,
}

Findings = list[dict]


def finding(path: str, line: int, cwe: list[int], rule: str) -> dict:
    """A finding of another tool, shaped like one of fastwright's."""
    return {"location": {"path": path, "start": {"line": line}}, "cwe": cwe, "rule": rule}


def fastwright(profile: str) -> Callable[[str], Findings]:
    return lambda text: json.loads(text)["findings"] if text else []


def bandit(text: str) -> Findings:
    return [finding(entry["filename"], entry["line_number"], [entry.get("issue_cwe", {}).get("id", 0)], entry["test_id"])
            for entry in json.loads(text)["results"]]


def ruff(text: str) -> Findings:
    return [finding(entry["filename"], entry["location"]["row"], [RUFF[entry["code"]]] if entry["code"] in RUFF else [], entry["code"])
            for entry in json.loads(text)]


def semgrep(text: str) -> Findings:
    found = []
    for entry in json.loads(text)["results"]:
        named = entry["extra"].get("metadata", {}).get("cwe", [])
        numbers = re.findall(r"CWE-(\d+)", " ".join(named if isinstance(named, list) else [named]))
        found.append(finding(entry["path"], entry["start"]["line"], [int(number) for number in numbers], entry["check_id"]))
    return found


def tools(arguments: argparse.Namespace) -> list[tuple[str, list[str], Callable[[str], Findings]]]:
    """Name, command (the folder is appended) and how its output is read."""
    binary = str(arguments.binary.resolve())
    review = [binary, "review", "--isolated", "--no-cache", "--exit-zero", "--output-format", "json", "--profile"]
    found = [("fastwright (audit)", [*review, "audit"], fastwright("audit")),
             ("fastwright", [*review, "default"], fastwright("default")),
             ("bandit", [str(corpus.ensure_tool(BANDIT)), "--quiet", "--exit-zero", "--format", "json", "--recursive"], bandit),
             ("ruff", [str(corpus.ensure_tool(speed.RUFF)), "check", "--isolated", "--no-cache", "--exit-zero", "--select", "FAST,ASYNC,S,B",
                       "--output-format", "json"], ruff)]
    if arguments.semgrep_rules:
        found.append(("semgrep", [str(corpus.ensure_tool(SEMGREP)), "scan", "--quiet", "--json", "--metrics", "off", "--no-git-ignore",
                                  "--config", str(arguments.semgrep_rules.resolve())], semgrep))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--binary", type=Path, default=Path("target/release/fastwright"))
    parser.add_argument("--semgrep-rules", type=Path, help="folder with semgrep's public Python rules")
    parser.add_argument("--timeout", type=float, default=900.0, help="seconds for one run of one tool")
    arguments = parser.parse_args()
    cases = json.loads((advisories.HERE / "advisories.json").read_text(encoding="utf-8"))
    print(f"{'tool':20} {'found':>8} {'of these still told after the repair':>38} {'findings in all':>16} {'CPU s':>8} {'MB':>6}")
    for name, command, read in tools(arguments):
        known: dict[advisories.Version, Findings] = {}
        cpu, memory, total = 0.0, 0.0, 0

        def findings(package: str, version: str) -> Findings:
            nonlocal cpu, memory, total
            key = advisories.Version(package, version)
            if key not in known:
                folder = key.ensure()
                with tempfile.TemporaryFile() as out:
                    cost = measure.run([*command, str(folder)], arguments.timeout, stdout=out.fileno(), environment=dict(os.environ))
                    out.seek(0)
                    text = out.read().decode("utf-8", "replace")
                cpu, memory = cpu + cost.cpu, max(memory, cost.memory)
                known[key] = read(text) if text.strip() and cost.code in (0, 1) else []
                total += len(known[key])
            return known[key]

        found = still = 0
        for case in cases:
            numbers = [int(case["cwe"].removeprefix("CWE-"))]
            before = advisories.at(findings(case["package"], case["vulnerable_version"]), case["file"], case["function_span"], numbers)
            after = [] if case["fixed_by_removal"] else advisories.at(
                findings(case["package"], case["fixed_version"]), case["fixed_file"], case["fixed_span"], numbers)
            rules = {entry["rule"] for entry in before}
            found += bool(before)
            still += bool(before) and any(entry["rule"] in rules for entry in after)
        print(f"{name:20} {found:>4} / {len(cases)} {still:>38} {total:>16} {cpu:>8.1f} {memory:>6.0f}", flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (corpus.CorpusError, subprocess.SubprocessError) as error:
        print(f"peers: {error}", file=sys.stderr)
        sys.exit(2)
