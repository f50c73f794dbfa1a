#!/usr/bin/env python3
"""Condenses what running applications said about themselves into the files of ``truth/``.

    python benchmarks/derive_truth.py FOLDER
    python benchmarks/derive_truth.py openapi FOLDER

FOLDER holds ``docs_src/*.json``, ``tests/*.json`` and ``real/*.json.gz`` (or a ``truth`` folder with
these): one file a module, with the route table of each FastAPI object that importing it gave. Kept is what
the routes comparison needs. Written are ``truth/docs_src.json.gz``, ``truth/tests.json.gz`` and
``truth/applications.json.gz``:

    {"fastapi": "0.165.0",
     "failed": [{"module", "error"}],                  modules that can't be imported, and why
     "apps": [{"name", "app": "module:attribute",
               "same_as": "module:attribute" or null,  set where the module only imports that app
               "documentation": ["/docs", ...],        paths of the automatic documentation routes
               "routes": [[kind, methods or null, full path, endpoint, "file:line" or null], ...]}]}

``kind`` is ``api`` (a path operation), ``route`` (a plain Starlette route), ``websocket``, ``Mount`` or
``frontend``; the routes of a mounted application stand behind their mount with their full path.

With ``openapi`` the documents of ``real/*.json.gz`` become ``truth/openapi/<application>.json.gz``; those of
``docs_src`` and ``tests`` are asked live (``openapi_truth.py``):

    {"app": "module:attribute", "fastapi", "pydantic", "python",
     "recorded": {"import_seconds", "import_cpu_seconds", "process_seconds", "openapi_seconds"},
     "documents": [{"mount": null or the path of a mounted application,
                    "openapi": [every document that was seen, key order kept]}]}
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# What FastAPI.setup() and subclasses that replace it register by themselves.
DOCUMENTATION_ENDPOINTS = {
    "openapi", "swagger_ui_html", "swagger_ui_redirect", "redoc_html",
    "openapi_jsons", "swagger_dashboard", "redoc_dashboard",
}


def is_documentation(row: dict) -> bool:
    """Whether the application registered this route by itself to document the others."""
    if row["kind"] != "route":
        return False
    endpoint = row["endpoint"] or ""
    return endpoint.startswith("fastapi.applications:") or endpoint.rpartition(".")[2] in DOCUMENTATION_ENDPOINTS


def condensed(entry: dict, name: str, module: str) -> dict:
    rows = entry.get("routes_detail") or []
    return {
        "name": name,
        "app": f"{module}:{entry['attr']}",
        "same_as": None,
        "documentation": sorted({row["path"] for row in rows if is_documentation(row)}),
        "routes": [
            [row["kind"], row["methods"], row["path"], row["endpoint"], row.get("source")]
            for row in rows if not is_documentation(row)
        ],
    }


def mark_imported(apps: list[dict]) -> None:
    """Points an app that a module merely imports at the module that makes it.

    Two entries with the same endpoints, none of which stands in the first one's module, are one object
    under two names (``from .main import app`` in a test).
    """
    for entry in apps:
        module = entry["app"].partition(":")[0]
        endpoints = [row[3] for row in entry["routes"]]
        if not endpoints or any((endpoint or "").partition(":")[0] == module for endpoint in endpoints):
            continue
        for other in apps:
            owner = other["app"].partition(":")[0]
            if other is not entry and other["routes"] == entry["routes"] and any(
                (endpoint or "").partition(":")[0] == owner for endpoint in endpoints
            ):
                entry["same_as"] = other["app"]
                break


def read(path: Path) -> dict:
    return json.loads(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())


def derive(files: list[Path], by_module: bool) -> dict:
    failed, apps, versions = [], [], set()
    for path in files:
        document = read(path)
        module = document.get("module") or document["target"]
        if not document["ok"]:
            failed.append({"module": module, "error": f"{document['error']['type']}: {document['error']['message'][:200]}"})
            continue
        versions.add(document["fastapi_version"])
        name = module if by_module else path.name.partition(".")[0]
        apps.extend(condensed(entry, name, module) for entry in document["apps"] if "not_fastapi" not in entry)
    if by_module:
        mark_imported(apps)
    return {"fastapi": versions.pop() if len(versions) == 1 else None, "failed": failed, "apps": apps}


def write(target: Path, content: dict) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    # No time stamp, so that the same truth always gives the same bytes.
    target.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def derive_openapi(folder: Path) -> int:
    """The documents of the published applications, one file each."""
    files = sorted((folder / "real").glob("*.json*"))
    if not files:
        print(f"no files under {folder / 'real'}", file=sys.stderr)
        return 2
    for path in files:
        recording = read(path)
        if not recording["ok"]:
            continue
        name = path.name.partition(".")[0]
        (app,) = recording["apps"]
        entries = [(None, app), *((sub["mount_path"], sub) for sub in app.get("mounted", []))]
        documents = [
            {"mount": mount, "openapi": [entry["openapi"], *entry.get("openapi_variants", [])]}
            for mount, entry in entries if entry.get("openapi") is not None
        ]
        target = HERE / "truth" / "openapi" / f"{name}.json.gz"
        write(target, {
            "app": f"{recording['module']}:{app['attr']}", "fastapi": recording["fastapi_version"],
            "pydantic": recording["pydantic_version"], "python": recording["python_version"],
            "recorded": {
                "import_seconds": recording["import_seconds"], "import_cpu_seconds": recording["import_cpu_seconds"],
                "process_seconds": recording["process_wall_seconds"], "openapi_seconds": app["openapi_seconds"],
            },
            "documents": documents,
        })
        print(f"{target.name}: {len(documents)} documents, {target.stat().st_size} bytes")
    return 0


def main() -> int:
    arguments = sys.argv[1:]
    only_openapi = arguments[:1] == ["openapi"]
    if len(arguments) != (2 if only_openapi else 1):
        print(__doc__.split("\n\n")[1].strip(), file=sys.stderr)
        return 2
    folder = Path(arguments[-1])
    folder = folder / "truth" if (folder / "truth").is_dir() else folder
    if only_openapi:
        return derive_openapi(folder)
    sets = {
        "docs_src": ([p for p in sorted((folder / "docs_src").glob("*.json")) if not p.name.startswith("_")], True),
        "tests": ([p for p in sorted((folder / "tests").glob("*.json")) if not p.name.startswith("_")], True),
        "applications": (sorted((folder / "real").glob("*.json*")), False),
    }
    for name, (files, by_module) in sets.items():
        if not files:
            print(f"no files for {name} under {folder}", file=sys.stderr)
            return 2
        truth = derive(files, by_module)
        target = HERE / "truth" / f"{name}.json.gz"
        write(target, truth)
        print(f"{target.name}: {len(truth['apps'])} apps, {sum(len(a['routes']) for a in truth['apps'])} routes, "
              f"{len(truth['failed'])} modules that can't be imported, {target.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
