#!/usr/bin/env python3
"""Checks that no input makes fastwright panic, hang or lose a file.

    python benchmarks/robustness.py --binary target/release/fastwright
    python benchmarks/robustness.py --only deep symlink --keep
    python benchmarks/robustness.py --list

Inputs: the standard library of the running Python; site-packages of a virtual environment with FastAPI,
SQLAlchemy, Django and NumPy (pinned in locks/robustness.txt); and the folders of ``broken_inputs.py``.
``review`` and ``routes`` run on each, both with JSON output. A run passes when

  - it ends within the time limit, with exit code 0, 1, 2 or 3, and not by a signal;
  - it never panics: no "panicked" on stderr, and no problem of an internal kind in the JSON;
  - exit code 2 comes with a message, and only where the input can't be reviewed at all (a missing path);
  - the JSON is whole, and each ``.py`` file that an independent walk finds is either among the reviewed
    ones or named in ``problems``; so is each folder that may not be read;
  - the route of the healthy application beside the broken file is found.

The exit code is 1 when a run fails, and 2 when the check itself could not be made.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import stat
import sys
import sysconfig
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import broken_inputs
import corpus
import measure

HERE = Path(__file__).resolve().parent
# Folders that hold no sources of the project itself.
EXCLUDED = {"__pycache__", "__pypackages__", "bower_components", "dist-packages", "node_modules", "site-packages"}
# Runs a command as a user without rights; root may read everything, which would prove nothing.
AS_NOBODY = "import os, sys; os.setgroups([]); os.setgid(65534); os.setuid(65534); os.execv(sys.argv[1], sys.argv[1:])"


@dataclass
class Outcome:
    """What became of one input."""

    name: str
    files: int = 0
    seconds: float = 0.0
    memory: float = 0.0
    failures: list[str] = field(default_factory=list)


def is_excluded(folder: Path) -> bool:
    """Whether a folder is left out by default: hidden, a cache, an environment, metadata, build output."""
    name = folder.name
    if name in EXCLUDED or name.startswith(".") or name.endswith((".egg-info", ".dist-info")) or folder.is_symlink():
        return True
    if stat.S_IMODE(folder.stat().st_mode) == 0:
        return False
    if (folder / "pyvenv.cfg").is_file() or (folder / "conda-meta").is_dir():
        return True
    # Packages are called build and dist, too; those have modules of their own.
    return name in ("build", "dist") and not any(folder.glob("*.py"))


def walk(target: Path) -> tuple[list[str], list[str]]:
    """The ``.py`` files under a folder, and the folders in it that may not be read, relative to it."""
    if target.is_file():
        return ([target.name] if target.suffix == ".py" else []), []
    files, closed = [], []
    for folder, names, contents in os.walk(target):
        here = Path(folder)
        kept = []
        for name in names:
            inner = here / name
            if is_excluded(inner):
                continue
            if stat.S_IMODE(inner.stat().st_mode) == 0:
                closed.append(str(inner.relative_to(target)))
            else:
                kept.append(name)
        names[:] = kept
        for name in contents:
            path = here / name
            if name.endswith(".py") and not name.startswith(".") and not path.is_symlink() and stat.S_ISREG(path.stat().st_mode):
                files.append(str(path.relative_to(target)))
    return files, closed


def shown(name: str) -> str:
    """A file name as it appears in JSON: bytes that are no text are replaced."""
    return os.fsencode(name).decode(errors="replace")


def named_in(paths: set[str], name: str) -> bool:
    """Whether a relative path, or one that ends with it, is among ``paths``."""
    wanted = shown(name)
    return wanted in paths or any(path.endswith("/" + wanted) for path in paths)


def is_told(problems: set[str], name: str) -> bool:
    """Whether a problem names a file, or a folder that it is in."""
    path = Path(name)
    return any(named_in(problems, str(part)) for part in (path, *path.parents) if part.name)


def account(report: dict, target: Path, listed: list[str] | None) -> list[str]:
    """What is neither reviewed nor named as a problem."""
    files, closed = walk(target)
    problems = {
        (problem.get("location") or {}).get("path", "").rstrip("/") for problem in report.get("problems", [])
    }
    failures = [f"folder {shown(name)} may not be read, and no problem says so" for name in closed if not named_in(problems, name)]
    told = {name for name in files if is_told(problems, name)}
    counted = report.get("statistics", {}).get("files")
    if not isinstance(counted, int):
        return [*failures, "statistics.files is missing"]
    # A file with a problem may or may not count as reviewed (a syntax error leaves something to review).
    if counted >= len(files) - len(told):
        return failures
    lost = ""
    if listed is not None:
        paths = {line.strip() for line in listed}
        names = [shown(name) for name in files if name not in told and not named_in(paths, name)]
        lost = ": " + ", ".join(names[:8]) + (" ..." if len(names) > 8 else "")
    return [*failures, f"{len(files) - len(told) - counted} of {len(files)} files are neither reviewed nor named{lost}"]


def run_json(command: list[str], timeout: float) -> tuple[measure.Cost, bytes]:
    with tempfile.TemporaryFile() as output:
        cost = measure.run(command, timeout, stdout=output.fileno())
        output.seek(0)
        return cost, output.read()


def judge(cost: measure.Cost, output: bytes, may_refuse: bool, timeout: float) -> tuple[list[str], dict | None]:
    """What is wrong with one run, and its JSON where it has some."""
    failures = []
    if cost.timed_out:
        return [f"no end within {timeout:.0f} s"], None
    if cost.code not in (0, 1, 2, 3):
        failures.append(f"ended by signal {-cost.code}" if cost.code < 0 else f"exit code {cost.code}")
    if "panicked" in cost.stderr or "overflowed its stack" in cost.stderr:
        line = next(line for line in cost.stderr.splitlines() if "panicked" in line or "overflowed" in line)
        failures.append(f"panic: {line.strip()[:200]}")
    if cost.code == 2:
        if not cost.stderr.strip():
            failures.append("exit code 2 without a message")
        if not may_refuse:
            failures.append(f"refused: {cost.stderr.strip().splitlines()[-1][:200] if cost.stderr.strip() else ''}")
        return failures, None
    try:
        return failures, json.loads(output)
    except ValueError as error:
        return [*failures, f"stdout is not JSON: {error}"] if not failures else failures, None


def check(binary: Path, name: str, target: Path, timeout: float, healthy: bool = False, may_refuse: bool = False,
          as_nobody: bool = False, cache: Path | None = None) -> Outcome:
    """Runs both commands on one input."""
    outcome = Outcome(name)
    before = [sys.executable, "-c", AS_NOBODY] if as_nobody else []
    for command in ("review", "routes"):
        if cache and command == "routes":
            continue
        arguments = [*before, str(binary), command, str(target), "--output-format", "json"]
        if command == "review":
            arguments += ["--cache-dir", str(cache)] if cache else ["--no-cache"]
        cost, output = run_json(arguments, timeout)
        failures, report = judge(cost, output, may_refuse, timeout)
        outcome.seconds = max(outcome.seconds, cost.wall)
        outcome.memory = max(outcome.memory, cost.memory)
        if report is not None and command == "review":
            for problem in report.get("problems", []):
                if "internal" in problem.get("kind", "") or "panic" in problem.get("kind", ""):
                    failures.append(f"internal error: {problem.get('message', '')[:200]}")
            lost = account(report, target, None)
            if lost:
                _, text = run_json([*before, str(binary), "review", str(target), "--show-files"], timeout)
                lost = account(report, target, text.decode(errors="replace").splitlines() or None)
            failures += lost
            outcome.files = report.get("statistics", {}).get("files", 0)
            if healthy and not report.get("statistics", {}).get("routes"):
                failures.append("the route of healthy.py is not found")
        if report is not None and command == "routes" and healthy:
            paths = {route.get("path") for app in report.get("apps", []) for route in app.get("routes", [])}
            if "/health" not in paths:
                failures.append("GET /health of healthy.py is not listed")
        outcome.failures += [f"{command}: {text}" for text in failures]
    return outcome


def copy_standard_library(into: Path) -> Path:
    """The ``.py`` files of the running Python's standard library, without what is installed into it."""
    source = Path(sysconfig.get_paths()["stdlib"])
    return Path(shutil.copytree(source, into, ignore=lambda folder, names: [
        name for name in names
        if name in ("site-packages", "dist-packages", "__pycache__")
        or not (name.endswith(".py") or os.path.isdir(os.path.join(folder, name)))
    ]))


def large_trees(scratch: Path) -> list[tuple[str, Path]]:
    environment = corpus.ensure_environment("robustness")
    return [
        ("standard library", copy_standard_library(scratch / "standard-library")),
        ("site-packages", next((environment / "lib").glob("python3*")) / "site-packages"),
    ]


def show(outcome: Outcome) -> None:
    verdict = "ok" if not outcome.failures else "FAILED"
    print(f"{verdict:6}  {outcome.name:45} {outcome.files:6} files  {outcome.seconds:6.2f} s  {outcome.memory:5.0f} MB", flush=True)
    for text in outcome.failures:
        print(f"          {text}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=HERE.parent / "target" / "release" / "fastwright")
    parser.add_argument("--only", nargs="+", metavar="TEXT", help="inputs whose name contains one of these")
    parser.add_argument("--list", action="store_true", help="name the inputs and stop")
    parser.add_argument("--timeout", type=float, default=60, metavar="SECONDS", help="for one run (default 60)")
    parser.add_argument("--keep", action="store_true", help="leave the folders that were made, and say where")
    parser.add_argument("--failures", action="store_true", help="print only what fails")
    parser.add_argument("--json", action="store_true", help="everything as JSON on stdout")
    args = parser.parse_args()
    wanted = lambda name: not args.only or any(text in name for text in args.only)  # noqa: E731
    cases = [item for item in broken_inputs.CASES if wanted(item.name)]
    if args.list:
        print("\n".join(["standard library", "site-packages", *(item.name for item in cases)]))
        return 0
    if not args.binary.is_file():
        print(f"robustness: {args.binary} does not exist; build it (cargo build --release) or name it with --binary", file=sys.stderr)
        return 2
    scratch = Path(tempfile.mkdtemp(prefix="fastwright-robustness-"))
    # Another user has to reach the binary and the folder of the 'unreadable' case.
    scratch.chmod(0o755)
    binary = Path(shutil.copy2(args.binary, scratch / "fastwright"))
    outcomes = []

    def finished(outcome: Outcome) -> None:
        outcomes.append(outcome)
        if not args.json and (outcome.failures or not args.failures):
            show(outcome)

    try:
        if wanted("standard library") or wanted("site-packages"):
            for name, tree in large_trees(scratch):
                if wanted(name):
                    finished(check(binary, name, tree, args.timeout))
                    cache = scratch / f"cache of {name}"
                    finished(check(binary, f"{name}, filling a cache", tree, args.timeout, cache=cache))
                    finished(check(binary, f"{name}, from the cache", tree, args.timeout, cache=cache))
        for item in cases:
            folder = scratch / item.name
            target = broken_inputs.make(item, folder)
            nobody = os.geteuid() == 0 and item.name == "unreadable"
            finished(check(binary, item.name, target, args.timeout, item.healthy, item.may_refuse, nobody))
            if not args.keep:
                # The binary's name is no case; a case's folder may have parts that nobody may enter.
                for closed in folder.glob("*"):
                    if not closed.is_symlink() and closed.is_dir():
                        closed.chmod(0o700)
                shutil.rmtree(folder)
    except corpus.CorpusError as error:
        print(f"robustness: {error}", file=sys.stderr)
        return 2
    finally:
        if args.keep:
            print(f"robustness: the inputs are in {scratch}", file=sys.stderr)
        else:
            shutil.rmtree(scratch, ignore_errors=True)
    failed = [outcome for outcome in outcomes if outcome.failures]
    if args.json:
        json.dump({"version": 1, "inputs": [vars(outcome) for outcome in outcomes], "failed": len(failed)}, sys.stdout, indent=1)
        print()
    else:
        panics = sum("panic" in text or "signal" in text or "internal" in text or "exit code 101" in text for o in failed for text in o.failures)
        lost = sum("neither reviewed" in text or "may not be read" in text for o in failed for text in o.failures)
        print(f"\n{len(outcomes)} inputs, {len(outcomes) - len(failed)} pass; {panics} panics, {lost} with lost files; "
              f"slowest {max((o.seconds for o in outcomes), default=0):.1f} s, largest {max((o.memory for o in outcomes), default=0):.0f} MB")
    if not outcomes:
        print("robustness: no input has such a name", file=sys.stderr)
        return 2
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
