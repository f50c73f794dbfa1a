"""Folders that a tool for Python projects should survive, each made by one function.

A case is a function that fills an empty folder. Every folder gets a healthy application beside what is
broken (``healthy.py``, one route), unless the case says otherwise, so that a run can be asked whether
the rest was reviewed.
"""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HEALTHY = '''from fastapi import FastAPI

app = FastAPI()


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
'''
DEEP = 10_000
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Case:
    """One folder to analyse."""

    name: str
    fill: Callable[[Path], None]
    target: str = "."  # what to analyse, relative to the folder
    healthy: bool = True  # has the healthy application, whose route is to be found
    may_refuse: bool = False  # exit code 2 is a fair answer


CASES: list[Case] = []


def case(**options):
    def register(function: Callable[[Path], None]) -> Callable[[Path], None]:
        CASES.append(Case(function.__name__.replace("_", "-"), function, **options))
        return function

    return register


def file_case(name: str, content: str | bytes | Callable[[], str | bytes], **options) -> None:
    """A case of one file, ``broken.py``."""

    def fill(folder: Path) -> None:
        made = content() if callable(content) else content
        (folder / "broken.py").write_bytes(made.encode() if isinstance(made, str) else made)

    CASES.append(Case(name, fill, **options))


# Bytes that are not what they should be.
file_case("not-utf-8", b'name = "\xff\xfe\xfa"  # \xc3\x28\n')
file_case("latin-1-with-cookie", '# -*- coding: latin-1 -*-\nname = "caf\u00e9"\n'.encode("latin-1"))
file_case("unknown-encoding-cookie", b"# coding: no-such-encoding\nx = 1\n")
file_case("utf-8-with-mark", b"\xef\xbb\xbf" + HEALTHY.encode())
file_case("utf-16", HEALTHY.encode("utf-16"))
file_case("utf-32", HEALTHY.encode("utf-32"))
file_case("null-bytes", b"x = 1\x00\ny = '\x00'\n\x00\x00")
file_case("only-null-bytes", b"\x00" * MEGABYTE)
file_case("binary", lambda: random.Random(1).randbytes(2 * MEGABYTE))
file_case("empty", b"")
file_case("only-a-mark", b"\xef\xbb\xbf")
file_case("old-line-ends", HEALTHY.replace("\n", "\r").encode())
file_case("mixed-line-ends", b"a = 1\r\nb = 2\rc = 3\nd = '''\r\n\r'''\n\x0cclass A: pass")
file_case("lone-surrogates", b'x = "\xed\xa0\x80"\ny = "\\ud800"\n')
file_case("wide-characters", 'from fastapi import FastAPI\n\u00e5pp = FastAPI()  # \U0001f600\n@\u00e5pp.get("/\U0001f600")\ndef \u6771\u4eac(): ...\n')

# Programs that are none.
file_case("unclosed-bracket", "from fastapi import FastAPI\napp = FastAPI(\n\n@app.get('/x')\ndef x(): ...\n")
file_case("unclosed-string", "x = '''never ends\n" + HEALTHY)
file_case("bad-indentation", "def f():\n        a = 1\n    b = 2\n  c = 3\n\td = 4\n")
file_case("conflict-markers", "<<<<<<< ours\n" + HEALTHY + "=======\nx = 2\n>>>>>>> theirs\n")
file_case("python-2", "print 'hello'\nexec 'x = 1'\ntry:\n    pass\nexcept E, e:\n    raise E, 'x', t\nx = 0777L <> `y`\n")
file_case("not-python", "<html><body>{% for x in y %}</body></html>\n")
file_case("template", "from {{ module }} import x\n{% if a %}\nb = 1\n{% endif %}\n")
file_case("new-syntax", "type A[T] = list[T]\ndef f[T: int = str](x: T) -> T:\n    try: ...\n    except ValueError, KeyError: ...\n"
          "    return t'{x!r:>{x}}'\nmatch a:\n    case {'x': [1, *_], **r} if r: ...\nlazy = 1\n")


@case()
def cut_off(folder: Path) -> None:
    text = HEALTHY.encode()
    for length in range(0, len(text), 3):
        (folder / f"cut_{length}.py").write_bytes(text[:length])


@case()
def changed_bytes(folder: Path) -> None:
    source = random.Random(2)
    for number in range(300):
        text = bytearray(HEALTHY.encode())
        for _ in range(source.randrange(1, 6)):
            place = source.randrange(len(text))
            change = source.randrange(3)
            if change == 0:
                text[place] = source.choice(b"()[]{}:,.\"'\\\n\t @*=#f%\x00\xff")
            elif change == 1:
                del text[place]
            else:
                text[place:place] = bytes(text[:source.randrange(40)])
        (folder / f"changed_{number}.py").write_bytes(text)


# Too much of something.
file_case("50-mb-generated", lambda: "".join(f"value_{n} = {{'a': {n}, 'b': [{n}, {n}]}}\n" for n in range(1_160_000)))
file_case("7-mb-generated", lambda: "".join(f"def function_{n}(a, b):\n    return a + b * {n}\n" for n in range(130_000)))
file_case("7-mb-table", lambda: "table = [\n" + "".join(f"    ('k{n}', {n}, None),\n" for n in range(280_000)) + "]\n")
file_case("enormous-line", lambda: "x = [" + "1, " * 2_000_000 + "]\n")
file_case("enormous-string", lambda: "x = '" + "a" * 7 * MEGABYTE + "'\n")
file_case("enormous-comment", lambda: "# " + "a" * 7 * MEGABYTE + "\n")
file_case("enormous-number", lambda: "x = " + "9" * MEGABYTE + "\ny = 0x" + "f" * MEGABYTE + "\nz = 1e" + "9" * 1000 + "\n")
file_case("enormous-name", lambda: "a" * MEGABYTE + " = 1\n")
file_case("many-blank-lines", "\n" * 5 * MEGABYTE)
file_case("many-arguments", lambda: "def f(" + ", ".join(f"a{n}" for n in range(100_000)) + "): ...\nf(" + "1, " * 100_000 + ")\n")
file_case("many-decorators", lambda: "d = lambda f: f\n" + "@d\n" * DEEP + "def f(): ...\n")
file_case("many-routes", lambda: HEALTHY + "".join(f"\n@app.get('/r{n}')\ndef r{n}(): ...\n" for n in range(20_000)))

# Too deep: 10,000 of each.
DEEP_EXPRESSIONS = {
    "parentheses": lambda n: "(" * n + "1" + ")" * n,
    "unclosed-parentheses": lambda n: "(" * n,
    "closing-parentheses": lambda n: ")" * n,
    "lists": lambda n: "[" * n + "]" * n,
    "dictionaries": lambda n: "{1: " * n + "1" + "}" * n,
    "calls-inside": lambda n: "f(" * n + ")" * n,
    "calls-behind": lambda n: "f" + "()" * n,
    "subscripts-inside": lambda n: "a[" * n + "1" + "]" * n,
    "subscripts-behind": lambda n: "a" + "[0]" * n,
    "attributes": lambda n: "a" + ".b" * n,
    "method-calls": lambda n: "a" + ".b()" * n,
    "sum": lambda n: "1" + " + 1" * n,
    "strings-sum": lambda n: "'a'" + " + 'a'" * n,
    "power": lambda n: "1" + " ** 1" * n,
    "comparison": lambda n: "1" + " < 1" * n,
    "and": lambda n: "a" + " and a" * n,
    "not": lambda n: "not " * n + "a",
    "minus": lambda n: "-" * n + "1",
    "lambda": lambda n: "lambda: " * n + "1",
    "conditional": lambda n: "1 if a else " * n + "1",
    "conditional-inside": lambda n: "(" * n + "1" + " if a else 1)" * n,
    "comprehensions": lambda n: "[" * n + "x" + " for x in y]" * n,
    "f-strings": lambda n: 'f"{' * n + "1" + '}"' * n,
    "format-specifications": lambda n: 'f"' + "{a:" * n + "}" * n + '"',
    "joined-strings": lambda n: "'a' " * n,
    "named-values": lambda n: "(a := " * n + "1" + ")" * n,
    "stars": lambda n: "[*" * n + "[]" + "]" * n,
    "slices": lambda n: "a[1:" * n + "1" + "]" * n,
    "bit-or": lambda n: "int" + " | int" * n,
}
for expression_name, expression in DEEP_EXPRESSIONS.items():
    file_case(f"deep-{expression_name}", f"x = {expression(DEEP)}\n")
    # The same where FastAPI gives it a meaning: an annotation, a default and a path.
    file_case(f"deep-{expression_name}-in-a-route", HEALTHY + f"\n@app.get({expression(DEEP)})\ndef r(a: {expression(DEEP)} = "
              f"{expression(DEEP)}): ...\n")

file_case("deep-annotation", HEALTHY + f"\n@app.get('/x')\ndef r(a: {'list[' * DEEP}int{']' * DEEP}): ...\n")
file_case("deep-await", f"async def f():\n    {'await ' * DEEP}x\n")
file_case("deep-assignment", "a = " * DEEP + "1\n")
file_case("deep-targets", "(" * DEEP + "a" + ",)" * DEEP + " = 1\n")
file_case("deep-delete", "del " + "(" * DEEP + "a" + ")" * DEEP + "\n")
file_case("deep-import", "import " + ".".join("a" * DEEP) + "\n")
file_case("deep-relative-import", "from " + "." * DEEP + " import x\n")
file_case("deep-patterns", "match a:\n    case " + "[" * DEEP + "b" + "]" * DEEP + ": ...\n")
file_case("deep-pattern-alternatives", "match a:\n    case " + " | ".join(["1"] * DEEP) + ": ...\n")
file_case("deep-else-if", "if a0: pass\n" + "".join(f"elif a{n}: x = {n}\n" for n in range(DEEP)))


def nested(line: str, count: int, inner: str = "pass") -> str:
    """``line`` inside itself, one space deeper each time."""
    return "".join(" " * level + line + "\n" for level in range(count)) + " " * count + inner + "\n"


# Indented blocks of 10,000 levels are 50 MB; 3,500 are below the usual size limit of a file.
for block_name, block in {
    "if": "if a:", "while": "while a:", "for": "for a in b:", "with": "with a:", "def": "def f():", "class": "class A:", "async-def": "async def f():",
}.items():
    file_case(f"deep-{block_name}-blocks", lambda block=block: nested(block, 3_500))
file_case("10000-deep-blocks", lambda: nested("if a:", DEEP))
file_case("deep-else-blocks", lambda: "".join(f"{' ' * n}if a:\n{' ' * n} pass\n{' ' * n}else:\n" for n in range(1_500)) + " " * 1_500 + "pass\n")
file_case("deep-try-blocks", lambda: "".join(" " * n + "try:\n" for n in range(2_000)) + " " * 2_000 + "pass\n"
          + "".join(" " * n + "finally: pass\n" for n in reversed(range(2_000))))

# Evaluation that does not end, or explodes, when it is followed literally.
ENDLESS = {
    "recursion": "def f(n): return f(n + 1)\nx = f(0)\n",
    "two-recursions": "def f(n): return g(n)\ndef g(n): return f(n) + f(n)\nx = f(0)\n",
    "fibonacci": "def f(n): return n if n < 2 else f(n - 1) + f(n - 2)\nx = f(60)\n",
    "ackermann": "def a(m, n):\n    if m == 0: return n + 1\n    if n == 0: return a(m - 1, 1)\n    return a(m - 1, a(m, n - 1))\nx = a(5, 5)\n",
    "while": "n = 0\nwhile True:\n    n += 1\n",
    "long-loop": "total = 0\nfor n in range(10 ** 12): total += n\n",
    "nested-loops": "".join(" " * n + f"for a{n} in range(100):\n" for n in range(12)) + " " * 12 + "x = a0\n",
    "iterator": "import itertools\nfor n in itertools.count(): x = n\n",
    "big-string": "x = 'a' * 10 ** 11\ny = x + x\nz = '{:>1000000000}'.format('a')\n",
    "big-list": "x = [0] * 10 ** 11\ny = list(range(10 ** 11))\n",
    "big-number": "x = 10 ** 10 ** 10\ny = 1 << 10 ** 12\n",
    "doubling-string": "x = 'a'\n" + "x = x + x\n" * 200,
    "doubling-list": "x = [1]\n" + "x = x + x\n" * 200,
    "doubling-tuple": "x = (1,)\n" + "x = (x, x)\n" * 200 + "y = str(x)\nz = x == x\n",
    "self-containing-list": "x = []\nx.append(x)\ny = str(x)\nz = x == x\nd = {}\nd['d'] = d\n",
    "growing-while-iterating": "x = [1]\nfor n in x: x.append(n)\n",
    "omega": "(lambda f: f(f))(lambda f: f(f))\n",
    "decorator": "def d(f): return d(f)\n@d\ndef g(): ...\n",
    "property": "class A:\n    @property\n    def x(self): return self.x\n    def __getattr__(self, name): return getattr(self, name)\na = A().x.y\n",
    "class-is-its-base": "class A(A): ...\nclass B(C): ...\nclass C(B): ...\n",
    "base-chain": "class A0: ...\n" + "".join(f"class A{n}(A{n - 1}): ...\n" for n in range(1, DEEP)) + f"A{DEEP - 1}().x\n",
    "call-chain": "def f0(): return 1\n" + "".join(f"def f{n}(): return f{n - 1}()\n" for n in range(1, DEEP)) + f"x = f{DEEP - 1}()\n",
    "unknown-branches": "import os\nx = 0\n" + "".join(f"if os.environ.get('A{n}'): x = x * 2 + {n}\nelse: x = [x, {n}]\n" for n in range(300)),
    "exec": "exec('x = 1')\neval('__import__(\"os\")')\n__import__(name)\nglobals()['a'] = 1\nlocals().update(a=1)\n",
    "type-alias": "type A = list[A]\nB = list['B']\nfrom typing import Annotated\nC = Annotated['C', 1]\n",
}
for endless_name, text in ENDLESS.items():
    file_case(f"endless-{endless_name}", text)

FASTAPI = "from fastapi import APIRouter, Depends, FastAPI\nfrom pydantic import BaseModel\napp = FastAPI()\nrouter = APIRouter()\n"
ENDLESS_APPLICATIONS = {
    "router-in-itself": "@router.get('/a')\ndef a(): ...\nrouter.include_router(router, prefix='/r')\napp.include_router(router)\n",
    "routers-in-a-ring": "other = APIRouter()\n@other.get('/a')\ndef a(): ...\nrouter.include_router(other, prefix='/o')\n"
                         "other.include_router(router, prefix='/r')\napp.include_router(router)\n",
    "app-mounts-itself": "app.mount('/self', app)\n",
    "dependency-ring": "def a(b=Depends(lambda: b)): ...\ndef c(d=Depends('d')): ...\ndef e(f=None): ...\ne.__defaults__ = (Depends(e),)\n"
                       "@app.get('/x')\ndef x(a=Depends(a), c=Depends(c), e=Depends(e)): ...\n",
    "model-ring": "class A(BaseModel):\n    b: 'B'\n    a: 'A | None' = None\nclass B(BaseModel):\n    a: A\n    c: list['B']\n"
                  "@app.post('/x')\ndef x(a: A) -> B: ...\n",
    "doubling-includes": "".join(f"r{n} = APIRouter()\n" for n in range(40)) + "@r0.get('/a')\ndef a(): ...\n"
                         + "".join(f"r{n}.include_router(r{n - 1}, prefix='/a')\nr{n}.include_router(r{n - 1}, prefix='/b')\n" for n in range(1, 40))
                         + "app.include_router(r39)\n",
    "endless-factory": "def make():\n    a = FastAPI()\n    a.mount('/x', make())\n    return a\napp = make()\n",
    "routes-without-end": "while True:\n    @app.get('/x')\n    def x(): ...\n",
    "deep-dependencies": "def d0(): ...\n" + "".join(f"def d{n}(x=Depends(d{n - 1})): ...\n" for n in range(1, 3_000))
                         + "@app.get('/x')\ndef x(d=Depends(d2999)): ...\n",
    "doubling-dependencies": "def d0(): ...\n" + "".join(f"def d{n}(x=Depends(d{n - 1}), y=Depends(d{n - 1})): ...\n" for n in range(1, 60))
                             + "@app.get('/x')\ndef x(d=Depends(d59)): ...\n",
    "wrong-arguments": "app.get()\napp.get(1, 2, 3)\napp.include_router()\napp.include_router(None, prefix=1)\napp.add_api_route()\n"
                       "FastAPI(1)\nAPIRouter('/x')\n@app.get\ndef f(): ...\n@app.get('no-slash', tags=1, responses=[], status_code='x')\ndef g(): ...\n",
}
for application_name, text in ENDLESS_APPLICATIONS.items():
    file_case(f"endless-{application_name}" if not application_name.startswith("endless") else application_name, FASTAPI + text)


# Folders and files that are not what they seem.
@case(healthy=False)
def empty_folder(folder: Path) -> None:
    pass


@case(target="no/such/path", healthy=False, may_refuse=True)
def missing_path(folder: Path) -> None:
    pass


@case(target="/dev/null", healthy=False, may_refuse=True)
def device_as_path(folder: Path) -> None:
    pass


@case(target="pipe.py", healthy=False, may_refuse=True)
def pipe_as_path(folder: Path) -> None:
    os.mkfifo(folder / "pipe.py")


@case(target="healthy.py")
def one_file_as_path(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[project]\nname = 'x'\n")


@case(target="notes.txt", healthy=False, may_refuse=True)
def text_as_path(folder: Path) -> None:
    (folder / "notes.txt").write_text("not Python\n")


@case(healthy=False)
def no_fastapi_at_all(folder: Path) -> None:
    (folder / "program.py").write_text("import sys\n\n\ndef main() -> None:\n    sys.exit(1)\n")


@case(healthy=False)
def no_python_at_all(folder: Path) -> None:
    (folder / "README.md").write_text("# nothing\n")


@case()
def symlink_loops(folder: Path) -> None:
    (folder / "inside").mkdir()
    (folder / "inside" / "up").symlink_to("..")
    (folder / "inside" / "here").symlink_to(".")
    (folder / "itself.py").symlink_to("itself.py")
    (folder / "ping.py").symlink_to("pong.py")
    (folder / "pong.py").symlink_to("ping.py")
    (folder / "dangling.py").symlink_to("nowhere.py")
    (folder / "root").symlink_to("/")


@case()
def pipe_socket_and_folder_named_py(folder: Path) -> None:
    os.mkfifo(folder / "pipe.py")
    (folder / "folder.py").mkdir()
    (folder / "folder.py" / "inner.py").write_text("x = 1\n")
    here = os.getcwd()
    os.chdir(folder)  # the path of a socket is limited to about 100 bytes
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("socket.py")
    finally:
        os.chdir(here)


@case()
def unreadable(folder: Path) -> None:
    (folder / "secret.py").write_text("x = 1\n")
    (folder / "secret.py").chmod(0)
    (folder / "closed").mkdir()
    (folder / "closed" / "inner.py").write_text("x = 1\n")
    (folder / "closed").chmod(0)


@case()
def import_cycles(folder: Path) -> None:
    package = folder / "package"
    package.mkdir()
    (package / "__init__.py").write_text("from .a import *\nfrom . import b\nimport package\n")
    (package / "a.py").write_text("from .b import b\nfrom .a import a\nfrom package import *\na = b\n__all__ = ['a'] + __all__\n")
    (package / "b.py").write_text("from .a import a\nb = a\ndef __getattr__(name):\n    from . import b\n    return getattr(b, name)\n")
    for number in range(200):
        (folder / f"ring_{number}.py").write_text(f"from ring_{(number + 1) % 200} import *\nfrom ring_{(number + 7) % 200} import x\nx = x\n")


@case()
def long_import_chain(folder: Path) -> None:
    for number in range(3_000):
        (folder / f"link_{number}.py").write_text(f"from link_{number + 1} import x\n" if number < 2_999 else "x = 1\n")


@case()
def strange_names(folder: Path) -> None:
    for name in (b"\xff\xfe.py", b"new\nline.py", b" .py", b"a b.py", b"a'\"$(x).py", b"1-2.py", b"class.py", b"a.b.py", b"\xe2\x80\xae.py", b"n" * 250 + b".py"):
        with open(os.path.join(os.fsencode(folder), name), "wb") as made:
            made.write(b"x = 1\n")


@case()
def deep_folders(folder: Path) -> None:
    inner = folder
    for _ in range(150):
        inner = inner / "a_long_folder_name"
    inner.mkdir(parents=True)
    (inner / "x.py").write_text("from ...... import y\nx = 1\n")


@case()
def many_files(folder: Path) -> None:
    for number in range(5_000):
        (folder / f"file_{number}.py").write_text(f"from file_{number // 2} import x\nx = {number}\n")


MANIFESTS = {
    "broken-pyproject": "[project\nname = \n",
    "binary-pyproject": "\x00\x01\x02",
    "wrong-types-in-pyproject": "project = 1\ntool = [1]\n",
    "wrong-types-in-tools": "[project]\nname = []\ndependencies = {a = 1}\n[tool]\nfastwright = 1\nfastapi = 'x'\nsetuptools = []\n",
    "unknown-settings": "[tool.fastwright]\nno-such-key = 1\nselect = 7\nexclude = ['[', '***', '\\\\']\n",
    "wrong-entrypoint": "[tool.fastapi]\nentrypoint = 'no.such.module:app:x()'\n",
    "deep-pyproject": "a = " + "[" * DEEP + "]" * DEEP + "\n",
}
for manifest_name, manifest in MANIFESTS.items():
    def fill_manifest(folder: Path, manifest: str = manifest) -> None:
        (folder / "pyproject.toml").write_text(manifest)

    CASES.append(Case(manifest_name, fill_manifest, may_refuse=True))


@case(may_refuse=True)
def manifests_that_are_folders(folder: Path) -> None:
    for name in ("pyproject.toml", "fastwright.toml", "setup.cfg", "uv.lock", "requirements.txt", ".gitignore"):
        (folder / name).mkdir()


@case()
def broken_locks(folder: Path) -> None:
    (folder / "uv.lock").write_text("version = [\n")
    (folder / "poetry.lock").write_bytes(b"\xff\xfe\x00")
    (folder / "requirements.txt").write_text("-r requirements.txt\n-r ../../../etc/passwd\n==\n@@@\nfastapi>=>=1\n")
    (folder / "setup.cfg").write_text("[options\npackages = find:\n=\n")
    (folder / ".gitignore").write_bytes(b"[\n!\n\\\n\xff\n{a,b\n")


@case()
def broken_environment(folder: Path) -> None:
    (folder / ".venv").mkdir()
    (folder / ".venv" / "pyvenv.cfg").write_bytes(b"\xff\x00home=\n")
    (folder / ".venv" / "lib").symlink_to(".")
    (folder / "venv").write_text("not a folder\n")


def make(case_: Case, folder: Path) -> Path:
    """Fills ``folder`` and gives the path to analyse."""
    folder.mkdir(parents=True)
    if case_.healthy:
        (folder / "healthy.py").write_text(HEALTHY)
    case_.fill(folder)
    return Path(case_.target) if case_.target.startswith("/") else folder / case_.target
