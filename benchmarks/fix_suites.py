#!/usr/bin/env python3
"""Do the test suites of published projects say the same before and after all safe fixes?

    python benchmarks/fix_suites.py --binary target/release/fastwright
    python benchmarks/fix_suites.py --only authx,fastapi-users --verbose
    python benchmarks/fix_suites.py --unsafe-fixes      for information: unsafe fixes may change results
    python benchmarks/fix_suites.py --lock --only authx   resolves the lock of a project again, and nothing else

For each project of ``fix_suites.json`` its source distribution is downloaded (pinned by version and hash) or its
template rendered, and its tests run in the environment of ``locks/suite-NAME.txt``: twice as it was published, the
second time with coverage, then once after ``fastwright fix`` made all safe fixes of the profile ``strict``. Each run
has a fresh copy at the same place. Outcomes are compared test by test. What differs between the two runs of the
same code is listed as unsteady, and proves nothing.

    fixes       fixes that were made; a project without any proves nothing, and counts as a failure
    changed     functions in which a fix changed something
    called      those of them that the tests called
    different   tests whose outcome the fixes changed

The exit code is 1 when a test's outcome changed or a project had nothing to fix, and 2 when a project could not be
measured. This runs the code of the projects.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import corpus
import suite_results as results

HERE = Path(__file__).resolve().parent
PYTHON = "3.11"
# Lines of one kind that are printed for a project; all of them are in the file of --json.
LINES = 20


@dataclass(frozen=True)
class Project:
    """One project whose tests are run."""

    name: str
    # Its source distribution, or the one of the template, as NAME==VERSION.
    distribution: str
    # What the lock is resolved from: the project's own requirements and those of its tests.
    requirements: list[str]
    # Of the source distribution; empty where a template is rendered.
    sha256: str = ""
    # The template's command, run in the environment, and the folder that it makes.
    render: list[str] = field(default_factory=list)
    rendered: str = ""
    # Folders that are taken out of the copy, because the environment has them.
    without: list[str] = field(default_factory=list)
    # The folders that are fixed, one after the other.
    fix: list[str] = field(default_factory=lambda: ["."])
    # What the tests need on the import path besides the copy itself.
    sources: list[str] = field(default_factory=list)
    # Arguments of pytest.
    tests: list[str] = field(default_factory=list)
    # Tests that are left out, each as {"option": ..., "why": ...}.
    left_out: list[dict[str, str]] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    # Python code of a server that has to listen at {port} while the tests run.
    server: str = ""
    notes: str = ""

    @property
    def version(self) -> str:
        return self.distribution.partition("==")[2]

    @property
    def lock(self) -> Path:
        return HERE / "locks" / f"suite-{self.name}.txt"

    @property
    def folder(self) -> Path:
        return corpus.cache() / "suites" / f"{self.name}-{self.version}"


def projects(names: list[str] | None = None) -> list[Project]:
    """The projects of the file, all or those named, in its order."""
    known = [Project(**entry) for entry in json.loads((HERE / "fix_suites.json").read_text(encoding="utf-8"))]
    unknown = sorted(set(names or []) - {project.name for project in known})
    if unknown:
        raise corpus.CorpusError(f"unknown project: {', '.join(unknown)}; known are {', '.join(p.name for p in known)}")
    return [project for project in known if not names or project.name in names]


def make_lock(project: Project) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        wanted, resolved = Path(scratch) / "wanted.in", Path(scratch) / "resolved.txt"
        wanted.write_text("".join(line + "\n" for line in project.requirements), encoding="utf-8")
        corpus.run([str(corpus.ensure_tool(corpus.UV)), "pip", "compile", "--quiet", "--no-header", "--no-annotate",
                    "--python-version", PYTHON, "--output-file", str(resolved), str(wanted)],
                   f"resolving the lock of {project.name}")
        project.lock.write_text(f"# python {PYTHON}\n" + resolved.read_text(encoding="utf-8"), encoding="utf-8")


def ensure_tree(project: Project, environment: Path) -> Path:
    """The project as it was published, or as its template makes it."""

    def unpack(folder: Path, scratch: Path) -> None:
        wanted = scratch / "wanted.txt"
        wanted.write_text(f"{project.distribution} --hash=sha256:{project.sha256}\n", encoding="utf-8")
        name = project.distribution.partition("==")[0]
        corpus.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                    "--no-binary", name, "--require-hashes", "--dest", str(scratch / "archives"), "-r", str(wanted)],
                   f"downloading {project.distribution}")
        corpus.unpack_source(next((scratch / "archives").iterdir()), folder)
        for path in project.without:
            shutil.rmtree(folder / path)

    def render(folder: Path, scratch: Path) -> None:
        # What templates do after they are rendered (a lock, a repository) is not wanted here.
        path = os.pathsep.join([str(environment / "bin"), str(corpus.ensure_tool(corpus.UV).parent), os.environ["PATH"]])
        variables = {"PATH": path, "HOME": str(scratch), "UV_OFFLINE": "1"}
        done = subprocess.run(project.render, cwd=scratch, env=variables, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL)
        made = scratch / project.rendered
        if not made.is_dir():
            raise corpus.CorpusError(f"{project.name}: nothing was rendered: {(done.stdout + done.stderr)[-600:]}")
        shutil.copytree(made, folder, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".git", ".venv"))

    wanted = [project.distribution, project.sha256, *project.render, *(f"without {path}" for path in project.without)]
    return corpus.make(project.folder, wanted, render if project.render else unpack)


@contextlib.contextmanager
def serving(project: Project, python: Path) -> Iterator[int]:
    """A free port, on which the project's server listens, if it has one."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    if not project.server:
        yield port
        return
    server = subprocess.Popen([str(python), "-c", project.server.replace("{port}", str(port))],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            if server.poll() is not None:
                raise corpus.CorpusError(f"{project.name}: its server ended with {server.returncode}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        yield port
    finally:
        server.kill()
        server.wait()


class Suite:
    """The tests of one project, run again and again at one place."""

    def __init__(self, project: Project, environment: Path, scratch: Path, timeout: float) -> None:
        self.project = project
        self.python = environment / "bin" / "python"
        self.scratch = scratch
        self.timeout = timeout
        self.place = scratch / "project"
        # Where a greenlet runs code (SQLAlchemy's asyncio does), coverage has to be told.
        greenlet = "\ngreenlet==" in project.lock.read_text(encoding="utf-8")
        self.coverage_settings = scratch / "coverage.ini"
        self.coverage_settings.write_text(f"[run]\nconcurrency = thread{',greenlet' if greenlet else ''}\n", encoding="utf-8")

    def run(self, tree: Path, with_coverage: bool = False) -> results.Outcomes:
        """The outcomes of the tests in a fresh copy of a tree."""
        home, document = self.scratch / "home", self.scratch / "results.xml"
        for path in (self.place, home):
            shutil.rmtree(path, ignore_errors=True)
        document.unlink(missing_ok=True)
        home.mkdir()
        shutil.copytree(tree, self.place, symlinks=True)
        command = [str(self.python)]
        if with_coverage:
            command += ["-m", "coverage", "run", f"--rcfile={self.coverage_settings}", f"--data-file={self.scratch / 'coverage'}",
                        f"--include={self.place}/*"]
        command += ["-m", "pytest", "-p", "no:cacheprovider", "--continue-on-collection-errors", f"--junitxml={document}", *self.project.tests]
        command += [left["option"] for left in self.project.left_out]
        paths = [str(self.place / source) for source in (*self.project.sources, ".")]
        with serving(self.project, self.python) as port:
            places = {"{home}": str(home), "{port}": str(port)}
            variables = {"PATH": os.pathsep.join([str(self.python.parent), os.environ["PATH"]]), "HOME": str(home),
                         "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}
            for name, value in self.project.environment.items():
                for pattern, stands_for in places.items():
                    value = value.replace(pattern, stands_for)
                variables[name] = value
            done = subprocess.run(command, cwd=self.place, env=variables, capture_output=True, text=True, errors="replace",
                                  stdin=subprocess.DEVNULL, timeout=self.timeout)
        if not document.is_file():
            raise results.NoResult(f"pytest ended with {done.returncode}: {(done.stdout + done.stderr)[-1500:]}")
        return results.read_outcomes(document.read_text(encoding="utf-8", errors="replace"))

    def executed(self) -> dict[str, set[int]]:
        """The lines that ran in the last run with coverage, by path in the project."""
        report = self.scratch / "coverage.json"
        corpus.run([str(self.python), "-m", "coverage", "json", "--quiet", "--ignore-errors", f"--rcfile={self.coverage_settings}",
                    f"--data-file={self.scratch / 'coverage'}", "-o", str(report)], "reading the coverage")
        files = json.loads(report.read_text(encoding="utf-8"))["files"]
        return {os.path.relpath(Path(os.path.abspath(path)), self.place): set(file["executed_lines"])
                for path, file in files.items()}


def make_fixes(binary: Path, project: Project, environment: Path, tree: Path, unsafe: bool, timeout: float) -> dict:
    """Makes all fixes in a tree; says which were made and which the guard refused."""
    found: dict = {"applied": [], "refused": []}
    for folder in project.fix:
        command = [str(binary), "fix", folder, "--config", 'profile="strict"', "--allow-dirty", "--isolated", "--no-progress",
                   "--output-format", "json", "--python-env", str(environment)]
        if unsafe:
            command.append("--unsafe-fixes")
        done = subprocess.run(command, cwd=tree, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=timeout)
        if done.returncode not in (0, 1):
            raise corpus.CorpusError(f"{project.name}: fix {folder} ended with {done.returncode}: {done.stderr.strip()[-600:]}")
        answer = json.loads(done.stdout)
        for kind in found:
            found[kind] += answer[kind]
    shutil.rmtree(tree / ".fastwright_cache", ignore_errors=True)
    return found


def changed_functions(before: Path, after: Path) -> list[results.Function]:
    """All functions that differ between two trees."""
    found = []
    for path in sorted(before.rglob("*.py")):
        name = path.relative_to(before)
        old, new = path.read_bytes(), (after / name).read_bytes()
        if old != new:
            found += results.changed_functions(str(name), old.decode(errors="replace"), new.decode(errors="replace"))
    return found


def measure(project: Project, arguments: argparse.Namespace) -> dict:
    environment = corpus.ensure_environment(project.lock.stem)
    published = ensure_tree(project, environment)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder).resolve()
        fixed = scratch / "fixed"
        shutil.copytree(published, fixed, symlinks=True)
        made = make_fixes(arguments.binary, project, environment, fixed, arguments.unsafe_fixes, arguments.timeout)
        changed = changed_functions(published, fixed)
        suite = Suite(project, environment, scratch, arguments.timeout)
        first = suite.run(published)
        second = suite.run(published, with_coverage=True)
        executed = suite.executed()
        after = suite.run(fixed)
    called = [function for function in changed if results.was_called(function, executed.get(function.path, set()))]
    comparison = results.compare(first, second, after)
    return {
        "name": project.name, "version": project.version, "fixes": len(made["applied"]),
        "rules": Counter(fix["rule"] for fix in made["applied"]),
        "refused": [f"{fix['path']}:{fix['line']}: {fix['rule']}: {'; '.join(fix['reasons'])}" for fix in made["refused"]],
        "changed": len(changed), "called": len(called),
        "not_called": [f"{function.path}: {function.name}" for function in changed if function not in called],
        "tests": len(first), "passed_before": results.count(first, "passed"), "passed_after": results.count(after, "passed"),
        "unsteady": comparison.unsteady, "different": comparison.different,
    }


HEADINGS = {"project": 20, "version": 10, "fixes": 7, "changed": 9, "called": 8, "tests": 7, "before": 8, "after": 7,
            "unsteady": 10, "different": 11}


def row(cells: list) -> str:
    widths = list(HEADINGS.values())
    return "".join(str(cell).ljust(width) if index < 2 else str(cell).rjust(width)
                   for index, (cell, width) in enumerate(zip(cells, widths, strict=True)))


def show(result: dict, verbose: bool) -> None:
    print(row([result["name"], result["version"], result["fixes"], result["changed"], result["called"], result["tests"],
               result["passed_before"], result["passed_after"], len(result["unsteady"]), len(result["different"])]))
    print("    " + (", ".join(f"{rule} {count}" for rule, count in result["rules"].most_common()) or "nothing to fix"))
    for kind in ("different", "unsteady", "refused", *(("not_called",) if verbose else ())):
        for line in result[kind][:None if verbose else LINES]:
            print(f"    {kind.replace('_', ' ')}: {line[:400]}")
        if len(result[kind]) > LINES and not verbose:
            print(f"    and {len(result[kind]) - LINES} more")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=HERE.parent / "target" / "release" / "fastwright")
    parser.add_argument("--only", help="names of projects, with commas between")
    parser.add_argument("--unsafe-fixes", action="store_true", help="make unsafe fixes, too; what differs is only listed")
    parser.add_argument("--lock", action="store_true", help="resolve the locks again and do nothing else")
    parser.add_argument("--timeout", type=float, default=3600, help="seconds that one run of tests may take")
    parser.add_argument("--verbose", action="store_true", help="list changed functions, too, that no test calls")
    parser.add_argument("--json", type=Path, help="write all figures to a file")
    arguments = parser.parse_args()
    arguments.binary = arguments.binary.resolve()
    if not arguments.lock and not arguments.binary.is_file():
        print(f"{arguments.binary} does not exist: build it, or name it with --binary", file=sys.stderr)
        return 2
    found = []
    try:
        chosen = projects(arguments.only.split(",") if arguments.only else None)
        if arguments.lock:
            for project in chosen:
                make_lock(project)
                print(project.lock)
            return 0
        print(row(list(HEADINGS)))
        for project in chosen:
            found.append(measure(project, arguments))
            show(found[-1], arguments.verbose)
    except (corpus.CorpusError, results.NoResult, subprocess.TimeoutExpired) as error:
        print(f"could not be measured: {error}", file=sys.stderr)
        return 2
    finally:
        if arguments.json and found:
            arguments.json.write_text(json.dumps(found, indent=1))
    different = sum(len(result["different"]) for result in found)
    idle = [result["name"] for result in found if not result["fixes"]]
    print(f"\n{sum(result['fixes'] for result in found)} fixes, {sum(result['tests'] for result in found)} tests, "
          f"{different} different" + (f"; nothing to fix in {', '.join(idle)}" if idle else ""))
    return 0 if arguments.unsafe_fixes or not (different or idle) else 1


if __name__ == "__main__":
    sys.exit(main())
