#!/usr/bin/env python3
"""Compares who may call each route, as fastwright says, with what the running application does.

    python benchmarks/guards.py --binary target/release/fastwright
    python benchmarks/guards.py --only bookshop --verbose

The example and two published applications (``guards.json``) are started for real, in an environment with
pinned versions, and each of their HTTP routes is called without credentials, with plausible parameters.

    refused    401 or 403: before the handler ran, or from a check that stands in the handler
    answered   2xx, 3xx, 400, 404, 405, 409 ...; also 401 or 403 from the handler of a route whose input
               are credentials (signing in): it refuses what it was given, not the caller
    undecided  422: validation came first, and a valid request could not be made up
    silent     5xx, a crash, or no answer in time

``required`` has to be refused, ``optional`` and ``public`` have to be answered; routes that are undecided or
silent decide nothing. A route that fastwright does not list makes no claim, and counts as a disagreement
when it answers. The exit code is 1 on a disagreement and 2 when an application could not be started.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import corpus
import routes

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
START_SECONDS = 180


class GuardsError(Exception):
    """An application could not be prepared or started."""


@dataclass(frozen=True)
class Subject:
    """One application to start: where its source is, with which interpreter, and how."""

    name: str
    folder: Path
    app: str
    python: Path
    variables: dict[str, str]
    prepare: list[list[str]]
    lifespan: bool


@dataclass(frozen=True)
class Answer:
    """What one route did without credentials."""

    method: str
    path: str
    status: int | None
    entered: bool
    credentials: bool
    detail: str

    @property
    def kind(self) -> str:
        if self.status is None or self.status >= 500:
            return "silent"
        if self.status in (401, 403):
            return "answered" if self.entered and self.credentials else "refused"
        if self.status in (301, 302, 303, 307, 308) and any(word in self.detail.lower() for word in ("login", "signin", "sign-in")):
            return "refused"
        if self.status == 422 and not self.entered:
            return "undecided"
        return "answered"


def subjects(names: list[str] | None) -> list[Subject]:
    """The subjects of ``guards.json``, with their environments made where they are missing."""
    made = []
    entries = json.loads((HERE / "guards.json").read_text(encoding="utf-8"))
    unknown = set(names or []) - {entry["name"] for entry in entries}
    if unknown:
        raise GuardsError(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(e['name'] for e in entries)}")
    for entry in entries:
        if names and entry["name"] not in names:
            continue
        if "application" in entry:
            application = corpus.applications([entry["application"]])[0]
            folder, app = corpus.ensure_application(application), application.app
            environment = corpus.ensure_environment(entry["application"])
        else:
            folder, app = ROOT / entry["folder"], entry["app"]
            done = subprocess.run([ROOT / "test", "environment"], capture_output=True, text=True)
            if done.returncode:
                raise GuardsError(f"the environment of {entry['name']} can't be made:\n{done.stderr[-2000:]}")
            environment = ROOT / done.stdout.split()[-1]
        made.append(Subject(entry["name"], folder, app, environment / "bin" / "python", entry["variables"],
                            entry["prepare"], entry["lifespan"]))
    return made


def read_lines(stream, into: queue.Queue) -> None:
    with stream:
        for line in stream:
            into.put(json.loads(line))
    into.put(None)


def call_all(subject: Subject, scratch: Path, timeout: float) -> list[Answer]:
    """Starts the application, again after each route that takes it down or does not answer in time."""
    filled = lambda text: text.replace("{scratch}", str(scratch)).replace("{folder}", str(subject.folder))  # noqa: E731
    environment = {
        **{key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")},
        **{key: filled(value) for key, value in subject.variables.items()}, "PYTHONHASHSEED": "0",
    }
    for command in subject.prepare:
        done = subprocess.run([subject.python, *map(filled, command)], cwd=scratch, env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace")
        if done.returncode:
            raise GuardsError(f"{subject.name} can't be prepared:\n{(done.stdout + done.stderr)[-2000:]}")
    answers: dict[int, dict] = {}
    planned: list[list[str]] | None = None
    position = 0
    while planned is None or position < len(planned):
        reading, writing = os.pipe()
        with tempfile.TemporaryFile() as told:
            process = subprocess.Popen(
                # The pipe becomes descriptor 3: the application may print whatever it likes.
                ["/bin/sh", "-c", f'exec "$0" "$@" 3>&{writing}', subject.python, HERE / "guards_probe.py", subject.app,
                 "lifespan" if subject.lifespan else "-", str(position)],
                cwd=scratch, env=environment, stdin=subprocess.DEVNULL, stdout=told, stderr=told, pass_fds=[writing],
                start_new_session=True)
            os.close(writing)
            lines: queue.Queue = queue.Queue()
            threading.Thread(target=read_lines, args=(os.fdopen(reading), lines), daemon=True).start()
            started = False
            reason = "the application ended"
            while True:
                try:
                    line = lines.get(timeout=timeout if started else START_SECONDS)
                except queue.Empty:
                    reason = f"no answer within {timeout:.0f} s"
                    break
                if line is None:
                    break
                if "routes" in line:
                    planned = line["routes"]
                elif "starting" in line:
                    started, position = True, line["starting"]
                else:
                    answers[line["index"]] = line
                    position = line["index"] + 1
            try:
                os.killpg(process.pid, 9)
            except ProcessLookupError:
                pass
            process.wait()
            if planned is None or not started and position < len(planned):
                told.seek(0)
                raise GuardsError(f"{subject.name} does not start ({reason}):\n{told.read().decode(errors='replace')[-2000:]}")
        if position < len(planned):
            answers[position] = {"status": None, "entered": False, "credentials": False, "detail": reason}
            position += 1
    return [
        Answer(method, path, a["status"], a["entered"], a["credentials"], a["detail"])
        for (method, path), a in ((planned[index], answers[index]) for index in sorted(answers))
    ]


def claims(binary: Path, subject: Subject, timeout: float) -> dict[tuple[str, str], dict]:
    """Each listed route with its JSON; where one is listed twice, the one that stands without a condition."""
    document, _ = routes.run_binary(binary, subject.folder, subject.app, None, timeout)
    listed = routes.pick(document, subject.app) or (document["apps"][0] if len(document["apps"]) == 1 else None)
    if listed is None:
        raise routes.CandidateError(f"{subject.app} is not among the apps of {subject.folder}")
    found: dict[tuple[str, str], dict] = {}
    for route in sorted(listed["routes"], key=lambda item: bool(item.get("conditional"))):
        for method in route.get("methods") or []:
            found.setdefault((method, route["path"]), route)
    return found


def agrees(claim: str | None, answer: Answer) -> bool | None:
    """Whether a claim holds; None where the route's answer decides nothing."""
    if answer.kind in ("undecided", "silent"):
        return None
    if claim is None:
        return False
    return (claim == "required") == (answer.kind == "refused")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=ROOT / "target" / "release" / "fastwright")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these applications")
    parser.add_argument("--verbose", action="store_true", help="every route, not only the disagreements")
    parser.add_argument("--observe", action="store_true", help="only show what the applications do; needs no binary")
    parser.add_argument("--json", action="store_true", help="everything as JSON on stdout")
    parser.add_argument("--timeout", type=float, default=20, metavar="SECONDS", help="for one route (default 20)")
    args = parser.parse_args()
    if not args.observe and not args.binary.is_file():
        print(f"guards: {args.binary} does not exist; build it (cargo build --release) or name it with --binary", file=sys.stderr)
        return 2
    report, broken = [], []
    try:
        chosen = subjects(args.only)
    except (GuardsError, corpus.CorpusError) as error:
        print(f"guards: {error}", file=sys.stderr)
        return 2
    for subject in chosen:
        try:
            with tempfile.TemporaryDirectory(prefix="fastwright-guards-") as scratch:
                answers = call_all(subject, Path(scratch), args.timeout)
            listed = {} if args.observe else claims(args.binary.resolve(), subject, 120)
        except (GuardsError, routes.CandidateError) as error:
            broken.append(f"{subject.name}: {error}")
            continue
        rows = []
        for answer in answers:
            route = listed.get((answer.method, answer.path))
            guard = (route or {}).get("guard") or {}
            rows.append({
                "method": answer.method, "path": answer.path, "status": answer.status, "observed": answer.kind,
                "entered": answer.entered, "claimed": guard.get("kind"), "by": guard.get("by", []),
                "agrees": None if args.observe else agrees(guard.get("kind"), answer),
                "location": routes.where((route or {}).get("location")), "detail": answer.detail,
            })
        report.append({"name": subject.name, "routes": rows})
        if not args.json:
            show(subject.name, rows, args.verbose or args.observe, args.observe)
    if args.json:
        json.dump({"version": 1, "broken": broken, "applications": report}, sys.stdout, indent=1)
        print()
    for text in broken:
        print(f"guards: {text}", file=sys.stderr)
    if broken or not report:
        return 2
    return 1 if any(row["agrees"] is False for item in report for row in item["routes"]) else 0


def show(name: str, rows: list[dict], everything: bool, observe: bool) -> None:
    kinds = Counter(row["observed"] for row in rows)
    shown = [row for row in rows if everything or row["agrees"] is False]
    print(f"== {name}: {len(rows)} routes called without credentials: {kinds['refused']} refused, {kinds['answered']} answered, "
          f"{kinds['undecided']} undecided, {kinds['silent']} silent")
    for row in shown:
        claim = "" if observe else f"claimed {row['claimed'] or 'nothing (not listed)'}"
        mark = {True: "  ", False: "<-", None: "? "}[row["agrees"]] if not observe else ""
        inside = " in the handler" if row["observed"] != "silent" and row["status"] in (401, 403) and row["entered"] else ""
        print(f"  {mark} {row['method']:7} {row['path']}  {row['status'] or '-'} {row['observed']}{inside}; {claim}"
              f"{' by ' + ', '.join(row['by']) if row['by'] else ''} {row['location']}".rstrip("; "))
        if everything and row["observed"] in ("undecided", "silent"):
            print(f"       {' '.join(row['detail'].split())[:160]}")
    if not observe:
        judged = [row for row in rows if row["agrees"] is not None]
        agreed = sum(row["agrees"] for row in judged)
        print(f"  {agreed} of {len(judged)} claims agree ({100 * agreed / len(judged) if judged else 100:.1f}%)\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
