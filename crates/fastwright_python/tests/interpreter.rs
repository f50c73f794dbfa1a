//! What the interpreter knows of the globals of a module, for one mechanism of Python each. No library is
//! known here.

#![allow(clippy::unwrap_used)]

#[path = "interpreter/config_parser.rs"]
mod config_parser;
#[path = "interpreter/data_files.rs"]
mod data_files;
#[path = "interpreter/imports.rs"]
mod imports;

use fastwright_python::interpreter::{Interpreter, Limits, NoLibrary};
use fastwright_python::loader::{Program, SharedProgram};
use fastwright_python::name::Name;
use fastwright_python::project::{DiscoverOptions, discover};
use fastwright_python::source::MemoryTree;
use fastwright_python::value::{Kind, Object, Symbolic, Value};
use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

static NO_LIBRARY: NoLibrary = NoLibrary;

/// Evaluates `main.py` of a fixture (or the text as `main.py`) and compares globals: `name = value` lines.
#[track_caller]
fn check(source: &str, expected: &str) {
    let fixture = if source.contains("#- ") { source.to_owned() } else { format!("#- main.py\n{source}") };
    let tree = Arc::new(MemoryTree::from_fixture(&fixture));
    let project = Arc::new(discover(&*tree, Path::new("."), &DiscoverOptions::default()).unwrap());
    let shared = SharedProgram(Rc::new(RefCell::new(Program::new(project, tree, |_| false))));
    shared.0.borrow_mut().load(&[""], fastwright_python::loader::Rest::Left);
    let mut interpreter =
        Interpreter::new(Box::new(shared.clone()), &NO_LIBRARY, Box::new(()), Limits::default());
    let module = interpreter.import_root(shared.module_named("main").unwrap());
    let scope = interpreter.module(module).scope;
    let mut shown = Vec::new();
    let lines: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    for line in &lines {
        let name = line.split(" = ").next().unwrap();
        let value = interpreter.scope(scope).names.get(&Name::from(name)).cloned();
        let text = value.map_or_else(|| "unbound".to_owned(), |value| show(&interpreter, &value));
        shown.push(format!("{name} = {text}"));
    }
    assert_eq!(shown.join("\n"), lines.join("\n"));
}

fn show(interpreter: &Interpreter<'_>, value: &Value) -> String {
    let all =
        |items: &[Value]| items.iter().map(|item| show(interpreter, item)).collect::<Vec<_>>().join(", ");
    match value.kind() {
        Kind::None => "None".to_owned(),
        Kind::Bool(true) => "True".to_owned(),
        Kind::Bool(false) => "False".to_owned(),
        Kind::Int(number) => number.to_string(),
        Kind::Float(number) => format!("{number:?}"),
        Kind::Str(text) => format!("'{text}'"),
        Kind::Bytes(bytes) => format!("b'{}'", String::from_utf8_lossy(bytes)),
        Kind::Ellipsis => "...".to_owned(),
        Kind::Tuple(items) => format!("({})", all(items)),
        Kind::List(id) | Kind::Set(id) => match interpreter.object(*id) {
            Object::List(list) => format!("[{}]", all(&list.items)),
            Object::Set(set) => format!("{{{}}}", all(&set.items)),
            _ => "?".to_owned(),
        },
        Kind::Dict(id) => match interpreter.object(*id) {
            Object::Dict(dict) => {
                let entries = dict.entries.values();
                let entries: Vec<String> = entries
                    .map(|(key, value)| format!("{}: {}", show(interpreter, key), show(interpreter, value)))
                    .collect();
                format!("{{{}}}", entries.join(", "))
            }
            _ => "?".to_owned(),
        },
        Kind::Module(id) => format!("module {}", interpreter.module(*id).name),
        Kind::Function(function) => format!("function {}", function.definition.qualname),
        Kind::Method(_) => "method".to_owned(),
        Kind::Descriptor(_) => "descriptor".to_owned(),
        Kind::Class(id) => format!("class {}", interpreter.class(*id).unwrap().name),
        Kind::Instance(id) => {
            format!("object of {}", show(interpreter, &interpreter.instance(*id).unwrap().class))
        }
        Kind::External(name) => name.to_string(),
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Call { callee, arguments, .. } => {
                format!("{}({})", show(interpreter, callee), all(&arguments.positional))
            }
            Symbolic::Member { base, name } => format!("{}.{name}", show(interpreter, base)),
            _ => "expression".to_owned(),
        },
        Kind::Union(values) => {
            values.iter().map(|value| show(interpreter, value)).collect::<Vec<_>>().join(" | ")
        }
        Kind::Unknown(unknown) => format!("unknown: {}", unknown.reason),
    }
}

#[test]
fn constants_and_operators() {
    check(
        r#"
a = 1 + 2 * 3 - 4 // 3
b = "x" + "y" * 2
c = f"{a}-{b!s}"
d = (1, *[2, 3])
e = [*d][1:]
f = {"k": 1, **{"l": 2}} | {"m": 3}
g = 3 in d and "q" not in b
h = "a,b".split(",")
i = -7 // 2, -7 % 3, 7 / 2, 2 ** 5, 1 << 3, 6 & 3, 6 | 1
j = "%s-%d" % ("a", 2)
k = "b" if not [] else "c"
l = [] or {} or "last"
m = 1 < 2 < 3 > 5
n = {1, 2} | {2, 3}
o = "Hello"[1], "Hello"[-1], "Hello"[1:3]
"#,
        "
a = 6
b = 'xyy'
c = '6-xyy'
d = (1, 2, 3)
e = [2, 3]
f = {'k': 1, 'l': 2, 'm': 3}
g = True
h = ['a', 'b']
i = (-4, 2, 3.5, 32, 8, 2, 7)
j = 'a-2'
k = 'b'
l = 'last'
m = False
n = {1, 2, 3}
o = ('e', 'o', 'el')
",
    );
}

#[test]
fn functions_and_closures() {
    check(
        r#"
def add(a, b=2, *rest, c=3, **more):
    return a + b + sum(rest) + c + len(more)

x = add(1), add(1, 1), add(1, 1, 1, 1), add(1, c=0, d=1), add(*[1, 2], **{"c": 0})

def counter():
    n = 0
    def step(by=1):
        nonlocal n
        n += by
        return n
    return step

step = counter()
y = [step(), step(2), counter()()]

def many(n):
    i = 0
    while i < n:
        yield i
        i += 1
    return "end"

z = list(many(3)) + [*many(1)]
twice = lambda f: lambda v: f(f(v))
w = twice(lambda v: v + 1)(5)

def factorial(n):
    return 1 if n < 2 else n * factorial(n - 1)
fact = factorial(10)
"#,
        "
x = (6, 5, 7, 4, 3)
y = [1, 3, 1]
z = [0, 1, 2, 0]
w = 7
fact = 3628800
",
    );
}

#[test]
fn classes() {
    check(
        r#"
from enum import Enum, auto
from typing import NamedTuple

class Base:
    kind = "base"
    def __init__(self, name):
        self.name = name
    @property
    def label(self):
        return f"{self.kind}:{self.name}"
    @classmethod
    def make(cls, name):
        return cls(name)
    @staticmethod
    def double(x):
        return x * 2

class Child(Base):
    kind = "child"
    def __init__(self, name):
        super().__init__(name + "!")
    def __getitem__(self, key):
        return self.name + key
    def __len__(self):
        return 0
    def __getattr__(self, name):
        return "dynamic " + name

a = Child.make("x")
b = a.label, Base("y").label, a.double(4), a["z"], bool(a), a.missing
c = [cls.__name__ for cls in Child.__mro__[:2]], isinstance(a, Base), issubclass(Base, Child)

class Left(Base): pass
class Right(Base): kind = "right"
class Both(Left, Right): pass
d = Both.kind

class Color(str, Enum):
    RED = "red"
    BLUE = "blue"
class Number(Enum):
    ONE = auto()
    TWO = auto()
e = Color.RED.value, Color("blue").name, [m.name for m in Color], f"{Color.RED.value}", Number.TWO.value, Color["RED"].value

class Point(NamedTuple):
    x: int
    y: int = 5
f = Point(1).y, Point(2, 3)[1]
px, py = Point(7)
g = type("Made", (Base,), {"kind": "made"})("n").label
"#,
        "
a = object of class Child
b = ('child:x!', 'base:y', 8, 'x!z', False, 'dynamic missing')
c = (['Child', 'Base'], True, False)
d = 'right'
e = ('red', 'BLUE', ['RED', 'BLUE'], 'red', 2, 'red')
f = (5, 3)
px = 7
py = 5
g = 'made:n'
",
    );
}

#[test]
fn records() {
    check(
        r#"
from dataclasses import dataclass, field, fields, replace
import attrs

@dataclass(frozen=True)
class A:
    x: int
    y: list = field(default_factory=list)
    z: str = "z"

a = A(1, z="q")
b = a.x, a.y, a.z, replace(a, x=9).x, [f.name for f in fields(A)]

@attrs.define
class B:
    _private: int = 1
    size: int = attrs.field(default=2, converter=lambda v: v * 10)
    twice: int = attrs.field(init=False)
    @twice.default
    def _twice(self):
        return self.size * 2

c = B(private=4, size=3)
d = c._private, c.size, c.twice, attrs.evolve(c, size=1).size
"#,
        "
b = (1, [], 'q', 9, ['x', 'y', 'z'])
d = (4, 30, 60, 10)
",
    );
}

#[test]
fn control_flow() {
    check(
        r#"
import random
out = []
for i in range(5):
    if i == 1:
        continue
    if i == 4:
        break
    out.append(i)
else:
    out.append("never")

try:
    raise KeyError("k")
except (ValueError, LookupError) as error:
    caught = type(error).__name__
else:
    caught = "none"
finally:
    done = True

coin = random.random() > 0.5
if coin:
    either = 1
    only = "here"
else:
    either = 2

def first(values):
    for value in values:
        if value > 2:
            return value
f = first([1, 2, 3, 4]), first([])

match {"kind": "a", "n": 1}:
    case {"kind": "b"}:
        m = "b"
    case {"kind": "a", "n": n}:
        m = "a"

match (1, 2, 3):
    case (1, *rest):
        matched = rest
match "text":
    case int() | float():
        which = "number"
    case str() as s if s:
        which = s
a, (b, *c), d = 1, [2, 3, 4], 5
while True:
    a += 1
    if a > 3:
        break
g = [x * y for x in (1, 2) for y in (3, 4) if x != y]
h = {k: v for k, v in zip("ab", [1, 2])}
with open("x") as handle:
    w = (n := 10) + n
del h["a"]
"#,
        "
out = [0, 2, 3]
caught = 'KeyError'
done = True
either = 1 | 2
only = 'here'
f = (3, None)
m = 'a'
matched = [2, 3]
which = 'text'
a = 4
c = [3, 4]
d = 5
g = [3, 4, 6, 8]
h = {'b': 2}
w = 20
",
    );
}

#[test]
fn modules() {
    check(
        r#"
#- main.py
import pkg.sub as s
from pkg import *
from pkg.sub import value as v, helper
from pkg.lazy import late
import pkg
name = s.__name__, pkg.sub.value, __name__
h = helper()
#- pkg/__init__.py
__all__ = ["exported"]
exported = "yes"
hidden = "no"
from . import sub
#- pkg/sub.py
from .. import nothing
value = 1
def helper():
    from .other import deep
    return deep
#- pkg/other.py
deep = "deep"
#- pkg/lazy.py
def __getattr__(name):
    if name == "late":
        return "made late"
    raise AttributeError(name)
"#,
        "
exported = 'yes'
hidden = unbound
v = 1
late = 'made late'
h = 'deep'
name = ('pkg.sub', 1, 'main')
",
    );
}

#[test]
fn what_is_put_into_the_names_of_a_module_is_a_variable_of_it() {
    check(
        r#"
#- main.py
import lazy
from lazy import late as first
from lazy import late as second
first.append(1)
length = len(second)
made = lazy.made
globals()["new"] = "direct"
names = globals()
names.update({"several": 1}, more=2)
kept = names.setdefault("kept", 3)
same = new, several, more, globals()["kept"]
def function():
    locals()["no"] = 1
    vars()["neither"] = 2
    globals()["yes"] = 3
function()
gone = also_gone = 1
del globals()["gone"]
taken = globals().pop("also_gone")
#- lazy.py
made = 0
def __getattr__(name):
    global made
    if name == "late":
        made += 1
        value = []
        globals()[name] = value
        return value
    raise AttributeError(name)
"#,
        "
length = 1
made = 1
same = ('direct', 1, 2, 3)
yes = 3
no = unbound
neither = unbound
gone = unbound
also_gone = unbound
taken = 1
",
    );
}

#[test]
fn caches_give_the_same_object() {
    check(
        r#"
from functools import cache, cached_property, lru_cache

@lru_cache(maxsize=1)
def settings():
    return {}

@cache
def double(n):
    calls.append(n)
    return n * 2

calls = []
settings()["k"] = 1
a = settings()
b = double(2), double(2), double(3)

class C:
    @cached_property
    def items(self):
        return []
c = C()
c.items.append(1)
d = c.items
"#,
        "
a = {'k': 1}
b = (4, 4, 6)
calls = [2, 3]
d = [1]
",
    );
}

#[test]
fn what_does_not_end_is_given_up() {
    check(
        r#"
def forever(n):
    return forever(n + 1)

def doubling(n):
    if unknown():
        return [doubling(n), doubling(n), doubling(n)]
    return [doubling(x) for x in n]

def unknown():
    import os
    return os.urandom(1) == b"x"

a = forever(0) or 1
doubling([1, 2, 3])
while True:
    pass
text = "x"
while True:
    text = text + text
    if unknown():
        break
after = "reached"
"#,
        "
after = 'reached'
",
    );
}

#[test]
fn members_of_enumerations_are_shown_with_their_class() {
    check(
        r#"
from enum import Enum, IntEnum, StrEnum

class Color(str, Enum):
    red = "r"

class Number(int, Enum):
    one = 1

class Text(StrEnum):
    text = "t"

class Counted(IntEnum):
    two = 2

class Spoken(str, Enum):
    word = "w"

    def __str__(self):
        return "said " + self.value

called = str(Color.red)
formatted = f"/{Color.red}"
filled = "{}-%s".format(Color.red) % Color.red
joined = "".join([Color.red]) + Color.red
number = str(Number.one)
text = str(Text.text)
counted = f"{Counted.two}"
spoken = str(Spoken.word)
"#,
        "
        called = 'Color.red'
        formatted = '/Color.red'
        filled = 'Color.red-Color.red'
        joined = 'rr'
        number = 'Number.one'
        text = 't'
        counted = '2'
        spoken = 'said w'
        ",
    );
}

#[test]
fn context_variables_hold_what_was_set_last() {
    check(
        r#"
from contextvars import ContextVar

current = ContextVar("current")
limited = ContextVar("limited", default=3)

def read():
    try:
        return current.get()
    except LookupError:
        return "nothing"

a = current.get(None)
b = limited.get()
c = read()
token = current.set("first")
d = current.get(None)
current.set("second")
e = current.get()
current.reset(token)
f = current.get("none")

import os
if os.urandom(1) == b"x":
    limited.set(5)
g = limited.get()
"#,
        "
a = None
b = 3
c = 'nothing'
d = 'first'
e = 'second'
f = 'none'
g = unknown: whether `limited` is set is not decided
",
    );
}

#[test]
fn a_name_that_is_yet_to_come_raises_where_that_is_expected() {
    check(
        r#"
def read():
    try:
        return LATER
    except NameError:
        return "too early"

a = read()
LATER = "there"
b = read()
"#,
        "
a = 'too early'
b = 'there'
",
    );
}

#[test]
fn texts_are_matched_and_read_as_numbers() {
    check(
        r#"
import re

found = re.compile(r"(?P<amount>\d+) *(?P<unit>[smh])$").match("5 m")
a = (found.group("amount"), found.group(2), found.group(), found.groups())
b = re.match(r"(\d+)(x)?", "7")
b = b.groups() if b else "none"
c = "yes" if re.fullmatch("[a-z]+", "abc1") else "no"
d = re.search(r"\d", "ab3").group()

def number(text):
    try:
        return int(text)
    except ValueError:
        return "no number"

e = [number("12"), number(" -1_000 "), number("5m"), number("1__0"), number("")]
f = int("ff", 16)
"#,
        "
a = ('5', 'm', '5 m', ('5', 'm'))
b = ('7', None)
c = 'no'
d = '3'
e = [12, -1000, 'no number', 'no number', 'no number']
f = builtins.int('ff', 16)
",
    );
}

#[test]
fn classes_are_told_from_other_types() {
    check(
        r#"
import inspect
from datetime import datetime
from typing import Any, Optional, Union

class Own: ...

a = [inspect.isclass(each) for each in (int, str, datetime, Own, Any)]
b = [inspect.isclass(each) for each in (Optional[int], Union[int, str], list[int], int | None, 3, "x")]
c = [issubclass(each, Own) for each in (int, bool, datetime)]
"#,
        "
a = [True, True, True, True, True]
b = [False, False, False, False, False, False]
c = [False, False, False]
",
    );
}
