"""Starts one application and calls each of its HTTP routes without credentials.

Run by ``guards.py`` with the application's own interpreter:

    python guards_probe.py module:attribute (lifespan|-) SKIP

Writes one JSON object a line to the file descriptor 3: first ``{"routes": [[method, path], ...]}``, then,
for each route after the first SKIP ones, ``{"index", "status", "entered", "credentials", "detail"}``:

    status       the HTTP status, or null where calling it failed
    entered      whether the handler itself ran: everything in front of it let the caller through
    credentials  whether the route takes credentials as its input (one that signs somebody in)

Requests are made plausible from the application's own OpenAPI document, so that validation does not
hide the guard. Works with FastAPI 0.115 and newer.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys

CREDENTIALS = re.compile(
    r"^(.*_)?(password|passwd|secret|token|client_secret|api_?key|otp|code|credential|credentials|signature|session)$", re.I
)
# Parameters through which callers show who they are: leaving them out is the point of the exercise.
IDENTITY = re.compile(r"auth|token|api[-_]?key|secret|signature|session|password|credential", re.I)
BY_FORMAT = {
    "uuid": "5d0d1f3e-7a3f-4f3e-8d7a-0d8f5e3a1b2c", "uuid4": "5d0d1f3e-7a3f-4f3e-8d7a-0d8f5e3a1b2c",
    "date-time": "2025-01-02T03:04:05Z", "date": "2025-01-02", "time": "03:04:05", "duration": "PT1S",
    "email": "somebody@example.com", "uri": "https://example.com/", "url": "https://example.com/",
    "ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "ipvanyaddress": "192.0.2.1", "json-string": "{}",
    "binary": "AA==", "base64": "AA==", "password": "a-Plausible-Value-1", "file-path": "/tmp/x", "path": "/tmp/x",
}
TEXTS = ["plausible", "1", "a-Plausible-Value-1", "abc123", "2025-01-02", "somebody@example.com", "AB", "a", "0000000000", "https://example.com/x"]


class Documents:
    """Plausible values for the schemas of one OpenAPI document."""

    def __init__(self, document: dict) -> None:
        self.document = document

    def resolve(self, schema: dict) -> dict:
        for _ in range(20):
            if not isinstance(schema, dict) or "$ref" not in schema:
                break
            found = self.document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found.get(part.replace("~1", "/").replace("~0", "~"), {})
            schema = found
        return schema if isinstance(schema, dict) else {}

    def value(self, schema: dict, depth: int = 0):
        """A value that the schema most likely accepts, with as little in it as it demands."""
        schema = self.resolve(schema)
        if depth > 12:
            return None
        for key in ("const", "default"):
            if schema.get(key) is not None:
                return schema[key]
        if schema.get("enum"):
            return schema["enum"][0]
        for key in ("anyOf", "oneOf"):
            options = [self.resolve(option) for option in schema.get(key, [])]
            if options:
                return self.value(next((o for o in options if o.get("type") != "null"), options[0]), depth + 1)
        if schema.get("allOf"):
            merged = {k: v for k, v in schema.items() if k != "allOf"}
            for part in schema["allOf"]:
                part = self.resolve(part)
                merged["properties"] = {**merged.get("properties", {}), **part.get("properties", {})}
                merged["required"] = [*merged.get("required", []), *part.get("required", [])]
                merged = {**part, **merged}
            return self.value(merged, depth + 1)
        kind = schema.get("type")
        kind = next((k for k in kind if k != "null"), "null") if isinstance(kind, list) else kind
        if kind == "object" or "properties" in schema:
            return self.object(schema, depth)
        if kind == "array":
            if schema.get("prefixItems"):
                return [self.value(item, depth + 1) for item in schema["prefixItems"]]
            return [self.value(schema.get("items", {}), depth + 1) for _ in range(schema.get("minItems", 0))]
        if kind in ("integer", "number"):
            return self.number(schema, kind)
        if kind == "boolean":
            return False
        if kind == "null":
            return None
        return self.text(schema) if kind == "string" else "plausible"

    def object(self, schema: dict, depth: int) -> dict:
        known = schema.get("properties", {})
        made = {name: self.value(known.get(name, {}), depth + 1) for name in schema.get("required", [])}
        extra = schema.get("additionalProperties")
        if not made and isinstance(extra, dict) and schema.get("minProperties"):
            made["plausible"] = self.value(extra, depth + 1)
        return made

    def number(self, schema: dict, kind: str):
        step = schema.get("multipleOf", 1)
        low = schema.get("minimum", schema.get("exclusiveMinimum", 0 if step != 1 else 1) + (step if "exclusiveMinimum" in schema else 0))
        high = schema.get("maximum", schema.get("exclusiveMaximum"))
        found = max(low, 1) if high is None or high >= max(low, 1) else low
        return int(found) if kind == "integer" else found

    def text(self, schema: dict) -> str:
        if schema.get("format") in BY_FORMAT:
            return BY_FORMAT[schema["format"]]
        if schema.get("contentMediaType") == "application/octet-stream":
            return "AA=="
        low, high, pattern = schema.get("minLength", 0), schema.get("maxLength"), schema.get("pattern")
        for text in TEXTS:
            text = text.ljust(low, "x")[:high]
            try:
                if pattern is None or re.search(pattern, text):
                    return text
            except re.error:
                return text
        return TEXTS[0].ljust(low, "x")[:high]


def inner_routes(application, prefix: str = ""):
    """Each HTTP route as (application, full path, path within it, route), mounts entered."""
    from starlette.routing import Mount, Route

    try:
        from fastapi.routing import iter_route_contexts
    except ImportError:  # before 0.137 every included route is copied
        listed = [(route, route) for route in application.routes]
    else:
        listed = [(context, context.original_route) for context in iter_route_contexts(list(application.routes))]
    for shown, route in listed:
        if isinstance(route, Mount):
            if hasattr(route.app, "routes"):
                yield from inner_routes(route.app, prefix + shown.path)
        elif isinstance(route, Route):
            yield application, prefix + shown.path, shown.path, shown


def is_automatic(route) -> bool:
    return getattr(route.endpoint, "__module__", "") == "fastapi.applications"


def plan(application) -> list[dict]:
    """The requests to make: reading ones first, deleting ones last."""
    documents: dict[int, dict] = {}
    planned = []
    for owner, full, path, route in inner_routes(application):
        if is_automatic(route):
            continue
        if id(owner) not in documents:
            try:
                documents[id(owner)] = owner.openapi() if hasattr(owner, "openapi") else {}
            except Exception:  # a document that can't be made only costs plausibility
                documents[id(owner)] = {}
        document = documents[id(owner)]
        # OpenAPI leaves out the convertor: {path:path} is {path}.
        item = document.get("paths", {}).get(re.sub(r"{([^}:]+):[^}]+}", r"{\1}", path), {})
        for method in sorted(route.methods or ()):
            if method == "HEAD" and "GET" in route.methods:
                continue
            planned.append(request(Documents(document), item.get(method.lower(), {}), method, full))
    order = {"GET": 0, "HEAD": 0, "OPTIONS": 0, "DELETE": 2}
    return sorted(planned, key=lambda made: order.get(made["method"], 1))


def request(schemas: Documents, operation: dict, method: str, path: str) -> dict:
    """One request with the parameters and the body that the operation demands."""
    made = {"method": method, "path": path, "query": {}, "headers": {}, "body": {}, "credentials": False}
    places = {}
    for parameter in operation.get("parameters", []):
        parameter = schemas.resolve(parameter)
        name, where = parameter["name"], parameter["in"]
        content = next(iter(parameter.get("content", {}).values()), {})
        value = schemas.value(parameter.get("schema") or content.get("schema") or {})
        if where == "path":
            places[name] = value
        elif parameter.get("required"):
            if where == "query":
                made["query"][name] = value
                made["credentials"] |= bool(CREDENTIALS.match(name))
            elif where == "header" and not IDENTITY.search(name):
                made["headers"][name] = str(value)
    made["url"] = re.sub(r"{([^}:]+)(?::([^}]+))?}", lambda found: fill(found, places), path)
    content = schemas.resolve(operation.get("requestBody", {})).get("content", {})
    for kind, body in content.items():
        schema = schemas.resolve(body.get("schema", {}))
        value = schemas.value(schema)
        names = set(schema.get("required", [])) if schema.get("properties") else set()
        made["credentials"] |= any(CREDENTIALS.match(name) for name in names)
        if kind == "application/x-www-form-urlencoded":
            made["body"] = {"data": value}
        elif kind == "multipart/form-data":
            binary = {
                name for name, part in schema.get("properties", {}).items()
                if "binary" in json.dumps(part) or "octet-stream" in json.dumps(part)
            }
            value = value if isinstance(value, dict) else {}
            made["body"] = {"data": {k: v for k, v in value.items() if k not in binary},
                            "files": {k: ("x.txt", b"x") for k in value if k in binary} or None}
        elif "json" in kind:
            made["body"] = {"json": value}
        else:
            made["body"] = {"content": b"x"}
        break
    if not content and method in ("POST", "PUT", "PATCH") and not operation:
        made["body"] = {"json": {}}
    return made


def fill(found: re.Match, places: dict) -> str:
    name, convertor = found.group(1), found.group(2)
    value = places.get(name)
    if value is None:
        value = {"int": 1, "float": 1.0, "uuid": BY_FORMAT["uuid"]}.get(convertor, "plausible")
    return str(value).lower() if isinstance(value, bool) else str(value)


def watch_handlers() -> list[bool]:
    """A list that gets an item whenever a handler starts; FastAPI calls each of them through one function."""
    import fastapi.routing

    entered: list[bool] = []
    original = fastapi.routing.run_endpoint_function

    async def run_endpoint_function(**arguments):
        entered.append(True)
        return await original(**arguments)

    fastapi.routing.run_endpoint_function = run_endpoint_function
    return entered


def main() -> None:
    target, lifespan, skip = sys.argv[1], sys.argv[2] == "lifespan", int(sys.argv[3])
    lines = os.fdopen(3, "w", buffering=1)
    module, _, attribute = target.partition(":")
    application = getattr(importlib.import_module(module), attribute.removesuffix("()"))
    if attribute.endswith("()"):
        application = application()
    entered = watch_handlers()
    planned = plan(application)
    print(json.dumps({"routes": [[made["method"], made["path"]] for made in planned]}), file=lines)

    from starlette.testclient import TestClient

    client = TestClient(application, base_url="http://localhost", raise_server_exceptions=False, follow_redirects=False)
    if lifespan:
        client.__enter__()
    for index, made in enumerate(planned):
        if index < skip:
            continue
        entered.clear()
        client.cookies.clear()
        answer = {"index": index, "status": None, "entered": False, "credentials": made["credentials"], "detail": ""}
        print(json.dumps({"starting": index}), file=lines)
        try:
            response = client.request(made["method"], made["url"], params=made["query"], headers=made["headers"], **made["body"])
            answer["status"] = response.status_code
            answer["detail"] = response.headers.get("location") or response.text[:300]
        except Exception as error:  # whatever the application lets out is an observation
            answer["detail"] = f"{type(error).__name__}: {error}"[:300]
        answer["entered"] = bool(entered)
        print(json.dumps(answer), file=lines)
    lines.flush()
    # Background threads and clean-up of the application must not hold up the measurement.
    os._exit(0)


if __name__ == "__main__":
    main()
