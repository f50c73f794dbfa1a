#!/usr/bin/env python3
"""Compares the review of FastAPI's own example of a larger application with the one that was read and
found right, so that a change of it is seen.

    python benchmarks/review_snapshot.py --binary target/release/fastwright
    python benchmarks/review_snapshot.py --binary target/release/fastwright --update

``docs_src/bigger_applications`` comes from FastAPI's source distribution (``corpus.py``). It is well-kept:
its review says what the service does, and finds nothing. The exit code is 1 when the text differs and 2
when there is nothing to compare.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import subprocess
import sys
from pathlib import Path

import corpus

SNAPSHOT = Path(__file__).parent / "snapshots" / "bigger_applications.txt"


def review(binary: Path) -> str:
    corpus.ensure_fastapi()
    folder = corpus.documentation_folder() / "docs_src" / "bigger_applications"
    done = subprocess.run(
        [str(binary.resolve()), "review", "--no-cache", "--isolated", "."],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
    )
    if done.returncode not in (0, 1):
        sys.exit(f"review_snapshot: the review ended with {done.returncode}: {done.stderr.strip()}")
    return re.sub(r" in \d+ ms", " in [time]", done.stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--binary", type=Path, default=Path("target/release/fastwright"))
    parser.add_argument("--update", action="store_true", help="take the review as it is now for the right one")
    arguments = parser.parse_args()
    if not arguments.binary.exists():
        print(f"review_snapshot: {arguments.binary} does not exist: cargo build --release", file=sys.stderr)
        return 2
    text = review(arguments.binary)
    if arguments.update:
        SNAPSHOT.parent.mkdir(exist_ok=True)
        SNAPSHOT.write_text(text, encoding="utf-8")
        return 0
    if not SNAPSHOT.exists():
        print("review_snapshot: there is no snapshot yet: --update makes it", file=sys.stderr)
        return 2
    before = SNAPSHOT.read_text(encoding="utf-8")
    difference = list(difflib.unified_diff(before.splitlines(), text.splitlines(), "snapshot", "review", lineterm=""))
    print("\n".join(difference) if difference else "the review of bigger_applications is the one that was read")
    return 1 if difference else 0


if __name__ == "__main__":
    raise SystemExit(main())
