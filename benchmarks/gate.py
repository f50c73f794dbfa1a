#!/usr/bin/env python3
"""Does `fastwright gate` accept honest changes and refuse dishonest ones, with the right reason?

    python benchmarks/gate.py --binary target/release/fastwright
    python benchmarks/gate.py --only chainlit --verbose

Every change is a patch of its own, made from the bundled example and published applications. Honest ones change
nothing that anybody can tell: edits of handlers that are known to be neutral (``mutation_kinds.py``), new tests,
documentation. Dishonest ones do something else than tidying up: a bent, skipped or removed test, a guard that
lets more callers in, a check that is gone, another default, condition or result, a comment that hides findings,
a tool that is told to look away. The exit code is 0 when all honest ones are accepted and all dishonest ones
refused, each with a reason of the kind that it deserves; 1 when not; 2 when it can't be measured.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import corpus
import mutation_kinds as kinds
from mutations import Handler, function_at, raises_only

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "bookshop"
PUBLISHED = ["chainlit", "covalent", "pyspur", "titiler"]


@dataclass
class Patch:
    """A change, and what the gate has to say of it."""

    name: str
    files: dict[str, tuple[str, str]]  # text before and after, by path
    expected: set[str] = field(default_factory=set)  # kinds of reasons, one of which must be given; none: accepted
    written: str = ""  # the patch itself, where another program wrote it

    def text(self) -> str:
        if self.written:
            return self.written
        parts = []
        for path, (old, new) in sorted(self.files.items()):
            before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
            names = ("/dev/null" if not old else f"a/{path}", "/dev/null" if not new else f"b/{path}")
            lines = []
            for line in difflib.unified_diff(before, after, *names):
                lines.append(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n")
            mode = "new file mode 100644\n" if not old else "deleted file mode 100644\n" if not new else ""
            parts.append(f"diff --git a/{path} b/{path}\n{mode}" + "".join(lines))
        return "".join(parts)


@dataclass
class Project:
    """A program that is changed."""

    name: str
    folder: Path
    options: list[str]


def run(binary: Path, arguments: list[str], text: str | None = None) -> tuple[int, str, str]:
    done = subprocess.run([str(binary.resolve()), *arguments], input=text, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def routes(binary: Path, project: Project) -> list[dict]:
    code, out, errors = run(binary, ["routes", str(project.folder), "--output-format", "json", "--no-cache", *project.options])
    if code != 0:
        raise corpus.CorpusError(f"{project.name}: routes: {errors.strip()}")
    return [route for app in json.loads(out)["apps"] for route in app["routes"]]


def handlers(project: Project, known: list[dict]) -> list[Handler]:
    found = {}
    for route in known:
        if route["kind"] == "http" and ":" in route["handler"]:
            place = route["location"]
            path = place["path"]
            if not Path(path).is_absolute() and (project.folder / path).is_file():
                key = (path, place["start"]["line"])
                found.setdefault(key, Handler(route["handler"], *key, route["handler"].split(":")[1]))
    return list(found.values())


def source(project: Project, handler: Handler) -> kinds.Source | None:
    text = (project.folder / handler.path).read_bytes().decode(errors="replace")
    function = function_at(text, handler) if "\r" not in text else None
    return None if function is None or raises_only(function) else kinds.Source(text, function)


def of_edit(project: Project, handler: Handler, edit: kinds.Edit, expected: set[str]) -> Patch | None:
    before = (project.folder / handler.path).read_text()
    files = {handler.path: (before, edit.text)}
    for module, text in edit.files.items():
        beside = Path(handler.path).parent
        if not (project.folder / beside / "__init__.py").is_file():
            return None
        files[str(beside / f"{module}.py")] = ("", text)
    return Patch(f"{project.name} {handler.name}: {edit.kind}", files, expected)


def edits(project: Project, known: list[Handler], makers, expected: set[str], chance: random.Random) -> Iterator[Patch]:
    order = list(known)
    chance.shuffle(order)
    for handler in order:
        where = source(project, handler)
        edit = kinds.pick(where, makers, chance) if where else None
        patch = of_edit(project, handler, edit, expected) if edit else None
        if patch:
            yield patch


def guards(project: Project, known: list[dict], chance: random.Random) -> Iterator[Patch]:
    """Guards whose refusals are dropped or turned round, and guards that routes no longer ask for."""
    names = sorted({name for route in known for name in route["guard"]["by"] if ":" in name})
    chance.shuffle(names)
    security = {"contract-changed"}
    for name in names:
        module, qualname = name.split(":")
        for path in (f"{module.replace('.', '/')}.py", f"src/{module.replace('.', '/')}.py"):
            if not (project.folder / path).is_file():
                continue
            handler = Handler(name, path, 0, qualname.removesuffix("()"))
            where = source(project, handler)
            for maker in (kinds.drop_check, kinds.flip_condition, kinds.other_status) if where else ():
                for edit in list(maker(where))[:2]:
                    patch = of_edit(project, handler, edit, security)
                    if patch:
                        patch.name = f"{project.name} {name}: guard, {edit.kind}"
                        yield patch
    for path in sorted(project.folder.rglob("*.py")):
        relative = str(path.relative_to(project.folder))
        if "test" in relative or ".venv" in relative:
            continue
        text = path.read_bytes().decode(errors="replace")
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not any(key.arg == "dependencies" for key in node.keywords):
                continue
            called = ast.unparse(node.func)
            if called.split(".")[-1] not in ("get", "post", "put", "patch", "delete", "APIRouter", "include_router"):
                continue
            where = kinds.Source(text, ast.parse("def nothing(): pass").body[0])
            for key in node.keywords:
                # An edit that leaves a route without its guard; what is no guard is no weakening.
                words = ast.unparse(key.value)
                if key.arg == "dependencies" and isinstance(key.value, ast.List) and key.value.elts and any(
                    name.split(":")[1].split(".")[-1].removesuffix("()") in words or "require" in words for name in names
                ):
                    new = where.replaced((where.span(key.value), "[]"))
                    yield Patch(f"{project.name} {relative}:{node.lineno}: guard not asked for", {relative: (text, new)}, security)


def test_files(project: Project) -> list[Path]:
    return sorted((project.folder / "tests").glob("test_*.py"))


def bent_tests(project: Project) -> Iterator[Patch]:
    for path in test_files(project):
        relative = str(path.relative_to(project.folder))
        text = path.read_text()
        where = kinds.Source(text, ast.parse("def nothing(): pass").body[0])
        tests = [n for n in ast.parse(text).body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)) and n.name.startswith("test")]
        for number, test in enumerate(tests):
            asserts = [node for node in ast.walk(test) if isinstance(node, ast.Assert)]
            name = f"{project.name} {relative} {test.name}"
            start = where.starts[min([test.lineno, *(d.lineno for d in test.decorator_list)]) - 1]
            end = where.starts[test.end_lineno]
            line = where.starts[test.body[0].lineno - 1]
            indent = where.indent(test.body[0])
            if asserts and number % 4 == 0:
                new = where.replaced((where.span(asserts[-1].test), "True"))
                yield Patch(f"{name}: bent", {relative: (text, new)}, {"test-changed"})
            elif number % 4 == 1:
                new = where.replaced(((start, start), "@pytest.mark.skip(reason=\"flaky\")\n"))
                yield Patch(f"{name}: skipped", {relative: (text, new)}, {"test-skipped"})
            elif number % 4 == 2:
                new = where.replaced(((start, end), ""))
                yield Patch(f"{name}: removed", {relative: (text, new)}, {"test-removed"})
            else:
                new = where.replaced(((line, line), f"{indent}return\n"))
                yield Patch(f"{name}: returns at once", {relative: (text, new)}, {"test-changed"})
        first = ast.parse(text).body[-1]
        at = where.starts[first.end_lineno]
        new = where.replaced(((at, at), "\n\npytestmark = pytest.mark.skip\n"))
        yield Patch(f"{project.name} {relative}: all skipped", {relative: (text, new)}, {"test-skipped"})
        yield Patch(f"{project.name} {relative}: file removed", {relative: (text, "")}, {"test-removed"})
    shared = project.folder / "tests" / "conftest.py"
    if shared.is_file():
        text = shared.read_text()
        new = text + "\n\n@pytest.fixture(autouse=True)\ndef calm(monkeypatch):\n    monkeypatch.setattr('time.sleep', lambda *_: None)\n"
        yield Patch(f"{project.name} conftest.py: fixture around all tests", {"tests/conftest.py": (text, new)}, {"test-setup-changed"})


def hidden(project: Project, known: list[Handler], chance: random.Random) -> Iterator[Patch]:
    """Comments and settings that hide findings."""
    comments = ["# noqa", "# type: ignore", "# noqa: S105", "# pylint: disable=all", "# fastwright: ignore[missing-authentication]",
                "# nosec", "# pyright: ignore", "# pragma: no cover"]
    order = list(known)
    chance.shuffle(order)
    for number, handler in enumerate(order):
        where = source(project, handler)
        if where is None:
            continue
        # Behind the last line of a simple statement, where a comment surely is one.
        statement = where.function.body[-1]
        while not isinstance(statement, (ast.Return, ast.Expr, ast.Raise, ast.Assign)) and getattr(statement, "body", None):
            statement = statement.body[-1]
        end = where.span(statement)[1]
        comment = comments[number % len(comments)]
        if "#" in where.lines[statement.end_lineno - 1].decode():
            continue
        new = where.replaced(((end, end), f"  {comment}"))
        yield Patch(f"{project.name} {handler.name}: {comment}", {handler.path: (where.text, new)}, {"suppression-added"})


def settings(project: Project) -> Iterator[Patch]:
    manifest = project.folder / "pyproject.toml"
    if manifest.is_file():
        text = manifest.read_text()
        for words, kind in (
            ("[tool.mypy]\nignore_errors = true\n", "tool-configuration-changed"),
            ("[tool.bandit]\nskips = [\"B101\"]\n", "tool-configuration-changed"),
            ("[tool.pyright]\ntypeCheckingMode = \"off\"\n", "tool-configuration-changed"),
            ("[tool.coverage.report]\nfail_under = 0\n", "tool-configuration-changed"),
            ("[dependency-groups]\nother = [\"left-pad\"]\n", "dependencies-changed"),
        ):
            if words.splitlines()[0] not in text:
                yield Patch(f"{project.name} pyproject.toml: {words.splitlines()[0]}", {"pyproject.toml": (text, text + "\n" + words)}, {kind})
    yield Patch(f"{project.name} .github: workflow", {".github/workflows/test.yml": ("", "on: push\n")}, {"pipeline-changed"})
    yield Patch(f"{project.name} pytest.ini", {"pytest.ini": ("", "[pytest]\naddopts = --deselect tests\n")}, {"test-setup-changed"})
    yield Patch(f"{project.name} conftest.py", {"conftest.py": ("", "collect_ignore = ['tests']\n")}, {"test-setup-changed"})
    yield Patch(f"{project.name} script", {"tool.sh": ("", "rm -rf /\n")}, {"file-not-understood"})
    yield Patch(f"{project.name} broken", {"broken_file.py": ("", "def f(:\n")}, {"does-not-parse"})


def harmless(project: Project) -> Iterator[Patch]:
    readme = project.folder / "README.md"
    if readme.is_file():
        text = readme.read_text()
        yield Patch(f"{project.name} README.md", {"README.md": (text, text + "\nMore words.\n")})
    if test_files(project):
        yield Patch(f"{project.name} new test", {"tests/test_more.py": ("", "def test_more():\n    assert 1 + 1 == 2\n")})
        path = test_files(project)[0]
        relative, text = str(path.relative_to(project.folder)), path.read_text()
        yield Patch(f"{project.name} added test", {relative: (text, text + "\n\ndef test_added():\n    assert 2 * 2 == 4\n")})


def safe_fixes(binary: Path, project: Project) -> Iterator[Patch]:
    """What `fastwright fix` would do by itself, rule by rule."""
    profile = [*project.options, "--config", "profile=strict", "--no-cache"]
    _, out, errors = run(binary, ["review", str(project.folder), "--output-format", "json", *profile])
    if not out:
        raise corpus.CorpusError(f"{project.name}: review: {errors.strip()}")
    fixed = {found["rule"] for found in json.loads(out)["findings"] if (found.get("fix") or {}).get("safety") == "safe"}
    for rule in sorted(fixed):
        _, patch, _ = run(binary, ["fix", str(project.folder), "--diff", "--select", rule, *profile])
        if patch.startswith("---"):
            yield Patch(f"{project.name} fix {rule}", {}, written=patch)


def judge(binary: Path, project: Project, patch: Patch) -> tuple[bool, set[str], str]:
    """Whether the gate did what it should; the kinds of its reasons; what it said."""
    arguments = ["gate", "-", "--project", str(project.folder), "--output-format", "json", "--no-progress", *project.options]
    code, out, errors = run(binary, arguments, patch.text())
    if code not in (0, 1):
        return False, {"could-not-run"}, errors.strip()
    verdict = json.loads(out)
    reasons = {reason["kind"] for reason in verdict["reasons"]}
    said = "; ".join(f"{reason['kind']}: {reason['message']}" for reason in verdict["reasons"][:3])
    right = bool(reasons & patch.expected) if patch.expected else verdict["accepted"]
    return right and verdict["accepted"] == (code == 0), reasons, said


def projects(only: list[str] | None, scratch: Path) -> Iterator[Project]:
    if not only or "bookshop" in only:
        folder = scratch / "bookshop"
        shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".venv", ".fastwright_cache", "__pycache__", "*.db"))
        yield Project("bookshop", folder, ["--isolated"])
    names = [name for name in only or PUBLISHED if name != "bookshop"]
    for application in corpus.applications(names) if names else []:
        original = corpus.ensure_application(application)
        folder = scratch / application.name
        shutil.copytree(original, folder, symlinks=True)
        options = ["--isolated", "--app", application.app]
        if application.library_environment:
            options += ["--python-env", str(application.library_environment)]
        yield Project(application.name, folder, options)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--binary", type=Path, default=Path("target/release/fastwright"))
    parser.add_argument("--only", action="append", help="only this project; may be given several times")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most", type=int, default=18, help="changes of one kind in one project, at most")
    parser.add_argument("--verbose", action="store_true", help="print every change that was judged wrongly")
    arguments = parser.parse_args()
    if not arguments.binary.exists():
        print(f"gate: {arguments.binary} does not exist: cargo build --release", file=sys.stderr)
        return 2
    counts: Counter[tuple[str, str, bool]] = Counter()
    wrong = []
    try:
        with tempfile.TemporaryDirectory() as scratch:
            for project in projects(arguments.only, Path(scratch)):
                chance = random.Random(f"{arguments.seed} {project.name}")
                known = routes(arguments.binary, project)
                own = handlers(project, known)
                groups = {
                    ("honest", "neutral edits of handlers"): edits(project, own, kinds.NEUTRAL, set(), chance),
                    ("honest", "documentation and new tests"): harmless(project),
                    ("honest", "safe fixes, rule by rule"): safe_fixes(arguments.binary, project),
                    ("dishonest", "bent, skipped and removed tests"): bent_tests(project),
                    ("dishonest", "weakened guards"): guards(project, known, chance),
                    ("dishonest", "removed checks"): edits(project, own, [kinds.drop_check], {"contract-changed"}, chance),
                    ("dishonest", "changed defaults"): edits(project, own, [kinds.other_default], {"contract-changed"}, chance),
                    ("dishonest", "other behaviour"): edits(project, own, kinds.ALTERING, {"contract-changed"}, chance),
                    ("dishonest", "hidden findings"): hidden(project, own, chance),
                    ("dishonest", "settings, pipelines, scripts"): settings(project),
                }
                for (word, group), patches in groups.items():
                    for number, patch in enumerate(patches):
                        if number == arguments.most:
                            break
                        right, reasons, said = judge(arguments.binary, project, patch)
                        counts[word, group, right] += 1
                        if not right:
                            wrong.append(f"{word}: {patch.name}: expected {sorted(patch.expected) or 'accepted'}, got {sorted(reasons) or 'accepted'}\n  {said}")
    except corpus.CorpusError as error:
        print(f"gate: {error}", file=sys.stderr)
        return 2
    if arguments.verbose:
        print("\n".join(wrong))
    for word in ("honest", "dishonest"):
        print(f"== {word} changes {'accepted' if word == 'honest' else 'refused with the right reason'}")
        for group in sorted({group for known, group, _ in counts if known == word}):
            right, missed = counts[word, group, True], counts[word, group, False]
            print(f"  {group:34} {right:4} of {right + missed:4}")
        right = sum(count for (known, _, good), count in counts.items() if known == word and good)
        total = sum(count for (known, _, _), count in counts.items() if known == word)
        print(f"  {'all':34} {right:4} of {total:4}\n")
    return 0 if counts and not wrong else 1


if __name__ == "__main__":
    raise SystemExit(main())
