"""Edits of Python functions that are known to change what they do, or known not to.

Each edit is made on the text of one function, found through Python's own syntax tree, so that everything else
of the file stays as it is. An edit that altered nothing (the swap of two calls that only log, the flip of a
condition that nobody reaches) would be counted as missed: what is picked avoids logging, and leaves functions
alone that do nothing but raise ``NotImplementedError``.
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

LOGGING = re.compile(r"\b(log|logger|logging|_logger|LOG|LOGGER|print|warnings|tracer|metrics|span|\w*log)\b[.(]", re.IGNORECASE)


@dataclass
class Edit:
    """New text for a function, and what else belongs to the edit."""

    kind: str
    old: str  # what was replaced, for people
    new: str
    text: str  # the file afterwards
    files: dict[str, str] = field(default_factory=dict)  # further files, by module name beside this one


class Source:
    """A file with one function in it that is edited."""

    def __init__(self, text: str, function: ast.AsyncFunctionDef | ast.FunctionDef):
        self.text = text
        self.function = function
        self.lines = text.encode().splitlines(keepends=True)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))

    def span(self, node: ast.AST) -> tuple[int, int]:
        return (self.starts[node.lineno - 1] + node.col_offset, self.starts[node.end_lineno - 1] + node.end_col_offset)

    def of(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.text.encode()[start:end].decode()

    def indent(self, node: ast.AST) -> str:
        line = self.lines[node.lineno - 1].decode()
        return line[: len(line) - len(line.lstrip())]

    def replaced(self, *pieces: tuple[tuple[int, int], str]) -> str:
        data = self.text.encode()
        for (start, end), new in sorted(pieces, reverse=True):
            data = data[:start] + new.encode() + data[end:]
        return data.decode()

    def edit(self, kind: str, node: ast.AST, new: str) -> Edit:
        return Edit(kind, self.of(node), new, self.replaced((self.span(node), new)))

    def own(self) -> Iterator[ast.AST]:
        """Nodes of the body, nested functions and annotations left out."""
        stack: list[ast.AST] = list(reversed(self.function.body))
        while stack:
            node = stack.pop()
            yield node
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
                continue
            if isinstance(node, ast.AnnAssign):
                stack.extend(child for child in (node.value, node.target) if child is not None)
                continue
            stack.extend(reversed(list(ast.iter_child_nodes(node))))

    def blocks(self) -> Iterator[list[ast.stmt]]:
        for node in [self.function, *self.own()]:
            for name in ("body", "orelse", "finalbody"):
                block = getattr(node, name, None)
                if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or node is self.function:
                        yield block

    def logs(self, node: ast.AST) -> bool:
        return bool(LOGGING.search(self.of(node)))


def is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def inside_logging(source: Source, wanted: ast.AST) -> bool:
    start, end = source.span(wanted)
    for node in source.own():
        if isinstance(node, ast.Expr) and source.logs(node):
            first, last = source.span(node)
            if first <= start and end <= last:
                return True
    return False


# What changes behaviour.


def flip_condition(source: Source) -> Iterator[Edit]:
    for node in source.own():
        if isinstance(node, (ast.If, ast.IfExp, ast.While)) and not all_logging(source, node):
            yield source.edit("condition flipped", node.test, f"not ({source.of(node.test)})")


def all_logging(source: Source, node: ast.AST) -> bool:
    body = getattr(node, "body", None)
    otherwise = getattr(node, "orelse", None) or []
    if not isinstance(body, list):
        return False
    return all(
        isinstance(statement, ast.Pass) or isinstance(statement, ast.Expr) and source.logs(statement)
        for statement in [*body, *otherwise]
    )


def drop_check(source: Source) -> Iterator[Edit]:
    for node in source.own():
        if isinstance(node, ast.If) and not node.orelse and len(node.body) == 1 and isinstance(node.body[0], ast.Raise):
            if source.lines[node.lineno - 1].decode().lstrip().startswith("if"):
                yield source.edit("check dropped", node, "pass")


def other_comparison(source: Source) -> Iterator[Edit]:
    turned = {ast.Eq: "!=", ast.NotEq: "==", ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">",
              ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is"}
    for node in source.own():
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and not inside_logging(source, node):
            new = f"{source.of(node.left)} {turned[type(node.ops[0])]} {source.of(node.comparators[0])}"
            if "\n" not in new:
                yield source.edit("comparison changed", node, f"({new})")


def other_junction(source: Source) -> Iterator[Edit]:
    for node in source.own():
        if isinstance(node, ast.BoolOp) and not inside_logging(source, node):
            word = " or " if isinstance(node.op, ast.And) else " and "
            parts = [f"({source.of(value)})" for value in node.values]
            yield source.edit("and for or", node, "(" + word.join(parts) + ")")


def other_status(source: Source) -> Iterator[Edit]:
    for node in source.own():
        if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call):
            continue
        values = [*node.exc.args[:1], *(key.value for key in node.exc.keywords if key.arg == "status_code")]
        for value in values:
            if isinstance(value, ast.Constant) and isinstance(value.value, int):
                yield source.edit("status changed", value, str(value.value + 1))
            elif isinstance(value, ast.Attribute) and value.attr.startswith("HTTP_"):
                yield source.edit("status changed", value, "418")


def other_default(source: Source) -> Iterator[Edit]:
    arguments = source.function.args
    for default in [*arguments.defaults, *(value for value in arguments.kw_defaults if value is not None)]:
        value = default
        if isinstance(default, ast.Call) and default.args and getattr(default.func, "id", "") in ("Query", "Header", "Cookie", "Form"):
            value = default.args[0]
        if isinstance(value, ast.Constant) and value.value is not None and value.value is not Ellipsis:
            new = changed_constant(value.value)
            if new is not None:
                yield source.edit("default changed", value, new)


def changed_constant(value: object) -> str | None:
    if isinstance(value, bool):
        return repr(not value)
    if isinstance(value, int):
        return repr(value + 7)
    if isinstance(value, str):
        return repr(value + "x") if value else repr("x")
    return None


def other_constant(source: Source) -> Iterator[Edit]:
    texts = [node.values for node in source.own() if isinstance(node, ast.JoinedStr)]
    parts = {id(part) for values in texts for part in values}
    raised = {id(inner) for node in source.own() if isinstance(node, ast.Raise) for inner in ast.walk(node)}
    for node in source.own():
        if not isinstance(node, ast.Constant) or id(node) in parts or id(node) in raised:
            continue
        if inside_logging(source, node) or any(
            isinstance(statement, ast.Expr) and statement.value is node for statement in source.own()
        ):
            continue
        new = changed_constant(node.value)
        if new is not None:
            yield source.edit("constant changed", node, new)


def drop_effect(source: Source) -> Iterator[Edit]:
    for block in source.blocks():
        for statement in block:
            if not isinstance(statement, ast.Expr) or is_docstring(statement) or source.logs(statement):
                continue
            value = statement.value.value if isinstance(statement.value, ast.Await) else statement.value
            if isinstance(value, ast.Call):
                yield source.edit("effect dropped", statement, "pass")


def swap_effects(source: Source) -> Iterator[Edit]:
    def call(statement: ast.stmt) -> ast.Call | None:
        if not isinstance(statement, ast.Expr) or source.logs(statement):
            return None
        value = statement.value.value if isinstance(statement.value, ast.Await) else statement.value
        return value if isinstance(value, ast.Call) else None

    for block in source.blocks():
        for first, second in zip(block, block[1:]):
            one, other = call(first), call(second)
            if one is None or other is None or ast.dump(one) == ast.dump(other):
                continue
            pieces = (source.span(first), source.of(second)), (source.span(second), source.of(first))
            yield Edit("effects swapped", source.of(first), source.of(second), source.replaced(*pieces))


def other_result(source: Source) -> Iterator[Edit]:
    for node in source.own():
        if isinstance(node, ast.Return) and node.value is not None:
            if isinstance(node.value, ast.Constant) and node.value.value is None:
                continue
            yield source.edit("result changed", node.value, "None")


def drop_argument(source: Source) -> Iterator[Edit]:
    for node in source.own():
        if isinstance(node, ast.Call) and node.keywords and not inside_logging(source, node) and not source.logs(node):
            if any(isinstance(parent, ast.Raise) for parent in source.own() if node in ast.walk(parent)):
                continue
            kept = [source.of(argument) for argument in node.args]
            kept += [f"**{source.of(key.value)}" if key.arg is None else f"{key.arg}={source.of(key.value)}"
                     for key in node.keywords[:-1]]
            new = f"{source.of(node.func)}({', '.join(kept)})"
            if "#" not in source.of(node):
                yield source.edit("argument dropped", node, new)


def other_arithmetic(source: Source) -> Iterator[Edit]:
    turned = {ast.Add: "-", ast.Sub: "+", ast.Mult: "+", ast.Div: "*"}
    for node in source.own():
        if isinstance(node, ast.BinOp) and type(node.op) in turned and not inside_logging(source, node):
            if any(isinstance(side, (ast.Constant, ast.JoinedStr)) and not isinstance(getattr(side, "value", 0), int)
                   for side in (node.left, node.right)):
                continue
            new = f"({source.of(node.left)} {turned[type(node.op)]} {source.of(node.right)})"
            yield source.edit("arithmetic changed", node, new)


ALTERING: list[Callable[[Source], Iterator[Edit]]] = [
    flip_condition, drop_check, other_comparison, other_junction, other_status, other_default, other_constant,
    drop_effect, swap_effects, other_result, drop_argument, other_arithmetic,
]


# What changes nothing.


def local_names(source: Source) -> list[str]:
    """Local names that can be renamed: assigned in the function itself, and nothing else than local."""
    stored: dict[str, int] = {}
    forbidden = {argument.arg for argument in all_arguments(source.function)}
    for node in source.own():
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            stored[node.id] = stored.get(node.id, 0) + 1
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            forbidden.update(node.names)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.Import, ast.ImportFrom)):
            forbidden.update(inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name))
            forbidden.update(alias.asname or alias.name for alias in getattr(node, "names", []))
        elif isinstance(node, ast.ExceptHandler) and node.name:
            forbidden.add(node.name)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("locals", "eval", "exec", "vars"):
            return []
        elif isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
            forbidden.add(node.name)
    return [name for name in stored if name not in forbidden and not name.startswith("__") and name != "_"]


def all_arguments(function: ast.AsyncFunctionDef | ast.FunctionDef) -> list[ast.arg]:
    arguments = function.args
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs,
            *([arguments.vararg] if arguments.vararg else []), *([arguments.kwarg] if arguments.kwarg else [])]


def rename_local(source: Source) -> Iterator[Edit]:
    for name in local_names(source):
        new = f"{name}_renamed"
        pieces = [(source.span(node), new) for node in source.own() if isinstance(node, ast.Name) and node.id == name]
        yield Edit("local renamed", name, new, source.replaced(*pieces))


def name_result(source: Source) -> Iterator[Edit]:
    for node in source.own():
        if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Name):
            if source.lines[node.lineno - 1].decode().lstrip().startswith("return"):
                indent = source.indent(node)
                new = f"named_result = {source.of(node.value)}\n{indent}return named_result"
                if "\n" not in source.of(node):
                    yield source.edit("result named", node, new)


def inline_variable(source: Source) -> Iterator[Edit]:
    for block in source.blocks():
        for first, second in zip(block, block[1:]):
            if not isinstance(first, ast.Assign) or len(first.targets) != 1 or not isinstance(second, ast.Return):
                continue
            target = first.targets[0]
            if isinstance(target, ast.Name) and isinstance(second.value, ast.Name) and second.value.id == target.id:
                both = (source.span(first)[0], source.span(second)[1])
                new = f"return {source.of(first.value)}"
                yield Edit("variable inlined", source.of(first), new, source.replaced((both, new)))


def turn_branches(source: Source) -> Iterator[Edit]:
    for node in source.own():
        if not isinstance(node, ast.If) or not node.orelse:
            continue
        if not source.lines[node.lineno - 1].decode().lstrip().startswith("if "):
            continue
        if isinstance(node.orelse[0], ast.If) and source.of(node.orelse[0]).startswith("elif"):
            continue
        first, second = lines_of(source, node.body), lines_of(source, node.orelse)
        if first is None or second is None or node.body[0].lineno == node.lineno:
            continue
        indent = source.indent(node)
        new = f"if not ({source.of(node.test)}):\n{second}{indent}else:\n{first}"
        start = source.span(node)[0]
        end = source.starts[node.orelse[-1].end_lineno]
        yield Edit("branches turned", source.of(node.test), "not", source.replaced(((start, end), new)))


def lines_of(source: Source, block: list[ast.stmt]) -> str | None:
    """Whole lines of a block."""
    start, end = source.starts[block[0].lineno - 1], source.starts[block[-1].end_lineno]
    text = source.text.encode()[start:end].decode()
    return text if text.endswith("\n") and text.lstrip() == text[source.span(block[0])[0] - start:] else None


def else_after_end(source: Source) -> Iterator[Edit]:
    """``if c: raise`` and the rest, as ``if c: raise`` and ``else:`` the rest."""
    for block in source.blocks():
        for position, node in enumerate(block[:-1]):
            if not isinstance(node, ast.If) or node.orelse or not isinstance(node.body[-1], (ast.Raise, ast.Return)):
                continue
            if node.body[0].lineno == node.lineno or has_multiline_text(block[position + 1:]):
                continue
            rest = lines_of(source, block[position + 1:])
            if rest is None:
                continue
            indent = source.indent(node)
            moved = "".join(f"    {line}" if line.strip() else line for line in rest.splitlines(keepends=True))
            start, end = source.starts[node.end_lineno], source.starts[block[-1].end_lineno]
            new = source.text.encode()[source.starts[node.end_lineno]:source.starts[block[position + 1].lineno - 1]].decode()
            new = f"{indent}else:\n{new}{moved}"
            yield Edit("else added", source.of(node.test), "else", source.replaced(((start, end), new)))


def has_multiline_text(block: list[ast.stmt]) -> bool:
    for statement in block:
        for node in ast.walk(statement):
            if isinstance(node, (ast.Constant, ast.JoinedStr)) and node.lineno != node.end_lineno:
                return True
    return False


def write_again(source: Source) -> Iterator[Edit]:
    """The body as Python itself writes it: other layout, no comments, other quotes."""
    if has_multiline_text(source.function.body):
        return
    indent = source.indent(source.function.body[0])
    first = source.function.body[0]
    if first.lineno == source.function.lineno or not indent:
        return
    lines: list[str] = []
    for statement in source.function.body:
        lines.extend(indent + line if line else line for line in ast.unparse(statement).splitlines())
    start, end = source.starts[first.lineno - 1], source.starts[source.function.body[-1].end_lineno]
    new = "\n".join(lines) + "\n"
    if new != source.text.encode()[start:end].decode():
        yield Edit("written again", "", "", source.replaced(((start, end), new)))


def add_comments(source: Source) -> Iterator[Edit]:
    first = source.function.body[0]
    if first.lineno == source.function.lineno:
        return
    pieces = []
    for block in source.blocks():
        for statement in block:
            line = source.lines[statement.lineno - 1].decode()
            if line[: source.span(statement)[0] - source.starts[statement.lineno - 1]].strip() == "":
                start = source.starts[statement.lineno - 1]
                pieces.append(((start, start), f"\n{source.indent(statement)}# A note.\n"))
    unique = list(dict(pieces).items())
    yield Edit("comments added", "", "", source.replaced(*unique))


def free_names(source: Source, block: list[ast.stmt]) -> tuple[list[str], set[str]]:
    """Local names that statements read before they store them, and those that they store."""
    known = {argument.arg for argument in all_arguments(source.function)}
    for node in source.own():
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            known.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            known.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            known.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            known.add(node.name)
    used: list[str] = []
    stored: set[str] = set()
    for statement in block:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name):
                if isinstance(node.ctx, ast.Store):
                    stored.add(node.id)
                if node.id in known and node.id not in used:
                    used.append(node.id)
    return used, stored


def can_be_moved(block: list[ast.stmt]) -> bool:
    for statement in block:
        for node in ast.walk(statement):
            if isinstance(node, (ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal, ast.NamedExpr)):
                return False
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("locals", "super", "vars", "eval", "exec"):
                return False
    return True


def moved_body(source: Source, name: str) -> tuple[str, str, str, tuple[int, int]] | None:
    """The end of the body as a function of its own: its definition, its call, and what it takes the place of."""
    body = source.function.body
    if source.function.col_offset != 0 or body[0].lineno == source.function.lineno:
        return None
    begin = 1 if is_docstring(body[0]) else 0
    for position in range(begin, len(body)):
        block = body[position:]
        used, stored = free_names(source, block)
        before = {
            node.id for statement in body[begin:position] for node in ast.walk(statement)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        } | {argument.arg for argument in all_arguments(source.function)}
        # A name that is stored on some ways only can't be handed over.
        if not isinstance(block[-1], (ast.Return, ast.Raise)) or not can_be_moved(block) or has_multiline_text(block):
            continue
        plain = {
            target.id for statement in body[begin:position] if isinstance(statement, (ast.Assign, ast.AnnAssign))
            for target in ast.walk(statement) if isinstance(target, ast.Name) and isinstance(target.ctx, ast.Store)
        } | {argument.arg for argument in all_arguments(source.function)}
        needed = [name for name in used if name in before]
        if any(name not in plain for name in needed) or len(block) < 2:
            continue
        if any(name in before and name not in plain for name in stored):
            continue
        text = lines_of(source, block)
        if text is None:
            continue
        waits = any(
            isinstance(node, (ast.Await, ast.AsyncFor, ast.AsyncWith)) or isinstance(node, ast.comprehension) and node.is_async
            for statement in block for node in ast.walk(statement)
        )
        head = f"{'async ' if waits else ''}def {name}({', '.join(needed)}):\n"
        call = f"return {'await ' if waits else ''}{name}({', '.join(needed)})\n"
        span = (source.starts[block[0].lineno - 1], source.starts[block[-1].end_lineno])
        return head + text, source.indent(block[0]) + call, source.of(block[0]), span
    return None


def extract(source: Source) -> Iterator[Edit]:
    name = f"extracted_from_{source.function.name}"
    found = moved_body(source, name)
    if found is None:
        return
    definition, call, old, span = found
    start = source.starts[min([source.function.lineno, *(d.lineno for d in source.function.decorator_list)]) - 1]
    yield Edit("extracted", old, call.strip(), source.replaced((span, call), ((start, start), f"{definition}\n\n")))


def move_to_file(source: Source) -> Iterator[Edit]:
    """The end of the body in a file of its own, which gets the imports of this one."""
    name = f"moved_from_{source.function.name}"
    found = moved_body(source, name)
    if found is None:
        return
    definition, call, old, span = found
    tree = ast.parse(source.text)
    # What the module itself defines would be imported in a circle.
    own = {name for statement in tree.body for name in bound_by(statement)}
    mentioned = {node.id for node in ast.walk(ast.parse(definition)) if isinstance(node, ast.Name)}
    parameters = {argument.arg for argument in all_arguments(ast.parse(definition).body[0])}
    if (mentioned - parameters) & own or "import *" in source.text:
        return
    imports = [source.of(statement) for statement in tree.body
               if isinstance(statement, (ast.Import, ast.ImportFrom)) and getattr(statement, "module", "") != "__future__"]
    module = f"moved_{source.function.name}"
    text = "\n".join(imports) + f"\n\n\n{definition}"
    local = f"from .{module} import {name}"
    line = f"{source.indent(source.function.body[-1])}{local}\n"
    yield Edit("moved to another file", old, local, source.replaced((span, line + call)), {module: text})


def bound_by(statement: ast.stmt) -> set[str]:
    """Names that a statement of a module binds, those of plain imports left out."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return set()
    names: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
    return names


def annotate(source: Source) -> Iterator[Edit]:
    for node in source.own():
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            if node.targets[0].id in local_names(source) and stores(source, node.targets[0].id) == 1:
                yield source.edit("annotation added", node.targets[0], f"{node.targets[0].id}: 'typing.Any'")


def stores(source: Source, name: str) -> int:
    return sum(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in source.own())


def make_sync(source: Source) -> Iterator[Edit]:
    if not isinstance(source.function, ast.AsyncFunctionDef):
        return
    for node in ast.walk(source.function):
        if isinstance(node, (ast.Await, ast.AsyncFor, ast.AsyncWith)) or isinstance(node, ast.comprehension) and node.is_async:
            return
    start = source.span(source.function)[0]
    data = source.text.encode()
    if data[start:start + 9] == b"async def":
        yield Edit("made sync", "async def", "def", source.replaced(((start, start + 9), "def")))


def join_conditions(source: Source) -> Iterator[Edit]:
    """``if a and b:`` as ``if a:`` with ``if b:`` inside."""
    for node in source.own():
        if not isinstance(node, ast.If) or node.orelse or not isinstance(node.test, ast.BoolOp):
            continue
        if not isinstance(node.test.op, ast.And) or node.body[0].lineno == node.lineno or has_multiline_text(node.body):
            continue
        if not source.lines[node.lineno - 1].decode().lstrip().startswith("if "):
            continue
        body = lines_of(source, node.body)
        if body is None:
            continue
        indent = source.indent(node)
        first = f"({source.of(node.test.values[0])})"
        rest = " and ".join(f"({source.of(value)})" for value in node.test.values[1:])
        moved = "".join(f"    {line}" if line.strip() else line for line in body.splitlines(keepends=True))
        new = f"if {first}:\n{indent}    if {rest}:\n{moved}"
        end = source.starts[node.body[-1].end_lineno]
        yield Edit("conditions nested", source.of(node.test), first, source.replaced(((source.span(node)[0], end), new)))


NEUTRAL: list[Callable[[Source], Iterator[Edit]]] = [
    rename_local, name_result, inline_variable, turn_branches, else_after_end, write_again, add_comments, extract,
    move_to_file, annotate, make_sync, join_conditions,
]


def pick(source: Source, kinds: list[Callable[[Source], Iterator[Edit]]], chance: random.Random) -> Edit | None:
    """One edit, each kind as likely as another; it parses."""
    order = list(kinds)
    chance.shuffle(order)
    for kind in order:
        edits = list(kind(source))
        chance.shuffle(edits)
        for edit in edits:
            try:
                ast.parse(edit.text)
                for text in edit.files.values():
                    ast.parse(text)
            except SyntaxError:
                continue
            if edit.text != source.text:
                return edit
    return None
