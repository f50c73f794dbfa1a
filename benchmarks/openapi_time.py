#!/usr/bin/env python3
"""Measures ``fastwright openapi`` against importing the application and calling ``app.openapi()``.

    python benchmarks/openapi_time.py --binary target/release/fastwright
    python benchmarks/openapi_time.py --only argilla --repeat 5

Measured side by side, alternating in one run, with a warm file cache and output thrown away, for the
applications whose whole environment is pinned (``guards.json`` and ``locks/``):

    python       python -c "from module import app; print(json.dumps(app.openapi()))" in that environment
    fastwright   fastwright openapi FOLDER --app LOCATOR --partial --python-env ENVIRONMENT

Each is repeated and the median counts. Limit: python takes at least 50 times the wall time and 50 times the
CPU of fastwright.

For the other applications ``recorded`` stands in for the first column: what importing them and asking took
on the machine where their documents were recorded (two cores), not measured beside. Those rows decide nothing.

The exit code is 1 when a measured application misses the limit, 2 when one could not be run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import corpus
import measure
import openapi

HERE = Path(__file__).resolve().parent
LEAST = 50.0
ASK = """
import importlib, json, sys
module, _, attribute = sys.argv.pop().partition(":")
sys.argv = ["server"]
app = importlib.import_module(module)
for part in attribute.removesuffix("()").split("."):
    app = getattr(app, part)
print(json.dumps((app() if attribute.endswith("()") else app).openapi()))
sys.stdout.flush()
import os
os._exit(0)  # threads of the application are not waited for
"""


class TimeError(Exception):
    """A measured command did not run as it should."""


@dataclass
class Result:
    """Seconds of both sides for one application."""

    name: str
    sure: bool
    python_wall: float
    python_cpu: float
    wall: float
    cpu: float
    memory: float
    recorded: bool

    @property
    def ratios(self) -> tuple[float, float]:
        return self.python_wall / max(self.wall, 1e-9), self.python_cpu / max(self.cpu, 1e-9)

    @property
    def passed(self) -> bool:
        return self.recorded or min(self.ratios) >= LEAST


def checked(cost: measure.Cost, command: list[str], finished: tuple[int, ...]) -> measure.Cost:
    if cost.timed_out or cost.code not in finished:
        what = "took too long" if cost.timed_out else f"ended with {cost.code}"
        raise TimeError(f"{what}: {' '.join(command[:6])} ...\n{cost.stderr.strip()[-600:]}")
    return cost


def with_environment() -> dict[str, dict]:
    """Applications that can be started here, with their entry of ``guards.json``."""
    entries = json.loads((HERE / "guards.json").read_text(encoding="utf-8"))
    return {entry["application"]: entry for entry in entries if "application" in entry}


def measured(args, application: corpus.Application, entry: dict) -> Result:
    folder = corpus.ensure_application(application, with_libraries=False)
    environment = corpus.ensure_environment(application.name)
    ours = [str(args.binary), "openapi", str(folder), "--app", application.app, "--partial", "--python-env", str(environment)]
    theirs = [str(environment / "bin" / "python"), "-c", ASK, application.app]
    with tempfile.TemporaryDirectory(prefix="fastwright-time-") as scratch:
        variables = {key: value.replace("{scratch}", scratch) for key, value in {**application.environment, **entry["variables"]}.items()}
        inherited = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX")}
        costs: dict[str, list[measure.Cost]] = {"ours": [], "theirs": []}
        for round_number in range(args.repeat + 1):
            for name, command, finished in (("ours", ours, (0, 3)), ("theirs", theirs, (0,))):
                cost = checked(measure.run(command, args.timeout, Path(scratch), environment={**inherited, **variables}), command, finished)
                # The round before the first one only warms the file cache, and writes byte code.
                if round_number:
                    costs[name].append(cost)
    mine, other = measure.median(costs["ours"]), measure.median(costs["theirs"])
    return Result(application.name, mine.code == 0, other.wall, other.cpu, mine.wall, mine.cpu, mine.memory, False)


def beside_recording(args, application: corpus.Application) -> Result:
    """fastwright measured here, against the seconds that were recorded elsewhere."""
    folder = corpus.ensure_application(application, with_libraries=False)
    libraries = corpus.ensure_schema_libraries(application)
    recorded = openapi.recorded(application)["recorded"]
    command = [str(args.binary), "openapi", str(folder), "--app", application.app, "--partial", "--python-env", str(libraries)]
    costs = [checked(measure.run(command, args.timeout), command, (0, 3)) for _ in range(args.repeat + 1)][1:]
    mine = measure.median(costs)
    return Result(application.name, mine.code == 0, recorded["process_seconds"], recorded["import_cpu_seconds"] + recorded["openapi_seconds"],
                  mine.wall, mine.cpu, mine.memory, True)


def show(results: list[Result]) -> None:
    width = max(len(item.name) for item in results)
    for is_recorded, title in ((False, "measured beside each other"), (True, "python as recorded on another machine, not measured beside")):
        rows = [item for item in results if item.recorded is is_recorded]
        if not rows:
            continue
        print(f"== {title}\n{'':{width}}  python wall (CPU)   fastwright wall (CPU)   ratio wall  ratio CPU   MB")
        for item in rows:
            wall, cpu = item.ratios
            pair = lambda one, two: f"{one:.2f} ({two:.2f})"  # noqa: E731
            print(f"{item.name:{width}}  {pair(item.python_wall, item.python_cpu):17}   {pair(item.wall, item.cpu):21}   {wall:10.0f}  {cpu:9.0f}  "
                  f"{item.memory:3.0f}{'' if item.passed else '  <-'}{'' if item.sure else '  (document not complete)'}")
        print()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=HERE.parent / "target" / "release" / "fastwright")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these applications")
    parser.add_argument("--measured", action="store_true", help="only those that can be measured beside each other")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="measured rounds (default 3)")
    parser.add_argument("--timeout", type=float, default=180, metavar="SECONDS", help="for one run of one command")
    parser.add_argument("--json", action="store_true", help="everything as JSON on stdout")
    args = parser.parse_args()
    if not args.binary.is_file():
        print(f"openapi_time: {args.binary} does not exist; build it (cargo build --release) or name it with --binary", file=sys.stderr)
        return 2
    if args.repeat < 1:
        parser.error("--repeat must be at least 1")
    args.binary = args.binary.resolve()
    results, failures = [], []
    environments = with_environment()
    try:
        for application in corpus.applications(args.only):
            try:
                if application.name in environments:
                    results.append(measured(args, application, environments[application.name]))
                elif not args.measured:
                    results.append(beside_recording(args, application))
            except TimeError as error:
                failures.append(f"{application.name}: {error}")
    except corpus.CorpusError as error:
        print(f"openapi_time: {error}", file=sys.stderr)
        return 2
    if args.json:
        json.dump({"version": 1, "least": LEAST, "repeat": args.repeat, "failed": failures, "applications": [
            {**asdict(item), "ratio_wall": round(item.ratios[0], 1), "ratio_cpu": round(item.ratios[1], 1), "passed": item.passed}
            for item in results]}, sys.stdout, indent=1)
        print()
    elif results:
        show(results)
        decided = [item for item in results if not item.recorded]
        print(f"{sum(item.passed for item in decided)} of {len(decided)} measured applications take python at least {LEAST:.0f} times "
              f"the wall time and the CPU")
    for text in failures:
        print(f"openapi_time: {text}", file=sys.stderr)
    if failures or not results:
        return 2
    return 0 if all(item.passed for item in results) else 1


if __name__ == "__main__":
    sys.exit(main())
