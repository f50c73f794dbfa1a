#!/usr/bin/env python3
"""Fixes copies of published applications and looks at what became of them.

    python benchmarks/fixes.py --binary target/release/fastwright
    python benchmarks/fixes.py --only argilla,dstack --real
    python benchmarks/fixes.py --everything             unsafe fixes and those that change the contract, too

For each application a copy is made, `fastwright fix` makes all safe fixes in it, and then:

    parses      every changed file compiles, as it did before
    document    `fastwright openapi` prints the same document as before (with --everything: not compared)
    real        the running application's document is the same (--real; where there is an environment for it)
    again       a second run changes nothing
    undone      `fastwright fix --undo` brings back every byte

Fixes that the guard refused are counted: each is a fault of fastwright. The exit code is 1 when anything is
not as it should be, and 2 when an application could not be prepared.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import corpus

HERE = Path(__file__).resolve().parent
# Environments in which an application can be imported, by its name.
REAL = ("argilla", "dstack", "prefect")
PROBE = """
import importlib, json, sys
module, _, attribute = sys.argv[1].partition(":")
app = importlib.import_module(module)
for part in attribute.removesuffix("()").split("."):
    app = getattr(app, part)
if attribute.endswith("()"):
    app = app()
documents = {"": app.openapi()}
for route in app.routes:
    inner = getattr(route, "app", None)
    if hasattr(inner, "openapi"):
        documents[getattr(route, "path", "")] = inner.openapi()
print("<<<" + json.dumps(documents, sort_keys=True, default=str))
"""


def digests(folder: Path) -> dict[str, str]:
    """The bytes of every file, by a hash; what fastwright keeps for itself is left out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and ".fastwright_cache" not in path.parts:
            found[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def compiles(path: Path) -> bool:
    try:
        compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def run(command: list[str], timeout: float, **options) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL, **options)


def document(binary: Path, folder: Path, app: str, timeout: float) -> str:
    command = [str(binary), "openapi", str(folder), "--app", app, "--partial", "--isolated", "--no-progress"]
    return run(command, timeout).stdout


def real_document(application: corpus.Application, folder: Path, scratch: Path) -> str | None:
    """What the application itself says, imported from a folder in its environment."""
    python = corpus.ensure_environment(application.name) / "bin" / "python"
    variables = {name: value.replace("{scratch}", str(scratch)) for name, value in application.environment.items()}
    variables |= {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "HOME": str(scratch),
                  "PYTHONDONTWRITEBYTECODE": "1", "DSTACK_SERVER_DIR": str(scratch), "ARGILLA_HOME_PATH": str(scratch)}
    answer = run([str(python), "-c", PROBE, application.app], 300, env=variables, cwd=scratch)
    if "<<<" not in answer.stdout:
        print(answer.stderr[-600:], file=sys.stderr)
        return None
    return answer.stdout.split("<<<", 1)[1]


def measure(binary: Path, application: corpus.Application, arguments: argparse.Namespace) -> dict:
    original = corpus.ensure_application(application)
    result: dict = {"name": application.name, "wrong": []}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "copy"
        shutil.copytree(original, folder, symlinks=True)
        before = digests(folder)
        first = document(binary, folder, application.app, arguments.timeout)
        wants_real = arguments.real and application.name in REAL
        real = real_document(application, folder, Path(scratch)) if wants_real else None
        command = [str(binary), "fix", str(folder), "--output-format", "json", "--allow-dirty", "--isolated",
                   "--no-progress", "--config", 'profile="strict"']
        if arguments.everything:
            command.append("--contract-fixes")
        start = time.perf_counter()
        answer = run(command, arguments.timeout)
        result["seconds"] = round(time.perf_counter() - start, 1)
        if answer.returncode not in (0, 1):
            result["wrong"].append(f"fix ended with {answer.returncode}: {answer.stderr[-300:]}")
            return result
        fixed = json.loads(answer.stdout)
        result |= {"fixes": len(fixed["applied"]), "files": len(fixed["files"]), "refused": len(fixed["refused"]),
                   "rules": Counter(fix["rule"] for fix in fixed["applied"]),
                   "reasons": [f"{fix['path']}:{fix['line']}: {fix['rule']}: {'; '.join(fix['reasons'])}"
                               for fix in fixed["refused"]],
                   "available": Counter(left["needs"] for left in fixed["left"] if left["needs"])}
        after = digests(folder)
        changed = sorted(path for path in after if before.get(path) != after[path])
        if changed != sorted(path for path in fixed["files"]) and changed:
            shown = {path.split("/", 1)[-1] for path in changed}
            if len(changed) != len(fixed["files"]):
                result["wrong"].append(f"says that {len(fixed['files'])} files change; {len(changed)} did: {shown}")
        if before.keys() != after.keys():
            result["wrong"].append(f"files were made or removed: {sorted(before.keys() ^ after.keys())[:3]}")
        for path in changed:
            if path.endswith(".py") and compiles(original / path) and not compiles(folder / path):
                result["wrong"].append(f"{path} does not compile any more")
        if not arguments.everything:
            if document(binary, folder, application.app, arguments.timeout) != first:
                result["wrong"].append("the document differs")
            if wants_real:
                again = real_document(application, folder, Path(scratch)) if changed else real
                result["real"] = "not imported" if real is None else "equal" if again == real else "differs"
                if result["real"] == "differs":
                    result["wrong"].append("the running application's document differs")
        second = json.loads(run(command, arguments.timeout).stdout)
        if second["applied"] or digests(folder) != after:
            result["wrong"].append(f"a second run makes {len(second['applied'])} fixes")
        if changed:
            undone = run([str(binary), "fix", str(folder), "--undo", "--isolated"], arguments.timeout)
            if undone.returncode != 0 or digests(folder) != before:
                result["wrong"].append(f"undo does not bring everything back: {undone.stderr[-200:]}")
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=HERE.parent / "target" / "release" / "fastwright")
    parser.add_argument("--only", help="names of applications, with commas between")
    parser.add_argument("--real", action="store_true", help="import the applications before and after")
    parser.add_argument("--everything", action="store_true", help="make all fixes, not only safe ones")
    parser.add_argument("--timeout", type=float, default=1800)
    parser.add_argument("--json", type=Path, help="write all figures to a file")
    arguments = parser.parse_args()
    if not arguments.binary.is_file():
        print(f"{arguments.binary} does not exist: build it, or name it with --binary", file=sys.stderr)
        return 2
    names = arguments.only.split(",") if arguments.only else None
    results, rules = [], Counter()
    print(f"{'application':<14}{'fixes':>7}{'files':>7}{'refused':>9}{'seconds':>9}  real          wrong")
    for application in corpus.applications(names):
        try:
            result = measure(arguments.binary.resolve(), application, arguments)
        except (corpus.CorpusError, subprocess.TimeoutExpired) as error:
            print(f"{application.name:<14} could not be measured: {error}", file=sys.stderr)
            return 2
        results.append(result)
        rules.update(result.get("rules", {}))
        print(f"{result['name']:<14}{result.get('fixes', 0):>7}{result.get('files', 0):>7}{result.get('refused', 0):>9}"
              f"{result.get('seconds', 0):>9}  {result.get('real', '-'):<12}  {'; '.join(result['wrong']) or '-'}", flush=True)
        for reason in result.get("reasons", []):
            print(f"    refused: {reason[:400]}")
    print("\nby rule: " + ", ".join(f"{rule} {count}" for rule, count in rules.most_common()))
    print(f"{sum(rules.values())} fixes, {sum(result.get('refused', 0) for result in results)} refused, "
          f"{sum(len(result['wrong']) for result in results)} wrong")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))
    return 1 if any(result["wrong"] for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
