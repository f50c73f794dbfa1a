#!/usr/bin/env python3
"""Does `fastwright diff` see what changes behaviour, and nothing else?

    python benchmarks/mutations.py --binary target/release/fastwright
    python benchmarks/mutations.py --only cognee --verbose

Takes the handlers of the published applications (``applications.json``), edits each of them once in a way that
changes what it does (a condition flipped, a check, effect or argument dropped, a status, default or constant
changed, effects swapped, another result) and once in a way that doesn't (renamed, written again, extracted,
moved to another file, branches turned, ...: ``mutation_kinds.py``), and compares the program before and after.
An edit counts as reported when the diff names the route of the handler in a change that is breaking, security
or business. Edits are drawn from ``--seed``; many handlers are edited at once, each by one edit, and the
comparison is asked about each of them.

The exit code is 0 when at least 98% of the first are reported and at most 2% of the second, 1 when not, and 2
when it can't be measured.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import corpus
from mutation_kinds import ALTERING, NEUTRAL, Edit, Source, pick


@dataclass(frozen=True)
class Handler:
    """A handler of the program: where it stands, and how the diff calls it."""

    name: str
    path: str
    line: int
    qualname: str


@dataclass
class Tried:
    """An edit and whether the diff reported it."""

    application: str
    handler: Handler
    edit: Edit
    reported: bool
    said: list[str]


def ask(binary: Path, application: corpus.Application, arguments: list[str]) -> dict:
    command = [str(binary.resolve()), *arguments, "--isolated", "--no-progress", "--app", application.app]
    if application.library_environment:
        command += ["--python-env", str(application.library_environment)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise corpus.CorpusError(f"{application.name}: {' '.join(arguments)}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def handlers(binary: Path, application: corpus.Application, folder: Path) -> list[Handler]:
    document = ask(binary, application, ["routes", str(folder), "--output-format", "json", "--no-cache"])
    found = {}
    for app in document["apps"]:
        for route in app["routes"]:
            if route["kind"] != "http" or ":" not in route["handler"]:
                continue
            place = route["location"]
            key = (place["path"], place["start"]["line"])
            found.setdefault(key, Handler(route["handler"], *key, route["handler"].split(":")[1]))
    # Handlers of libraries are not the application's.
    return [h for h in found.values() if not Path(h.path).is_absolute() and ".." not in h.path and (folder / h.path).is_file()]


def function_at(text: str, handler: Handler) -> ast.AsyncFunctionDef | ast.FunctionDef | None:
    """The function of a handler, wherever earlier edits of the file moved it."""
    name = handler.qualname.split(".")[-1]
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    same = [n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)) and n.name == name]
    # Of several with one name it would have to be guessed which is meant.
    return same[0] if len(same) == 1 else None


def edited(folder: Path, chosen: list[Handler], kinds, chance: random.Random) -> tuple[dict[Handler, Edit], dict[str, str]]:
    """One edit for each handler, and the files that they make."""
    edits: dict[Handler, Edit] = {}
    files: dict[str, str] = {}
    for handler in chosen:
        text = files.get(handler.path)
        if text is None:
            try:
                text = (folder / handler.path).read_bytes().decode()
            except UnicodeDecodeError:
                continue
        if "\r" in text:
            continue
        function = function_at(text, handler)
        if function is None or raises_only(function):
            continue
        edit = pick(Source(text, function), kinds, chance)
        if edit is None:
            continue
        beside = (folder / handler.path).parent
        if edit.files and not (beside / "__init__.py").is_file():
            continue
        edits[handler] = edit
        files[handler.path] = edit.text
        for module, further in edit.files.items():
            files[str((beside / f"{module}.py").relative_to(folder))] = further
    return edits, files


def raises_only(function: ast.AsyncFunctionDef | ast.FunctionDef) -> bool:
    body = [s for s in function.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    return all(isinstance(statement, (ast.Pass, ast.Raise)) for statement in body)


def round_of(binary: Path, application: corpus.Application, old: Path, folder: Path, original: Path,
             chosen: list[Handler], kinds, chance: random.Random) -> list[Tried]:
    edits, files = edited(original, chosen, kinds, chance)
    try:
        for path, text in files.items():
            (folder / path).write_bytes(text.encode())
        diff = ask(binary, application, ["diff", str(old), str(folder), "--output-format", "json"])
    finally:
        for path in files:
            if (original / path).is_file():
                shutil.copy2(original / path, folder / path)
            else:
                (folder / path).unlink(missing_ok=True)
    said: dict[str, list[str]] = defaultdict(list)
    for change in diff["changes"]:
        if change["level"] == "compatible":
            continue
        for name in {route["handler"] for route in change["routes"]}:
            said[name].append(f"{change['level']} {change['kind']}: {change['message']}")
    return [
        Tried(application.name, handler, edit, handler.name in said, said.get(handler.name, []))
        for handler, edit in edits.items()
    ]


def measure(arguments, application: corpus.Application) -> dict[str, list[Tried]]:
    original = corpus.ensure_application(application)
    chance = random.Random(f"{arguments.seed} {application.name}")
    tried: dict[str, list[Tried]] = {"altering": [], "neutral": []}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / original.name
        shutil.copytree(original, folder, symlinks=True)
        old = Path(scratch) / "contract.json"
        old.write_text(json.dumps(ask(arguments.binary, application, ["contract", str(folder)])))
        known = handlers(arguments.binary, application, folder)
        chance.shuffle(known)
        known = known[: arguments.most]
        for word, kinds in (("altering", ALTERING), ("neutral", NEUTRAL)):
            tried[word] = round_of(arguments.binary, application, old, folder, original, known, kinds, chance)
    return tried


def table(title: str, tried: list[Tried]) -> None:
    print(f"== {title}")
    kinds = Counter(item.edit.kind for item in tried)
    reported = Counter(item.edit.kind for item in tried if item.reported)
    for kind, count in sorted(kinds.items()):
        print(f"  {kind:24} {reported[kind]:5} of {count:5} reported")
    total = len(tried)
    share = 100 * sum(item.reported for item in tried) / total if total else 0.0
    print(f"  {'all':24} {sum(item.reported for item in tried):5} of {total:5} reported: {share:.1f}%\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--binary", type=Path, default=Path("target/release/fastwright"))
    parser.add_argument("--only", action="append", help="only this application; may be given several times")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most", type=int, default=60, help="handlers of one application, at most")
    parser.add_argument("--verbose", action="store_true", help="print every edit that was judged wrongly")
    parser.add_argument("--json", type=Path, help="write all edits and answers to a file")
    arguments = parser.parse_args()
    if not arguments.binary.exists():
        print(f"mutations: {arguments.binary} does not exist: cargo build --release", file=sys.stderr)
        return 2
    everything: dict[str, list[Tried]] = {"altering": [], "neutral": []}
    try:
        for application in corpus.applications(arguments.only):
            for word, tried in measure(arguments, application).items():
                everything[word].extend(tried)
    except corpus.CorpusError as error:
        print(f"mutations: {error}", file=sys.stderr)
        return 2
    if arguments.verbose:
        for word, tried in everything.items():
            for item in tried:
                if item.reported == (word == "altering"):
                    continue
                print(f"{word}, {'not ' if not item.reported else ''}reported: {item.application} {item.handler.path}"
                      f" {item.handler.name}: {item.edit.kind}\n  - {item.edit.old[:300]!r}\n  + {item.edit.new[:300]!r}")
                for text in item.said[:4]:
                    print(f"  said {text[:300]}")
    if arguments.json:
        arguments.json.write_text(json.dumps({
            word: [{"application": item.application, "handler": item.handler.name, "kind": item.edit.kind,
                    "old": item.edit.old, "new": item.edit.new, "reported": item.reported, "said": item.said}
                   for item in tried] for word, tried in everything.items()
        }, indent=1))
    table("edits that change what a handler does", everything["altering"])
    table("edits that change nothing", everything["neutral"])
    counts = {word: len(tried) for word, tried in everything.items()}
    if not all(counts.values()):
        print("mutations: no edit could be made", file=sys.stderr)
        return 2
    seen = sum(item.reported for item in everything["altering"]) / counts["altering"]
    noise = sum(item.reported for item in everything["neutral"]) / counts["neutral"]
    return 0 if seen >= 0.98 and noise <= 0.02 else 1


if __name__ == "__main__":
    raise SystemExit(main())
