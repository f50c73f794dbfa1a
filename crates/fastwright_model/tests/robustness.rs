//! Programs that make no sense: analysis ends soon and never panics.

#![allow(clippy::unwrap_used)]

use fastwright_model::analysis::{AnalysisOptions, analyse_tree, with_large_stack};
use fastwright_python::source::MemoryTree;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One analysis at most, in a build that is not optimized.
const LONGEST: Duration = Duration::from_secs(20);

/// Numbers that look random and are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn pick<'a>(&mut self, items: &[&'a str]) -> &'a str {
        items[self.below(items.len())]
    }
}

#[track_caller]
fn analyse(files: Vec<(String, String)>) {
    let mut tree = MemoryTree::new();
    for (path, text) in &files {
        tree.insert(path, text.clone());
    }
    let started = Instant::now();
    let result = std::panic::catch_unwind(|| {
        with_large_stack(|| analyse_tree(Arc::new(tree), Path::new("."), &AnalysisOptions::default()).is_ok())
    });
    let shown = || files.iter().map(|(path, text)| format!("#- {path}\n{text}")).collect::<String>();
    assert!(result.is_ok(), "analysis panics:\n{}", shown());
    assert!(started.elapsed() < LONGEST, "analysis takes {:?}:\n{}", started.elapsed(), shown());
}

#[test]
fn token_soup() {
    const TOKENS: &[&str] = &[
        "app",
        "router",
        "FastAPI",
        "APIRouter",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        ".",
        "=",
        "==",
        "+",
        "*",
        "**",
        "|",
        "@",
        "->",
        "def ",
        "class ",
        "async ",
        "await ",
        "yield ",
        "yield from ",
        "return ",
        "raise ",
        "if ",
        "else",
        "elif ",
        "for ",
        " in ",
        "while ",
        "try",
        "except ",
        "finally",
        "with ",
        " as ",
        "import ",
        "from ",
        "lambda ",
        "match ",
        "case ",
        "type ",
        "global ",
        "nonlocal ",
        "del ",
        "not ",
        " and ",
        " or ",
        " is ",
        "None",
        "True",
        "\"x\"",
        "f\"{app}\"",
        "1",
        "0",
        "...",
        ";",
        ":=",
        "self",
        "super()",
        "__init__",
        "_",
        "\\",
        "'''",
        "get",
        "include_router",
        "\"/path\"",
        "prefix",
        "x",
        "y",
    ];
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    for _ in 0..250 {
        let mut text =
            String::from("from fastapi import FastAPI, APIRouter\napp = FastAPI()\nrouter = APIRouter()\n");
        for _ in 0..numbers.below(40) {
            text.push_str(&"    ".repeat(numbers.below(4)));
            for _ in 0..numbers.below(12) {
                text.push_str(numbers.pick(TOKENS));
                text.push_str(numbers.pick(&["", " "]));
            }
            text.push('\n');
        }
        analyse(vec![("main.py".to_owned(), text)]);
    }
}

#[test]
fn statements_in_any_order() {
    const STATEMENTS: &[&str] = &[
        "app = FastAPI()",
        "router = APIRouter(prefix=x)",
        "x = [x, x, y]",
        "y = {**x, 'k': y} if x else (x, y)",
        "x = x + y",
        "y = lambda *a, **k: f(*a, x, **k)",
        "app.include_router(router, prefix=x)",
        "router.include_router(app)",
        "router.include_router(router)",
        "app.mount('/m', app)",
        "app.mount(x, y)",
        "app.routes.append(x)",
        "app.router.routes = [r for r in app.routes if r.path != x]",
        "@app.get(x)\n@f\ndef f(x=f, y=app): return f(f, y=x)",
        "def f(x=1, *y, **z):\n    global app\n    app = x\n    return f(x, *y, **z)",
        "class C(C if x else object, metaclass=M):\n    x = C\n    def __getattr__(self, n): return getattr(self, n)\n    def __init__(self, *a): super().__init__(*a); self.x = C(self)",
        "class M(type):\n    def __new__(m, *a, **k): return super().__new__(m, *a, **k)\n    def __call__(c, *a): return c(*a)",
        "x = C(x)",
        "C.x = C",
        "x.x.x = y.y",
        "for x in x: y = [y, x]",
        "while x: x = y; y = f(x)",
        "while True: x = [x]",
        "try: x = f(y)\nexcept x as y: raise\nfinally: y = f",
        "with x as y: x = y",
        "match x:\n    case C(x=y) | [y, *_] if y: x = y\n    case {'k': y, **rest}: y = rest\n    case _: pass",
        "import main as x",
        "from main import *",
        "from main import app as y, nothing",
        "x = __import__('main')",
        "x = getattr(x, 'x', y)",
        "setattr(x, 'x', x)",
        "x = type('T', (C,), {'x': x})",
        "x = functools.partial(f, x, y=y)",
        "x = functools.reduce(f, [x, y], f)",
        "x = sorted(x, key=f)",
        "x = (z := [i for i in x for j in i if (y := j)])",
        "x, (y, *z) = y, x",
        "del x",
        "yield x",
        "await f(x)",
        "x = x[y]; x[y] = x; x[::2] = y",
        "x = f'{x}{y}{x!r:>{y}}'",
        "if x == y: app.add_api_route(x, f, methods=y)\nelse: router.get(y)(f)",
        "f = functools.lru_cache(f)",
        "f = functools.wraps(f)(f)",
        "def g():\n    yield from g()\n    yield x",
        "x = list(g())",
        "@dataclasses.dataclass\nclass D:\n    x: 'D' = dataclasses.field(default_factory=lambda: D())",
        "x = D()",
        "type A[T: A] = list[A[T]]",
    ];
    let mut numbers = Numbers(0xD1B5_4A32_D192_ED03);
    for _ in 0..120 {
        let mut text = String::from(
            "import functools, dataclasses\nfrom fastapi import FastAPI, APIRouter\napp = FastAPI()\nrouter = APIRouter()\n\
             x = y = z = 1\ndef f(*a, **k): return a\nclass M(type): pass\nclass C: pass\n",
        );
        for _ in 0..numbers.below(30) + 5 {
            let indented = numbers.below(6) == 0;
            let statement = numbers.pick(STATEMENTS);
            if indented {
                text.push_str("if random():\n    ");
                text.push_str(&statement.replace('\n', "\n    "));
            } else {
                text.push_str(statement);
            }
            text.push('\n');
        }
        analyse(vec![("main.py".to_owned(), text)]);
    }
}

#[test]
fn mutated_application() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/bookshop");
    let mut files = Vec::new();
    collect(&example, &example, &mut files);
    assert!(files.len() > 5, "the example is at {}", example.display());
    let mut numbers = Numbers(0x2545_F491_4F6C_DD1D);
    for _ in 0..25 {
        let mut mutated = files.clone();
        for _ in 0..numbers.below(30) + 1 {
            let file = numbers.below(mutated.len());
            let mut lines: Vec<String> = mutated[file].1.lines().map(str::to_owned).collect();
            if lines.is_empty() {
                continue;
            }
            let (one, other) = (numbers.below(lines.len()), numbers.below(lines.len()));
            match numbers.below(5) {
                0 => {
                    lines.remove(one);
                }
                1 => lines.swap(one, other),
                2 => lines.insert(one, lines[other].clone()),
                3 => {
                    let cut = numbers.below(lines[one].len() + 1);
                    if lines[one].is_char_boundary(cut) {
                        lines[one].truncate(cut);
                    }
                }
                _ => lines[one] = lines[one].replace(['(', ':'], numbers.pick(&["", "[", "=", "((", "*"])),
            }
            mutated[file].1 = lines.join("\n");
        }
        analyse(mutated);
    }
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if !hidden {
                collect(root, &path, files);
            }
        } else if path.extension().is_some_and(|extension| extension == "py" || extension == "toml") {
            let relative = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            files.push((relative, std::fs::read_to_string(&path).unwrap()));
        }
    }
}
