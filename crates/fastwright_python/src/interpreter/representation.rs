//! What `repr()` says of values, and `str()` of collections.

use super::Interpreter;
use crate::name::Name;
use crate::value::{Kind, Object, ObjectId, Value};
use std::fmt::Write;

/// How deeply collections may nest before they are given up.
const DEEPEST: u32 = 32;

impl Interpreter<'_> {
    /// What `str()` makes of a value, when it is known.
    pub(super) fn shown(&mut self, value: &Value) -> Option<String> {
        match *value.kind() {
            Kind::List(_) | Kind::Tuple(_) | Kind::Dict(_) => self.representation(value, 0),
            Kind::Instance(id) => self.shown_object(value, id),
            _ => self.text_of(value),
        }
    }

    /// Members of enumerations are not shown as the text that they are mixed with: since Python 3.11 only those
    /// of `StrEnum` and its like are, in formatted texts as well.
    fn shown_object(&mut self, value: &Value, id: ObjectId) -> Option<String> {
        let instance = self.instance(id)?;
        let class = instance.class.clone();
        if !self.derives_from(&class, "enum.Enum") || self.derives_from(&class, "enum.StrEnum") {
            return self.text_of(value);
        }
        if self.find_in_class(&class, Name::from("__str__")).is_some() {
            return self.own_text(value, &class);
        }
        let attributes = &self.instance(id)?.attributes;
        if self.derives_from(&class, "enum.ReprEnum") || self.derives_from(&class, "enum.IntEnum") {
            let value = attributes.get(&Name::from("value")).cloned()?;
            return self.text_of(&value);
        }
        if self.derives_from(&class, "enum.Flag") {
            return None;
        }
        let name = attributes.get(&Name::from("_name_"))?.as_str()?;
        let Kind::Class(class) = *class.kind() else { return None };
        Some(format!("{}.{name}", self.class(class)?.name))
    }

    /// What `repr()` makes of a constant or a collection of constants, when it is known.
    pub fn representation(&mut self, value: &Value, depth: u32) -> Option<String> {
        if depth > DEEPEST {
            return None;
        }
        match value.kind() {
            Kind::Str(text) => quoted(text),
            Kind::Int(_) | Kind::Bool(_) | Kind::None | Kind::Float(_) => self.text_of(value),
            Kind::Tuple(items) => {
                let items = self.representations(&items.clone(), depth)?;
                Some(match items.as_slice() {
                    [only] => format!("({only},)"),
                    items => format!("({})", items.join(", ")),
                })
            }
            Kind::List(id) => {
                let Object::List(list) = self.object(*id) else { return None };
                if list.incomplete {
                    return None;
                }
                let items = self.representations(&list.items.clone(), depth)?;
                Some(format!("[{}]", items.join(", ")))
            }
            Kind::Dict(id) => {
                let Object::Dict(dict) = self.object(*id) else { return None };
                if dict.incomplete || !dict.unknown_keys.is_empty() {
                    return None;
                }
                let entries: Vec<(Value, Value)> =
                    dict.entries.iter().map(|(_, entry)| entry.clone()).collect();
                let mut shown = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    let key = self.representation(&key, depth + 1)?;
                    shown.push(format!("{key}: {}", self.representation(&value, depth + 1)?));
                }
                Some(format!("{{{}}}", shown.join(", ")))
            }
            _ => None,
        }
    }

    fn representations(&mut self, items: &[Value], depth: u32) -> Option<Vec<String>> {
        items.iter().map(|item| self.representation(item, depth + 1)).collect()
    }
}

/// A text in quotes; none where it is not certain which characters Python shows as they are.
fn quoted(text: &str) -> Option<String> {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut shown = String::from(quote);
    for character in text.chars() {
        match character {
            '\\' => shown.push_str("\\\\"),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if character == quote => {
                shown.push('\\');
                shown.push(character);
            }
            _ if character.is_ascii_control() => {
                let _ = write!(shown, "\\x{:02x}", u32::from(character));
            }
            _ if character.is_ascii() || character.is_alphanumeric() => shown.push(character),
            _ => return None,
        }
    }
    shown.push(quote);
    Some(shown)
}

/// A number with a fraction as Python writes it.
pub(super) fn float_text(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    let size = number.abs();
    if size != 0.0 && size.is_finite() && !(1e-4..1e16).contains(&size) {
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or_default();
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    format!("{number:?}")
}
