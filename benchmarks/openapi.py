#!/usr/bin/env python3
"""Compares the OpenAPI documents that fastwright writes with those of the running applications.

    python benchmarks/openapi.py --binary target/release/fastwright
    python benchmarks/openapi.py --set applications --only zenml prefect --verbose
    python benchmarks/openapi.py --set docs_src --fastapi 0.154.0 --pydantic 2.12.5

``docs_src`` and ``tests`` are asked live (``openapi_truth.py``), in any pair of versions that has a lock; the
documents of the published applications were recorded (``truth/openapi``). Documents are compared as JSON values
(``openapi_documents.py`` says how). For each set:

    apps             documents of the running applications; apps merely imported by another module count once
    answered         those for which fastwright wrote one
    exact            equal
    in order         equal, the order of keys included
    unsure           fastwright says that something is not known (exit code 3)
    needlessly       unsure, but the document is exact
    WRONG BUT SURE   claimed to be exact, and different: must be 0
    operations       of the truth, and how many of them are exact; schemas likewise

An app whose own ``openapi()`` fails has no document: a document that is claimed to be exact is wrong there.

The exit code is 1 when less than 99% of docs_src or 90% of tests are exact, when one document is wrong but
sure, or when less than 97% of a published application's operations or schemas are exact; 2 when the comparison
could not be made.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

import corpus
import openapi_documents
import openapi_truth
from openapi_documents import Comparison, Part

HERE = Path(__file__).resolve().parent
SETS = ("docs_src", "tests", "applications")
LEAST = {"docs_src": 99.0, "tests": 90.0}
LEAST_SHARE = 97.0


# A place before a doubt on stderr.
PLACE = re.compile(r"^(\S+?:\d+)(?::\d+)?: ")
Key = tuple[str, str | None]  # a locator without parentheses, and the mount


class CandidateError(Exception):
    """The binary did not give what was asked for."""


@dataclass
class Candidate:
    """What fastwright says for one app."""

    document: dict | None = None
    sure: bool = False
    doubts: list[str] = field(default_factory=list)
    listed: bool = True  # whether it knows of this app at all


@dataclass
class Row:
    """One app: the truth against the candidate."""

    name: str
    app: str
    candidate: Candidate
    comparison: Comparison
    refuses: str | None = None  # how the running application's openapi() fails
    seconds: float = 0.0

    @property
    def exact(self) -> bool:
        return self.comparison.exact

    @property
    def wrong_but_sure(self) -> bool:
        return self.candidate.sure and not self.exact

    @property
    def passed(self) -> bool:
        """Whether a published application reaches its share."""
        return not self.wrong_but_sure and min(self.comparison.operations.share, self.comparison.schemas.share) >= LEAST_SHARE

    def as_json(self) -> dict:
        result = asdict(self.comparison)
        result["differences"] = [dict(zip(("at", "kind", "truth", "candidate"), item)) for item in self.comparison.differences]
        return {
            "name": self.name, "app": self.app, "answered": self.candidate.document is not None, "sure": self.candidate.sure,
            "listed": self.candidate.listed, "wrong_but_sure": self.wrong_but_sure, "refuses": self.refuses,
            "doubts": self.candidate.doubts, "seconds": round(self.seconds, 3), **result,
        }


@dataclass
class Group:
    """The apps of one set."""

    name: str
    rows: list[Row]
    seconds: float = 0.0
    # Sure documents for modules that can't be imported at all.
    unimportable: list[str] = field(default_factory=list)

    @property
    def answering(self) -> list[Row]:
        return [row for row in self.rows if row.refuses is None]

    @property
    def wrong(self) -> list[Row]:
        return [row for row in self.rows if row.wrong_but_sure]

    def part(self, name: str) -> Part:
        return sum((getattr(row.comparison, name) for row in self.answering), Part())

    @property
    def share(self) -> float:
        return 100.0 * sum(row.exact for row in self.answering) / len(self.answering) if self.answering else 100.0

    @property
    def passed(self) -> bool:
        if self.wrong:
            return False
        return self.share >= LEAST[self.name] if self.name in LEAST else all(row.passed for row in self.rows)

    def counts(self) -> dict:
        rows = self.answering
        return {
            "apps": len(rows), "answered": sum(row.candidate.document is not None for row in rows),
            "exact": sum(row.exact for row in rows), "in_order": sum(row.comparison.ordered for row in rows),
            "unsure": sum(row.candidate.listed and not row.candidate.sure for row in rows),
            "needlessly_unsure": sum(row.exact and not row.candidate.sure for row in rows),
            "unlisted": sum(not row.candidate.listed for row in rows),
            "refuse": len(self.rows) - len(rows), "wrong_but_sure": len(self.wrong),
            "operations": asdict(self.part("operations")), "schemas": asdict(self.part("schemas")),
        }


def invoke(command: list[str], timeout: float, answers: tuple[int, ...] = (0, 3)) -> tuple[subprocess.CompletedProcess, float]:
    """Runs the binary; exit codes other than those that are answers are an error."""
    environment = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "CONDA_PREFIX")}
    started = time.perf_counter()
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, env=environment)
    except subprocess.TimeoutExpired:
        raise CandidateError(f"no answer within {timeout:.0f} s: {' '.join(command)}") from None
    if done.returncode not in answers:
        told = done.stderr.decode(errors="replace").strip()[-600:]
        raise CandidateError(f"exit code {done.returncode}: {' '.join(command)}\n{told}")
    return done, time.perf_counter() - started


def options(libraries: Path | None, versions: openapi_truth.Pair | None, variables: dict[str, str] | None) -> list[str]:
    chosen = ["--python-env", str(libraries)] if libraries else []
    # The variables that the running application had: fastwright does not look at its own environment.
    for name, value in (variables or {}).items():
        chosen += ["--variable", f"{name}={value}"]
    return chosen + (["--fastapi-version", versions.fastapi, "--pydantic-version", versions.pydantic] if versions else [])


def doubt(item: dict) -> str:
    """A doubt with its place."""
    location = item.get("location")
    place = f" ({location['path']}:{location.get('line')})" if location else ""
    return f"{item.get('reason', item)}{place}"


def run_project(binary: Path, folder: Path, libraries: Path | None, timeout: float, versions: openapi_truth.Pair | None = None,
                variables: dict[str, str] | None = None) -> tuple[dict[Key, Candidate], float]:
    """One run of ``--output-dir`` over a folder: a candidate for every app of the project, and for mounted ones."""
    with tempfile.TemporaryDirectory(prefix="fastwright-openapi-") as scratch:
        command = [str(binary), "openapi", str(folder), "--output-dir", scratch, "--partial", *options(libraries, versions, variables)]
        done, seconds = invoke(command, timeout)
        try:
            index = json.loads((Path(scratch) / "index.json").read_text(encoding="utf-8"))
            found = {}
            for entry in index["documents"]:
                document = json.loads((Path(scratch) / entry["file"]).read_text(encoding="utf-8")) if entry["file"] else None
                key = (bare(entry["app"]), entry.get("mount"))
                found[key] = Candidate(document, entry["sure"], [doubt(item) for item in entry["doubts"]])
        except (OSError, ValueError, KeyError, TypeError) as error:
            told = done.stderr.decode(errors="replace").strip()[-600:]
            raise CandidateError(f"no index of documents ({error!r}): {' '.join(command)}\n{told}") from None
    return found, seconds


def run_app(binary: Path, folder: Path, app: str, mount: str | None, libraries: Path | None, timeout: float,
            versions: openapi_truth.Pair | None = None, variables: dict[str, str] | None = None) -> tuple[Candidate, float]:
    """One run for one app, or for the application mounted in it; exit code 2 says that it knows of none."""
    command = [str(binary), "openapi", str(folder), "--app", app, "--output-format", "json", "--partial", *options(libraries, versions, variables)]
    command += ["--mount", mount] if mount is not None else []
    done, seconds = invoke(command, timeout, (0, 2, 3))
    try:
        document = json.loads(done.stdout) if done.stdout.strip() else None
    except ValueError as error:
        raise CandidateError(f"not JSON ({error}): {' '.join(command)}") from None
    told = [line.strip() for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
    told = [f"{line[match.end():]} ({match[1]})" if (match := PLACE.match(line)) else line for line in told]
    return Candidate(document, done.returncode == 0, told, done.returncode != 2), seconds


def bare(locator: str) -> str:
    """A locator without the parentheses of a factory."""
    return locator.removesuffix("()")


def judge(name: str, app: str, documents: list[dict], error: str | None, candidate: Candidate, limit: int = 20) -> Row:
    comparison = openapi_documents.compare(documents, candidate.document, limit)
    if not documents:
        # Without a document in the truth, no claim of one is the right answer.
        comparison.exact = not candidate.sure
    return Row(name, app, candidate, comparison, None if documents else error or "openapi() fails")


def counted(truth: openapi_truth.Truth) -> list[tuple[openapi_truth.Answer, list[Key]]]:
    """The apps that are compared, without those imported from elsewhere, and under which keys each may be listed.

    An app of a module that is mounted in another one of it is one app.
    """
    own: dict[str, list[tuple[openapi_truth.Answer, list[Key]]]] = {}
    for item in sorted(truth.answers, key=lambda item: item.mount is not None):
        if item.same_as:
            continue
        key = (bare(item.app), item.mount.rstrip("/") if item.mount is not None else None)
        apps = own.setdefault(item.app.partition(":")[0], [])
        twin = next((keys for other, keys in apps if item.mount is not None and other.documents == item.documents), None)
        if twin is None:
            apps.append((item, [key]))
        else:
            twin.append(key)
    return [pair for apps in own.values() for pair in apps]


def compare_examples(args, name: str, pair: openapi_truth.Pair) -> Group:
    """docs_src or tests: one run over the folder."""
    truth = openapi_truth.load(pair, name)
    root = corpus.documentation_folder(pair.fastapi) if name == "docs_src" else corpus.tests_folder(pair.fastapi)
    libraries = None if args.no_libraries else pair.environment()
    found, seconds = run_project(args.binary, root, libraries, args.timeout, pair if args.no_libraries else None, openapi_truth.VARIABLES)
    group = Group(name, [], seconds)
    for item, keys in counted(truth):
        if args.only and not any(text in item.name for text in args.only):
            continue
        candidate = next((found[key] for key in keys if key in found), Candidate(listed=False))
        group.rows.append(judge(item.name, item.app, item.documents, item.error, candidate))
    failed = dict(truth.failed)
    group.unimportable = sorted({app for (app, _), item in found.items() if item.sure and app.partition(":")[0] in failed})
    return group


def recorded(application: corpus.Application) -> dict:
    """The recorded documents of a published application."""
    return json.loads(gzip.decompress((HERE / "truth" / "openapi" / f"{application.name}.json.gz").read_bytes()))


def compare_application(args, application: corpus.Application) -> list[Row]:
    folder = corpus.ensure_application(application, with_libraries=False)
    libraries = None if args.no_libraries else corpus.ensure_schema_libraries(application)
    truth = recorded(application)
    rows = []
    with tempfile.TemporaryDirectory(prefix="fastwright-openapi-") as scratch:
        # What lies in folders of the recording's machine is not told.
        variables = {key: value for key, value in application.environment.items() if "{scratch}" not in value}
        for entry in truth["documents"]:
            candidate, seconds = run_app(args.binary, folder, application.app, entry["mount"], libraries, args.timeout,
                                         openapi_truth.Pair(truth["fastapi"], truth["pydantic"]) if args.no_libraries else None, variables)
            name = application.name + ("" if entry["mount"] is None else f" {entry['mount'] or '(empty path)'}")
            row = judge(name, application.app, entry["openapi"], None, candidate)
            row.seconds = seconds
            rows.append(row)
    return rows


def print_group(group: Group) -> None:
    counts = group.counts()
    operations, schemas = group.part("operations"), group.part("schemas")
    print(f"== {group.name}\n"
          f"  {counts['apps']} apps, {counts['answered']} answered, {counts['exact']} exact ({group.share:.1f}%), "
          f"{counts['in_order']} in order, {counts['unsure']} unsure ({counts['needlessly_unsure']} needlessly), "
          f"{counts['unlisted']} not listed; {counts['refuse']} whose own openapi() fails\n"
          f"  operations {operations.exact}/{operations.truth} exact, {operations.missing} missing, {operations.extra} extra; "
          f"schemas {schemas.exact}/{schemas.truth} exact, {schemas.missing} missing, {schemas.extra} extra; {group.seconds:.2f} s\n"
          f"  WRONG BUT SURE: {counts['wrong_but_sure']}")
    for row in group.wrong:
        print(f"    {row.name}{f'  (its own openapi() fails: {row.refuses})' if row.refuses else ''}")
    if group.unimportable:
        print(f"  sure about apps of modules that can't be imported: {', '.join(group.unimportable)}")
    if group.name == "applications":
        width = max(len(row.name) for row in group.rows)
        print(f"  {'':{width}}  verdict    operations            schemas               doubts  seconds")
        for row in group.rows:
            verdict = "exact" if row.exact else "WRONG" if row.wrong_but_sure else "none" if row.candidate.document is None else "partial"
            share = lambda part: f"{f'{part.exact}/{part.truth}':>9} {part.share:6.1f}%"  # noqa: E731
            print(f"  {row.name:{width}}  {verdict + ('' if row.candidate.sure or not row.exact else ' ?'):9}  {share(row.comparison.operations):20}  "
                  f"{share(row.comparison.schemas):20}  {len(row.candidate.doubts):6}  {row.seconds:7.2f}{'' if row.passed else '  <-'}")


def print_row(row: Row, limit: int) -> None:
    """What differs, and why fastwright says that it does not know."""
    print(f"\n{row.name}" + (f" ({row.app})" if row.name != row.app else "") + ("" if row.candidate.listed else "  not listed"))
    for at, kind, truth, candidate in row.comparison.differences[:limit]:
        print(f"  {kind:7}  {at or '(the whole document)'}")
        for label, value in (("truth", truth), ("here", candidate)):
            if value:
                print(f"           {label:5}  {value}")
    for reason, count in Counter(row.candidate.doubts).most_common(limit):
        print(f"  doubt    {reason}{f'  ({count} times)' if count > 1 else ''}")


def print_reasons(group: Group) -> None:
    """The most frequent doubts of a set, each counted once an app."""
    apps = Counter(reason.partition(" (")[0] for row in group.rows for reason in set(row.candidate.doubts))
    for reason, count in apps.most_common(8):
        print(f"  {count:4} apps  {reason}")


def measure(args, pair: openapi_truth.Pair) -> tuple[list[Group], list[str]]:
    groups, broken = [], []
    for name in ("docs_src", "tests"):
        if args.set in ("all", name):
            try:
                groups.append(compare_examples(args, name, pair))
            except (CandidateError, openapi_truth.TruthError) as error:
                broken.append(f"{name}: {error}")
    if args.set in ("all", "applications"):
        group = Group("applications", [])
        for application in corpus.applications():
            if args.only and not any(text in application.name for text in args.only):
                continue
            try:
                group.rows.extend(compare_application(args, application))
            except CandidateError as error:
                broken.append(f"{application.name}: {error}")
        group.seconds = sum(row.seconds for row in group.rows)
        groups.append(group)
    return [group for group in groups if group.rows], broken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=HERE.parent / "target" / "release" / "fastwright")
    parser.add_argument("--set", choices=["all", *SETS], default="all")
    parser.add_argument("--only", nargs="+", metavar="TEXT", help="apps whose locator, or applications whose name, contains it")
    openapi_truth.add_pair(parser)
    parser.add_argument("--no-libraries", action="store_true",
                        help="don't show fastwright the environment; it is told the versions instead")
    parser.add_argument("--verbose", action="store_true", help="JSON pointers of the first differences, with both values, and doubts")
    parser.add_argument("--limit", type=int, default=10, metavar="N", help="differences shown of one app (default 10)")
    parser.add_argument("--json", action="store_true", help="everything as JSON on stdout")
    parser.add_argument("--timeout", type=float, default=300, metavar="SECONDS", help="for one run of the binary")
    args = parser.parse_args()
    if not args.binary.is_file():
        print(f"openapi: {args.binary} does not exist; build it (cargo build --release) or name it with --binary", file=sys.stderr)
        return 2
    args.binary = args.binary.resolve()
    pair = openapi_truth.Pair(args.fastapi, args.pydantic)
    try:
        groups, broken = measure(args, pair)
    except (corpus.CorpusError, OSError) as error:
        print(f"openapi: {error}", file=sys.stderr)
        return 2
    if args.json:
        json.dump({"version": 1, "pair": asdict(pair), "broken": broken, "groups": {
            group.name: {**group.counts(), "percent": round(group.share, 2), "passed": group.passed,
                         "unimportable": group.unimportable, "seconds": round(group.seconds, 3),
                         "rows": [row.as_json() for row in group.rows]} for group in groups}}, sys.stdout, indent=1)
        print()
    else:
        for group in groups:
            print_group(group)
            print_reasons(group)
            for row in group.rows if args.verbose else ():
                if not row.exact or not row.candidate.sure:
                    print_row(row, args.limit)
            print()
    for text in broken:
        print(f"openapi: {text}", file=sys.stderr)
    if broken or not groups:
        return 2
    return 0 if all(group.passed for group in groups) else 1


if __name__ == "__main__":
    sys.exit(main())
