#!/usr/bin/env python3
"""Measures ``fastwright review`` against ruff on the published applications.

    python benchmarks/speed.py --binary target/release/fastwright
    python benchmarks/speed.py --only zenml cognee --repeat 7
    python benchmarks/speed.py --profile default strict audit

For each tree, one after the other in one run, with a warm file cache and output thrown away:

    review    fastwright review --no-cache TREE
    all       ruff check --isolated --no-cache --select ALL TREE
    parse     ruff check --isolated --no-cache --select W292 TREE (parsing, and next to nothing else)
    first     fastwright review --cache-dir EMPTY TREE
    second    the same again, with the cache that the first one filled

``--profile`` names the profiles that are reviewed with (default: the one of the name); each gets a row for each tree.
Each command is repeated, alternating, and the median counts. CPU is user plus system time of the process, memory
its peak resident set. Limits: review takes at most 1.0 times the CPU of 'all' and 300 MB with every profile; with
the profile ``default`` it takes at most 2.0 times that of 'parse', and 'second' at most half the CPU of 'first'. The
exit code is 1 when one is missed and 2 when something could not be run.
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
PROFILES = ("default", "strict", "audit")
LIMITS = {"all": 1.0, "parse": 2.0, "memory": 300.0, "cache": 0.5}
# The limits that hold for every profile.
ALWAYS = ("all", "memory")
# What a finished run may end with: no findings, findings, nothing to analyse or something undecided.
FINISHED = {"review": {0, 1, 3}, "ruff": {0, 1}}


class SpeedError(Exception):
    """A measured command did not run as it should."""


def checked(cost: measure.Cost, command: list[str], finished: set[int]) -> measure.Cost:
    if cost.timed_out or cost.code not in finished:
        what = "took too long" if cost.timed_out else f"ended with {cost.code}"
        raise SpeedError(f"{what}: {' '.join(command)}\n{cost.stderr.strip()[-600:]}")
    return cost


def measure_tree(binary: Path, ruff: Path, tree: Path, profiles: list[str], repeat: int,
                 timeout: float) -> dict[str, dict[str, measure.Cost]]:
    """The median cost of each of the five commands on one tree, by profile."""
    costs: dict[tuple[str, str], list[measure.Cost]] = {}

    def take(profile: str, name: str, command: list[str], counts: bool) -> None:
        cost = checked(measure.run(command, timeout), command, FINISHED["ruff" if name in ("all", "parse") else "review"])
        if counts:
            costs.setdefault((profile, name), []).append(cost)

    with tempfile.TemporaryDirectory(prefix="fastwright-speed-") as scratch:
        check = [str(ruff), "check", "--isolated", "--no-cache", "--select"]
        for round_number in range(repeat + 1):
            # The round before the first one only warms the file cache.
            counts = round_number > 0
            for profile in profiles:
                take(profile, "review", [str(binary), "review", "--no-cache", "--profile", profile, str(tree)], counts)
            take("", "all", [*check, "ALL", str(tree)], counts)
            take("", "parse", [*check, "W292", str(tree)], counts)
            for profile in profiles if counts else []:
                folder = str(Path(scratch) / f"cache-{profile}-{round_number}")
                for name in ("first", "second"):
                    take(profile, name, [str(binary), "review", "--cache-dir", folder, "--profile", profile, str(tree)], counts)
    medians = {key: measure.median(runs) for key, runs in costs.items()}
    return {profile: {name: medians[profile if (profile, name) in medians else "", name]
                      for name in ("review", "all", "parse", "first", "second")} for profile in profiles}


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


def limits(profile: str) -> dict[str, float]:
    """What holds for reviews with a profile."""
    return {name: limit for name, limit in LIMITS.items() if profile == "default" or name in ALWAYS}


def missed(figures: dict[str, float], profile: str) -> list[str]:
    return [name for name, limit in limits(profile).items() if figures[name] > limit]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=HERE.parent / "target" / "release" / "fastwright")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these applications")
    parser.add_argument("--tree", nargs="+", type=Path, metavar="DIR", help="these folders instead of the applications")
    parser.add_argument("--profile", nargs="+", choices=PROFILES, default=["default"], help="profiles to review with")
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
        print(f"{'':{width}}  profile  files    lines  review           ruff ALL         ruff W292        "
              f"to ALL  to W292  second run   MB")
    for name, tree in trees:
        try:
            by_profile = measure_tree(binary, ruff, tree, args.profile, args.repeat, args.timeout)
        except SpeedError as error:
            failures.append(f"{name}: {error}")
            continue
        files, lines = size(tree)
        for profile, costs in by_profile.items():
            figures = ratios(costs)
            over = missed(figures, profile)
            rows.append({
                "name": name, "profile": profile, "files": files, "lines": lines,
                "ratios": {k: round(v, 3) for k, v in figures.items()},
                "costs": {k: {f: v for f, v in asdict(c).items() if f in ("wall", "cpu", "memory")} for k, c in costs.items()},
                "missed": over,
            })
            if not args.json:
                pair = lambda cost: f"{cost.cpu:6.2f} ({cost.wall:6.2f})"  # noqa: E731
                print(f"{name:{width}}  {profile:7}  {files:5}  {lines:7}  {pair(costs['review']):15}  {pair(costs['all']):15}  "
                      f"{pair(costs['parse']):15}  {figures['all']:6.2f}  {figures['parse']:7.2f}  {figures['cache']:10.2f}  "
                      f"{figures['memory']:3.0f}{'  <- ' + ', '.join(over) if over else ''}", flush=True)
    if args.json:
        json.dump({"version": 1, "ruff": RUFF, "cores": os.cpu_count(), "repeat": args.repeat, "limits": LIMITS,
                   "trees": rows, "failed": failures}, sys.stdout, indent=1)
        print()
    elif rows:
        print()
        for profile in args.profile:
            own = [row for row in rows if row["profile"] == profile]
            known = limits(profile)
            worst = {name: f"{max(row['ratios'][name] for row in own):.{0 if name == 'memory' else 2}f}" for name in LIMITS}
            told = {name: f" (limit {known[name]:.{0 if name == 'memory' else 1}f})" if name in known else "" for name in LIMITS}
            print(f"{profile}, worst: {worst['all']} of ruff ALL{told['all']}, {worst['parse']} of ruff W292{told['parse']}, "
                  f"second run {worst['cache']} of the first{told['cache']}, {worst['memory']} MB{told['memory']}; "
                  f"{sum(not row['missed'] for row in own)} of {len(own)} trees within all limits")
    for text in failures:
        print(f"speed: {text}", file=sys.stderr)
    if failures or not rows:
        return 2
    return 1 if any(row["missed"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
