"""Writes the document that the real FastAPI makes of the `app` of each module here, or why it makes none.

Run it with an interpreter that has FastAPI and Pydantic in the versions that are followed; with a folder for
modules of another pair of versions.
"""

import importlib.util
import json
import pathlib
import sys
import warnings


def main():
    warnings.simplefilter("ignore")
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
    for path in sorted(folder.glob("*.py")):
        if path.name == "record.py":
            continue
        spec = importlib.util.spec_from_file_location("main", path)
        module = importlib.util.module_from_spec(spec)
        sys.modules["main"] = module
        spec.loader.exec_module(module)
        try:
            document = module.app.openapi()
        except Exception as error:
            document = {"error": f"{type(error).__name__}: {error}"}
        path.with_suffix(".json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


main()
