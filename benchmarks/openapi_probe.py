"""Imports modules with the real FastAPI and writes what their applications answer. Run by ``openapi_truth.py``.

    python openapi_probe.py REQUEST.json ANSWERS.jsonl

It runs with the interpreter of an environment that has FastAPI, so it imports nothing of the other scripts.
REQUEST is ``{"roots", "modules", "directory", "seconds", "workers"}``. FastAPI is imported once; each module is
then imported in a fork of its own, by its dotted name, so that no module sees what another one changed
(tables of SQLModel share one registry, for instance), and a module that crashes or hangs takes nothing with
it. One line of ANSWERS for each module:

    {"module", "error": null or "Type: message",
     "apps": [{"attribute", "aliases", "owner", "openapi", "error", "repeats",
               "mounted": [{"mount", "openapi", "error", "repeats"}]}]}

``owner`` is the module whose import made the app: another one where the app is merely imported. ``repeats``
tells that two operations of one path share an operationId: FastAPI takes the method in it from a set, so
the document depends on the hash seed. Key order is the application's.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import json
import os
import select
import signal
import sys
import time
import types
import warnings
from pathlib import Path

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# Modules whose top level was running when an app was made, innermost first; by the app's id.
makers: dict[int, list[str]] = {}
kept: list[object] = []


def note_makers(application_class: type) -> None:
    """Lets each app remember which modules were being imported when it was made."""
    original = application_class.__init__

    @functools.wraps(original)
    def noting(self, *args, **kwargs):
        if id(self) not in makers:
            kept.append(self)
            modules, frame = [], sys._getframe(1)
            while frame is not None:
                if frame.f_code.co_name == "<module>":
                    modules.append(frame.f_globals.get("__name__", ""))
                frame = frame.f_back
            makers[id(self)] = modules
        original(self, *args, **kwargs)

    application_class.__init__ = noting


def failure(error: BaseException, roots: list[str]) -> str:
    text = f"{type(error).__name__}: {error}"
    for root in roots:
        text = text.replace(root + os.sep, "")
    return text[:600]


def repeats(document: dict) -> bool:
    """Whether two operations of one path have the same operationId."""
    paths = document.get("paths")
    for item in paths.values() if isinstance(paths, dict) else ():
        if isinstance(item, dict):
            names = [item[method].get("operationId") for method in METHODS if isinstance(item.get(method), dict)]
            names = [name for name in names if name is not None]
            if len(set(names)) < len(names):
                return True
    return False


def answer(app, roots: list[str]) -> dict:
    """What ``app.openapi()`` returns, or how it fails."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            document = app.openapi()
        json.dumps(document)
    except BaseException as error:  # a failure is an answer too
        return {"openapi": None, "error": failure(error, roots), "repeats": False}
    return {"openapi": document, "error": None, "repeats": isinstance(document, dict) and repeats(document)}


def mounts(routes, prefix: str, depth: int = 0):
    """Applications mounted below these routes, as (full path, application); those of included routers too."""
    from starlette.routing import Mount

    try:
        from fastapi.routing import iter_route_contexts
    except ImportError:  # before 0.137 includes copy the routes
        contexts = [(route, route) for route in routes]
    else:
        contexts = [(context, context.original_route) for context in iter_route_contexts(list(routes))]
    for context, route in contexts:
        if not isinstance(route, Mount):
            continue
        path = prefix + (getattr(context, "path", None) or "")
        yield path, route.app
        below = getattr(route.app, "routes", None)
        if below is not None and depth < 8:
            yield from mounts(below, path, depth + 1)


def describe(module_name: str, roots: list[str]) -> dict:
    from fastapi import FastAPI

    result = {"module": module_name, "error": None, "apps": []}
    try:
        module = importlib.import_module(module_name)
    except BaseException as error:
        result["error"] = failure(error, roots)
        return result
    names: dict[int, list[str]] = {}
    for name, value in list(vars(module).items()):
        if isinstance(value, FastAPI):
            names.setdefault(id(value), []).append(name)
    for attribute, *aliases in names.values():
        app = getattr(module, attribute)
        holders = [
            name for name in makers.get(id(app), [])
            if isinstance(sys.modules.get(name), types.ModuleType) and any(value is app for value in vars(sys.modules[name]).values())
        ]
        try:
            below = [(path, sub) for path, sub in mounts(app.routes, "") if isinstance(sub, FastAPI)]
        except Exception:  # routes of included routers are made here, and a wrong one fails; openapi() fails likewise
            below = []
        mounted = [{"mount": path, **answer(sub, roots)} for path, sub in below]
        result["apps"].append({
            "attribute": attribute, "aliases": aliases, "owner": holders[0] if holders else module_name,
            **answer(app, roots), "mounted": mounted,
        })
    return result


def start(module: str, roots: list[str]) -> tuple[int, int]:
    """Forks; the child writes its answer into a pipe, whose reading end is given back."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    os.close(reading)
    code = 1
    try:
        os.setpgid(0, 0)
        # What the module prints is nobody's answer.
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        text = json.dumps(describe(module, roots), ensure_ascii=False)
        with os.fdopen(writing, "w", encoding="utf-8", errors="surrogatepass") as stream:
            stream.write(text)
        code = 0
    finally:
        # No exit handlers, and no waiting for threads that the module started.
        os._exit(code)


def finish(module: str, child: int, data: bytes, timed_out: bool) -> dict:
    try:
        os.killpg(child, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    _, status = os.waitpid(child, 0)
    if not timed_out:
        try:
            return json.loads(data)
        except ValueError:
            pass
    reason = "no answer in time" if timed_out else f"the interpreter ended with {os.waitstatus_to_exitcode(status)}"
    return {"module": module, "error": f"Crash: {reason}", "apps": []}


def main() -> int:
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    output = open(sys.argv[2], "w", encoding="utf-8")  # noqa: SIM115
    roots = request["roots"]
    sys.path[:0] = roots
    sys.argv = ["server"]  # some modules read the command line
    os.chdir(request["directory"])
    import fastapi
    import fastapi.applications
    import fastapi.openapi.utils  # noqa: F401
    import pydantic  # noqa: F401

    with contextlib.suppress(ImportError, RuntimeError):
        # Most of FastAPI's tests import it, and it is slow to import.
        import fastapi.testclient  # noqa: F401
    note_makers(fastapi.FastAPI)
    gc.freeze()
    waiting = list(reversed(request["modules"]))
    running: dict[int, list] = {}  # reading end -> [module, child, started, data]
    while waiting or running:
        while waiting and len(running) < request["workers"]:
            module = waiting.pop()
            child, reading = start(module, roots)
            running[reading] = [module, child, time.monotonic(), bytearray()]
        ready, _, _ = select.select(list(running), [], [], 0.5)
        for reading, entry in list(running.items()):
            module, child, started, data = entry
            chunk = os.read(reading, 1 << 16) if reading in ready else None
            late = time.monotonic() - started > request["seconds"]
            if chunk:
                data += chunk
            elif chunk == b"" or late:
                os.close(reading)
                del running[reading]
                output.write(json.dumps(finish(module, child, bytes(data), chunk is None), ensure_ascii=False) + "\n")
    output.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
