"""Writes the document that the real FastAPI makes of `main.app`, with Python 3.11."""

import json
import pathlib

import main

pathlib.Path(__file__).with_name("main.json").write_text(json.dumps(main.app.openapi(), indent=1) + "\n")
