#!/usr/bin/env python3
"""What other tools say of the advisories of ``advisories.json``: found, false alarms after the repair, time, memory.

    python benchmarks/peers.py --binary target/release/fastwright
    python benchmarks/peers.py --semgrep-rules ../semgrep-rules/python --labelled-files semgrep
    python benchmarks/peers.py --fastapi-doctor ~/.local/bin/fastapi-doctor --tool fastapi-doctor

bandit and ruff (``FAST,ASYNC,S,B``) are installed into virtual environments of their own in the corpus folder, in
pinned versions. Two tools take part when they are named, because the package index does not have what they need:

- semgrep with ``--semgrep-rules``, a folder with its public Python rules (``git clone
  https://github.com/semgrep/semgrep-rules``). Rules of the category ``security`` are run; the others name no weakness;
- fastapi-doctor with ``--fastapi-doctor``, its program (https://github.com/s-smits/fastapi-doctor; Python 3.12 and Rust:
  ``pip install git+https://github.com/s-smits/fastapi-doctor@40d792d``, version 0.12.0, is what was measured). The project of this
  name on the package index is another one, a generator of projects.

A case is found as in ``advisories.py``: a finding in the labelled function, with a CWE of the advisory's family.
ruff and fastapi-doctor name no CWE: ``RUFF`` and ``FASTAPI_DOCTOR`` say which weakness each of their security rules is
about; their other rules are about none of these. All tools see the same files of both versions, one run after the other.

Slow tools can be given the labelled files of each version instead of its whole tree (``--labelled-files NAME``); the row
says so. What semgrep finds is the same then: the rules that are public look at one file at a time. Its count of
findings and its costs are those of these files only. A tool that is out of time (``--budget``) gets a row of what it
has read, with the number of versions and of cases.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import advisories
import corpus
import measure
import speed

BANDIT, SEMGREP = "bandit==1.9.2", "semgrep==1.185.0"

# So many versions' labelled files are read in one run: reading its rules is what takes semgrep long.
BATCH = 10

# Weaknesses that ruff's security rules are about.
RUFF = {
    "S102": 94, "S103": 732, "S104": 605, "S105": 259, "S106": 259, "S107": 259, "S108": 377, "S113": 400, "S202": 22, "S301": 502,
    "S302": 502, "S305": 327, "S306": 377, "S307": 94, "S308": 79, "S310": 918, "S311": 330, "S324": 327, "S501": 295, "S506": 502,
    "S602": 78, "S603": 78, "S604": 78, "S605": 78, "S606": 78, "S607": 426, "S608": 89, "S609": 78, "S610": 89, "S611": 89,
    "S612": 94, "S701": 79, "S702": 79, "S704": 79,
}

# Weaknesses that the rules of fastapi-doctor are about, by what its documentation says of each.
FASTAPI_DOCTOR = {
    "security/assert-in-production": 617, "security/cors-wildcard": 942, "security/cors-wildcard-credentials": 942,
    "security/debug-enabled": 489, "security/exception-detail-leak": 209, "security/exception-string-response": 209,
    "security/forbidden-write-param": 639, "security/hardcoded-secret": 798, "security/http-verify-false": 295,
    "security/insecure-cookie": 614, "security/jwt-insecure-decode": 347, "security/missing-auth-dep": 306,
    "security/pydantic-secretstr": 532, "security/sql-execute-fstring": 89, "security/sql-fstring-interpolation": 89,
    "security/subprocess-shell-true": 78, "security/unsafe-eval-exec": 95, "security/unsafe-pickle-load": 502,
    "security/unsafe-yaml-load": 502, "security/unvalidated-redirect": 601, "security/weak-hash-without-flag": 327,
    "pydantic/sensitive-field-type": 532, "pydantic/extra-allow-on-request": 915,
}

Findings = list[dict]


@dataclass
class Tool:
    """A command, to which a folder or files are appended, and how its output is read."""

    name: str
    command: list[str]
    read: Callable[[str], Findings]
    labelled_files: bool = False


@dataclass
class Row:
    """What one tool said of all versions, and what that cost."""

    found: int = 0
    still: int = 0
    cases: int = 0
    versions: int = 0
    findings: int = 0
    cpu: float = 0.0
    memory: float = 0.0
    failures: list[str] = field(default_factory=list)


def finding(path: str, line: int, cwe: list[int], rule: str) -> dict:
    """A finding of another tool, shaped like one of fastwright's."""
    return {"location": {"path": path, "start": {"line": line}}, "cwe": cwe, "rule": rule}


def fastwright(text: str) -> Findings:
    return json.loads(text)["findings"]


def bandit(text: str) -> Findings:
    return [finding(entry["filename"], entry["line_number"], [entry.get("issue_cwe", {}).get("id", 0)], entry["test_id"])
            for entry in json.loads(text)["results"]]


def ruff(text: str) -> Findings:
    return [finding(entry["filename"], entry["location"]["row"], [RUFF[entry["code"]]] if entry["code"] in RUFF else [], entry["code"])
            for entry in json.loads(text)]


def fastapi_doctor(text: str) -> Findings:
    known = FASTAPI_DOCTOR
    return [finding(entry["path"], entry["line"] or 1, [known[entry["check"]]] if entry["check"] in known else [], entry["check"])
            for entry in json.loads(text)["doctor"]["issues"]]


def semgrep(text: str) -> Findings:
    found = []
    for entry in json.loads(text)["results"]:
        named = entry["extra"].get("metadata", {}).get("cwe", [])
        numbers = re.findall(r"CWE-(\d+)", " ".join(named if isinstance(named, list) else [named]))
        found.append(finding(entry["path"], entry["start"]["line"], [int(number) for number in numbers], entry["check_id"]))
    return found


def security_rules(folder: Path, into: Path) -> Path:
    """A copy of those rule files of semgrep that are about security."""
    count = 0
    for path in sorted(folder.rglob("*.y*ml")):
        if "category: security" in path.read_text(encoding="utf-8"):
            target = into / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            count += 1
    if not count:
        raise corpus.CorpusError(f"{folder} has no rules of the category security")
    return into


def tools(arguments: argparse.Namespace, scratch: Path) -> list[Tool]:
    """The tools that were asked for. What is not asked for is not installed."""
    review = [str(arguments.binary.resolve()), "review", "--isolated", "--no-cache", "--exit-zero", "--output-format", "json", "--profile"]
    known: dict[str, Callable[[], Tool]] = {
        "fastwright-audit": lambda: Tool("fastwright (audit)", [*review, "audit"], fastwright),
        "fastwright": lambda: Tool("fastwright", [*review, "default"], fastwright),
        "bandit": lambda: Tool(BANDIT, [str(corpus.ensure_tool(BANDIT)), "--quiet", "--exit-zero", "--format", "json", "--recursive"], bandit),
        "ruff": lambda: Tool(speed.RUFF, [str(corpus.ensure_tool(speed.RUFF)), "check", "--isolated", "--no-cache", "--exit-zero",
                                          "--select", "FAST,ASYNC,S,B", "--output-format", "json"], ruff),
    }
    if arguments.fastapi_doctor:
        program = str(arguments.fastapi_doctor.resolve())
        known["fastapi-doctor"] = lambda: Tool("fastapi-doctor", [program, "--json", "--verbose", "--profile", "strict", "--skip-ruff",
                                                                  "--skip-ty", "--fail-on", "none", "--repo-root"], fastapi_doctor)
    if arguments.semgrep_rules:
        rules = security_rules(arguments.semgrep_rules.resolve(), scratch)
        known["semgrep"] = lambda: Tool(SEMGREP, [str(corpus.ensure_tool(SEMGREP)), "scan", "--quiet", "--json", "--metrics", "off",
                                                  "--disable-version-check", "--no-git-ignore", "--jobs", "1", "--timeout", "5",
                                                  "--config", str(rules)], semgrep)
    for name in [*arguments.tool, *arguments.labelled_files]:
        if name not in known:
            raise corpus.CorpusError(f"{name} can't take part; known with these options are {', '.join(known)}")
    if "fastapi-doctor" in arguments.labelled_files:
        raise corpus.CorpusError("fastapi-doctor reads folders only")
    chosen = []
    for name, make in known.items():
        if not arguments.tool or name in arguments.tool:
            tool = make()
            tool.labelled_files = name in arguments.labelled_files
            chosen.append(tool)
    return chosen


def labelled_files(cases: list[dict]) -> dict[advisories.Version, set[str]]:
    """The files of each version in which a labelled function stands."""
    files: dict[advisories.Version, set[str]] = {}
    for case in cases:
        files.setdefault(advisories.Version(case["package"], case["vulnerable_version"]), set()).add(case["file"])
        if not case["fixed_by_removal"]:
            files.setdefault(advisories.Version(case["package"], case["fixed_version"]), set()).add(case["fixed_file"])
    return files


def run(command: list[str], timeout: float, output: str) -> measure.Cost:
    """Runs a command, its output written to a file."""
    with open(output, "wb") as out:
        return measure.run(command, timeout, stdout=out.fileno(), environment=dict(os.environ))


def batches(tool: Tool, cases: list[dict]) -> list[dict[advisories.Version, list[str]]]:
    """What each run of a tool is given: one version's folder, or the labelled files of several versions."""
    files = labelled_files(cases)
    if not tool.labelled_files:
        return [{version: [str(version.ensure())]} for version in files]
    versions = list(files)
    return [{version: [str(version.ensure() / file) for file in sorted(files[version])] for version in versions[at:at + BATCH]}
            for at in range(0, len(versions), BATCH)]


def ask(tool: Tool, batch: dict[advisories.Version, list[str]], timeout: float, row: Row,
        starter: Executor) -> dict[advisories.Version, Findings]:
    """The findings of some versions; nothing, and a line about it, when the tool did not answer."""
    targets = [target for some in batch.values() for target in some]
    with tempfile.NamedTemporaryFile() as out:
        cost = starter.submit(run, [*tool.command, *targets], timeout, out.name).result()
        text = out.read().decode("utf-8", "replace")
    row.cpu, row.memory = row.cpu + cost.cpu, max(row.memory, cost.memory)
    try:
        if cost.timed_out:
            raise ValueError(f"took more than {timeout:.0f} seconds")
        found = [] if tool.read is fastwright and cost.code == 3 else tool.read(text)  # 3: there is no application
    except (ValueError, KeyError, TypeError) as error:
        last = cost.stderr.strip().splitlines()[-1:] or [f"exit code {cost.code}"]
        names = ", ".join(f"{version.package} {version.version}" for version in batch)
        row.failures.append(f"{tool.name}: {names}: {error}: {last[0][:200]}")
        return {}
    row.versions += len(batch)
    row.findings += len(found)
    if len(batch) == 1:
        return dict.fromkeys(batch, found)
    return {version: [entry for entry in found if entry["location"]["path"] in targets] for version, targets in batch.items()}


def measured(tool: Tool, cases: list[dict], timeout: float, budget: float) -> Row:
    """Asks a tool about all versions, until it is out of time."""
    row, until = Row(), time.monotonic() + budget
    known: dict[advisories.Version, Findings | None] = dict.fromkeys(labelled_files(cases))
    # The peak memory of a process starts at that of the process that started it: this one has read long reports.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as starter:
        for batch in batches(tool, cases):
            left = until - time.monotonic()
            if left > 0:
                known |= ask(tool, batch, min(timeout, left), row, starter)
    for case in cases:
        numbers = [int(case["cwe"].removeprefix("CWE-"))]
        old = known[advisories.Version(case["package"], case["vulnerable_version"])]
        new = [] if case["fixed_by_removal"] else known[advisories.Version(case["package"], case["fixed_version"])]
        if old is None or new is None:
            continue
        before = advisories.at(old, case["file"], case["function_span"], numbers)
        after = advisories.at(new, case["fixed_file"], case["fixed_span"], numbers) if new else []
        rules = {entry["rule"] for entry in before}
        row.cases += 1
        row.found += bool(before)
        row.still += bool(before) and any(entry["rule"] in rules for entry in after)
    return row


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--binary", type=Path, default=Path("target/release/fastwright"))
    parser.add_argument("--tool", action="append", default=[], metavar="NAME", help="only this one; may be given several times")
    parser.add_argument("--semgrep-rules", type=Path, metavar="FOLDER", help="semgrep's public Python rules")
    parser.add_argument("--fastapi-doctor", type=Path, metavar="PROGRAM", help="the program fastapi-doctor")
    parser.add_argument("--labelled-files", action="append", default=[], metavar="NAME",
                        help="give this tool the labelled files only; may be given several times")
    parser.add_argument("--timeout", type=float, default=900.0, metavar="SECONDS", help="for one run of one tool")
    parser.add_argument("--budget", type=float, default=3600.0, metavar="SECONDS", help="for all runs of one tool")
    arguments = parser.parse_args()
    cases = json.loads((advisories.HERE / "advisories.json").read_text(encoding="utf-8"))
    all_versions = len(labelled_files(cases))
    with tempfile.TemporaryDirectory(prefix="fastwright-peers-") as scratch:
        chosen = tools(arguments, Path(scratch))
        print(f"{'tool':32} {'found':>8}  {'still told after the repair':>27}  {'findings':>8}  {'versions':>8}  {'CPU s':>7}  {'MB':>5}", flush=True)
        for tool in chosen:
            row = measured(tool, cases, arguments.timeout, arguments.budget)
            name = tool.name + (" (labelled files)" if tool.labelled_files else "")
            print(f"{name:32} {row.found:>2} of {row.cases:>2}  {row.still:>27}  {row.findings:>8}  {row.versions:>2} of {all_versions}  "
                  f"{row.cpu:>7.1f}  {row.memory:>5.0f}", flush=True)
            for failure in row.failures:
                print(f"peers: {failure}", file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (corpus.CorpusError, subprocess.SubprocessError) as error:
        print(f"peers: {error}", file=sys.stderr)
        sys.exit(2)
