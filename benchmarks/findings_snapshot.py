#!/usr/bin/env python3
"""Compares what reviews of the pinned applications find with the committed snapshot, so that a change of a
rule shows everything that it changes.

    python benchmarks/findings_snapshot.py --binary target/release/fastwright
    python benchmarks/findings_snapshot.py --binary target/release/fastwright --update
    python benchmarks/findings_snapshot.py --only argilla

Each application of ``applications.json`` is reviewed with each profile. ``snapshots/findings.json`` keeps, for
each of them, how many findings each rule has, and for ``default`` one line a finding: rule, severity, file and
symbol, route. Lines of code are left out, so that it only changes when findings do. The exit code is 1 when
something differs and 2 when there is nothing to compare.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import corpus
import precision

SNAPSHOT = Path(__file__).resolve().parent / "snapshots" / "findings.json"


def line_of(finding: precision.Finding) -> str:
    """A finding in one line, without anything that moves when code above it does."""
    place = finding.path + (f":{finding.symbol}" if finding.symbol else "")
    route = f"  {finding.route}" if finding.route else ""
    return f"{finding.severity}[{finding.rule}] {place}{route}"


def snapshot_of(reviews: dict[str, list[precision.Finding]]) -> dict:
    """The snapshot of one application, from its findings by profile."""
    return {
        "counts": {
            profile: dict(sorted(Counter(finding.rule for finding in findings).items()))
            for profile, findings in reviews.items()
        },
        "default": sorted(line_of(finding) for finding in reviews.get("default", [])),
    }


def differences(name: str, before: dict | None, after: dict) -> list[str]:
    """What changed for one application, in lines for people; empty when nothing did."""
    if before is None:
        return [f"{name}: not in the snapshot yet"]
    found = []
    for profile in precision.PROFILES:
        old, new = before["counts"].get(profile, {}), after["counts"].get(profile, {})
        for rule in sorted(old.keys() | new.keys()):
            if old.get(rule, 0) != new.get(rule, 0):
                found.append(f"{name}: {profile}: {rule}: {old.get(rule, 0)} -> {new.get(rule, 0)}")
    old_lines, new_lines = Counter(before["default"]), Counter(after["default"])
    for sign, lines in (("-", old_lines - new_lines), ("+", new_lines - old_lines)):
        found += [f"{name}: {sign} {line}" for line in sorted(lines.elements())]
    return found


def text_of(snapshots: dict[str, dict]) -> str:
    """The file: sorted, one line for each fact."""
    return json.dumps(dict(sorted(snapshots.items())), indent=1, ensure_ascii=False) + "\n"


def take(binary: Path, application: corpus.Application) -> dict:
    return snapshot_of({
        profile: precision.review(binary, application, profile)[0] for profile in precision.PROFILES
    })


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--binary", type=Path, default=Path("target/release/fastwright"))
    parser.add_argument("--only", action="append", help="only this application; may be given several times")
    parser.add_argument("--update", action="store_true", help="take the findings as they are now for the right ones")
    parser.add_argument("--snapshot", type=Path, default=SNAPSHOT)
    arguments = parser.parse_args()
    if not arguments.binary.exists():
        print(f"findings_snapshot: {arguments.binary} does not exist: cargo build --release", file=sys.stderr)
        return 2
    applications = corpus.applications(arguments.only)
    for application in applications:
        corpus.ensure_application(application)
    binary = arguments.binary.resolve()
    with ThreadPoolExecutor(max_workers=2) as pool:
        taken = list(pool.map(lambda application: take(binary, application), applications))
    now = {application.name: snapshot for application, snapshot in zip(applications, taken)}
    known = json.loads(arguments.snapshot.read_text(encoding="utf-8")) if arguments.snapshot.exists() else {}
    if arguments.update:
        kept = known if arguments.only else {}
        arguments.snapshot.parent.mkdir(parents=True, exist_ok=True)
        arguments.snapshot.write_text(text_of(kept | now), encoding="utf-8")
        return 0
    if not known:
        print("findings_snapshot: there is no snapshot yet: --update makes it", file=sys.stderr)
        return 2
    changed = [line for name, snapshot in now.items() for line in differences(name, known.get(name), snapshot)]
    if not arguments.only:
        changed += [f"{name}: no longer reviewed" for name in sorted(known.keys() - now.keys())]
    totals = {profile: sum(sum(snapshot["counts"][profile].values()) for snapshot in now.values())
              for profile in precision.PROFILES}
    print("\n".join(changed) if changed else "the findings are those of the snapshot")
    print(f"{len(now)} applications: " + ", ".join(f"{count} findings in {profile}" for profile, count in totals.items()))
    return 1 if changed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (corpus.CorpusError, precision.PrecisionError) as error:
        print(f"findings_snapshot: {error}", file=sys.stderr)
        sys.exit(2)
