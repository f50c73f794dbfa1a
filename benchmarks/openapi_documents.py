"""Compares two OpenAPI documents: the one that the running application gave, and a candidate.

Equal are documents that are equal as JSON values: the order of keys in an object is ignored (and reported
apart), and ``true``, ``1`` and ``1.0`` are three different values. One thing is left out: FastAPI names an
operation after a method that it takes from a set, so where several operations of a path share an
operationId, the method at its end is neutral.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
Difference = tuple[str, str, str, str]  # JSON pointer, kind, truth, candidate


def same(left: object, right: object) -> bool:
    """Equality of JSON values; Python's own takes ``True``, ``1`` and ``1.0`` for the same."""
    if isinstance(left, dict):
        return isinstance(right, dict) and left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    if isinstance(left, list):
        return isinstance(right, list) and len(left) == len(right) and all(map(same, left, right))
    # NaN is not equal to itself, but it is the same answer.
    return type(left) is type(right) and (left == right or (left != left and right != right))


def ordered_text(document: object) -> str:
    """A text that is equal exactly when the documents are, order of keys included."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def neutral(document: dict) -> dict:
    """The document without the method at the end of an operationId that several operations of a path share."""
    paths = document.get("paths")
    if not isinstance(paths, dict):
        return document
    changed = {}
    for path, item in paths.items():
        shared: dict[str, list[str]] = {}
        for method in METHODS if isinstance(item, dict) else ():
            name = item[method].get("operationId") if isinstance(item.get(method), dict) else None
            if isinstance(name, str):
                shared.setdefault(name, []).append(method)
        replaced = {}
        for name, methods in shared.items():
            stem, _, method = name.rpartition("_")
            if len(methods) > 1 and method in methods:
                replaced.update({each: {**item[each], "operationId": f"{stem}_*"} for each in methods})
        if replaced:
            changed[path] = {key: replaced.get(key, value) for key, value in item.items()}
    return {**document, "paths": {**paths, **changed}} if changed else document


def operations(document: dict) -> dict[tuple[str, str], object]:
    """Operations by path and method."""
    paths = document.get("paths")
    return {
        (path, method): item[method]
        for path, item in (paths.items() if isinstance(paths, dict) else ()) if isinstance(item, dict)
        for method in METHODS if method in item
    }


def schemas(document: dict) -> dict[str, object]:
    """Schemas by their name in ``components``."""
    components = document.get("components")
    found = components.get("schemas") if isinstance(components, dict) else None
    return found if isinstance(found, dict) else {}


def short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 160 else text[:157] + "..."


def step(pointer: str, key: object) -> str:
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def differences(truth: object, candidate: object, limit: int, pointer: str = "", found: list[Difference] | None = None) -> list[Difference]:
    """The first differing places, in the order of the truth."""
    found = [] if found is None else found
    if len(found) >= limit or same(truth, candidate):
        return found
    if isinstance(truth, dict) and isinstance(candidate, dict):
        for key, value in truth.items():
            if len(found) >= limit:
                break
            if key not in candidate:
                found.append((step(pointer, key), "missing", short(value), ""))
            else:
                differences(value, candidate[key], limit, step(pointer, key), found)
        extra = [(step(pointer, key), "extra", "", short(value)) for key, value in candidate.items() if key not in truth]
        found.extend(extra[: limit - len(found)])
    elif isinstance(truth, list) and isinstance(candidate, list):
        for index, (left, right) in enumerate(zip(truth, candidate)):
            if len(found) < limit:
                differences(left, right, limit, step(pointer, index), found)
        for index in range(len(candidate), len(truth)):
            if len(found) < limit:
                found.append((step(pointer, index), "missing", short(truth[index]), ""))
        for index in range(len(truth), len(candidate)):
            if len(found) < limit:
                found.append((step(pointer, index), "extra", "", short(candidate[index])))
    else:
        found.append((pointer, "value", short(truth), short(candidate)))
    return found


@dataclass
class Part:
    """How many things of one kind the truth has, and how the candidate's compare."""

    truth: int = 0
    exact: int = 0
    missing: int = 0
    extra: int = 0

    def __add__(self, other: Part) -> Part:
        return Part(self.truth + other.truth, self.exact + other.exact, self.missing + other.missing, self.extra + other.extra)

    @property
    def share(self) -> float:
        return 100.0 * self.exact / self.truth if self.truth else 100.0


def part(truth: dict, candidate: dict) -> Part:
    both = truth.keys() & candidate.keys()
    return Part(len(truth), sum(same(truth[key], candidate[key]) for key in both), len(truth) - len(both), len(candidate) - len(both))


@dataclass
class Comparison:
    """One candidate against the nearest document of the truth."""

    exact: bool
    ordered: bool
    operations: Part
    schemas: Part
    differences: list[Difference] = field(default_factory=list)


def compare(documents: list[dict], candidate: dict | None, limit: int = 20) -> Comparison:
    """A candidate, None where there is none, against every document that the truth has for an app."""
    if candidate is None:
        first = documents[0] if documents else {}
        return Comparison(False, False, part(operations(first), {}), part(schemas(first), {}))
    candidate = neutral(candidate)
    best: Comparison | None = None
    nearest: dict = {}
    for document in map(neutral, documents):
        exact = same(document, candidate)
        result = Comparison(exact, exact and ordered_text(document) == ordered_text(candidate),
                            part(operations(document), operations(candidate)), part(schemas(document), schemas(candidate)))
        key = lambda item: (item.exact, item.ordered, item.operations.exact, item.schemas.exact)  # noqa: E731
        if best is None or key(result) > key(best):
            best, nearest = result, document
    if best is None:  # the truth has no document at all
        return Comparison(False, False, Part(extra=len(operations(candidate))), Part(extra=len(schemas(candidate))))
    if not best.exact:
        best.differences = differences(nearest, candidate, limit)
    return best
