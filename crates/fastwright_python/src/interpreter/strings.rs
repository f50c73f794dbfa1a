//! Methods of strings.

use super::Interpreter;
use crate::value::*;

impl Interpreter<'_> {
    pub(crate) fn string_method(&mut self, text: &str, method: &str, arguments: &Arguments) -> Option<Value> {
        let argument = |position: usize| arguments.positional.get(position).and_then(Value::as_str);
        let stripped = |text: &str, characters: Option<&str>, start: bool, end: bool| {
            let mut result = text;
            let matches = |c: char| match characters {
                Some(set) => set.contains(c),
                None => c.is_whitespace(),
            };
            if start {
                result = result.trim_start_matches(matches);
            }
            if end {
                result = result.trim_end_matches(matches);
            }
            Value::str(result)
        };
        // An argument that is given but not known leaves the result unknown.
        if arguments
            .positional
            .iter()
            .any(|value| !matches!(value.kind(), Kind::Str(_) | Kind::Int(_) | Kind::None))
            && !matches!(method, "join" | "format" | "startswith" | "endswith")
        {
            return None;
        }
        Some(match method {
            "lower" | "casefold" => Value::str(&text.to_lowercase()),
            "upper" => Value::str(&text.to_uppercase()),
            "title" => Value::str(&title(text)),
            "capitalize" => {
                let mut characters = text.chars();
                let first: String =
                    characters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
                Value::str(&format!("{first}{}", characters.as_str().to_lowercase()))
            }
            "strip" => stripped(text, argument(0), true, true),
            "lstrip" => stripped(text, argument(0), true, false),
            "rstrip" => stripped(text, argument(0), false, true),
            "removeprefix" => Value::str(text.strip_prefix(argument(0)?).unwrap_or(text)),
            "removesuffix" => Value::str(text.strip_suffix(argument(0)?).unwrap_or(text)),
            "replace" => {
                let (from, to) = (argument(0)?, argument(1)?);
                if from.is_empty() {
                    return None;
                }
                match arguments.positional.get(2).and_then(Value::as_int) {
                    Some(count) => {
                        Value::str(&text.replacen(from, to, usize::try_from(count).unwrap_or(usize::MAX)))
                    }
                    None => Value::str(&text.replace(from, to)),
                }
            }
            "startswith" | "endswith" => {
                let check = |part: &str| {
                    if method == "startswith" { text.starts_with(part) } else { text.ends_with(part) }
                };
                match arguments.positional.first()?.kind() {
                    Kind::Str(part) => Value::bool(check(part)),
                    Kind::Tuple(parts) => {
                        let parts: Option<Vec<&str>> = parts.iter().map(Value::as_str).collect();
                        Value::bool(parts?.into_iter().any(check))
                    }
                    _ => return None,
                }
            }
            "split" | "rsplit" => {
                let limit = arguments.get(1, "maxsplit").and_then(Value::as_int).filter(|limit| *limit >= 0);
                let separator = arguments.get(0, "sep").and_then(Value::as_str).map(str::to_owned);
                let parts: Vec<String> = match (separator.as_deref(), limit) {
                    (None, None) => text.split_whitespace().map(str::to_owned).collect(),
                    (None, Some(_)) | (Some(""), _) => return None,
                    (Some(separator), None) => text.split(separator).map(str::to_owned).collect(),
                    (Some(separator), Some(limit)) if method == "split" => {
                        text.splitn(limit as usize + 1, separator).map(str::to_owned).collect()
                    }
                    (Some(separator), Some(limit)) => {
                        let mut parts: Vec<String> =
                            text.rsplitn(limit as usize + 1, separator).map(str::to_owned).collect();
                        parts.reverse();
                        parts
                    }
                };
                let parts = parts.iter().map(|part| Value::str(part)).collect();
                self.list(parts)
            }
            "splitlines" => {
                let parts = text.lines().map(Value::str).collect();
                self.list(parts)
            }
            "partition" => match text.split_once(argument(0)?) {
                Some((before, after)) => {
                    Value::tuple(vec![Value::str(before), Value::str(argument(0)?), Value::str(after)])
                }
                None => Value::tuple(vec![Value::str(text), Value::str(""), Value::str("")]),
            },
            "rpartition" => match text.rsplit_once(argument(0)?) {
                Some((before, after)) => {
                    Value::tuple(vec![Value::str(before), Value::str(argument(0)?), Value::str(after)])
                }
                None => Value::tuple(vec![Value::str(""), Value::str(""), Value::str(text)]),
            },
            "join" => {
                let sequence = arguments.positional.first()?.clone();
                let Some(items) = self.elements(&sequence) else {
                    return Some(Value::symbolic(Symbolic::Format(vec![
                        Value::str(text),
                        Value::symbolic(Symbolic::Element(sequence)),
                    ])));
                };
                let mut texts = Vec::with_capacity(items.len());
                for item in &items {
                    match self.text_of(item) {
                        Some(text) => texts.push(text),
                        None => return Some(Value::symbolic(Symbolic::Format(items))),
                    }
                }
                Value::str(&texts.join(text))
            }
            "format" => match self.format_template(text, arguments) {
                Some(text) => Value::str(&text),
                None => {
                    let parts = std::iter::once(Value::str(text))
                        .chain(arguments.positional.iter().cloned())
                        .chain(arguments.keywords.iter().map(|(_, value)| value.clone()))
                        .collect();
                    Value::symbolic(Symbolic::Format(parts))
                }
            },
            "isidentifier" => Value::bool(
                text.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_')
                    && text.chars().all(|c| c.is_alphanumeric() || c == '_'),
            ),
            "isdigit" | "isnumeric" | "isdecimal" => {
                Value::bool(!text.is_empty() && text.chars().all(|c| c.is_ascii_digit()))
            }
            "isupper" => {
                Value::bool(text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase))
            }
            "islower" => {
                Value::bool(text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase))
            }
            "isalpha" => Value::bool(!text.is_empty() && text.chars().all(char::is_alphabetic)),
            "isalnum" => Value::bool(!text.is_empty() && text.chars().all(char::is_alphanumeric)),
            "find" => Value::int(text.find(argument(0)?).map_or(-1, |at| text[..at].chars().count() as i64)),
            "count" => Value::int(text.matches(argument(0)?).count() as i64),
            "encode" => Kind::Bytes(std::sync::Arc::new(text.as_bytes().to_vec())).into(),
            "zfill" => {
                let width = arguments.positional.first()?.as_int()?;
                Value::str(&format!("{text:0>width$}", width = usize::try_from(width).ok()?.min(64)))
            }
            "__len__" => Value::int(text.chars().count() as i64),
            _ => return None,
        })
    }

    /// `str.format` with plain replacement fields.
    fn format_template(&mut self, template: &str, arguments: &Arguments) -> Option<String> {
        let mut result = String::new();
        let mut rest = template;
        let mut next = 0;
        while let Some(at) = rest.find(['{', '}']) {
            result.push_str(&rest[..at]);
            let tail = &rest[at..];
            if let Some(after) = tail.strip_prefix("{{") {
                result.push('{');
                rest = after;
                continue;
            }
            if let Some(after) = tail.strip_prefix("}}") {
                result.push('}');
                rest = after;
                continue;
            }
            let end = tail.find('}')?;
            let field = tail.get(1..end)?;
            let value = if field.is_empty() {
                next += 1;
                arguments.positional.get(next - 1)?
            } else if let Ok(position) = field.parse::<usize>() {
                arguments.positional.get(position)?
            } else {
                arguments.keyword(field)?
            };
            result.push_str(&self.shown(&value.clone())?);
            rest = &tail[end + 1..];
        }
        result.push_str(rest);
        Some(result)
    }
}

fn title(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut inside = false;
    for character in text.chars() {
        if inside {
            result.extend(character.to_lowercase());
        } else {
            result.extend(character.to_uppercase());
        }
        inside = character.is_alphabetic();
    }
    result
}
