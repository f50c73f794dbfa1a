#!/usr/bin/env python3
"""Does `fastwright diff` tell of every difference between published versions that their OpenAPI documents show?

    python benchmarks/version_diffs.py --binary target/release/fastwright
    python benchmarks/version_diffs.py --only dstack --verbose

For each pair of consecutive versions (``version_diffs.json``) both applications are imported, in the environment of
``locks/<application>.txt``, and asked for their documents, those of mounted applications included. What differs is
found here anew, in the simplest way: each operation becomes a set of plain facts (a parameter and its type, a
property of a body, a status), and facts that only one side has are differences. `fastwright diff` sees the sources
only, and has to name each operation that differs, at that part. What it names beyond the documents (guards,
effects, behaviour) is counted apart; what it says of a document that does not differ there is invented.

The exit code is 0 when nothing is missed and nothing invented, 1 when not, and 2 when it can't be measured.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import corpus

HERE = Path(__file__).resolve().parent
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
WORDS = ("title", "description", "summary", "example", "examples", "tags", "operationId", "externalDocs", "deprecated", "x-")
FACTS = (
    "type", "format", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength",
    "minItems", "maxItems", "uniqueItems", "multipleOf", "default", "const", "contentMediaType", "minProperties", "maxProperties",
)

# Asked inside of the application's environment: its document, and those of applications mounted in it.
ASK = """
import importlib, json, sys
module, _, attribute = sys.argv[1].partition(":")
value = importlib.import_module(module)
for part in attribute.removesuffix("()").split("."):
    value = getattr(value, part)
app = value() if attribute.endswith("()") else value
from fastapi import FastAPI
from starlette.routing import Mount
documents = {}
def collect(app, mount):
    if isinstance(app, FastAPI):
        documents[mount] = app.openapi()
    for route in getattr(app, "routes", []):
        if isinstance(route, Mount):
            collect(route.app, mount + route.path)
collect(app, "")
print("\\n@documents " + json.dumps(documents))
"""

Fact = tuple[str, str, str]  # part, what, value


@dataclass
class Outcome:
    """What a pair of versions gave."""

    name: str
    operations: int = 0
    differing: int = 0
    differences: int = 0
    missed: list[str] = None
    invented: list[str] = None
    kinds: Counter = None
    beyond: int = 0


def real_documents(application: corpus.Application, folder: Path) -> dict[str, dict]:
    environment = corpus.ensure_environment(application.name)
    with tempfile.TemporaryDirectory() as scratch:
        variables = {key: value.replace("{scratch}", scratch) for key, value in application.environment.items()}
        done = subprocess.run(
            [str(environment / "bin" / "python"), "-c", ASK, application.app],
            cwd=scratch, capture_output=True, text=True, timeout=300,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "PYTHONHASHSEED": "0", **variables},
        )
    for line in done.stdout.splitlines():
        if line.startswith("@documents "):
            return json.loads(line.removeprefix("@documents "))
    raise corpus.CorpusError(f"{folder.name} can't be imported:\n{done.stderr[-2000:]}")


def resolved(document: dict, schema: object) -> tuple[str, object]:
    name = ""
    while isinstance(schema, dict):
        if "$ref" in schema:
            name = schema["$ref"]
            schema = document
            for part in name.removeprefix("#/").split("/"):
                schema = schema.get(part.replace("~1", "/").replace("~0", "~"), {})
        elif len(schema.get("allOf", ())) == 1 and "properties" not in schema:
            schema = schema["allOf"][0]
        else:
            break
    return name, schema


def facts_of_schema(document: dict, schema: object, part: str, path: str, open_names: tuple[str, ...] = ()) -> Iterator[Fact]:
    name, schema = resolved(document, schema)
    if name and name in open_names or not isinstance(schema, dict):
        return
    names = (*open_names, name) if name else open_names
    at = f"{part} {path}" if path else part
    union = schema.get("anyOf") or schema.get("oneOf")
    if union:
        for form in union:
            _, inner = resolved(document, form)
            yield at, "form", inner.get("title", "") if inner.get("properties") else json.dumps(inner.get("type", inner.get("enum", "?")))
            yield from facts_of_schema(document, form, part, path, names)
        if "default" in schema and schema["default"] is not None:
            yield at, "default", json.dumps(schema["default"])
        return
    for key in FACTS:
        if key in schema and not (key == "default" and schema[key] is None):
            yield at, key, json.dumps(schema[key])
    for value in schema.get("enum", ()):
        yield at, "value", json.dumps(value)
    for key, inner in schema.get("properties", {}).items():
        below = f"{path}.{key}" if path else key
        yield f"{part} {below}", "property", "there"
        if key in schema.get("required", ()):
            yield f"{part} {below}", "required", "true"
        yield from facts_of_schema(document, inner, part, below, names)
    if "items" in schema:
        yield from facts_of_schema(document, schema["items"], part, f"{path}[]", names)
    for number, inner in enumerate(schema.get("prefixItems", ())):
        yield from facts_of_schema(document, inner, part, f"{path}[{number}]", names)
    more = schema.get("additionalProperties")
    if isinstance(more, dict) and more:
        yield from facts_of_schema(document, more, part, f"{path}{{}}", names)
    elif more is not None:
        yield at, "additionalProperties", json.dumps(bool(more))


def facts(document: dict, operation: dict) -> set[Fact]:
    found: set[Fact] = set()
    for parameter in operation.get("parameters", ()):
        part = f"{parameter['in']} parameter `{parameter['name']}`"
        if parameter["in"] == "path":
            # Callers don't see its name.
            position = [p["name"] for p in operation["parameters"] if p["in"] == "path"].index(parameter["name"])
            part = f"path parameter {position}"
        found.add((part, "there", ""))
        if parameter.get("required"):
            found.add((part, "required", "true"))
        found.update(facts_of_schema(document, parameter.get("schema", {}), part, ""))
    body = operation.get("requestBody")
    if body:
        found.add(("request body", "required" if body.get("required") else "there", ""))
        for media_type, content in body.get("content", {}).items():
            found.add(("request body", "media type", media_type))
            found.update(facts_of_schema(document, content.get("schema", {}), "request body", ""))
    for status, response in operation.get("responses", {}).items():
        part = f"response {status}"
        found.add((part, "there", ""))
        for media_type, content in response.get("content", {}).items():
            found.add((part, "media type", media_type))
            found.update(facts_of_schema(document, content.get("schema", {}), part, ""))
        for header in response.get("headers", {}):
            found.add((f"{part} header `{header}`", "there", ""))
    return found


def operations(documents: dict[str, dict]) -> dict[tuple[str, str], set[Fact]]:
    found = {}
    for mount, document in documents.items():
        for path, item in document.get("paths", {}).items():
            for method in METHODS:
                if method in item:
                    template = re.sub(r"\{[^}]*\}", "{}", mount + path)
                    found[method.upper(), template] = facts(document, item[method])
    return found


def template(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def tells(change: dict, part: str) -> bool:
    """Whether a change is about a part, or about what holds it, or about something in it."""
    told = change["part"] or ""
    if told.startswith("path parameter") and part.startswith("path parameter"):
        return True
    if told == "response" and part.startswith("response"):
        return True
    return told == part or any(long.startswith(short) and (long[len(short):][:1] in (" ", ".", "[", "{"))
                               for long, short in ((told, part), (part, told)) if short)


def compare(binary: Path, pair: dict) -> Outcome:
    application = corpus.applications([pair["application"]])[0]
    folders = {}
    for side in ("old", "new"):
        wanted = f"{pair['distribution']}=={pair[side]}"
        folder = corpus.cache() / "versions" / f"{application.name}-{pair[side]}"

        def fill(into: Path, scratch: Path, wanted: str = wanted) -> None:
            corpus.unpack_wheel(corpus.download(wanted, application.python, False, scratch), into)

        folders[side] = corpus.make(folder, [wanted], fill)
    real = {side: operations(real_documents(application, folder)) for side, folder in folders.items()}
    libraries = corpus.ensure_environment(application.name)
    done = subprocess.run(
        [str(binary.resolve()), "diff", str(folders["old"]), str(folders["new"]), "--isolated", "--no-progress", "--app",
         application.app, "--python-env", str(libraries), "--output-format", "json"], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise corpus.CorpusError(done.stderr.strip())
    changes = json.loads(done.stdout)["changes"]
    outcome = Outcome(f"{application.name} {pair['old']} -> {pair['new']}", missed=[], invented=[], kinds=Counter())
    by_operation: dict[tuple[str, str], list[dict]] = {}
    for change in changes:
        outcome.kinds[change["level"]] += 1
        for route in change["routes"]:
            by_operation.setdefault((route["method"], template(route["path"])), []).append(change)
    moved = {(change["old"].split(" ")[0], template(change["old"].split(" ")[1])) for change in changes
             if change["kind"] in ("route-path-changed", "route-method-changed")}
    old, new = real["old"], real["new"]
    outcome.operations = len(old.keys() | new.keys())
    for key in sorted(old.keys() | new.keys()):
        text = " ".join(key)
        told = by_operation.get(key, [])
        if key not in old or key not in new:
            outcome.differing += 1
            outcome.differences += 1
            word = "route-added" if key not in old else "route-removed"
            shown = any(c["kind"].startswith((word, "route-path", "route-method", "route-hidden", "route-shown")) for c in told)
            if not (shown or key in moved):
                outcome.missed.append(f"{text}: {word}")
            continue
        parts = {part for part, _, _ in old[key] ^ new[key]}
        outcome.differing += bool(parts)
        outcome.differences += len(parts)
        for part in sorted(parts):
            if not any(tells(change, part) for change in told):
                only = sorted(old[key] ^ new[key])
                outcome.missed.append(f"{text}: {part}: {[fact for fact in only if fact[0] == part][:4]}")
        for change in told:
            about = change["kind"].split("-")[0] in ("request", "response", "query", "path", "header", "cookie")
            silent = change["kind"].endswith(("documentation-changed", "schema-renamed", "renamed", "deprecated"))
            if not about or silent:
                outcome.beyond += not silent and change["level"] != "compatible"
                continue
            if not any(tells(change, part) for part in parts):
                outcome.invented.append(f"{text}: {change['kind']}: {change['message']}")
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--binary", type=Path, default=Path("target/release/fastwright"))
    parser.add_argument("--only", action="append", help="only this application; may be given several times")
    parser.add_argument("--verbose", action="store_true", help="print what was missed and invented")
    arguments = parser.parse_args()
    if not arguments.binary.exists():
        print(f"version_diffs: {arguments.binary} does not exist: cargo build --release", file=sys.stderr)
        return 2
    pairs = json.loads((HERE / "version_diffs.json").read_text(encoding="utf-8"))["pairs"]
    outcomes = []
    try:
        for pair in pairs:
            if not arguments.only or pair["application"] in arguments.only:
                outcomes.append(compare(arguments.binary, pair))
    except corpus.CorpusError as error:
        print(f"version_diffs: {error}", file=sys.stderr)
        return 2
    print(f"{'':28} operations  differ  parts  missed  invented   breaking  security  business  compatible  beyond the document")
    for o in outcomes:
        print(f"{o.name:28} {o.operations:10} {o.differing:7} {o.differences:6} {len(o.missed):7} {len(o.invented):9}   "
              f"{o.kinds['breaking']:8} {o.kinds['security']:9} {o.kinds['business']:9} {o.kinds['compatible']:11} {o.beyond:20}")
        if arguments.verbose:
            for word, entries in (("missed", o.missed), ("invented", o.invented)):
                for entry in entries:
                    print(f"  {word}: {entry}")
    return 0 if outcomes and not any(o.missed or o.invented for o in outcomes) else 1


if __name__ == "__main__":
    raise SystemExit(main())
