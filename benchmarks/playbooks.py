#!/usr/bin/env python3
"""Gives the agent tasks in plain words, without a language model, and holds its reports against the other commands.

    python benchmarks/playbooks.py --binary target/release/fastwright
    python benchmarks/playbooks.py --only bookshop

On copies of ``examples/bookshop`` and of published applications:

    review      the same findings as ``fastwright review``, each step of the evidence at a line that is there; nothing written
    explain     handler, guard, statuses and tables of routes (every n-th of all) as ``fastwright routes`` has them
    fix         every safe fix made, the contract equal (``fastwright contract`` before and after), nothing left to do for a
                second run, and ``fastwright fix --undo`` brings back every byte
    change      a weaker guard, made by hand, is told as a change of security

and on the bookshop, ``fix everything --permission contract --verify pytest``: every documented fault that has a fix is gone,
the tests pass before and after, and the contract differs in what was named only. The exit code is 1 when anything is not as
it should be, and 2 when a project could not be prepared.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import corpus
from fixes import digests

HERE = Path(__file__).resolve().parent
EXAMPLE = HERE.parent / "examples" / "bookshop"
PUBLISHED = ("argilla", "chainlit")
# Routes that are explained, of each project.
EXPLAINED = 12


class Agent:
    """The program on one project."""

    def __init__(self, binary: Path, folder: Path, timeout: float) -> None:
        self.binary, self.folder, self.timeout = binary, folder, timeout
        self.options = ["--isolated", "--no-progress"]

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([str(self.binary), *arguments], capture_output=True, text=True, timeout=self.timeout,
                              stdin=subprocess.DEVNULL, cwd=self.folder)

    def json(self, *arguments: str) -> dict:
        answer = self.run(*arguments, *self.options, "--output-format", "json")
        if answer.returncode == 2 or not answer.stdout:
            raise corpus.CorpusError(f"{' '.join(arguments)}: {answer.stderr[-400:]}")
        return json.loads(answer.stdout)

    def task(self, task: str, *options: str) -> dict:
        return self.json("agent", task, *options)


class Checks:
    """What was looked at, and what is not as it should be."""

    def __init__(self, name: str) -> None:
        self.name, self.passed, self.wrong = name, 0, []

    def that(self, holds: bool, what: str) -> None:
        if holds:
            self.passed += 1
        else:
            self.wrong.append(f"{self.name}: {what}")


def review(agent: Agent, checks: Checks) -> None:
    before = digests(agent.folder)
    report = agent.task("review this for production readiness")
    document = agent.json("review", ".", "--no-cache", "--exit-zero")
    severities = Counter(finding["severity"] for finding in document["findings"])
    checks.that(report["counts"] == dict(severities), f"counts {report['counts']} instead of {dict(severities)}")
    known = {finding["fingerprint"][:12]: finding for finding in document["findings"]}
    for found in report["found"]:
        finding = known.get(found["id"])
        checks.that(finding is not None and finding["message"] == found["message"] and finding["severity"] == found["severity"],
                    f"`{found['id']}` is no finding of the review, or is told otherwise")
        checks.that(bool(found["evidence"] and found["why"] and found["recommendation"] and found["trade_off"]),
                    f"`{found['rule']}` lacks a part")
        for step in found["evidence"]:
            path, _, line = step.split(" ")[0].rpartition(":")
            file = agent.folder / path
            checks.that(file.is_file() and int(line) <= len(file.read_text(encoding="utf-8", errors="replace").splitlines()) + 1,
                        f"the evidence {step[:80]} is not there")
    checks.that(report["preserved"]["routes"] == document["statistics"]["routes"], "another number of routes is preserved")
    checks.that(digests(agent.folder) == before, "a review wrote something")


def explain(agent: Agent, checks: Checks) -> None:
    table = agent.json("routes", ".", "--no-cache")
    routes = [route for app in table["apps"] if not app["mounted"] for route in app["routes"] if route["kind"] == "http"]
    for route in routes[:: max(1, len(routes) // EXPLAINED)]:
        name = f"{route['methods'][0]} {route['path']}"
        report = agent.task(f"explain {name}")
        answer = report["answer"]
        where = f"{route['location']['path']}:{route['location']['start']['line']}"
        checks.that(route["handler"] in answer and where in answer, f"{name}: handler {route['handler']} at {where} is not told")
        checks.that(("anybody" in answer) == (route["guard"]["kind"] != "required"), f"{name}: who may call it is told wrong")
        checks.that(", ".join(map(str, route["statuses"])) in answer, f"{name}: statuses {route['statuses']} are not told")
        for table_name in [*route["tables"]["reads"], *route["tables"]["writes"]]:
            checks.that(f"`{table_name}`" in answer, f"{name}: the table {table_name} is not told")


def fix(agent: Agent, checks: Checks) -> int:
    before = digests(agent.folder)
    strict = ["--config", 'profile="strict"', "--allow-dirty"]
    contract = agent.folder.parent / f"{checks.name}-contract.json"
    agent.run("contract", ".", *agent.options, "--output-file", str(contract))
    report = agent.task("fix everything that is safe to fix", "--apply", *strict)
    made = len(report["changed"])
    checks.that(report["outcome"] == "done" and not report["refused"], f"fixing ended as {report['outcome']}: {report['answer']}")
    checks.that(not made or (report["proof"]["written"] and report["proof"]["contract_compared"] and not report["proof"]["contract"]),
                "the report does not say that the contract is equal")
    check = agent.run("contract", ".", *agent.options, "--check", str(contract))
    checks.that(check.returncode == 0, f"the contract differs: {check.stdout[:300]}")
    again = agent.task("fix everything that is safe to fix", "--apply", *strict)
    checks.that(not again["changed"], "a second run finds something to do")
    if made:
        agent.run("fix", ".", "--undo")
    checks.that(digests(agent.folder) == before, "undo does not bring back every byte")
    return made


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments], cwd=folder, check=True,
                   capture_output=True)


def change(agent: Agent, checks: Checks) -> None:
    """Takes one guard of the bookshop away and asks."""
    git(agent.folder, "init", "--quiet")
    git(agent.folder, "add", "--all")
    git(agent.folder, "commit", "--quiet", "--message", "start")
    report = agent.task("check my change")
    checks.that(report["outcome"] == "done" and not report["proof"]["contract"], "a change is told where there is none")
    file = agent.folder / "src/bookshop/routers/books.py"
    text = file.read_text(encoding="utf-8")
    weaker = text.replace("dependencies=[Depends(require_staff)]", "", 1)
    checks.that(weaker != text, "the example has no such guard any more")
    file.write_text(weaker, encoding="utf-8")
    report = agent.task("did I break anything?")
    checks.that(report["outcome"] == "refused" and any(line.startswith("security") for line in report["proof"]["contract"]),
                f"a weaker guard is not told: {report['proof']['contract']}")
    report = agent.task("prepare a pull request against HEAD")
    checks.that("**Security**" in report["answer"] and "src/bookshop/routers/books.py" in report["answer"],
                "the text of the pull request does not tell it")
    file.write_text(text, encoding="utf-8")


def faults(agent: Agent, checks: Checks, python: Path) -> int:
    """Every documented fault of the bookshop that has a fix."""
    before = agent.json("review", ".", "--no-cache", "--exit-zero")["findings"]
    fixable = {finding["fingerprint"] for finding in before if finding["fix"]}
    report = agent.task("fix everything", "--permission", "contract", "--apply", "--verify", f"{python} -m pytest -q")
    checks.that(report["outcome"] == "done" and report["proof"]["written"], f"it ended as {report['outcome']}: {report['answer']}")
    checks.that("before and after" in (report["proof"]["tests"] or ""), f"tests: {report['proof']['tests']}")
    after = {finding["fingerprint"] for finding in agent.json("review", ".", "--no-cache", "--exit-zero")["findings"]}
    left = [finding["rule"] for finding in before if finding["fingerprint"] in fixable & after]
    checks.that(not left, f"these have a fix and are left: {left}")
    checks.that(after <= {finding["fingerprint"] for finding in before}, "something new is found")
    print(f"{checks.name}: {len(fixable)} of {len(before)} findings have a fix; tests: {report['proof']['tests']}")
    return len(report["changed"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--binary", type=Path, default=Path("target/release/fastwright"))
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these projects")
    parser.add_argument("--python", type=Path, help="Python of an environment with the example's requirements, for its tests")
    parser.add_argument("--timeout", type=float, default=900.0, help="seconds for one task")
    arguments = parser.parse_args()
    binary = arguments.binary.resolve()
    names = arguments.only or ["bookshop", *PUBLISHED]
    python = arguments.python or HERE.parent / "target/bookshop-environment/bin/python"
    if "bookshop" in names and not python.exists():
        raise corpus.CorpusError(f"{python} is not there: `./test environment` makes it")
    wrong: list[str] = []
    passed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            folder = Path(scratch) / name
            source = EXAMPLE if name == "bookshop" else corpus.ensure_application(corpus.applications([name])[0])
            shutil.copytree(source, folder, symlinks=True,
                            ignore=shutil.ignore_patterns(".venv", "__pycache__", ".fastwright_cache", ".pytest_cache", "*.db"))
            agent, checks = Agent(binary, folder, arguments.timeout), Checks(name)
            review(agent, checks)
            explain(agent, checks)
            made = fix(agent, checks)
            print(f"{name}: {made} safe fixes (profile strict)", flush=True)
            if name == "bookshop":
                change(agent, checks)
                faults(agent, checks, python.absolute())
            passed += checks.passed
            wrong += checks.wrong
            print(f"{name}: {checks.passed} facts as they should be, {len(checks.wrong)} not", flush=True)
    for line in wrong:
        print(f"WRONG {line}")
    print(f"\n{passed} facts of reports are right, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (corpus.CorpusError, subprocess.SubprocessError) as error:
        print(f"playbooks: {error}", file=sys.stderr)
        sys.exit(2)
