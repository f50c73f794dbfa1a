"""Runs a command and says what it cost: wall time, processor time, peak memory."""

from __future__ import annotations

import os
import signal
import statistics
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What one run of one command took. Times in seconds, memory in MB (10^6 bytes)."""

    code: int  # exit code; negative: ended by that signal
    wall: float
    cpu: float  # user and system time of the process and its waited-for children
    memory: float  # peak resident set
    timed_out: bool
    stderr: str  # at most its last 20,000 characters


def run(command: list[str], timeout: float, folder: Path | None = None, stdout: int | None = None,
        environment: dict[str, str] | None = None) -> Cost:
    """Runs a command with its output thrown away, or written to the open file ``stdout``.

    The process is waited for with ``wait4``, which gives exactly this child's usage: nothing of other
    children, and nothing of this interpreter, gets into the figures.
    """
    with tempfile.TemporaryFile() as errors:
        null = os.open(os.devnull, os.O_RDWR)
        actions = [
            (os.POSIX_SPAWN_DUP2, null, 0),
            (os.POSIX_SPAWN_DUP2, null if stdout is None else stdout, 1),
            (os.POSIX_SPAWN_DUP2, errors.fileno(), 2),
        ]
        previous = os.getcwd()
        if folder is not None:
            os.chdir(folder)
        started = time.perf_counter()
        try:
            child = os.posix_spawnp(command[0], command, os.environ if environment is None else environment,
                                    file_actions=actions, setpgroup=0)
        finally:
            os.chdir(previous)
            os.close(null)
        fired = threading.Event()

        def stop() -> None:
            fired.set()
            try:
                os.killpg(child, signal.SIGKILL)
            except ProcessLookupError:
                pass

        timer = threading.Timer(timeout, stop)
        timer.start()
        try:
            _, status, usage = os.wait4(child, 0)
        except BaseException:
            stop()
            raise
        finally:
            timer.cancel()
        wall = time.perf_counter() - started
        size = errors.seek(0, os.SEEK_END)
        errors.seek(max(0, size - 20_000))
        told = errors.read().decode(errors="replace")
    # Linux counts ru_maxrss in KiB, macOS in bytes.
    unit = 1 if os.uname().sysname == "Darwin" else 1024
    return Cost(os.waitstatus_to_exitcode(status), wall, usage.ru_utime + usage.ru_stime,
                usage.ru_maxrss * unit / 1e6, fired.is_set(), told)


def median(costs: list[Cost]) -> Cost:
    """Median times and highest memory of several runs of one command."""
    return Cost(
        costs[-1].code, statistics.median(c.wall for c in costs), statistics.median(c.cpu for c in costs),
        max(c.memory for c in costs), any(c.timed_out for c in costs), costs[-1].stderr,
    )
