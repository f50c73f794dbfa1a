#!/usr/bin/env python3
"""Kills `fastwright fix` at random points and looks at the files.

    python benchmarks/fix_kills.py --binary target/release/fastwright --kills 300

A project with many files to fix is made, and fixed again and again by a process that is killed (SIGKILL) after a
random time: a third of the kills anywhere, a third from when it begins its journal, a third from when the journal is
complete and files change. After each kill every file must have its old or its new bytes. Then `fix --undo` and `fix --finish` in turn must bring all files to
one side, and nothing may be left lying about. The exit code is 1 when anything is not so.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
FILES = 60
MODULE = """import time

from fastapi import APIRouter

router = APIRouter()


@router.get("/part{number}/now")
async def now{number}() -> float:
    time.sleep(1)  # {filler}
    return time.time()
"""


def make(folder: Path) -> None:
    package = folder / "shop"
    package.mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[project]\nname = "shop"\nversion = "1"\n')
    (package / "__init__.py").write_text("")
    lines = ["from fastapi import FastAPI\n"]
    for number in range(FILES):
        (package / f"part{number}.py").write_text(MODULE.format(number=number, filler="x" * 60 * (number % 7)))
        lines.append(f"from shop.part{number} import router as router{number}\n")
    lines.append("\napp = FastAPI()\n")
    lines += [f"app.include_router(router{number})\n" for number in range(FILES)]
    (package / "main.py").write_text("".join(lines))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file() and ".fastwright_cache" not in path.parts}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=HERE.parent / "target" / "release" / "fastwright")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    binary = arguments.binary.resolve()
    if not binary.is_file():
        print(f"{binary} does not exist: build it, or name it with --binary", file=sys.stderr)
        return 2
    chance = random.Random(arguments.seed)
    states, wrong = Counter(), []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "project"
        make(folder)
        command = [str(binary), "fix", str(folder), "--allow-dirty", "--no-progress", "--isolated"]
        old = contents(folder)
        start = time.perf_counter()
        subprocess.run(command, capture_output=True, check=False)
        whole = time.perf_counter() - start
        new = contents(folder)
        if sum(old[path] != new[path] for path in old) != FILES:
            print("the project is not fixed as expected", file=sys.stderr)
            return 2
        journals = folder / ".fastwright_cache" / "fixes"
        for number in range(arguments.kills):
            shutil.rmtree(folder)
            for path, data in old.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(data)
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if number % 3 == 0:
                time.sleep(chance.uniform(0, whole * 1.05))
            else:
                # When it prepares the journal, and when it changes files.
                sign = journals if number % 3 == 1 else journals / "000001" / "journal.json"
                while process.poll() is None and not sign.exists():
                    time.sleep(0.0005)
                time.sleep(chance.uniform(0, whole / 4))
            process.send_signal(signal.SIGKILL)
            process.wait()
            found = contents(folder)
            temporary = {path for path in found if ".fastwright-" in path}
            torn = [path for path in old if found.get(path) not in (old[path], new[path])]
            if torn or found.keys() - temporary != old.keys():
                wrong.append(f"kill {number}: {torn or found.keys() ^ old.keys()}")
            written = sum(found.get(path) == new[path] != old[path] for path in old)
            started = any(path.is_file() for path in journals.glob("*/journal.json"))
            finished = any(path.is_file() for path in journals.glob("*/applied"))
            state = "not begun" if not started else "done" if finished else "in the middle"
            states[state] += 1
            if written and not started:
                wrong.append(f"kill {number}: {written} files are written without a journal")
            if not started:
                continue
            if state == "in the middle":
                # A new fix does not start on top of it.
                again = subprocess.run(command, capture_output=True, text=True, check=False)
                if again.returncode != 2 or "--undo" not in again.stderr:
                    wrong.append(f"kill {number}: the next fix does not notice: {again.returncode} {again.stderr[-200:]}")
            way = "--finish" if state == "in the middle" and number % 2 else "--undo"
            resumed = subprocess.run([str(binary), "fix", str(folder), way, "--isolated"], capture_output=True, text=True,
                                     check=False)
            if resumed.returncode != 0 or contents(folder) != (new if way == "--finish" else old):
                wrong.append(f"kill {number}: {way} ends with {resumed.returncode}: {resumed.stderr[-200:]}")
    print(f"{arguments.kills} kills: " + ", ".join(f"{count} {state}" for state, count in sorted(states.items())))
    for line in wrong[:20]:
        print(line)
    print(f"{len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
