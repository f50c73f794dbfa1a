"""Imports every Python block of the rule pages with the installed libraries: examples must run.

    python import_pages.py [NAME ...]

Needs fastapi[standard], sqlalchemy[asyncio], sqlmodel, aiosqlite, pyjwt, httpx, pydantic-settings, requests,
slowapi, itsdangerous. A block marked `fails` must not import; one marked `fastapi=VERSION` is skipped unless that version
is installed; one marked `needs=MODULE` is skipped where the module is missing. Names that start with
`test_` or `conftest` are not imported.
"""

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import fastapi

RESOURCES = Path(__file__).parent.parent / "resources"


def blocks(page: Path):
    words, lines, start = None, [], 0
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
        if words is None and line.startswith("```"):
            words, lines, start = line[3:].split(), [], number
        elif words is not None and line.rstrip() == "```":
            if words and words[0] == "python":
                yield start, words[1:], lines
            words = None
        elif words is not None:
            lines.append(line)


def run(words, lines):
    """The error output of importing all modules of a block in a new interpreter; empty when they import."""
    files, current = {}, "main.py"
    for line in lines:
        if line.startswith("#- "):
            current = line[3:].strip()
            files.setdefault(current, [])
        else:
            files.setdefault(current, []).append(line)
    with tempfile.TemporaryDirectory() as folder:
        modules = []
        for path, text in files.items():
            target = Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("\n".join(text) + "\n", "utf-8")
            name = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
            skip = target.stem.startswith(("test_", "conftest")) or "alembic" in path or "migrations" in path
            if path.endswith(".py"):
                compile("\n".join(text), path, "exec")
                if not skip:
                    modules.append(name)
        modules.sort(key=lambda name: ("main" not in name, name))
        code = "import importlib\n" + "".join(f"importlib.import_module({name!r})\n" for name in modules)
        environment = {**os.environ, "PYTHONPATH": folder, "SECRET_KEY": "x" * 32, "DATABASE_URL": "sqlite://"}
        environment |= {"API_KEY": "k", "JWT_SECRET": "x" * 32, "PAYMENT_KEY": "p", "WEBHOOK_SECRET": "w"}
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            cwd=folder, env=environment, capture_output=True, text=True, timeout=60,
        )
        return done.stderr if done.returncode else ""


def main() -> int:
    wanted, failures, count, skipped = sys.argv[1:], 0, 0, 0
    for page in sorted(RESOURCES.glob("*/*.md")):
        if wanted and page.stem not in wanted:
            continue
        for start, words, lines in blocks(page):
            versions = [word.removeprefix("fastapi=") for word in words if word.startswith("fastapi=")]
            needs = [word.removeprefix("needs=") for word in words if word.startswith("needs=")]
            if any(version != fastapi.__version__ for version in versions) or any(
                importlib.util.find_spec(name) is None for name in needs
            ):
                skipped += 1
                continue
            count += 1
            error = run(words, lines)
            if bool(error) != ("fails" in words):
                failures += 1
                why = error.strip().splitlines()[-1] if error else "imports, although it is marked `fails`"
                print(f"{page.parent.name}/{page.name}:{start}: {why}")
    print(f"{count} blocks, {failures} wrong, {skipped} skipped (fastapi {fastapi.__version__})")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
