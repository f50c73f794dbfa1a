//! Files that the program reads while it is imported, and the documents in them.

use super::check;

#[test]
fn a_file_is_read_in_every_way() {
    check(
        r#"
#- main.py
import json, os, pkgutil, tomllib, yaml
from importlib import resources
from pathlib import Path

folder = os.path.dirname(__file__)
with open(os.path.join(folder, "settings.json")) as file:
    a = json.load(file)
    rest = file.read()
    file.seek(0)
    again = json.loads(file.read())["name"]
b = json.loads((Path(__file__).parent / "settings.json").read_text())["sizes"]
c = tomllib.loads(resources.files("pkg").joinpath("data", "x.toml").read_text())
with Path(__file__).with_name("pyproject.toml").open("rb") as file:
    d = tomllib.load(file)["project"]["name"]
e = pkgutil.get_data("pkg", "data/words.txt").decode().split()
f = [line.strip() for line in open("words.txt")]
g = yaml.safe_load(resources.read_text("pkg", "y.yaml"))
#- settings.json
{"name": "shop", "sizes": [1, 2.5, null, true]}
#- pyproject.toml
[project]
name = "shop"
#- words.txt
one
two
#- pkg/__init__.py
#- pkg/y.yaml
k: v
#- pkg/data/x.toml
[server]
ports = [80, 443]
#- pkg/data/words.txt
three four
"#,
        "
a = {'name': 'shop', 'sizes': [1, 2.5, None, True]}
rest = ''
again = 'shop'
b = [1, 2.5, None, True]
c = {'server': {'ports': [80, 443]}}
d = 'shop'
e = ['three', 'four']
f = ['one', 'two']
g = {'k': 'v'}
",
    );
}

#[test]
fn yaml_means_what_pyyaml_makes_of_it() {
    check(
        r#"
import yaml
a = yaml.safe_load("""
truth: [yes, Off, true]
nothing: [~, null]
numbers: [010, 0x1F, 1_000, -3, 1:30, 1.5, .5, 1e3, 1.0e+3]
texts: ['1', "yes", 0o7, 1.2.3, a b, '']
block: |
  one
  two
folded: >-
  one
  two
""")
block = a.pop("block").splitlines()
b = yaml.load("""
base: &base {a: 1, b: 2}
derived:
  <<: *base
  b: 3
shared: [*base, *base]
""", Loader=yaml.SafeLoader)
b["base"]["c"] = 4
d = yaml.safe_load("day: 2024-02-29")["day"]
e = yaml.safe_load("x: !env HOME")["x"]
try:
    f = yaml.safe_load("a: 1\n---\nb: 2")
except yaml.YAMLError:
    f = "two documents"
"#,
        "
a = {'truth': [True, False, True], 'nothing': [None, None], 'numbers': [8, 31, 1000, -3, 90, 1.5, 0.5, '1e3', 1000.0], 'texts': ['1', 'yes', '0o7', '1.2.3', 'a b', ''], 'folded': 'one two'}
block = ['one', 'two']
b = {'base': {'a': 1, 'b': 2, 'c': 4}, 'derived': {'a': 1, 'b': 3}, 'shared': [{'a': 1, 'b': 2, 'c': 4}, {'a': 1, 'b': 2, 'c': 4}]}
d = unknown: dates are not followed
e = unknown: the tag of a YAML value is not followed
f = 'two documents'
",
    );
}

#[test]
fn aliases_do_not_multiply() {
    check(
        r#"
import yaml
lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
for n in range(1, 30):
    lines.append(f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 9) + "]")
bomb = len(yaml.safe_load("\n".join(lines))["a29"])
loop = yaml.safe_load("a: &a [*a]")["a"][0]
deep = yaml.safe_load("[" * 60 + "]" * 60)[0] and 1
deeper = yaml.safe_load("[" * 64 + "[" * 64 + "]" * 64 + "]" * 64)
"#,
        "
bomb = 9
loop = unknown: a YAML value that contains itself is not followed
deep = 1
deeper = unknown: the document nests too deeply
",
    );
}

#[test]
fn what_cannot_be_read_is_not_guessed() {
    let large = format!("#- large.json\n\"{}\"\n", "x".repeat(1_100_000));
    let program = r#"
#- main.py
import json, tomllib, yaml
from pathlib import Path
here = Path(__file__).parent

try:
    a = json.loads((here / "broken.json").read_text())
except json.JSONDecodeError:
    a = "broken"
try:
    b = yaml.safe_load((here / "broken.yml").read_text())
except yaml.YAMLError:
    b = "broken"
try:
    c = (here / "missing.txt").read_text()
except OSError:
    c = "missing"
try:
    d = tomllib.loads("a = ")
except ValueError:
    d = "broken"
e = type(json.loads((here / "large.json").read_text())) is str
f = open("/etc/hostname").read() == ""
g = open(here / ".." / ".." / "etc" / "hostname").read() == ""
h = json.loads("[NaN]")
i = json.loads("[")
j = open("broken.json", "w").read() == ""
k = json.loads("[123456789012345678901234567890]")[0]
#- broken.json
{"a":
#- broken.yml
a: [
"#;
    check(
        &format!("{program}{large}"),
        "
a = 'broken'
b = 'broken'
c = 'missing'
d = 'broken'
e = expression
f = expression
g = expression
h = unknown: the document has numbers that are not followed
i = unknown: what `json.loads` is given is malformed
j = expression
k = unknown: numbers beyond 64 bits are not followed
",
    );
}

#[test]
fn variables_of_the_environment_are_not_set() {
    check(
        r#"
import os
from io import StringIO
a = "HOME_OF_IT" in os.environ, "HOME_OF_IT" not in os.environ
b = os.path.expandvars("${DATA}/x") == os.path.expanduser(os.path.expandvars("${DATA}/x"))
c = [line.splitlines() for line in StringIO("one\ntwo").readlines()]

class Names:
    def __contains__(self, name):
        return name == "a"
d = "a" in Names(), "b" in Names()
"#,
        "
a = (False, True)
b = True
c = [['one'], ['two']]
d = (True, False)
",
    );
}

#[test]
fn folders_of_data_files_are_listed() {
    check(
        r#"
#- main.py
import os
import re
from importlib.resources import as_file, files
from pathlib import Path

folder = Path(__file__).parent / "pkg" / "data"
a = {path.stem: path.suffix for path in sorted(folder.glob("*.json"))}
b = sorted(os.listdir(folder))
c = sorted([path.name for path in folder.rglob("*.json")], reverse=True)
with as_file(files("pkg") / "data") as p:
    d = sorted(path.name for path in p.glob("**/*") if path.suffix in {".json", ".txt"})
e = [path.name for path in sorted(folder.rglob("c*"))]
f = list(folder.glob("*.xml"))
g = list(Path("/elsewhere").glob("*.json"))
h = re.escape("a.b, c-d/é")
#- pkg/__init__.py
#- pkg/data/b.json
{}
#- pkg/data/a.json
{}
#- pkg/data/n.txt
#- pkg/data/more/c.json
{}
#- pkg/data/__pycache__/c.json
"#,
        r"
a = {'a': '.json', 'b': '.json'}
b = ['a.json', 'b.json', 'more', 'n.txt']
c = ['c.json', 'b.json', 'a.json']
d = ['a.json', 'b.json', 'c.json', 'n.txt']
e = ['c.json']
f = []
g = builtins.list(pathlib.Path('/elsewhere').glob('*.json'))
h = 'a\.b,\ c\-d/é'
",
    );
}
