#!/usr/bin/env python3
"""Measures how much of what a review says is right, against findings that were judged by reading the code.

    python benchmarks/precision.py --binary target/release/fastwright
    python benchmarks/precision.py --unlabelled            what still has to be judged, with its place
    python benchmarks/precision.py --unlabelled --json     the same as labels to fill in
    python benchmarks/precision.py --only argilla --profile default --verbose

Each pinned application is reviewed with each profile, and each finding is looked up in
``labels/<application>.json``: by its fingerprint; where that changed, by rule, path, symbol and message; and
where the words changed, too (another route of several is told), by rule and place if nothing else is there.
A label says whether the finding is right, and why, in one sentence:

    true     the claim holds in this application, and is worth a change at that severity
    false    the claim is wrong, something that the code does makes it harmless, or the severity is absurd

Precision is the share of the right ones among those that are judged. The exit code is 1 when that of the
profile ``default`` is under 95%, or when there is more than one wrong finding of high or critical severity
for 10,000 lines of the applications, where one that nobody judged counts as wrong; and 2 when it could not be
measured, which includes that less than 90% of the findings of ``default`` are judged.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import corpus

HERE = Path(__file__).resolve().parent
LABELS = HERE / "labels"
# From the narrowest to the widest; the label of a finding names the first one that shows it.
PROFILES = ("default", "strict", "audit")
SEVERE = ("critical", "high")
LEAST_PRECISION = 95.0
LEAST_JUDGED = 90.0
MOST_SEVERE_PER_10_000_LINES = 1.0
FIELDS = ("fingerprint", "rule", "severity", "path", "line", "symbol", "route", "message", "profile", "verdict", "why")


class PrecisionError(Exception):
    """A review did not run as it should, or a label can't be read."""


@dataclass(frozen=True)
class Finding:
    """What a review says, as far as a label names it."""

    application: str
    profile: str
    fingerprint: str
    rule: str
    severity: str
    path: str
    line: int
    symbol: str | None
    route: str | None
    message: str

    @property
    def facts(self) -> tuple:
        """What finds the label again when the fingerprint changed."""
        return (self.rule, self.path, self.symbol, self.message)

    @property
    def spot(self) -> tuple:
        """What finds it when the words changed as well; the code is pinned, so lines stay."""
        return (self.rule, self.path, self.line)

    @property
    def place(self) -> str:
        return f"{self.application}: {self.path}:{self.line}: {self.severity}[{self.rule}] {self.message}"


@dataclass
class Label:
    """A judged finding."""

    fingerprint: str
    rule: str
    severity: str
    path: str
    line: int
    symbol: str | None
    route: str | None
    message: str
    profile: str
    verdict: bool
    why: str

    @property
    def facts(self) -> tuple:
        return (self.rule, self.path, self.symbol, self.message)

    @property
    def spot(self) -> tuple:
        return (self.rule, self.path, self.line)


@dataclass
class Present:
    """What the reviews of one application, or one of them, show."""

    fingerprints: set[str] = field(default_factory=set)
    at: dict[tuple, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, finding: Finding) -> None:
        self.fingerprints.add(finding.fingerprint)
        self.at[finding.spot].add(finding.fingerprint)


@dataclass
class Labels:
    """The labels of one application, and which of them were met."""

    application: str
    items: list[Label]
    met: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.by_fingerprint = {label.fingerprint: index for index, label in enumerate(self.items)}
        self.by_facts = {label.facts: index for index, label in enumerate(self.items)}
        spots = Counter(label.spot for label in self.items)
        self.by_spot = {label.spot: index for index, label in enumerate(self.items) if spots[label.spot] == 1}

    def of(self, finding: Finding, present: Present) -> Label | None:
        """The label of a finding, among all findings that are present."""
        index = self.by_fingerprint.get(finding.fingerprint)
        # A fingerprint is no proof that rule and file are still the ones that were judged.
        if index is not None and (self.items[index].rule, self.items[index].path) != (finding.rule, finding.path):
            index = None
        if index is None:
            index = self.by_facts.get(finding.facts)
            # Words find a label again whose fingerprint is gone, not that of another finding with the same words.
            if index is not None and self.items[index].fingerprint in present.fingerprints - {finding.fingerprint}:
                index = None
        if index is None and len(present.at[finding.spot]) == 1:
            index = self.by_spot.get(finding.spot)
        if index is None:
            return None
        self.met.add(index)
        return self.items[index]

    def without_finding(self, profiles: list[str]) -> list[Label]:
        """Labels that no review showed, of those that one of these profiles should show."""
        widest = max(PROFILES.index(profile) for profile in profiles)
        return [
            label for index, label in enumerate(self.items)
            if index not in self.met and PROFILES.index(label.profile) <= widest
        ]


def read_labels(path: Path) -> Labels:
    """The labels of one file; no file is no label."""
    if not path.is_file():
        return Labels(path.stem, [])
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["labels"]
        items = [Label(**entry) for entry in entries]
    except (ValueError, KeyError, TypeError) as error:
        raise PrecisionError(f"labels/{path.name} can't be read: {error}") from error
    for label in items:
        wrong = (
            "'verdict' is neither true nor false" if not isinstance(label.verdict, bool)
            else "'why' says nothing" if not str(label.why or "").strip()
            else f"'profile' is none of {', '.join(PROFILES)}" if label.profile not in PROFILES
            else None
        )
        if wrong:
            raise PrecisionError(f"labels/{path.name}: {wrong} at {label.fingerprint} ({label.path}:{label.line})")
    fingerprints = Counter(label.fingerprint for label in items)
    if twice := [fingerprint for fingerprint, count in fingerprints.items() if count > 1]:
        raise PrecisionError(f"labels/{path.name}: labelled twice: {', '.join(twice)}")
    return Labels(path.stem, items)


def text_of_labels(application: str, entries: list[dict]) -> str:
    """A label file: one label a line, in the order of the code."""
    ordered = sorted(entries, key=lambda entry: (entry["path"], entry["line"], entry["rule"], entry["fingerprint"]))
    lines = [json.dumps({name: entry[name] for name in FIELDS}, ensure_ascii=False) for entry in ordered]
    body = ",\n  ".join(lines)
    return f'{{\n "application": {json.dumps(application)},\n "labels": [\n  {body}\n ]\n}}\n'


def finding_of(entry: dict, application: corpus.Application, profile: str) -> Finding:
    location, route = entry["location"], entry["route"]
    path = location["path"]
    libraries = application.library_environment
    if libraries and path.startswith(f"{libraries}/"):
        # The place is in a library, which stands elsewhere on another machine.
        path = f"(libraries)/{Path(path).relative_to(libraries).as_posix()}"
    return Finding(
        application=application.name,
        profile=profile,
        fingerprint=entry["fingerprint"],
        rule=entry["rule"],
        severity=entry["severity"],
        path=path,
        line=location["start"]["line"],
        symbol=location.get("symbol"),
        route=f"{route['method']} {route['path']}" if route else None,
        message=entry["message"],
    )


def review(binary: Path, application: corpus.Application, profile: str) -> tuple[list[Finding], int]:
    """The findings of one application, and how many lines were read."""
    command = [str(binary), "review", "--no-cache", "--isolated", "--output-format", "json", "--profile", profile]
    if application.library_environment:
        command += ["--python-env", str(application.library_environment)]
    done = subprocess.run([*command, "."], cwd=application.folder, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise PrecisionError(f"the review of {application.name} ended with {done.returncode}: {done.stderr.strip()[-600:]}")
    try:
        document = json.loads(done.stdout)
        findings = [finding_of(entry, application, profile) for entry in document["findings"]]
        return findings, document["statistics"]["lines"]
    except (ValueError, KeyError, TypeError) as error:
        raise PrecisionError(f"the review of {application.name} is not understood: {error!r}") from error


@dataclass
class Tally:
    """What became of the findings of a rule or of a profile."""

    right: int = 0
    wrong: int = 0
    unlabelled: int = 0

    def add(self, label: Label | None) -> None:
        if label is None:
            self.unlabelled += 1
        elif label.verdict:
            self.right += 1
        else:
            self.wrong += 1

    @property
    def judged(self) -> int:
        return self.right + self.wrong

    @property
    def found(self) -> int:
        return self.judged + self.unlabelled

    @property
    def precision(self) -> float | None:
        return 100.0 * self.right / self.judged if self.judged else None

    @property
    def share_judged(self) -> float:
        return 100.0 * self.judged / self.found if self.found else 100.0

    def figures(self) -> dict:
        return {"findings": self.found, "right": self.right, "wrong": self.wrong,
                "unlabelled": self.unlabelled, "precision": self.precision}


@dataclass
class Result:
    """Everything that one run finds out."""

    profiles: dict[str, Tally] = field(default_factory=dict)
    rules: dict[str, dict[str, Tally]] = field(default_factory=dict)
    # Those of high or critical severity.
    severe: dict[str, Tally] = field(default_factory=dict)
    wrong: dict[str, list[tuple[Finding, Label]]] = field(default_factory=dict)
    unlabelled: dict[str, list[Finding]] = field(default_factory=dict)
    gone: list[tuple[str, Label]] = field(default_factory=list)
    lines: int = 0

    def severe_rate(self, profile: str) -> float:
        """Wrong severe findings for 10,000 lines, the ones that nobody judged among them."""
        severe = self.severe[profile]
        return 10_000 * (severe.wrong + severe.unlabelled) / self.lines if self.lines else 0.0


def judge(reviews: dict[str, list[list[Finding]]], labels: dict[str, Labels], lines: int) -> Result:
    """Compares the reviews, by profile, with the labels, by application."""
    result = Result(lines=lines)
    for profile, applications in reviews.items():
        present = {application: Present() for application in labels}
        for finding in (finding for findings in applications for finding in findings):
            present[finding.application].add(finding)
        total = result.profiles[profile] = Tally()
        rules: dict[str, Tally] = {}
        severe = result.severe[profile] = Tally()
        result.wrong[profile], result.unlabelled[profile] = [], []
        for finding in (finding for findings in applications for finding in findings):
            label = labels[finding.application].of(finding, present[finding.application])
            total.add(label)
            rules.setdefault(finding.rule, Tally()).add(label)
            if finding.severity in SEVERE:
                severe.add(label)
            if label is None:
                result.unlabelled[profile].append(finding)
            elif not label.verdict:
                result.wrong[profile].append((finding, label))
        result.rules[profile] = dict(sorted(rules.items(), key=lambda item: (-item[1].found, item[0])))
    for application, known in labels.items():
        result.gone += [(application, label) for label in known.without_finding(list(reviews))]
    return result


def verdict(result: Result) -> tuple[int, list[str]]:
    """The exit code, and what led to it."""
    if "default" not in result.profiles:
        return 0, []
    total, complaints = result.profiles["default"], []
    if total.precision is not None and total.precision < LEAST_PRECISION:
        complaints.append(f"default is right in {total.precision:.1f}%, under {LEAST_PRECISION:.0f}%")
    if result.severe_rate("default") > MOST_SEVERE_PER_10_000_LINES:
        complaints.append(f"{result.severe_rate('default'):.2f} wrong (or not judged) high or critical findings in 10,000 lines, "
                          f"over {MOST_SEVERE_PER_10_000_LINES:.0f}")
    if complaints:
        return 1, complaints
    if total.share_judged < LEAST_JUDGED:
        return 2, [f"only {total.share_judged:.0f}% of the findings of default are judged: --unlabelled lists the others"]
    return 0, []


def percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def table(rows: list[tuple[str, Tally]]) -> list[str]:
    width = max(len(name) for name, _ in rows)
    lines = [f"  {'':<{width}}  findings  right  wrong  unlabelled  percent"]
    for name, tally in rows:
        lines.append(f"  {name:<{width}}  {tally.found:>8}  {tally.right:>5}  {tally.wrong:>5}"
                     f"  {tally.unlabelled:>10}  {percent(tally.precision):>7}")
    return lines


def report(result: Result, verbose: bool) -> list[str]:
    """What is printed for people."""
    lines: list[str] = []
    for profile, rules in result.rules.items():
        if rules:
            lines += [f"== rules, profile {profile}", *table(list(rules.items())), ""]
    lines += ["== profiles", *table(list(result.profiles.items()))]
    for profile, severe in result.severe.items():
        lines.append(f"  {profile}: of {severe.found} high or critical {severe.wrong} wrong and {severe.unlabelled} not judged, "
                     f"in {result.lines} lines: {result.severe_rate(profile):.2f} for 10,000 (default: at most "
                     f"{MOST_SEVERE_PER_10_000_LINES:.0f})")
    shown: set[tuple[str, str]] = set()
    for profile, wrong in result.wrong.items():
        new = [(finding, label) for finding, label in wrong if (finding.application, label.fingerprint) not in shown]
        shown |= {(finding.application, label.fingerprint) for finding, label in new}
        if new and (verbose or any(finding.severity in SEVERE for finding, _ in new)):
            lines += ["", f"== wrong{', high or critical' if not verbose else ''}, profile {profile}"]
            for finding, label in new:
                if verbose or finding.severity in SEVERE:
                    lines += [f"  {finding.place}", f"    {label.why}"]
    for title, right in (("right findings that are gone", True), ("wrong findings that are gone", False)):
        gone = [(application, label) for application, label in result.gone if label.verdict is right]
        if gone:
            lines += ["", f"== labels without a finding: {title}: {len(gone)}"]
            if right or verbose:
                lines += [f"  {application}: {label.path}:{label.line}: {label.severity}[{label.rule}] {label.message}"
                          for application, label in gone]
    for profile, unlabelled in result.unlabelled.items():
        if unlabelled and (profile == "default" or verbose):
            lines += ["", f"== findings without a label, profile {profile}: {len(unlabelled)}"]
            lines += [f"  {finding.place}" for finding in unlabelled]
    return lines


def to_be_judged(result: Result) -> list[Finding]:
    """Findings without a label, each once, with the narrowest profile that shows it."""
    seen: dict[tuple[str, str], Finding] = {}
    for findings in result.unlabelled.values():
        for finding in findings:
            seen.setdefault((finding.application, finding.fingerprint), finding)
    return list(seen.values())


def skeleton(finding: Finding) -> dict:
    """The label of a finding, with verdict and reason to fill in."""
    entry = {name: getattr(finding, name) for name in FIELDS if hasattr(finding, name)}
    return {**entry, "verdict": None, "why": ""}


def figures(result: Result, code: int, complaints: list[str]) -> dict:
    return {
        "passed": code == 0,
        "complaints": complaints,
        "lines": result.lines,
        "profiles": {
            profile: {
                **tally.figures(),
                "severe_wrong": result.severe[profile].wrong,
                "severe_unlabelled": result.severe[profile].unlabelled,
                "severe_wrong_per_10_000_lines": result.severe_rate(profile),
                "rules": {name: counts.figures() for name, counts in result.rules[profile].items()},
            }
            for profile, tally in result.profiles.items()
        },
        "wrong": {profile: [{"place": finding.place, "why": label.why} for finding, label in wrong]
                  for profile, wrong in result.wrong.items()},
        "gone": [{"application": application, "fingerprint": label.fingerprint, "rule": label.rule, "path": label.path,
                  "line": label.line, "verdict": label.verdict} for application, label in result.gone],
        "unlabelled": {profile: [finding.place for finding in findings]
                       for profile, findings in result.unlabelled.items()},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=Path("target/release/fastwright"))
    parser.add_argument("--only", nargs="+", metavar="NAME", help="applications; default all")
    parser.add_argument("--profile", nargs="+", choices=PROFILES, default=list(PROFILES), help="default all three")
    parser.add_argument("--labels", type=Path, default=LABELS, help="the folder of the labels")
    parser.add_argument("--unlabelled", action="store_true", help="print the findings that nobody judged, and nothing else")
    parser.add_argument("--verbose", action="store_true", help="also every wrong finding, and all without a label")
    parser.add_argument("--json", action="store_true", help="all figures for a program")
    arguments = parser.parse_args()
    if not arguments.binary.exists():
        print(f"precision: {arguments.binary} does not exist: cargo build --release", file=sys.stderr)
        return 2
    binary = arguments.binary.resolve()
    profiles = [profile for profile in PROFILES if profile in arguments.profile]
    try:
        applications = corpus.applications(arguments.only)
        labels = {item.name: read_labels(arguments.labels / f"{item.name}.json") for item in applications}
        for application in applications:
            corpus.ensure_application(application)
        reviews: dict[str, list[list[Finding]]] = {}
        lines = 0
        with ThreadPoolExecutor(max_workers=2) as pool:
            for profile in profiles:
                done = list(pool.map(lambda item: review(binary, item, profile), applications))
                reviews[profile] = [findings for findings, _ in done]
                lines = sum(count for _, count in done)
    except (PrecisionError, corpus.CorpusError) as error:
        print(f"precision: {error}", file=sys.stderr)
        return 2
    result = judge(reviews, labels, lines)
    if arguments.unlabelled:
        findings = to_be_judged(result)
        if arguments.json:
            by_application = {name: [skeleton(item) for item in findings if item.application == name] for name in labels}
            print(json.dumps({name: entries for name, entries in by_application.items() if entries}, indent=1,
                             ensure_ascii=False))
        else:
            print("\n".join(f"{finding.place} ({finding.profile})" for finding in findings) or "every finding has a label")
        return 0
    code, complaints = verdict(result)
    if arguments.json:
        print(json.dumps(figures(result, code, complaints), indent=1, ensure_ascii=False))
    else:
        print("\n".join(report(result, arguments.verbose)))
        print()
        print("\n".join(complaints) if complaints else "precision holds")
    return code


if __name__ == "__main__":
    sys.exit(main())
