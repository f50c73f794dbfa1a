//! `re.sub` of constant patterns and texts, and `re.escape`: programs make names and paths with it.
//!
//! Rust's regular expressions are Python's but for look-around and back-references, which they refuse; what
//! they refuse stays an expression.

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
    let pattern = match pattern.as_symbolic() {
        Some(Symbolic::Call { callee, arguments, .. })
            if callee.as_external().is_some_and(|name| name == "re.compile")
                && arguments.positional.len() == 1
                && arguments.keywords.is_empty() =>
        {
            arguments.positional[0].as_str()?
        }
        _ => pattern.as_str()?,
    };
    if pattern.len() > LONGEST || text.len() > LONGEST {
        return None;
    }
    let expression = regex::Regex::new(pattern).ok()?;
    let replacement = expanded(replacement)?;
    let result = expression.replace_all(text, replacement.as_str());
    Some(Value::str(&result).with_configurable(subject.configurable))
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
    Some(Value::str(&escaped).with_configurable(text.configurable))
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
        let arguments = Arguments { positional, ..Arguments::default() };
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
