//! `re.sub`, `re.match` and the like of constant patterns and texts, and `re.escape`: programs make names and
//! paths with them, and read what defaults say.
//!
//! Rust's regular expressions are Python's but for look-around and back-references, which they refuse; what
//! they refuse stays an expression.

use super::{Evaluated, Interpreter, Mode};
use crate::location::Span;
use crate::name::Name;
use crate::value::*;

/// The longest pattern and text that are looked at.
const LONGEST: usize = 10_000;

/// `re.sub(pattern, replacement, text)`; none where a part is not known or means something else here.
pub(super) fn substituted(arguments: &Arguments) -> Option<Value> {
    if arguments.keyword("flags").is_some() || arguments.keyword("count").is_some() {
        return None;
    }
    if arguments.positional.len() > 3 {
        return None;
    }
    let pattern = arguments.get(0, "pattern")?;
    let replacement = arguments.get(1, "repl")?.as_str()?;
    let subject = arguments.get(2, "string")?;
    let text = subject.as_str()?;
    let pattern = text_of_pattern(pattern)?;
    if pattern.len() > LONGEST || text.len() > LONGEST {
        return None;
    }
    let expression = regex::Regex::new(pattern).ok()?;
    let replacement = expanded(replacement)?;
    let result = expression.replace_all(text, replacement.as_str());
    Some(Value::str(&result).with_configurable(subject.configurable()))
}

/// `re.escape(text)`.
pub(super) fn escaped(text: &Value) -> Option<Value> {
    let mut escaped = String::new();
    for character in text.as_str()?.chars() {
        if "()[]{}?*+-|^$\\.&~# \t\n\r\x0b\x0c".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    Some(Value::str(&escaped).with_configurable(text.configurable()))
}

/// The text of a pattern, compiled or not.
fn text_of_pattern(pattern: &Value) -> Option<&str> {
    match pattern.as_symbolic() {
        Some(Symbolic::Call { callee, arguments, .. })
            if callee.as_external().is_some_and(|name| name == "re.compile")
                && arguments.positional.len() == 1
                && arguments.keywords.is_empty() =>
        {
            arguments.positional[0].as_str()
        }
        _ => pattern.as_str(),
    }
}

/// Attribute of a match: a tuple of all groups, the whole match first.
const GROUPS: &str = "fastwright groups";
/// Attribute of a match: a dict of the groups that have a name.
const NAMED: &str = "fastwright named groups";

impl Interpreter<'_> {
    /// `re.match(pattern, text)`, `re.fullmatch` and `re.search`.
    pub(super) fn match_function(&mut self, how: &str, arguments: &Arguments, span: Span) -> Option<Value> {
        if arguments.positional.len() > 2 || arguments.keyword("flags").is_some() || arguments.incomplete {
            return None;
        }
        let (pattern, text) = (arguments.get(0, "pattern")?.clone(), arguments.get(1, "string")?.clone());
        self.matched(&pattern, how, &text, span)
    }

    /// A method of what `re.compile(...)` gives.
    pub(super) fn pattern_method(
        &mut self,
        pattern: &Value,
        name: Name,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Evaluated> {
        if !matches!(name.as_str(), "match" | "fullmatch" | "search") || arguments.incomplete {
            return None;
        }
        let Some(Symbolic::Call { .. }) = pattern.as_symbolic() else { return None };
        let [text] = arguments.positional.as_slice() else { return None };
        self.matched(pattern, &name, &text.clone(), span).map(Ok)
    }

    fn matched(&mut self, pattern: &Value, how: &str, subject: &Value, span: Span) -> Option<Value> {
        if self.mode == Mode::Summary {
            return None;
        }
        let (pattern, text) = (text_of_pattern(pattern)?, subject.as_str()?);
        // What Rust reads otherwise; `$` is in Python before a last line feed, too.
        let differs = ["{,", "[[", "&&", "--", "~~"].iter().any(|part| pattern.contains(part));
        if pattern.len() > LONGEST || text.len() > LONGEST || differs || text.contains('\n') {
            return None;
        }
        let anchored = match how {
            "match" => format!(r"\A(?:{pattern})"),
            "fullmatch" => format!(r"\A(?:{pattern})\z"),
            _ => pattern.to_owned(),
        };
        let expression = regex::Regex::new(&anchored).ok()?;
        let Some(found) = expression.captures(text) else {
            return Some(Value::NONE.with_configurable(subject.configurable()));
        };
        let group = |group: Option<regex::Match<'_>>| match group {
            Some(group) => Value::str(group.as_str()).with_configurable(subject.configurable()),
            None => Value::NONE,
        };
        let groups = Value::tuple(found.iter().map(group).collect());
        let names = expression.capture_names().flatten();
        let named = names.map(|name| (Value::str(name), group(found.name(name)))).collect();
        let named = self.dict(named);
        let site = self.here(span);
        let id = self.new_instance(Value::external("re.Match"), Arguments::default(), site);
        if let Some(instance) = self.instance_mut(id) {
            instance.attributes.insert(Name::from(GROUPS), groups);
            instance.attributes.insert(Name::from(NAMED), named);
        }
        Some(Value::from(Kind::Instance(id)).with_configurable(subject.configurable()))
    }

    /// A method of a match.
    pub(super) fn match_method(
        &mut self,
        id: ObjectId,
        name: &str,
        arguments: &Arguments,
    ) -> Option<Evaluated> {
        let attributes = &self.instance(id)?.attributes;
        let groups = attributes.get(&Name::from(GROUPS))?.clone();
        let named = attributes.get(&Name::from(NAMED))?.clone();
        let Kind::Tuple(groups) = groups.into_kind() else { return None };
        if arguments.incomplete || !arguments.keywords.is_empty() {
            return None;
        }
        let group = |wanted: &Value| match wanted.kind() {
            Kind::Int(number) => groups.get(usize::try_from(*number).ok()?).cloned(),
            Kind::Str(_) => match (named.kind(), wanted.key()) {
                (Kind::Dict(dict), Some(key)) => match self.object(*dict) {
                    Object::Dict(dict) => dict.entries.get(&key).map(|(_, group)| group.clone()),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        let made = match (name, arguments.positional.as_slice()) {
            ("group", []) => groups.first()?.clone(),
            ("group", [wanted]) => group(wanted)?,
            ("group", wanted) => Value::tuple(wanted.iter().map(group).collect::<Option<_>>()?),
            ("groups", []) => Value::tuple(groups.get(1..)?.to_vec()),
            ("groupdict", []) => named,
            _ => return None,
        };
        Some(Ok(made))
    }
}

/// A replacement in Rust's spelling: `\1` as `${1}`, `$` doubled. None for other escapes.
fn expanded(replacement: &str) -> Option<String> {
    let mut result = String::with_capacity(replacement.len());
    let mut characters = replacement.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '$' => result.push_str("$$"),
            '\\' => match characters.next()? {
                digit @ '1'..='9' if !characters.peek().is_some_and(char::is_ascii_digit) => {
                    result.push_str(&format!("${{{digit}}}"));
                }
                '\\' => result.push('\\'),
                _ => return None,
            },
            other => result.push(other),
        }
    }
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sub(pattern: &str, replacement: &str, text: &str) -> Option<String> {
        let positional = vec![Value::str(pattern), Value::str(replacement), Value::str(text)];
        let arguments = Arguments::of(positional);
        substituted(&arguments)?.as_str().map(str::to_owned)
    }

    #[test]
    fn texts_are_replaced_as_in_python() {
        assert_eq!(sub("[^0-9a-zA-Z_]", "", "api-key").as_deref(), Some("apikey"));
        assert_eq!(sub(r"(\w)_(\w)", r"\2$\1", "a_b").as_deref(), Some("b$a"));
        assert_eq!(sub(r"\W", "_", "größe/1").as_deref(), Some("größe_1"));
        assert_eq!(sub("(?<=a)b", "", "ab"), None);
        assert_eq!(sub("a", r"\g<0>", "a"), None);
    }
}
