//! `configparser`, and classes that derive from its parsers.

use super::check;

#[test]
fn a_parser_reads_files_texts_and_dicts() {
    check(
        r#"
#- main.py
import configparser
from pathlib import Path

parser = configparser.ConfigParser()
read = parser.read([Path(__file__).parent / "app.ini", "/etc/app.ini"])
a = parser.sections(), parser.has_section("web"), parser.has_section("DEFAULT")
b = parser.get("web", "HOST"), parser.getint("web", "port"), parser.getboolean("web", "debug")
c = parser["web"]["url"], parser.get("web", "url", raw=True), parser["web"]["percent"]
d = parser.get("web", "no", fallback="f"), parser["web"].get("no"), parser["web"].getint("no", 3)
e = "web" in parser, "no" in parser, "host" in parser["web"], "no" in parser["web"]
f = parser.options("web"), parser["web"]["text"].split(), list(parser)
g = dict(parser["other"].items()), dict(parser.items("other", raw=True))
parser.read_string("[more]\nx: 1 ; not a comment\n")
parser.read_dict({"dict": {"N": 5}})
parser.add_section("new")
parser.set("new", "K", "v")
parser["newest"] = {"k": "v"}
parser["newest"]["l"] = "w"
del parser["more"]
h = parser["dict"]["n"], parser["new"]["k"], dict(parser["newest"]), parser.sections()
#- app.ini
# a comment
[DEFAULT]
root = /srv
[web]
Host = localhost
port = 80
debug = on
url = %(root)s/%(host)s
percent = 5%%
text = one
  two

  three
[other]
"#,
        "
a = (['web', 'other'], True, False)
b = ('localhost', 80, True)
c = ('/srv/localhost', '%(root)s/%(host)s', '5%')
d = ('f', None, 3)
e = (True, False, True, False)
f = (['host', 'port', 'debug', 'url', 'percent', 'text', 'root'], ['one', 'two', 'three'], ['DEFAULT', 'web', 'other'])
g = ({'root': '/srv'}, {'root': '/srv'})
h = ('5', 'v', {'k': 'v', 'l': 'w', 'root': '/srv'}, ['web', 'other', 'dict', 'new', 'newest'])
",
    );
}

#[test]
fn classes_of_the_program_override_methods() {
    check(
        r#"
from configparser import ConfigParser, NoOptionError, NoSectionError

class Base(ConfigParser):
    def __init__(self, defaults, **kwargs):
        super().__init__(**kwargs)
        self.fallbacks = defaults

    def optionxform(self, name):
        return name

class Settings(Base):
    def get(self, section, option, **kwargs):
        if super().has_option(section, option):
            return super().get(section, option, **kwargs)
        return self.fallbacks.get(section, option, **kwargs)

defaults = ConfigParser()
defaults.read_string("[a]\nx = 1\n")
settings = Settings(defaults, interpolation=None)
settings.read_string("[a]\nY = 50%\n")
a = settings.get("a", "x"), settings.getint("a", "x"), settings["a"]["Y"]
b = settings.has_option("a", "y"), settings.get("a", "z", fallback="none"), isinstance(settings, ConfigParser)
try:
    c = settings.get("b", "x")
except (NoSectionError, NoOptionError) as error:
    c = "missing"

plain = ConfigParser()
plain.optionxform = str
plain.read_string("[a]\nKeep = 1\n")
d = plain.options("a")
"#,
        "
a = ('1', 1, '50%')
b = (False, 'none', True)
c = 'missing'
d = ['Keep']
",
    );
}

#[test]
fn what_is_malformed_raises() {
    check(
        r##"
import configparser

def attempt(text, **options):
    parser = configparser.ConfigParser(**options)
    try:
        parser.read_string(text)
        return parser.get("s", "a")
    except configparser.DuplicateOptionError:
        return "duplicate option"
    except configparser.InterpolationDepthError:
        return "depth"
    except configparser.InterpolationMissingOptionError:
        return "no reference"
    except configparser.InterpolationSyntaxError:
        return "syntax"
    except configparser.MissingSectionHeaderError:
        return "no header"
    except configparser.ParsingError:
        return "malformed"
    except configparser.Error:
        return "other"

a = attempt("[s]\na = %(b)s\nb = %(a)s\n")
b = attempt("a = 1")
c = attempt("[s]\nword\n")
d = attempt("[s]\na\n", allow_no_value=True)
e = attempt("[s]\na = 1\na = 2\n"), attempt("[s]\na = 1\na = 2\n", strict=False)
f = attempt("[s]\na = %(no)s\n")
g = attempt("[s]\na = 5%\n")
h = attempt("[s]\n[s]\n")
i = attempt("[s]\na = 1 # x\n", inline_comment_prefixes=("#",))
j = attempt("[s]\na ~ 1\n", delimiters=("~",))
"##,
        "
a = 'depth'
b = 'no header'
c = 'malformed'
d = None
e = ('duplicate option', '2')
f = 'no reference'
g = 'syntax'
h = 'other'
i = '1'
j = '1'
",
    );
}

#[test]
fn what_is_not_known_makes_nothing_certain() {
    check(
        r#"
#- main.py
import configparser, os
parser = configparser.ConfigParser()
parser.read_string("[s]\na = 1\n")
parser.read_string(os.urandom(9).decode())
a = parser.get("s", "a")
b = parser.get("s", "b", fallback="f")
"#,
        "
a = unknown: the configuration is changed in a way that is not followed
b = unknown: the configuration is changed in a way that is not followed
",
    );
}
