"""What test suites answered, and how two answers differ: the pure parts of ``fix_suites.py``."""

from __future__ import annotations

import ast
import difflib
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

# A test's outcomes by its name; more than one where a fixture failed after the test had passed, for instance.
Outcomes = dict[str, list[str]]


class NoResult(Exception):
    """A run of the tests left nothing that can be compared."""


def outcome(case: ElementTree.Element) -> str:
    """The outcome of one ``testcase``: an expected failure is one of its own, and no skipped test."""
    for kind in ("error", "failure", "skipped"):
        found = case.find(kind)
        if found is not None:
            expected = kind == "skipped" and found.get("type") == "pytest.xfail"
            return "expected failure" if expected else {"failure": "failed"}.get(kind, kind)
    return "passed"


def read_outcomes(document: str) -> Outcomes:
    """The outcomes of a JUnit document as pytest writes it, in its order."""
    try:
        root = ElementTree.fromstring(document)
    except ElementTree.ParseError as error:
        raise NoResult(f"the results can't be read: {error}") from error
    found: Outcomes = {}
    for case in root.iter("testcase"):
        name = "::".join(part for part in (case.get("classname"), case.get("name")) if part)
        found.setdefault(name, []).append(outcome(case))
    if not found:
        raise NoResult("no test ran")
    return {name: sorted(outcomes) for name, outcomes in found.items()}


def count(outcomes: Outcomes, wanted: str) -> int:
    """How many tests had this outcome and no other."""
    return sum(found == [wanted] for found in outcomes.values())


@dataclass
class Comparison:
    """Two runs of unchanged code, and one of the fixed code."""

    # Tests whose outcome is another one in two runs of the same code: they prove nothing.
    unsteady: list[str] = field(default_factory=list)
    # One line for each other test whose outcome the fixes changed.
    different: list[str] = field(default_factory=list)


def with_numbers(runs: list[Outcomes]) -> list[Outcomes]:
    """Numbers the cases of parametrized tests that are named differently in the first two runs, of the same code.

    Some projects make their parameters by chance (a key, an id), and pytest names cases by them. They still run in
    the same order.
    """

    def cases(run: Outcomes) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for name in run:
            found.setdefault(name.partition("[")[0], set()).add(name)
        return found

    first, second = cases(runs[0]), cases(runs[1])
    unnamed = {test for test in first if first[test] != second.get(test, set()) and all("[" in name for name in first[test])}
    return [numbered(run, unnamed) for run in runs]


def numbered(run: Outcomes, tests: set[str]) -> Outcomes:
    found: Outcomes = {}
    last: dict[str, int] = {}
    for name, outcomes in run.items():
        test = name.partition("[")[0]
        if test in tests:
            last[test] = last.get(test, 0) + 1
            name = f"{test}[case {last[test]}]"
        found[name] = outcomes
    return found


def compare(first: Outcomes, second: Outcomes, after: Outcomes) -> Comparison:
    first, second, after = with_numbers([first, second, after])
    found = Comparison()
    for name in sorted(first.keys() | second.keys() | after.keys()):
        before = first.get(name)
        if before != second.get(name):
            found.unsteady.append(name)
        elif before != after.get(name):
            found.different.append(f"{name}: {told(before)} is now {told(after.get(name))}")
    return found


def told(outcomes: list[str] | None) -> str:
    return " and ".join(outcomes) if outcomes else "absent"


@dataclass(frozen=True)
class Function:
    """A function that a fix changed, and the lines of its body in the file as it was."""

    path: str
    name: str
    body: range


def changed_functions(path: str, before: str, after: str) -> list[Function]:
    """The innermost functions, decorators and signatures included, in which lines differ."""
    lines: set[int] = set()
    matcher = difflib.SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False)
    for tag, start, end, _, _ in matcher.get_opcodes():
        if tag != "equal":
            # What is added stands behind the line in front of it.
            lines.update(range(start + 1, end + 1) if end > start else [start])
    functions = [node for node in ast.walk(ast.parse(before)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    found = {}
    for line in sorted(lines):
        around = [node for node in functions if first_line(node) <= line <= last_line(node)]
        if around:
            inner = max(around, key=first_line)
            found[inner.lineno] = Function(path, inner.name, range(inner.body[0].lineno, last_line(inner) + 1))
    return list(found.values())


def first_line(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def last_line(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return node.end_lineno or node.lineno


def was_called(function: Function, executed: set[int]) -> bool:
    """Whether a line of its body ran."""
    return not executed.isdisjoint(function.body)
