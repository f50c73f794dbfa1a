//! Secrets that are known by the name they are given to, in Python, `.env`, YAML, TOML, JSON and shell.
//!
//! A name that ends in a word for a secret is looked for, then what gives it a value is read by hand: strings of all
//! kinds, several beside each other, in parentheses or in a call that only wraps them, and words without quotes where
//! a line can't be code.

use super::Found;
use super::names::{Secrecy, is_secret};
use super::placeholders::is_placeholder;
use aho_corasick::AhoCorasick;
use regex::Regex;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

/// Words for secrets, or parts of them: only what is around these is looked at.
const STEMS: &[&str] = &[
    "pass",
    "pwd",
    "pw",
    "secret",
    "key",
    "token",
    "jwt",
    "bearer",
    "credential",
    "salt",
    "pepper",
    "seed",
    "signature",
    "dsn",
    "cookie",
    "auth",
    "nonce",
    "otp",
    "pin",
    "cert",
    "pat",
];

static SEARCH: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(STEMS).ok());

/// What gives a name a value, behind the name.
static OPERATOR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)^
        \\?["'`]? \]?
        (?: \s{0,4} : \s{0,4} (?P<annotation> [A-Za-z_][A-Za-z0-9_.\[\],\ |"']{0,80}? ) \s{0,4} = [^=]
          | [\ \t]{0,40} (?P<operator> == | != | := | => | = | : ) )
        "#,
    )
    .ok()
});

/// No more is looked at behind a name.
const LONGEST_OPERATOR: usize = 160;
const LONGEST_NAME: usize = 80;

/// The name around a place: letters, digits and the marks that names of settings have.
fn name_around(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
    let start =
        at - bytes[..at].iter().rev().take(LONGEST_NAME + 1).take_while(|byte| is_of_name(byte)).count();
    let end = at + bytes[at..].iter().take(LONGEST_NAME + 1).take_while(|byte| is_of_name(byte)).count();
    let is_whole = text[..start].chars().next_back().is_none_or(|before| !before.is_alphanumeric());
    (is_whole && end - start <= LONGEST_NAME).then_some(start..end)
}

/// All values of a text that are given to secret names.
pub(super) fn find(text: &str) -> Vec<Found> {
    let (Some(search), Some(operators)) = (&*SEARCH, &*OPERATOR) else { return Vec::new() };
    let mut found = Vec::new();
    let mut seen = 0;
    for stem in search.find_iter(text) {
        if stem.start() < seen {
            continue;
        }
        let Some(range) = name_around(text, stem.start()) else { continue };
        seen = range.end;
        let name = &text[range.clone()];
        let Some(secrecy) = is_secret(name) else { continue };
        let limit = text.floor_char_boundary((range.end + LONGEST_OPERATOR).min(text.len()));
        let Some(captures) = operators.captures(&text[range.end..limit]) else { continue };
        let mut start = range.end + captures.get(0).map_or(0, |whole| whole.end());
        let is_annotated = captures.name("annotation").is_some();
        // The annotated form looks at one character more, to tell `=` from `==`.
        if is_annotated {
            start -= text[..start].chars().next_back().map_or(0, char::len_utf8);
        }
        let operator = captures.name("operator").map_or("=", |operator| operator.as_str());
        let mut reader = Reader { text, position: start, values: Vec::new() };
        reader.value(0);
        if reader.values.is_empty() && !is_annotated {
            let head = Head { name, start: range.start, operator };
            if let Some(range) = unquoted(text, &head, start, secrecy) {
                found.push(Found { range, kind: secrecy.kind });
            }
            continue;
        }
        for range in reader.values {
            if is_secret_text(&text[range.clone()], name, secrecy) {
                found.push(Found { range, kind: secrecy.kind });
            }
        }
    }
    found
}

/// Calls that only pass on what they are given, by their last names.
const WRAPPERS: &[&str] = &[
    "SecretStr",
    "SecretBytes",
    "Secret",
    "str",
    "bytes",
    "Field",
    "getenv",
    "get",
    "config",
    "env",
    "setdefault",
    "fromhex",
    "b64decode",
    "Fernet",
    "encode",
    "dedent",
    "StringParam",
];

/// Reads the value behind a head.
struct Reader<'t> {
    text: &'t str,
    position: usize,
    values: Vec<Range<usize>>,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.position..]
    }

    fn skip(&mut self, is_skipped: impl Fn(char) -> bool) {
        self.position += self.rest().len() - self.rest().trim_start_matches(is_skipped).len();
    }

    /// `depth` parentheses are open: lines don't matter then.
    fn skip_space(&mut self, depth: usize) {
        loop {
            let before = self.position;
            self.skip(|character| {
                character == ' ' || character == '\t' || (depth > 0 && character.is_whitespace())
            });
            if self.rest().starts_with("\\\n") {
                self.position += 2;
            }
            if depth > 0 && self.rest().starts_with('#') {
                self.skip(|character| character != '\n');
            }
            if self.position == before {
                return;
            }
        }
    }

    /// A value: strings beside each other, in parentheses or in a call that passes them on.
    fn value(&mut self, depth: usize) {
        self.skip_space(depth);
        if depth > 4 {
            return;
        }
        if self.rest().starts_with('(') {
            self.position += 1;
            return self.value(depth + 1);
        }
        let mut is_string = false;
        while let Some((content, end)) = self.string() {
            is_string = true;
            if !content.is_empty() {
                self.values.push(content);
            }
            self.position = end;
            self.skip_space(depth);
            if self.rest().starts_with('+') {
                self.position += 1;
                self.skip_space(depth);
            }
        }
        if !is_string {
            self.call();
            self.alternative();
        }
    }

    /// The string that begins here: where its content is, and where it ends.
    fn string(&self) -> Option<(Range<usize>, usize)> {
        let rest = self.rest();
        let prefix = rest.len() - rest.trim_start_matches(|letter| "rRbBfFuU".contains(letter)).len();
        let is_format = prefix <= 2 && rest[..prefix].contains(['f', 'F']);
        let quoted = rest.get(prefix..).filter(|_| prefix <= 2)?;
        let quote = [r#"""""#, "'''", r#"\""#, r"\'", "\"", "'"]
            .into_iter()
            .find(|quote| quoted.starts_with(quote))?;
        let start = self.position + prefix + quote.len();
        let is_long = quote.len() == 3;
        let bytes = self.text.as_bytes();
        let mut end = start;
        while end < bytes.len() && end - start < 4096 {
            if bytes[end..].starts_with(quote.as_bytes()) {
                let content = start..end;
                // What a format string has of names is no secret, and the rest of it stands around them.
                let is_template = is_format && self.text[content.clone()].contains('{');
                return Some((if is_template { start..start } else { content }, end + quote.len()));
            }
            match bytes[end] {
                b'\n' if !is_long => break,
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
        None
    }

    /// A call that passes on what it is given.
    fn call(&mut self) {
        let rest = self.rest();
        let name_length = rest.len()
            - rest
                .trim_start_matches(|letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.')
                .len();
        let (name, behind) = rest.split_at(name_length.min(rest.len()));
        let last = name.rsplit('.').next().unwrap_or_default();
        let is_environment = last != "get" || name.contains("env");
        if !behind.starts_with('(') || !WRAPPERS.contains(&last) || !is_environment {
            return;
        }
        self.position += name_length + 1;
        // Its arguments: those without a name, and the default.
        for _ in 0..8 {
            self.skip_space(1);
            let rest = self.rest();
            let keyword = rest.split_once('=').map(|(keyword, _)| keyword.trim()).filter(|keyword| {
                !keyword.is_empty() && keyword.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
            });
            if let Some(keyword) = keyword {
                let is_value = ["default", "value", "secret_value", "fallback"].contains(&keyword);
                self.position += rest.find('=').map_or(0, |at| at + 1);
                self.skip_space(1);
                if !is_value {
                    while let Some((_, end)) = self.string() {
                        self.position = end;
                        self.skip_space(1);
                    }
                    self.next_argument();
                    continue;
                }
            }
            match self.string() {
                Some((content, end)) => {
                    if !is_variable(&self.text[content.clone()]) {
                        self.values.push(content);
                    }
                    self.position = end;
                }
                None => self.call(),
            }
            if !self.next_argument() {
                return;
            }
        }
    }

    /// Goes behind the next comma of a call; says whether there was one.
    fn next_argument(&mut self) -> bool {
        self.skip_space(1);
        self.skip(|character| !",()\n\"'".contains(character));
        let is_there = self.rest().starts_with(',');
        self.position += usize::from(is_there);
        is_there
    }

    /// What a value is if there is no other: `... or "text"`, `... else "text"`.
    fn alternative(&mut self) {
        let line = self.rest().split('\n').next().unwrap_or_default();
        let found = [" or ", " else ", " ?? "]
            .into_iter()
            .filter_map(|word| Some(line.find(word)? + word.len()))
            .min();
        if let Some(at) = found {
            self.position += at;
            self.skip_space(0);
            if let Some((content, _)) = self.string()
                && !content.is_empty()
            {
                self.values.push(content);
            }
        }
    }
}

/// Names of variables of the environment, as they are asked for.
fn is_variable(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
        && (text.contains('_') || is_secret(text).is_some())
}

/// A name and what follows it.
struct Head<'t> {
    name: &'t str,
    start: usize,
    operator: &'t str,
}

/// Words that stand where a value may stand, and are none.
const NO_VALUES: &[&str] = &[
    "str",
    "string",
    "bytes",
    "int",
    "integer",
    "float",
    "bool",
    "boolean",
    "number",
    "object",
    "any",
    "none",
    "null",
    "nil",
    "true",
    "false",
    "list",
    "dict",
    "tuple",
    "set",
    "type",
    "date",
    "datetime",
    "uuid",
    "required",
    "optional",
    "undefined",
    "bearer",
    "basic",
    "digest",
    "header",
    "cookie",
    "query",
    "path",
    "utf-8",
    "utf8",
    "ascii",
    "latin-1",
    "hex",
    "body",
    "password",
    "passwd",
    "token",
    "secret",
    "key",
    "access",
    "refresh",
    "jwt",
    "oauth2",
    "apikey",
    "api_key",
    "hidden",
    "write",
    "read",
    "self",
    "cls",
    "admin",
    "user",
    "username",
    "text",
    "value",
    "file",
    "env",
    "environment",
    "vault",
    "yes",
    "no",
    "on",
    "off",
    "default",
    "invalid",
    "missing",
    "wrong",
    "incorrect",
    "expired",
    "not",
    "the",
    "a",
    "an",
    "is",
];

/// A value without quotes: where the line can't be code, or the value can't.
fn unquoted(text: &str, head: &Head, start: usize, secrecy: Secrecy) -> Option<Range<usize>> {
    let line_start = text[..head.start].rfind('\n').map_or(0, |at| at + 1);
    let before = text[line_start..head.start].trim_start();
    let line = text[start..].split('\n').next().unwrap_or_default();
    let value_start = start + line.len() - line.trim_start().len();
    let rest = &line[value_start - start..];
    let length = rest
        .find(|letter: char| letter.is_whitespace() || "\"'`&;<>(){}[],|".contains(letter))
        .unwrap_or(rest.len());
    let value = &rest[..length];
    let behind = &rest[length..];
    let is_last = behind.trim().is_empty() || behind.trim_start().starts_with("# ");
    let begins_line = ["", "-", "export", "#", "set", "ENV", "ARG", "//", "*"].contains(&before.trim_end());
    let is_shouted = !head.name.chars().any(char::is_lowercase);
    let is_cut = behind.is_empty()
        || behind.starts_with(|letter: char| letter.is_whitespace() || "\"'`&;".contains(letter));
    let is_possible = match head.operator {
        ":" => begins_line && is_last && value_start > start,
        // In code there is a space on both sides of `=`, or a comma or a parenthesis behind.
        "=" => {
            value_start == start
                && is_cut
                && (is_shouted || is_random(value) || looks_made_up(value) || (begins_line && is_last))
        }
        _ => false,
    };
    let has_mark = looks_made_up(value);
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let is_type =
        value.starts_with(char::is_uppercase) && value.chars().all(char::is_alphanumeric) && digits < 2;
    let is_plain = !is_type
        && (is_shouted || head.operator == ":")
        && value.chars().all(|letter| letter.is_ascii_lowercase());
    (is_possible
        && value.len() >= 3
        && (has_mark || is_plain || is_random(value))
        && is_secret_text(value, head.name, secrecy))
    .then_some(value_start..value_start + length)
}

/// Whether a word can't be a name in code: it has digits among its letters, or marks.
pub(super) fn looks_made_up(value: &str) -> bool {
    let is_path = value.split('.').all(|part| {
        part.starts_with(|first: char| first.is_alphabetic() || first == '_')
            && part.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
    });
    if is_path && (value.contains(['.', '_']) || !value.chars().any(|letter| letter.is_ascii_digit())) {
        return false;
    }
    let digits = value.chars().filter(char::is_ascii_digit).count();
    // `OAuth2Token`, `UUID4`, `sha256`
    let is_type = is_path && value.starts_with(char::is_uppercase) && digits < 2;
    !is_type
        && (digits > 0 || value.chars().any(|letter| !letter.is_alphanumeric() && !"._-/".contains(letter)))
}

/// Whether what is given to a secret name is a secret.
fn is_secret_text(value: &str, name: &str, secrecy: Secrecy) -> bool {
    let value = value.trim();
    let small = value.to_lowercase();
    let is_template = value.starts_with(['<', '$', '{', '%']) && value.len() > 1 && !is_random(value)
        || value.contains("{{")
        || value.contains("${");
    if value.len() < 3
        || is_placeholder(value)
        || NO_VALUES.contains(&small.as_str())
        || is_template
        || value
            .chars()
            .all(|letter| letter == '*' || letter == '.' || letter == 'x' || letter == 'X' || letter == '-')
        || same_words(&small, name)
        || is_name_of_secret(value, name)
        || value.contains("...")
        || value.contains("[redacted: ")
    {
        return false;
    }
    if !secrecy.is_certain {
        return is_random(value) && !is_public_number(value);
    }
    let words = value.split_whitespace().count();
    // Labels in the languages of people.
    let is_label = value.chars().all(char::is_alphabetic)
        && (!value.is_ascii()
            || (value.starts_with(char::is_uppercase) && value.chars().skip(1).all(char::is_lowercase)));
    let is_prose = is_label
        || words > 1
            && (value.starts_with(|first: char| first.is_uppercase() || !first.is_ascii())
                || words > 8
                || value.ends_with(['.', '!', '?', ':']));
    let is_place = value.starts_with('/')
        || value.starts_with("./")
        || value.starts_with("~/")
        || value.starts_with("http://")
        || value.starts_with("https://");
    !is_prose && !is_place
}

/// Whether a value says no more than its name: `"secret_key": "secret-key"`.
fn same_words(value: &str, name: &str) -> bool {
    let letters = |text: &str| -> String {
        text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let (value, name) = (letters(value), letters(name));
    !value.is_empty() && name.ends_with(&value)
}

/// Whether a value names a secret instead of being one: a variable, the path of a setting, or a longer form of the
/// name it is given to.
fn is_name_of_secret(value: &str, name: &str) -> bool {
    let is_identifier = value.chars().all(|letter| letter.is_ascii_alphanumeric() || "._".contains(letter));
    if !is_identifier || is_secret(value).is_none() {
        return false;
    }
    let parts = |text: &str| -> Vec<String> {
        text.to_lowercase().split(['.', '_', '-']).rev().take(2).map(str::to_owned).collect()
    };
    is_variable(value)
        || (value.contains('.') && !value.chars().any(|letter| letter.is_ascii_digit()))
        || (value.contains('_') && parts(value) == parts(name))
}

/// Identifiers and sums that are written for everybody to see.
fn is_public_number(value: &str) -> bool {
    let is_uuid = value.len() == 36
        && value.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && value.chars().all(|letter| letter.is_ascii_hexdigit() || letter == '-');
    is_uuid || value.starts_with("sha256:") || value.starts_with("sha512-") || value.starts_with("sha256-")
}

/// Whether a text looks as if it was drawn by lot.
fn is_random(value: &str) -> bool {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || "+/=_-.~!@#$%^&*:".contains(letter);
    if value.len() < 16 || !value.chars().all(is_word) {
        return false;
    }
    let has = |kind: fn(&char) -> bool| value.chars().any(|letter| kind(&letter));
    let capitals = value.chars().filter(char::is_ascii_uppercase).count();
    // Words that are written together have a capital now and then.
    let is_mixed = has(char::is_ascii_digit) && has(char::is_ascii_alphabetic)
        || has(char::is_ascii_lowercase) && capitals * 4 > value.len();
    // Words, numbered or not: `test-token-for-user-1`.
    let longest_run =
        value.split(|letter: char| !letter.is_ascii_alphanumeric()).map(str::len).max().unwrap_or(0);
    is_mixed && longest_run >= 12 && entropy(value) >= 3.2
}

/// Shannon's measure, in bits for each character.
fn entropy(value: &str) -> f64 {
    let mut counts: HashMap<char, u32> = HashMap::new();
    for letter in value.chars() {
        *counts.entry(letter).or_default() += 1;
    }
    let all = f64::from(counts.values().sum::<u32>().max(1));
    counts.values().map(|count| f64::from(*count) / all).map(|part| -part * part.log2()).sum()
}

#[cfg(test)]
mod tests {
    #[test]
    fn heads_are_a_pattern() {
        assert!(super::SEARCH.is_some() && super::OPERATOR.is_some());
    }
}
