"""Writes what the real Pydantic makes of the types of each module here: `TYPES` maps names to types.

Run it with an interpreter that has FastAPI, Pydantic and SQLModel in the versions that are followed:
`python record.py [folder]`.
"""

import importlib.util
import json
import pathlib
import sys
import warnings

from fastapi._compat.v2 import GenerateJsonSchema
from pydantic import TypeAdapter

TEMPLATE = "#/components/schemas/{model}"


def generated(inputs):
    try:
        generator = GenerateJsonSchema(ref_template=TEMPLATE)
        schemas, definitions = generator.generate_definitions(
            [(index, mode, TypeAdapter(type_).core_schema) for index, (mode, type_) in enumerate(inputs)]
        )
        return {
            "schemas": [schemas[index, mode] for index, (mode, _) in enumerate(inputs)],
            "definitions": definitions,
        }
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}".splitlines()[0]}


def main():
    warnings.simplefilter("ignore")
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
    for path in sorted(folder.glob("*.py")):
        if path.name == "record.py":
            continue
        # What this Python can't read stands there in older words.
        older = path.parent / "legacy" / path.name
        spec = importlib.util.spec_from_file_location("main", older if older.exists() else path)
        module = importlib.util.module_from_spec(spec)
        sys.modules["main"] = module
        spec.loader.exec_module(module)
        result = {}
        together = []
        for name, type_ in module.TYPES.items():
            for mode in ("validation", "serialization"):
                result[f"{name} {mode}"] = made = generated([(mode, type_)])
                if "error" not in made:
                    together.append((mode, type_))
        result["together"] = generated(together)
        path.with_suffix(".json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")


main()
