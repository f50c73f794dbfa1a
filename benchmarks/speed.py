#!/usr/bin/env python3
"""Measures ``fastwright review`` against ruff on the published applications.

    python benchmarks/speed.py --binary target/release/fastwright
    python benchmarks/speed.py --only zenml cognee --repeat 7

For each tree, one after the other in one run, with a warm file cache and output thrown away:

    review    fastwright review --no-cache TREE
    all       ruff check --isolated --no-cache --select ALL TREE
    parse     ruff check --isolated --no-cache --select W292 TREE (parsing, and next to nothing else)
    first     fastwright review --cache-dir EMPTY TREE
    second    the same again, with the cache that the first one filled

Each is repeated, alternating, and the median counts. CPU is user plus system time of the process, memory
its peak resident set. Limits: review takes at most 1.0 times the CPU of 'all', 2.0 times that of 'parse',
300 MB, and 'second' takes at most half the CPU of 'first'. The exit code is 1 when one is missed and 2
when something could not be run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import corpus
import measure

HERE = Path(__file__).resolve().parent
RUFF = "ruff==0.17.6"
LIMITS = {"all": 1.0, "parse": 2.0, "memory": 300.0, "cache": 0.5}
# What a finished run may end with: no findings, findings, nothing to analyse or something undecided.
FINISHED = {"review": {0, 1, 3}, "ruff": {0, 1}}


class SpeedError(Exception):
    """A measured command did not run as it should."""


def checked(cost: measure.Cost, command: list[str], finished: set[int]) -> measure.Cost:
    if cost.timed_out or cost.code not in finished:
        what = "took too long" if cost.timed_out else f"ended with {cost.code}"
        raise SpeedError(f"{what}: {' '.join(command)}\n{cost.stderr.strip()[-600:]}")
    return cost


def measure_tree(binary: Path, ruff: Path, tree: Path, repeat: int, timeout: float) -> dict[str, measure.Cost]:
    """The median cost of each of the five commands on one tree."""
    with tempfile.TemporaryDirectory(prefix="fastwright-speed-") as scratch:
        commands = {
            "review": [str(binary), "review", "--no-cache", str(tree)],
            "all": [str(ruff), "check", "--isolated", "--no-cache", "--select", "ALL", str(tree)],
            "parse": [str(ruff), "check", "--isolated", "--no-cache", "--select", "W292", str(tree)],
        }
        costs: dict[str, list[measure.Cost]] = {name: [] for name in [*commands, "first", "second"]}
        for round_number in range(repeat + 1):
            for name, command in commands.items():
                finished = FINISHED["review" if name == "review" else "ruff"]
                cost = checked(measure.run(command, timeout), command, finished)
                # The round before the first one only warms the file cache.
                if round_number:
                    costs[name].append(cost)
            if round_number:
                cached = [str(binary), "review", "--cache-dir", str(Path(scratch) / f"cache-{round_number}"), str(tree)]
                for name in ("first", "second"):
                    costs[name].append(checked(measure.run(cached, timeout), cached, FINISHED["review"]))
    return {name: measure.median(runs) for name, runs in costs.items()}


def ratios(costs: dict[str, measure.Cost]) -> dict[str, float]:
    share = lambda a, b: a / b if b else float("inf")  # noqa: E731
    return {
        "all": share(costs["review"].cpu, costs["all"].cpu),
        "parse": share(costs["review"].cpu, costs["parse"].cpu),
        "memory": max(costs[name].memory for name in ("review", "first", "second")),
        "cache": share(costs["second"].cpu, costs["first"].cpu),
        "all_wall": share(costs["review"].wall, costs["all"].wall),
        "parse_wall": share(costs["review"].wall, costs["parse"].wall),
        "cache_wall": share(costs["second"].wall, costs["first"].wall),
    }


def size(tree: Path) -> tuple[int, int]:
    """Python files and their lines."""
    files = lines = 0
    for path in tree.rglob("*.py"):
        if path.is_file():
            files += 1
            lines += path.read_bytes().count(b"\n")
    return files, lines


def missed(figures: dict[str, float]) -> list[str]:
    return [name for name, limit in LIMITS.items() if figures[name] > limit]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=HERE.parent / "target" / "release" / "fastwright")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these applications")
    parser.add_argument("--tree", nargs="+", type=Path, metavar="DIR", help="these folders instead of the applications")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="measured rounds (default 5)")
    parser.add_argument("--timeout", type=float, default=120, metavar="SECONDS", help="for one run of one command")
    parser.add_argument("--json", action="store_true", help="everything as JSON on stdout")
    args = parser.parse_args()
    if not args.binary.is_file():
        print(f"speed: {args.binary} does not exist; build it (cargo build --release) or name it with --binary", file=sys.stderr)
        return 2
    if args.repeat < 1:
        parser.error("--repeat must be at least 1")
    binary = args.binary.resolve()
    rows, failures = [], []
    try:
        ruff = corpus.ensure_tool(RUFF)
        trees = [(tree.resolve().name, tree.resolve()) for tree in args.tree or []]
        trees = trees or [(item.name, corpus.ensure_application(item)) for item in corpus.applications(args.only)]
    except corpus.CorpusError as error:
        print(f"speed: {error}", file=sys.stderr)
        return 2
    width = max(len(name) for name, _ in trees)
    if not args.json:
        print(f"{RUFF.replace('==', ' ')}, {os.cpu_count()} cores, median of {args.repeat}, CPU seconds (wall)\n")
        print(f"{'':{width}}  files    lines  review           ruff ALL         ruff W292        "
              f"to ALL  to W292  second run   MB")
    for name, tree in trees:
        try:
            costs = measure_tree(binary, ruff, tree, args.repeat, args.timeout)
        except SpeedError as error:
            failures.append(f"{name}: {error}")
            continue
        figures = ratios(costs)
        files, lines = size(tree)
        rows.append({
            "name": name, "files": files, "lines": lines, "ratios": {k: round(v, 3) for k, v in figures.items()},
            "costs": {k: {f: v for f, v in asdict(c).items() if f in ("wall", "cpu", "memory")} for k, c in costs.items()},
            "missed": missed(figures),
        })
        if not args.json:
            pair = lambda cost: f"{cost.cpu:6.2f} ({cost.wall:6.2f})"  # noqa: E731
            print(f"{name:{width}}  {files:5}  {lines:7}  {pair(costs['review']):15}  {pair(costs['all']):15}  "
                  f"{pair(costs['parse']):15}  {figures['all']:6.2f}  {figures['parse']:7.2f}  {figures['cache']:10.2f}  "
                  f"{figures['memory']:3.0f}{'  <- ' + ', '.join(missed(figures)) if missed(figures) else ''}", flush=True)
    if args.json:
        json.dump({"version": 1, "ruff": RUFF, "cores": os.cpu_count(), "repeat": args.repeat, "limits": LIMITS,
                   "trees": rows, "failed": failures}, sys.stdout, indent=1)
        print()
    elif rows:
        worst = {name: max(row["ratios"][name] for row in rows) for name in LIMITS}
        print(f"\nworst: {worst['all']:.2f} of ruff ALL (limit {LIMITS['all']}), {worst['parse']:.2f} of ruff W292 "
              f"(limit {LIMITS['parse']}), second run {worst['cache']:.2f} of the first (limit {LIMITS['cache']}), "
              f"{worst['memory']:.0f} MB (limit {LIMITS['memory']:.0f}); "
              f"{sum(not row['missed'] for row in rows)} of {len(rows)} trees within all limits")
    for text in failures:
        print(f"speed: {text}", file=sys.stderr)
    if failures or not rows:
        return 2
    return 1 if any(row["missed"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
