//! FastAPI: routes as it merges them, their fields, and the document (FastAPI 0.165 `routing.py`,
//! `dependencies/utils.py`, `openapi/utils.py`).
