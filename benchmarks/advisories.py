#!/usr/bin/env python3
"""Measures recall on published security advisories: is the fault found in the vulnerable version, and is
fastwright silent there once it was repaired?

    python benchmarks/advisories.py --binary target/release/fastwright
    python benchmarks/advisories.py --binary target/release/fastwright --case OW-08 --show

Each case of ``advisories.json`` names an application, its last vulnerable and its first repaired version, the
function at fault and the CWE of the advisory. Both versions come from the package index (wheels, unpacked, never
installed or run) and are reviewed with ``--profile audit``. A case is *found* when a finding of the vulnerable
version stands at the labelled function and names a CWE of the same family; it is *silent* when the repaired
version has no such finding at the function of the repair. A row is printed for each case, and the totals with
the limits that the exit code goes by: at least 60% found, at least 90% of those silent.

CWE numbers of one family describe the same fault from different distances (862 is missing authorization, 639
the special case of an id that the client chooses); the families stand in ``FAMILIES``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import corpus

HERE = Path(__file__).resolve().parent

# The least share of cases that is found, and of the found that is silent after the repair.
LEAST_FOUND, LEAST_SILENT = 0.60, 0.90

FAMILIES = [
    {284, 285, 287, 306, 346, 425, 639, 566, 862, 863, 1220},  # who may do what
    {22, 23, 24, 35, 36, 73, 98, 434},  # files outside of where they belong
    {918, 441},  # requests on behalf of a client
    {79, 80, 83, 87, 116, 692},  # script in answers
    {200, 201, 209, 212, 213, 312, 359, 497, 522, 532, 538, 598},  # what others must not see
    {346, 350, 942, 1385, 290},  # which origin, which host
    {352, 1275, 384},  # requests that a page of somebody else makes a browser send
    {77, 78, 88, 94, 95, 96, 502, 913, 1336, 89, 90, 564, 943},  # text that becomes code
    {620, 640, 521, 798, 257, 256, 916, 327, 347, 613},  # credentials
    {1021, 693, 644},  # headers that protect pages
    {601}, {400, 770, 1333, 409, 789}, {362, 367},
]


@dataclass(frozen=True)
class Version:
    """One published version of a package."""

    package: str
    version: str

    @property
    def folder(self) -> Path:
        return corpus.cache() / "advisories" / f"{self.package}-{self.version}"

    def ensure(self) -> Path:
        """Downloads and unpacks its Python files, unless they are there."""
        if self.folder.is_dir() and any(self.folder.iterdir()):
            return self.folder
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        requirement = f"{self.package}=={self.version}"
        for python in ("3.12", "3.11", "3.9"):
            try:
                archive = corpus.download(requirement, python, False, self.folder.parent)
                break
            except corpus.CorpusError as error:
                failed = error
        else:
            raise failed
        corpus.progress(f"unpacking {requirement}")
        scratch = self.folder.with_suffix(".partial")
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(scratch, [name for name in wheel.namelist() if name.endswith(".py") and corpus.safe_path(name)])
        scratch.rename(self.folder)
        archive.unlink()
        return self.folder


def family(numbers: list[int]) -> set[int]:
    """All CWE numbers that describe the same kind of fault as one of some."""
    together = set(numbers)
    for known in FAMILIES:
        if known & set(numbers):
            together |= known
    return together


def review(binary: Path, folder: Path) -> list[dict]:
    """The findings of a review with the audit profile, without a cache."""
    done = subprocess.run(
        [str(binary), "review", "--isolated", "--no-cache", "--profile", "audit", "--output-format", "json", str(folder)],
        capture_output=True,
    )
    if done.returncode == 3:
        return []  # no application: nothing was found
    if done.returncode not in (0, 1):
        raise SystemExit(f"advisories: the review of {folder.name} ended with {done.returncode}: {done.stderr.decode()[-500:]}")
    return json.loads(done.stdout)["findings"]


def at(findings: list[dict], file: str, span: list[int], numbers: list[int]) -> list[dict]:
    """The findings whose place is in a function, with a CWE of the family."""
    wanted = family(numbers)

    def stands_there(finding: dict) -> bool:
        place = finding["location"]
        return place["path"].endswith(file) and span[0] <= place["start"]["line"] <= span[1]

    return [finding for finding in findings if wanted & set(finding["cwe"]) and stands_there(finding)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--binary", type=Path, default=Path("target/release/fastwright"))
    parser.add_argument("--case", action="append", help="only this case; may be given several times")
    parser.add_argument("--cases", type=Path, default=HERE / "advisories.json")
    parser.add_argument("--show", action="store_true", help="also print the findings")
    arguments = parser.parse_args()
    binary = arguments.binary.resolve()
    if not binary.exists():
        print(f"advisories: {arguments.binary} does not exist: cargo build --release", file=sys.stderr)
        return 2
    cases = [case for case in json.loads(arguments.cases.read_text(encoding="utf-8"))
             if not arguments.case or case["id"] in arguments.case]
    reviews: dict[Version, list[dict]] = {}

    def findings(package: str, version: str) -> list[dict]:
        key = Version(package, version)
        if key not in reviews:
            reviews[key] = review(binary, key.ensure())
        return reviews[key]

    found = silent = 0
    for case in cases:
        numbers = [int(case["cwe"].removeprefix("CWE-"))]
        before = at(findings(case["package"], case["vulnerable_version"]), case["file"], case["function_span"], numbers)
        after = []
        if not case["fixed_by_removal"]:
            after = at(findings(case["package"], case["fixed_version"]), case["fixed_file"], case["fixed_span"], numbers)
        # A repaired function may have another fault of the same kind, told by another rule.
        rules = {finding["rule"] for finding in before}
        after = [finding for finding in after if finding["rule"] in rules]
        found += bool(before)
        silent += bool(before) and not after
        verdict = ("found, silent after" if not after else "found, STILL THERE") if before else "-"
        print(f"{case['id']}  {case['cwe']:9} {case['package']:20} {case['function'][:44]:44} {verdict:20} {', '.join(sorted(rules))}")
        if arguments.show:
            for name, some in (("before", before), ("after", after)):
                for finding in some:
                    print(f"    {name}: {finding['location']['path']}:{finding['location']['start']['line']} {finding['rule']}: {finding['message']}")
    share, quiet = found / max(len(cases), 1), silent / max(found, 1)
    print(f"found {found} of {len(cases)} ({share:.0%}, at least {LEAST_FOUND:.0%}); "
          f"silent after the repair {silent} of {found} ({quiet:.0%}, at least {LEAST_SILENT:.0%})")
    return int(share < LEAST_FOUND or quiet < LEAST_SILENT)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except corpus.CorpusError as error:
        print(f"advisories: {error}", file=sys.stderr)
        sys.exit(2)
