#!/usr/bin/env python3
"""Compares the routes that fastwright finds with those of the running applications.

    python benchmarks/routes.py --binary target/release/fastwright
    python benchmarks/routes.py --set applications --only zenml prefect --verbose

Each (method, full path) is one route here; an operation with two methods counts twice, and a WebSocket
counts with the method WEBSOCKET. Compared as multisets:

    truth        routes of the running application (path operations, WebSockets, plain routes it adds)
    found        those that fastwright lists too
    missing      those it doesn't
    invented     routes it lists without a condition that the running application does not have
    conditional  routes it lists under a condition and that are not there in this configuration

Left out on both sides: the automatic documentation routes (openapi.json, /docs, /redoc ...), and the HEAD
that Starlette adds to plain GET routes. Mounts and frontends are counted apart and decide nothing.

The exit code is 1 when an app of docs_src differs, when less than 97% of a published application's routes
are found, or when one is invented; 2 when the comparison could not be made.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import corpus

HERE = Path(__file__).resolve().parent
LEAST_SHARE = 97.0
Pair = tuple[str, str]


class CandidateError(Exception):
    """The binary did not give a route table."""


@dataclass
class Comparison:
    """What fastwright lists for one app against what the running one has."""

    name: str
    app: str
    truth: int = 0
    found: int = 0
    missing: list[tuple[str, str, str]] = field(default_factory=list)  # method, path, source
    invented: list[tuple[str, str, str]] = field(default_factory=list)
    conditional: list[tuple[str, str, str]] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    mounts: tuple[int, int, int] = (0, 0, 0)  # truth, found, extra
    absent: bool = False  # fastwright does not list this app at all
    seconds: float = 0.0
    exact: bool = False  # every app of this set must be equal

    @property
    def share(self) -> float:
        return 100.0 * self.found / self.truth if self.truth else 100.0

    @property
    def passed(self) -> bool:
        if self.invented or self.absent:
            return False
        return not self.missing if self.exact else self.share >= LEAST_SHARE

    def as_json(self) -> dict:
        rows = lambda items: [{"method": m, "path": p, "location": where} for m, p, where in items]  # noqa: E731
        return {
            "name": self.name, "app": self.app, "truth": self.truth, "found": self.found, "percent": round(self.share, 2),
            "missing": rows(self.missing), "invented": rows(self.invented), "conditional": rows(self.conditional),
            "undecided": self.undecided, "mounts": dict(zip(("truth", "found", "extra"), self.mounts)),
            "absent": self.absent, "seconds": round(self.seconds, 3), "passed": self.passed,
        }


def load_truth(name: str) -> dict:
    return json.loads(gzip.decompress((HERE / "truth" / f"{name}.json.gz").read_bytes()))


def where(location: dict | None) -> str:
    """``file:line`` of a location of fastwright's JSON; empty where there is none."""
    if not location or "path" not in location:
        return ""
    line = (location.get("start") or {}).get("line") or location.get("line")
    return f"{location['path']}:{line}" if line else location["path"]


def truth_pairs(entry: dict) -> tuple[Counter, dict[Pair, list[str]], set[str], Counter]:
    """Counted routes, where each stands, paths of plain GET routes, counted mounts."""
    pairs: Counter = Counter()
    sources: dict[Pair, list[str]] = {}
    plain: set[str] = set()
    mounts: Counter = Counter()
    for kind, methods, path, _endpoint, source in entry["routes"]:
        if kind in ("Mount", "Host", "frontend"):
            mounts["frontend" if kind == "frontend" else "mount", path] += 1
            continue
        names = ["WEBSOCKET"] if kind == "websocket" else list(methods or [])
        if kind == "route" and "GET" in names:
            plain.add(path)
            names = [name for name in names if name != "HEAD"]
        for name in names:
            pairs[name, path] += 1
            sources.setdefault((name, path), []).append(source or "")
    return pairs, sources, plain, mounts


def is_automatic(handler: str | None) -> bool:
    return (handler or "").startswith("fastapi.applications:")


def candidate_pairs(routes: list[dict]) -> tuple[list[tuple[Pair, bool, str]], Counter]:
    """Listed routes as (pair, is it conditional, place), and counted mounts."""
    pairs: list[tuple[Pair, bool, str]] = []
    mounts: Counter = Counter()
    for route in routes:
        kind, path = route.get("kind", "http"), route["path"]
        if kind in ("mount", "frontend"):
            mounts[kind, path] += 1
            continue
        if is_automatic(route.get("handler")):
            continue
        names = ["WEBSOCKET"] if kind == "websocket" else route.get("methods") or []
        for name in names:
            pairs.append(((name.upper(), path), bool(route.get("conditional")), where(route.get("location"))))
    return pairs, mounts


def compare(entry: dict, listed: dict | None, exact: bool) -> Comparison:
    """One app of the truth against the same app of ``fastwright routes``, None where it is not listed."""
    result = Comparison(entry["name"], entry["app"], exact=exact)
    wanted, sources, plain, wanted_mounts = truth_pairs(entry)
    result.truth = sum(wanted.values())
    pairs, mounts = candidate_pairs(listed["routes"] if listed else [])
    result.absent = listed is None and bool(result.truth)
    left = Counter(wanted)
    documentation = set(entry["documentation"])
    # Routes without a condition are matched first, so that what remains unmatched of a route that
    # is listed twice is the conditional one.
    for pair, is_conditional, place in sorted(pairs, key=lambda item: item[1]):
        if left[pair] > 0:
            left[pair] -= 1
            result.found += 1
        elif pair[1] in documentation or (pair[0] == "HEAD" and pair[1] in plain):
            continue
        else:
            (result.conditional if is_conditional else result.invented).append((*pair, place))
    for pair, count in left.items():
        for index in range(count):
            places = sources.get(pair, [])
            result.missing.append((*pair, places[-1 - index] if index < len(places) else ""))
    both = sum((wanted_mounts & mounts).values())
    result.mounts = (sum(wanted_mounts.values()), both, sum((mounts - wanted_mounts).values()))
    result.undecided = reasons((listed or {}).get("undecided", []))
    return result


def reasons(undecided: list[dict]) -> list[str]:
    """What could not be decided, and where."""
    places = [(item, where(item.get("location"))) for item in undecided]
    return [f"{item.get('reason', item)}{f' ({place})' if place else ''}" for item, place in places]


def run_binary(binary: Path, folder: Path, app: str | None, libraries: Path | None, timeout: float) -> tuple[dict, float]:
    """The JSON of ``fastwright routes`` over a folder, and the seconds it took."""
    command = [str(binary), "routes", str(folder), "--output-format", "json"]
    command += ["--app", app] if app else []
    command += ["--python-env", str(libraries)] if libraries else []
    environment = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "CONDA_PREFIX")}
    started = time.perf_counter()
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, env=environment)
    except subprocess.TimeoutExpired:
        raise CandidateError(f"no answer within {timeout:.0f} s: {' '.join(command)}") from None
    seconds = time.perf_counter() - started
    try:
        document = json.loads(done.stdout)
        if not isinstance(document.get("apps"), list):
            raise ValueError("no list of apps in it")
    except (ValueError, AttributeError) as error:
        told = done.stderr.decode(errors="replace").strip()[-600:]
        raise CandidateError(f"exit code {done.returncode}, no route table ({error}): {' '.join(command)}\n{told}") from None
    return document, seconds


def pick(document: dict, app: str) -> dict | None:
    """The app of a document that was asked for, whether or not a factory's parentheses are written."""
    bare = lambda name: name.removesuffix("()")  # noqa: E731
    for listed in document["apps"]:
        if bare(listed["app"]) == bare(app):
            return listed
    return None


def compare_project(args, truth_name: str, folder: Path, libraries: Path | None) -> list[Comparison]:
    """docs_src or tests: one run over the folder, apps matched by ``module:attribute``."""
    truth = load_truth(truth_name)
    document, seconds = run_binary(args.binary, folder, None, None if args.no_libraries else libraries, args.timeout)
    results = []
    for entry in truth["apps"]:
        if entry["same_as"] or (args.only and not any(name in entry["app"] for name in args.only)):
            continue
        results.append(compare(entry, pick(document, entry["app"]), exact=truth_name == "docs_src"))
    if results:
        results[0].seconds = seconds
    return results


def compare_application(args, entry: dict, application: corpus.Application) -> Comparison:
    folder = corpus.ensure_application(application)
    libraries = None if args.no_libraries else application.library_environment
    document, seconds = run_binary(args.binary, folder, application.app, libraries, args.timeout)
    listed = pick(document, application.app)
    if listed is None and len(document["apps"]) == 1:
        listed = document["apps"][0]
    result = compare(entry, listed, exact=False)
    # What belongs to no app of the project may still be why a route is missing.
    result.undecided += reasons(document.get("undecided", []))
    result.seconds = seconds
    return result


def print_table(results: list[Comparison]) -> None:
    width = max(len(item.name) for item in results)
    print(f"{'':{width}}  truth  found  missing  invented  conditional  undecided  mounts  percent  seconds")
    for item in results:
        mounts = f"{item.mounts[1]}/{item.mounts[0]}"
        verdict = "" if item.passed else "  <- no such app listed" if item.absent else "  <-"
        print(f"{item.name:{width}}  {item.truth:5}  {item.found:5}  {len(item.missing):7}  {len(item.invented):8}  "
              f"{len(item.conditional):11}  {len(item.undecided):9}  {mounts:>6}  {item.share:6.1f}%  {item.seconds:7.2f}{verdict}")


def print_totals(results: list[Comparison], label: str) -> None:
    truth, found = sum(i.truth for i in results), sum(i.found for i in results)
    equal = sum(not i.missing and not i.invented and not i.absent for i in results)
    print(f"{label}: {found} of {truth} routes found ({100 * found / truth if truth else 100:.2f}%), "
          f"{sum(len(i.invented) for i in results)} invented, {sum(len(i.conditional) for i in results)} conditional, "
          f"{sum(len(i.undecided) for i in results)} undecided; {equal} of {len(results)} apps equal, "
          f"{sum(i.passed for i in results)} pass")


def print_details(item: Comparison, verbose: bool) -> None:
    if verbose and (item.missing or item.invented or item.conditional):
        print(f"\n{item.name} ({item.app})")
        for label, rows in (("missing", item.missing), ("invented", item.invented), ("conditional", item.conditional)):
            for method, path, place in sorted(rows, key=lambda row: (row[1], row[0])):
                print(f"  {label:11}  {method:9} {path or '(empty path)'}  {place}")
    elif item.undecided:
        print(f"\n{item.name} ({item.app})")
    for reason, count in Counter(item.undecided).most_common(None if verbose else 12):
        print(f"  undecided    {reason}{f'  ({count} times)' if count > 1 else ''}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=HERE.parent / "target" / "release" / "fastwright")
    parser.add_argument("--set", choices=["all", "docs_src", "applications", "tests"], default="all",
                        help="'tests' (FastAPI's own tests, information only) is not part of 'all'")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these applications, or apps whose name contains it")
    parser.add_argument("--no-libraries", action="store_true",
                        help="don't show fastwright the libraries that register routes (see applications.json)")
    parser.add_argument("--verbose", action="store_true", help="list missing, invented and conditional routes")
    parser.add_argument("--json", action="store_true", help="everything as JSON on stdout")
    parser.add_argument("--timeout", type=float, default=120, metavar="SECONDS", help="for one run of the binary")
    args = parser.parse_args()
    if not args.binary.is_file():
        print(f"routes: {args.binary} does not exist; build it (cargo build --release) or name it with --binary", file=sys.stderr)
        return 2
    args.binary = args.binary.resolve()

    groups: dict[str, list[Comparison]] = {}
    broken: list[str] = []
    try:
        for name, folder in (("docs_src", corpus.documentation_folder()), ("tests", corpus.tests_folder())):
            if args.set == name or (args.set == "all" and name == "docs_src"):
                corpus.ensure_fastapi()
                libraries = corpus.documentation_libraries()
                try:
                    groups[name] = compare_project(args, name, folder, libraries)
                except CandidateError as error:
                    broken.append(f"{name}: {error}")
        if args.set in ("all", "applications"):
            truth = {entry["name"]: entry for entry in load_truth("applications")["apps"]}
            chosen = [a for a in corpus.applications() if not args.only or a.name in args.only]
            for application in chosen:
                try:
                    groups.setdefault("applications", []).append(
                        compare_application(args, truth[application.name], application))
                except CandidateError as error:
                    broken.append(f"{application.name}: {error}")
    except corpus.CorpusError as error:
        print(f"routes: {error}", file=sys.stderr)
        return 2
    groups = {name: results for name, results in groups.items() if results}

    if args.json:
        json.dump({"version": 1, "broken": broken, "groups": {
            name: [item.as_json() for item in results] for name, results in groups.items()}}, sys.stdout, indent=1)
        print()
    else:
        for name, results in groups.items():
            shown = results if name == "applications" or args.verbose else [i for i in results if not i.passed]
            print(f"== {name}" + ("" if len(shown) == len(results) else f" (the {len(shown)} of {len(results)} apps that differ)"))
            if shown:
                print_table(shown)
            for item in shown:
                print_details(item, args.verbose)
            print()
        for name, results in groups.items():
            print_totals(results, name)
        for text in broken:
            print(f"\ncould not compare {text}")
    if broken:
        return 2
    if not groups:
        print("routes: nothing to compare", file=sys.stderr)
        return 2
    return 0 if all(item.passed for name, results in groups.items() if name != "tests" for item in results) else 1


if __name__ == "__main__":
    sys.exit(main())
