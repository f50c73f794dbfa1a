#!/usr/bin/env python3
"""A property test: of generated applications fastwright claims no document that the real FastAPI does not give.

    python benchmarks/openapi_generated.py --binary target/release/fastwright
    python benchmarks/openapi_generated.py --count 2000 --seed random --keep /tmp/failing
    python benchmarks/openapi_generated.py --count 1 --seed 7:123 --show

A grammar (``generated_types.py``, ``generated_routes.py``) makes small applications of everything that gets into
a document: models with fields of many types, defaults, aliases and constraints, enums, dataclasses, generics,
unions, dependencies, security schemes, parameters in each style, routers, responses, callbacks, webhooks, metadata.
The seed decides everything: application N of seed S is the same wherever and whenever it is made.
Applications that the real FastAPI refuses are dropped. The others are asked in the environment of a pair of
versions (``openapi_truth.py``), and fastwright answers for all of them in one run.

    exact            equal, and claimed to be
    unsure           not claimed (with or without an exact document)
    WRONG BUT SURE   claimed and different: must be 0
    broken           fastwright ended without an answer: must be 0

The first failing applications are reduced: pieces are taken away as long as the application still fails. What is
left is printed with the pointers that differ; ``--keep`` leaves it in a folder, with both documents.

The exit code is 1 when one is wrong but sure or broken, 2 when nothing could be measured.
"""

from __future__ import annotations

import argparse
import hashlib
import gzip
import json
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import corpus
import generated_routes
import openapi
import openapi_truth
from generated_application import Application

HERE = Path(__file__).resolve().parent
SEED = "1"
COUNT = 300
ROUNDS = 25
WIDTH = 48  # applications that one round of reducing tries
SECONDS = 30


@dataclass
class Case:
    """One application with both answers."""

    application: Application
    row: openapi.Row | None  # None: fastwright is broken by it
    documents: list[dict]
    problem: str = ""

    @property
    def fails(self) -> bool:
        return self.row is None or self.row.wrong_but_sure


def generate(seed: str, count: int) -> list[Application]:
    """Applications of a seed; ``7:123`` names a single one."""
    start, _, position = seed.partition(":")
    numbers = [int(position)] if position else range(count)
    return [generated_routes.generate(f"{start}:{number}", f"app_{number:05}") for number in numbers]


def ask(pair: openapi_truth.Pair, folder: Path, applications: list[Application]) -> openapi_truth.Truth:
    """The real answers, from the corpus where exactly these were asked before."""
    python = pair.environment() / "bin" / "python"
    names = [application.module for application in applications]
    texts = [text for application in applications for text in application.render().values()]
    asked = hashlib.sha256(openapi_truth.fingerprint(pair, names + texts).encode()).hexdigest()
    stored = openapi_truth.store(pair, f"generated-{asked[:16]}")
    if stored.is_file():
        content = json.loads(gzip.decompress(stored.read_bytes()))
        return openapi_truth.Truth([openapi_truth.Answer(**item) for item in content["answers"]], [tuple(item) for item in content["failed"]])
    truth = openapi_truth.collect(python, folder, names, SECONDS)
    if len(applications) >= COUNT:
        stored.parent.mkdir(parents=True, exist_ok=True)
        openapi_truth.save(stored, asked, truth)
    return truth


def candidates(binary: Path, folder: Path, applications: list[Application], environment: Path,
               timeout: float) -> tuple[dict[openapi.Key, openapi.Candidate], dict[str, str]]:
    """One run over the folder. Where that breaks, halves of it, down to the applications that break it."""
    try:
        found, _ = openapi.run_project(binary, folder, environment, timeout)
        return found, {}
    except openapi.CandidateError as error:
        if len(applications) == 1:
            return {}, {applications[0].locator: str(error)}
    found, broken = {}, {}
    middle = len(applications) // 2
    for half in (applications[:middle], applications[middle:]):
        with tempfile.TemporaryDirectory(prefix="fastwright-generated-") as scratch:
            for application in half:
                application.write(Path(scratch))
            more, worse = candidates(binary, Path(scratch), half, environment, timeout)
        found |= more
        broken |= worse
    return found, broken


def cases(args, applications: list[Application]) -> list[Case]:
    """Both answers for every application that the real FastAPI accepts."""
    with tempfile.TemporaryDirectory(prefix="fastwright-generated-") as scratch:
        folder = Path(scratch)
        for application in applications:
            application.write(folder)
        truth = ask(args.pair, folder, applications)
        answers = {item.app: item for item in truth.answers if item.mount is None and item.documents}
        valid = [application for application in applications if application.locator in answers]
        for application in applications:
            if application not in valid:
                path = folder / application.name
                shutil.rmtree(path) if application.package else path.with_suffix(".py").unlink()
        if not valid:
            return []
        found, broken = candidates(args.binary, folder, valid, args.pair.environment(), args.timeout)
    made = []
    for application in valid:
        documents = answers[application.locator].documents
        if application.locator in broken:
            made.append(Case(application, None, documents, broken[application.locator]))
            continue
        candidate = found.get((application.locator, None), openapi.Candidate(listed=False))
        made.append(Case(application, openapi.judge(application.name, application.locator, documents, None, candidate), documents))
    return made


def smaller(application: Application) -> list[Application]:
    """Applications with something taken away: large parts first, then each single piece."""
    loose = application.loose()
    tried: dict[tuple, Application] = {}
    own = application.render()

    def consider(other: Application) -> None:
        text = tuple(sorted(other.render().items()))
        if text != tuple(sorted(own.items())) and len(tried) < 4 * WIDTH:
            tried.setdefault(text, other)

    consider(application.flat())
    if application.future:
        consider(Application(application.name, application.items, frozenset(), application.package))
    size = len(loose)
    while size > 1:
        size = (size + 1) // 2
        for start in range(0, len(loose), size):
            consider(application.without(loose[start:start + size]))
    return list(tried.values())


def size(application: Application) -> int:
    return sum(map(len, application.render().values()))


def reduce(args, case: Case, seconds: float) -> Case:
    """The smallest case found that still fails, in rounds that each try many smaller applications at once."""
    started = time.monotonic()
    for _ in range(ROUNDS):
        trials = sorted(smaller(case.application), key=size)
        better = None
        for start in range(0, len(trials), WIDTH):
            # Names of equal length in a fixed order, so that nothing else changes.
            batch = [trial.renamed(f"app_{number:05}") for number, trial in enumerate(trials[start:start + WIDTH])]
            failing = [other for other in cases(args, batch) if other.fails]
            if failing:
                better = min(failing, key=lambda other: size(other.application))
                break
            if time.monotonic() - started > seconds:
                break
        if better is None or size(better.application) >= size(case.application):
            break
        case = better
        if time.monotonic() - started > seconds:
            break
    return case


def keep(folder: Path, name: str, case: Case) -> None:
    """The application, both documents and what differs."""
    place = folder / name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    case.application.write(place)
    for number, document in enumerate(case.documents):
        (place / f"truth{f'.{number}' if number else ''}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    if case.row is not None and case.row.candidate.document is not None:
        (place / "candidate.json").write_text(json.dumps(case.row.candidate.document, indent=1) + "\n", encoding="utf-8")
    (place / "differences.txt").write_text(told(case) + "\n", encoding="utf-8")


def told(case: Case) -> str:
    if case.row is None:
        return case.problem
    lines = []
    for at, kind, truth, candidate in case.row.comparison.differences[:10]:
        lines.append(f"{kind} {at or '(the whole document)'}")
        lines += [f"    {label}  {value}" for label, value in (("truth", truth), ("here ", candidate)) if value]
    return "\n".join(lines + [f"doubt {text}" for text in case.row.candidate.doubts[:5]])


def show(application: Application) -> str:
    return "\n".join(f"# {name}\n{text}" for name, text in application.render().items() if text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=HERE.parent / "target" / "release" / "fastwright")
    parser.add_argument("--count", type=int, default=COUNT, metavar="N", help=f"applications to generate (default {COUNT})")
    parser.add_argument("--seed", default=SEED, help=f"default {SEED}; 'random' for one that is printed; S:N for application N of seed S")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave failing applications here, reduced and whole")
    parser.add_argument("--reduce", type=int, default=5, metavar="N", help="how many failing applications are reduced and printed (default 5)")
    parser.add_argument("--seconds", type=float, default=60, help="for reducing one application (default 60)")
    parser.add_argument("--show", action="store_true", help="print the generated applications and stop")
    parser.add_argument("--json", action="store_true", help="everything as JSON on stdout")
    parser.add_argument("--timeout", type=float, default=300, metavar="SECONDS", help="for one run of the binary")
    openapi_truth.add_pair(parser)
    args = parser.parse_args()
    if args.seed == "random":
        args.seed = str(secrets.randbelow(10**9))
    applications = generate(args.seed, args.count)
    if args.show:
        print("\n".join(map(show, applications)))
        return 0
    if not args.binary.is_file():
        print(f"openapi_generated: {args.binary} does not exist; build it (cargo build --release) or name it with --binary", file=sys.stderr)
        return 2
    args.binary, args.pair = args.binary.resolve(), openapi_truth.Pair(args.fastapi, args.pydantic)
    try:
        every = cases(args, applications)
        if not every:
            print("openapi_generated: the real FastAPI accepts none of these applications", file=sys.stderr)
            return 2
        failing = [case for case in every if case.fails]
        reduced = [reduce(args, case, args.seconds) for case in failing[: args.reduce]]
    except (openapi.CandidateError, openapi_truth.TruthError, corpus.CorpusError) as error:
        print(f"openapi_generated: {error}", file=sys.stderr)
        return 2
    rows = [case.row for case in every if case.row is not None]
    counts = {
        "seed": args.seed, "generated": len(applications), "accepted": len(every),
        "exact": sum(row.exact and row.candidate.sure for row in rows), "in_order": sum(row.comparison.ordered for row in rows),
        "unsure": sum(row.candidate.listed and not row.candidate.sure for row in rows),
        "needlessly_unsure": sum(row.exact and not row.candidate.sure for row in rows),
        "unlisted": sum(not row.candidate.listed for row in rows), "wrong_but_sure": sum(row.wrong_but_sure for row in rows),
        "broken": len(every) - len(rows),
    }
    for case, small in zip(failing, reduced):
        if args.keep:
            keep(args.keep, case.application.name, case)
            keep(args.keep, f"{case.application.name}-reduced", small)
    for case in failing[len(reduced):] if args.keep else ():
        keep(args.keep, case.application.name, case)
    if args.json:
        json.dump({"version": 1, **counts, "failing": [
            {"app": case.application.name, "told": told(case)} for case in failing], "reduced": [
            {"app": case.application.name, "files": small.application.render(), "told": told(small)} for case, small in zip(failing, reduced)]},
            sys.stdout, indent=1)
        print()
    else:
        for case, small in zip(failing, reduced):
            print(f"== {case.application.name} of seed {args.seed}, reduced from {size(case.application)} to {size(small.application)} characters")
            print(show(small.application))
            print(told(small) + "\n")
        if len(failing) > len(reduced):
            print(f"also failing: {' '.join(case.application.name for case in failing[len(reduced):])}\n")
        doubts = Counter(text.partition(" (")[0] for row in rows for text in set(row.candidate.doubts))
        for reason, count in doubts.most_common(12):
            print(f"  {count:4} apps  {reason}")
        print(f"seed {counts['seed']}, FastAPI {args.fastapi}, Pydantic {args.pydantic}: {counts['generated']} generated, {counts['accepted']} accepted, "
              f"{counts['exact']} exact, {counts['in_order']} in order, {counts['unsure']} unsure ({counts['needlessly_unsure']} needlessly), "
              f"{counts['unlisted']} not listed, {counts['broken']} broken; WRONG BUT SURE: {counts['wrong_but_sure']}")
    return 1 if failing else 0


if __name__ == "__main__":
    sys.exit(main())
