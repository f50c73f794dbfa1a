#!/usr/bin/env python3
"""Asks the real FastAPI for the documents of many small applications, in a pinned pair of versions.

    python benchmarks/openapi_truth.py docs_src
    python benchmarks/openapi_truth.py tests --fastapi 0.154.0 --pydantic 2.12.5
    python benchmarks/openapi_truth.py --lock --fastapi 0.154.0 --pydantic 2.12.5

A pair is two versions and the environment of ``locks/fastapi-<version>-pydantic-<version>.txt``, which holds
all that ``docs_src`` and ``tests`` import. The first line of a lock names the Python that is used, exactly:
what the interpreter says of annotations and docstrings gets into the documents. ``--lock`` resolves the lock
of a pair that has none from ``locks/fastapi.in``.

Answers are kept in the corpus (``openapi/<pair>/<set>.json.gz``) and asked for again when the lock, the modules
or the way of asking changed. ``openapi_probe.py`` does the asking. Where an operation has several methods the
document depends on the hash seed: the app is asked under several, and every document seen counts.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import corpus

HERE = Path(__file__).resolve().parent
FASTAPI, PYDANTIC, PYTHON = "0.165.0", "2.14.3", "3.11"
SEEDS = ("0", "1", "2", "3")
# What the examples read from the environment while they are imported.
VARIABLES = {"ADMIN_EMAIL": "admin@example.com"}
SECONDS = 60


class TruthError(Exception):
    """The real FastAPI could not be asked."""


@dataclass(frozen=True)
class Pair:
    """The versions that are asked."""

    fastapi: str = FASTAPI
    pydantic: str = PYDANTIC

    @property
    def name(self) -> str:
        return f"fastapi-{self.fastapi}-pydantic-{self.pydantic}"

    @property
    def lock(self) -> Path:
        return HERE / "locks" / f"{self.name}.txt"

    def environment(self) -> Path:
        """The virtual environment of this pair, made where it is missing."""
        if not self.lock.is_file():
            raise TruthError(
                f"there is no {self.lock.name}; 'python benchmarks/openapi_truth.py --lock --fastapi {self.fastapi} "
                f"--pydantic {self.pydantic}' makes it"
            )
        folder = corpus.ensure_environment(self.name, exact=True)
        compiled = folder / "compiled"
        if not compiled.exists():
            # Every fork of the probe imports what its module needs: from byte code that nobody would write otherwise.
            subprocess.run([str(folder / "bin" / "python"), "-m", "compileall", "-q", "-j", "0", str(folder / "lib")],
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            compiled.touch()
        return folder


@dataclass
class Answer:
    """The document of one app, or why it has none."""

    app: str  # module:attribute
    mount: str | None = None
    documents: list[dict] = field(default_factory=list)  # all that were seen; empty where openapi() fails
    error: str | None = None
    same_as: str | None = None  # the locator of the app that this module merely imports

    @property
    def name(self) -> str:
        return self.app + (f" at {self.mount or '(empty path)'}" if self.mount is not None else "")


@dataclass
class Truth:
    """What the apps of one set answer."""

    answers: list[Answer]
    failed: list[tuple[str, str]]  # modules that can't be imported, and why


def modules(name: str, root: Path) -> list[str]:
    """The modules of a set under their dotted names: all but packages and what needs another root."""
    found = []
    for path in sorted((root / name).rglob("*.py")):
        relative = path.relative_to(root)
        # tests/test_tutorial tests docs_src, and has no apps of its own.
        if path.name != "__init__.py" and relative.parts[:2] != ("tests", "test_tutorial"):
            found.append(".".join(relative.with_suffix("").parts))
    return found


def prepare(folder: Path) -> None:
    """The files and folders that examples expect where they are started."""
    for name in ("dist", "static", "templates"):
        (folder / name).mkdir(exist_ok=True)
    for name in ("index.html", "404.html"):
        (folder / "dist" / name).write_text("<html></html>\n", encoding="utf-8")


def ask(python: Path, root: Path, names: list[str], seed: str, seconds: float = SECONDS, workers: int | None = None) -> dict[str, dict]:
    """One pass of ``openapi_probe.py`` over these modules; each module's answer."""
    with tempfile.TemporaryDirectory(prefix="fastwright-openapi-") as scratch:
        folder = Path(scratch)
        prepare(folder)
        request, answers = folder / "request.json", folder / "answers.jsonl"
        request.write_text(json.dumps({
            "roots": [str(root)], "modules": names, "directory": scratch, "seconds": seconds,
            "workers": workers or os.cpu_count() or 1,
        }), encoding="utf-8")
        environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
        environment |= {**VARIABLES, "PYTHONHASHSEED": seed, "PYDANTIC_DISABLE_PLUGINS": "__all__", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run([str(python), str(HERE / "openapi_probe.py"), str(request), str(answers)], env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
        if done.returncode:
            raise TruthError(f"the real FastAPI could not be asked:\n{(done.stdout + done.stderr).strip()[-2000:]}")
        lines = answers.read_text(encoding="utf-8", errors="surrogatepass").splitlines()
    return {entry["module"]: entry for entry in map(json.loads, lines)}


def unstable(entry: dict) -> bool:
    return any(app["repeats"] or any(sub["repeats"] for sub in app["mounted"]) for app in entry["apps"])


def collect(python: Path, root: Path, names: list[str], seconds: float = SECONDS) -> Truth:
    """All answers of these modules, under as many hash seeds as matter."""
    first = ask(python, root, names, SEEDS[0], seconds)
    again = [name for name in names if unstable(first[name])]
    passes = [first, *(ask(python, root, again, seed, seconds) for seed in SEEDS[1:] if again)]
    answers: dict[tuple[str, str | None], Answer] = {}
    for entries in passes:
        for name in names:
            for app in entries.get(name, {"apps": []})["apps"]:
                locator = f"{name}:{app['attribute']}"
                for mount, item in [(None, app), *((sub["mount"], sub) for sub in app["mounted"])]:
                    known = answers.setdefault((locator, mount), Answer(locator, mount, error=item["error"]))
                    if item["openapi"] is not None and all(json.dumps(item["openapi"]) != json.dumps(d) for d in known.documents):
                        known.documents.append(item["openapi"])
                if app["owner"] != name:
                    answers[locator, None].same_as = owner_locator(first, app, name)
    return Truth(list(answers.values()), [(name, first[name]["error"]) for name in names if first[name]["error"]])


def owner_locator(entries: dict[str, dict], app: dict, module: str) -> str | None:
    """The app of the owning module with the same document; None where importing it here changed it."""
    for candidate in entries.get(app["owner"], {"apps": []})["apps"]:
        if candidate["openapi"] == app["openapi"] and candidate["error"] == app["error"]:
            return f"{app['owner']}:{candidate['attribute']}"
    return None


def fingerprint(pair: Pair, names: list[str]) -> str:
    """Changes with everything that answers depend on."""
    parts = [pair.lock, HERE / "openapi_probe.py", Path(__file__)]
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in parts]
    return hashlib.sha256("\n".join(digests + names).encode()).hexdigest()


def store(pair: Pair, name: str) -> Path:
    """Where the answers of a set are kept."""
    return corpus.cache() / "openapi" / pair.name / f"{name}.json.gz"


def load(pair: Pair, name: str) -> Truth:
    """The answers of ``docs_src`` or ``tests``, from the corpus or asked now."""
    corpus.ensure_examples(pair.fastapi)
    root = corpus.documentation_folder(pair.fastapi) if name == "docs_src" else corpus.tests_folder(pair.fastapi)
    python = pair.environment() / "bin" / "python"
    names = modules(name, root)
    asked, stored = fingerprint(pair, names), store(pair, name)
    if stored.is_file():
        content = json.loads(gzip.decompress(stored.read_bytes()))
        if content["asked"] == asked:
            return Truth([Answer(**item) for item in content["answers"]], [tuple(item) for item in content["failed"]])
    corpus.progress(f"openapi: asking FastAPI {pair.fastapi} with Pydantic {pair.pydantic} about {len(names)} modules of {name}")
    truth = collect(python, root, names)
    save(stored, asked, truth)
    return truth


def save(stored: Path, asked: str, truth: Truth) -> None:
    text = json.dumps({"asked": asked, "answers": [vars(item) for item in truth.answers], "failed": truth.failed},
                      ensure_ascii=False)
    stored.parent.mkdir(parents=True, exist_ok=True)
    beside = stored.with_name(stored.name + ".new")
    beside.write_bytes(gzip.compress(text.encode("utf-8", "surrogatepass"), 6, mtime=0))
    beside.replace(stored)


def make_lock(pair: Pair) -> None:
    """Resolves the lock of a pair with uv, from ``locks/fastapi.in``."""
    wanted = f"fastapi=={pair.fastapi}\npydantic=={pair.pydantic}\n" + (HERE / "locks" / "fastapi.in").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        requirements = Path(scratch) / "requirements.in"
        requirements.write_text(wanted, encoding="utf-8")
        resolved = Path(scratch) / "resolved.txt"
        corpus.run([str(corpus.ensure_tool(corpus.UV)), "pip", "compile", "--quiet", "--no-header", "--no-annotate",
                    "--python-version", PYTHON, "--output-file", str(resolved), str(requirements)], f"resolving {pair.name}")
        pair.lock.write_text(f"# python {PYTHON}\n" + resolved.read_text(encoding="utf-8"), encoding="utf-8")


def add_pair(parser: argparse.ArgumentParser) -> None:
    """``--fastapi`` and ``--pydantic``, for the scripts that ask a pair."""
    parser.add_argument("--fastapi", default=FASTAPI, metavar="VERSION", help=f"the real FastAPI that is asked (default {FASTAPI})")
    parser.add_argument("--pydantic", default=PYDANTIC, metavar="VERSION", help=f"the real Pydantic with it (default {PYDANTIC})")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", metavar="SET", help="docs_src, tests; default both")
    parser.add_argument("--lock", action="store_true", help="make the lock of the pair and nothing else")
    parser.add_argument("--write", type=Path, metavar="DIR", help="also write each document into a file of this folder")
    add_pair(parser)
    args = parser.parse_args()
    pair = Pair(args.fastapi, args.pydantic)
    try:
        if args.lock:
            make_lock(pair)
            print(pair.lock)
            return 0
        for name in args.sets or ["docs_src", "tests"]:
            truth = load(pair, name)
            print(f"{name}: {sum(bool(a.documents) for a in truth.answers)} documents, "
                  f"{sum(not a.documents for a in truth.answers)} apps whose openapi() fails, "
                  f"{sum(a.same_as is not None for a in truth.answers)} imported from another module, "
                  f"{len(truth.failed)} modules that can't be imported")
            for module, error in truth.failed:
                print(f"  {module}: {' '.join(error.split())[:160]}")
            if args.write:
                write(truth, args.write / name)
    except (TruthError, corpus.CorpusError) as error:
        print(f"openapi_truth: {error}", file=sys.stderr)
        return 2
    return 0


def write(truth: Truth, folder: Path) -> None:
    """One file a document, for a look: ``module.attribute.json``, with the mount behind it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for item in truth.answers:
        mounted = "" if item.mount is None else ".at" + item.mount.replace("/", "_")
        for number, document in enumerate(item.documents):
            variant = f".{number}" if number else ""
            path = folder / f"{item.app.replace(':', '.')}{mounted}{variant}.json"
            path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
