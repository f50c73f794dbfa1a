#!/usr/bin/env python3
"""Downloads what the benchmarks measure, pinned by version, into a cache outside git.

    python benchmarks/corpus.py                       everything, without environments
    python benchmarks/corpus.py zenml prefect         some applications
    python benchmarks/corpus.py --with-environment argilla
    python benchmarks/corpus.py --where               where each part stands

The cache is ``~/.cache/fastwright/corpus``, or the folder that ``FASTWRIGHT_CORPUS`` names:

    fastapi-<version>/documentation/docs_src/...      FastAPI's documentation examples
    fastapi-<version>/tests/tests/...                 FastAPI's own tests
    applications/<name>-<version>/...                 a published application's distributions, unpacked together
    libraries/<name>-<version>/...                    shaped like a virtual environment: the few libraries that
                                                      register routes for an application, unpacked, not installed
    libraries/<name>-<version>-schemas/...            the same with FastAPI, Pydantic and the libraries whose classes
                                                      an application's OpenAPI document is made of
    openapi/<pair>/<set>.json.gz                      documents of docs_src and tests (openapi_truth.py)
    environments/<name>/                              a real virtual environment, made from locks/<name>.txt
    tools/<name>-<version>/                           ruff and uv, each in a virtual environment of its own

Nothing that is downloaded gets executed here, except by ``--with-environment`` (installing builds
packages) and by pip where only a source distribution exists (it runs that distribution's build
backend to read its metadata). The pins stand in ``applications.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

HERE = Path(__file__).resolve().parent
UV = "uv==0.13.9"


class CorpusError(Exception):
    """A part of the corpus can't be had; the message says which and what to do."""


@dataclass(frozen=True)
class Application:
    """One published application: what is downloaded and where its app object stands."""

    name: str
    distributions: list[str]
    python: str
    app: str
    sources: list[str]
    libraries: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    source_distribution: bool = False
    notes: str = ""
    schema_libraries: list[str] = field(default_factory=list)
    schema_notes: str = ""

    @property
    def version(self) -> str:
        return self.distributions[0].partition("==")[2]

    @property
    def folder(self) -> Path:
        return cache() / "applications" / f"{self.name}-{self.version}"

    @property
    def library_environment(self) -> Path | None:
        """The folder to pass as ``--python-env``; None where the application's own code is enough."""
        return cache() / "libraries" / f"{self.name}-{self.version}" if self.libraries else None

    @property
    def schema_environment(self) -> Path:
        """The folder to pass as ``--python-env`` where documents are asked for."""
        return cache() / "libraries" / f"{self.name}-{self.version}-schemas"


def cache() -> Path:
    """The corpus folder."""
    named = os.environ.get("FASTWRIGHT_CORPUS")
    return Path(named).expanduser().resolve() if named else Path.home() / ".cache" / "fastwright" / "corpus"


def pins() -> dict:
    return json.loads((HERE / "applications.json").read_text(encoding="utf-8"))


def applications(names: list[str] | None = None) -> list[Application]:
    """The pinned applications, all or those named, in the order of the file."""
    known = [Application(**entry) for entry in pins()["applications"]]
    unknown = sorted(set(names or []) - {item.name for item in known})
    if unknown:
        raise CorpusError(f"unknown application: {', '.join(unknown)}; known are {', '.join(i.name for i in known)}")
    return [item for item in known if not names or item.name in names]


def fastapi_folder(version: str | None = None) -> Path:
    """Where FastAPI's examples and tests stand: those of the pinned version, or of another one."""
    distribution = f"fastapi=={version}" if version else pins()["fastapi"]["distribution"]
    return cache() / distribution.replace("==", "-")


def documentation_folder(version: str | None = None) -> Path:
    """The folder that contains ``docs_src``."""
    return fastapi_folder(version) / "documentation"


def tests_folder(version: str | None = None) -> Path:
    """The folder that contains FastAPI's ``tests``."""
    return fastapi_folder(version) / "tests"


def documentation_libraries() -> Path:
    return cache() / "libraries" / fastapi_folder().name


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(command: list[str], what: str) -> None:
    """Runs a command silently; its output is shown only when it fails."""
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if result.returncode:
        raise CorpusError(f"{what} failed ({' '.join(command[:6])} ...):\n{result.stdout[-3000:]}")


def download(requirement: str, python: str, source: bool, into: Path) -> Path:
    """The archive of one pinned distribution, from the package index through pip."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest"]
    name = requirement.partition("==")[0]
    options = ["--no-binary", name] if source else ["--only-binary", ":all:", "--python-version", python]
    with tempfile.TemporaryDirectory(dir=into) as scratch:
        run([*command, scratch, *options, requirement], f"downloading {requirement}")
        archive = next(Path(scratch).iterdir())
        return Path(shutil.move(archive, into / archive.name))


def safe_path(name: str) -> PurePosixPath | None:
    """A member's relative path, or None for one that would leave the folder it is unpacked into."""
    path = PurePosixPath(name)
    return None if path.is_absolute() or ".." in path.parts or not path.parts else path


def write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def unpack_wheel(archive: Path, into: Path) -> None:
    """A wheel as an installer would lay it out in site-packages (scripts and headers are left out)."""
    with zipfile.ZipFile(archive) as wheel:
        for member in wheel.infolist():
            path = safe_path(member.filename)
            if path is None or member.is_dir():
                continue
            if path.parts[0].endswith(".data"):
                if len(path.parts) < 3 or path.parts[1] not in ("purelib", "platlib"):
                    continue
                path = PurePosixPath(*path.parts[2:])
            write(into / path, wheel.read(member))


def unpack_source(archive: Path, into: Path, folders: dict[str, str] | None = None) -> None:
    """A source distribution without its top folder; with ``folders``, only those, each to its new place."""
    with tarfile.open(archive) as source:
        for member in source:
            path = safe_path(member.name)
            if path is None or not member.isfile() or len(path.parts) < 2:
                continue
            path = PurePosixPath(*path.parts[1:])
            if folders is not None:
                if path.parts[0] not in folders:
                    continue
                path = PurePosixPath(folders[path.parts[0]]) / path
            content = source.extractfile(member)
            if content is not None:
                write(into / path, content.read())


def made(folder: Path, wanted: list[str]) -> bool:
    """Whether a folder was made from exactly these pins."""
    note = folder.with_name(folder.name + ".pins")
    return folder.is_dir() and note.is_file() and note.read_text(encoding="utf-8").splitlines() == wanted


def make(folder: Path, wanted: list[str], fill) -> Path:
    """Fills a folder aside and moves it into place, so that a broken run never leaves half of one."""
    if made(folder, wanted):
        return folder
    progress(f"corpus: {folder.name} ({', '.join(wanted)})")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".making-") as scratch:
        filled = Path(scratch) / "filled"
        filled.mkdir()
        fill(filled, Path(scratch))
        shutil.rmtree(folder, ignore_errors=True)
        filled.rename(folder)
    folder.with_name(folder.name + ".pins").write_text("".join(line + "\n" for line in wanted), encoding="utf-8")
    return folder


def ensure_application(application: Application, with_libraries: bool = True) -> Path:
    """The application's folder, downloaded where it is missing; and the libraries that register its routes."""

    def fill(folder: Path, scratch: Path) -> None:
        for requirement in application.distributions:
            archive = download(requirement, application.python, application.source_distribution, scratch)
            (unpack_wheel if archive.suffix == ".whl" else unpack_source)(archive, folder)

    make(application.folder, application.distributions, fill)
    if with_libraries and application.library_environment:
        ensure_libraries(application.library_environment, application.libraries, application.python)
    return application.folder


def ensure_libraries(folder: Path, wanted: list[str], python: str) -> Path:
    """A folder shaped like a virtual environment that holds these wheels, without their dependencies."""

    def fill(into: Path, scratch: Path) -> None:
        (into / "pyvenv.cfg").write_text(f"version = {python}\n", encoding="utf-8")
        for requirement in wanted:
            archive = download(requirement, python, False, scratch)
            unpack_wheel(archive, into / "lib" / f"python{python}" / "site-packages")

    return make(folder, wanted, fill)


def ensure_schema_libraries(application: Application) -> Path:
    """The libraries whose classes an application's documents are made of."""
    return ensure_libraries(application.schema_environment, application.schema_libraries, application.python)


def ensure_examples(version: str | None = None) -> Path:
    """FastAPI's ``docs_src`` and ``tests``, in folders of their own, without FastAPI itself."""
    distribution = f"fastapi=={version}" if version else pins()["fastapi"]["distribution"]

    def fill(folder: Path, scratch: Path) -> None:
        archive = download(distribution, "3.12", True, scratch)
        unpack_source(archive, folder, {"docs_src": "documentation", "tests": "tests"})

    return make(fastapi_folder(version), [distribution], fill)


def ensure_fastapi() -> Path:
    """The examples and tests of the pinned FastAPI, and the libraries that register routes in them."""
    folder = ensure_examples()
    ensure_libraries(documentation_libraries(), pins()["fastapi"]["libraries"], "3.12")
    return folder


def ensure_tool(requirement: str) -> Path:
    """The program of a pinned tool from the package index, in a virtual environment of its own."""
    name, _, version = requirement.partition("==")
    folder = cache() / "tools" / f"{name}-{version}"
    program = folder / "bin" / name
    if not program.exists():
        progress(f"corpus: {requirement}")
        run([sys.executable, "-m", "venv", "--clear", str(folder)], f"a virtual environment for {name}")
        run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement],
            f"installing {requirement}")
    return program


def ensure_environment(name: str, exact: bool = False) -> Path:
    """The virtual environment of ``locks/<name>.txt``; its ``bin/python`` runs the application.

    The first line of a lock is ``# python X.Y``: the oldest interpreter that it was made for. Any
    interpreter at least that new is taken, this one first; with ``exact`` only that version, because
    what the interpreter itself says (annotations, docstrings) gets into what is asked for.
    """
    lock = HERE / "locks" / f"{name}.txt"
    if not lock.is_file():
        known = ", ".join(sorted(path.stem for path in lock.parent.glob("*.txt")))
        raise CorpusError(f"there is no benchmarks/locks/{name}.txt; there are {known}")
    text = lock.read_text(encoding="utf-8")
    folder = cache() / "environments" / name
    note = folder / "lock.txt"
    if note.is_file() and note.read_text(encoding="utf-8") == text:
        return folder
    wanted = text.splitlines()[0].removeprefix("# python ").strip()
    current = ".".join(map(str, sys.version_info[:2]))
    fits = current == wanted if exact else tuple(map(int, current.split("."))) >= tuple(map(int, wanted.split(".")))
    progress(f"corpus: the environment of {name}")
    uv = str(ensure_tool(UV))
    run([uv, "venv", "--quiet", "--clear", "--python", sys.executable if fits else wanted, str(folder)],
        f"making an environment with Python {wanted}")
    run([uv, "pip", "install", "--quiet", "--python", str(folder / "bin" / "python"), "-r", str(lock)],
        f"installing benchmarks/locks/{name}.txt")
    note.write_text(text, encoding="utf-8")
    return folder


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="applications, or 'fastapi'; default all")
    parser.add_argument("--with-environment", action="append", default=[], metavar="NAME",
                        help="also make the virtual environment of benchmarks/locks/NAME.txt")
    parser.add_argument("--where", action="store_true", help="print where each part stands; download nothing")
    args = parser.parse_args()
    try:
        chosen = applications([name for name in args.names if name != "fastapi"] or None)
        with_fastapi = not args.names or "fastapi" in args.names
        if args.names == ["fastapi"] or (args.with_environment and not args.names):
            chosen = []
        if args.where:
            for folder in [documentation_folder(), tests_folder(), *(item.folder for item in chosen)]:
                print(folder if folder.is_dir() else f"{folder} (missing)")
            return 0
        if with_fastapi and not (args.with_environment and not args.names):
            print(ensure_fastapi())
        for application in chosen:
            print(ensure_application(application), flush=True)
            ensure_schema_libraries(application)
        for name in args.with_environment:
            print(ensure_environment(name))
    except CorpusError as error:
        print(f"corpus: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
