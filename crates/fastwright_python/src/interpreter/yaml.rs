//! YAML as PyYAML reads it: version 1.1, in which `yes` and `off` are truth values and `<<` merges.

use super::Interpreter;
use super::documents::{DEEPEST_DOCUMENT, LARGEST_DOCUMENT, Malformed, spend};
use crate::value::*;
use rustc_hash::FxHashMap;
use saphyr_parser::{Event, Parser, ScalarStyle};

/// A list or mapping that is being read.
struct Open {
    anchor: usize,
    /// Items; keys and values in turn, for a mapping.
    items: Vec<Value>,
    is_mapping: bool,
    /// Places in `items` of keys that merge: `<<`.
    merges: Vec<usize>,
    is_tagged: bool,
}

impl Interpreter<'_> {
    /// The one document of a YAML text. An alias gives the very object that its anchor names, as in
    /// Python: repeated aliases do not multiply anything.
    pub(super) fn yaml_document(
        &mut self,
        text: &str,
        setting: Option<ConfigurableId>,
    ) -> Result<Value, Malformed> {
        let mut parser = Parser::new_from_str(text);
        let mut anchors: FxHashMap<usize, Value> = FxHashMap::default();
        let mut open: Vec<Open> = Vec::new();
        let mut result: Option<Value> = None;
        let mut left = LARGEST_DOCUMENT;
        while let Some(event) = parser.next_event() {
            let (event, _) = event.map_err(|_| Malformed::Broken)?;
            let (value, anchor) = match event {
                Event::Scalar(text, style, anchor, tag) => {
                    spend(&mut left)?;
                    let is_key = open.last().is_some_and(|open| open.is_mapping && open.items.len() % 2 == 0);
                    if is_key
                        && style == ScalarStyle::Plain
                        && text == "<<"
                        && tag.is_none()
                        && let Some(mapping) = open.last_mut()
                    {
                        mapping.merges.push(mapping.items.len());
                    }
                    let value = match tag {
                        None if style == ScalarStyle::Plain => plain_scalar(&text),
                        None => Value::str(&text),
                        Some(tag) if tag.is_yaml_core_schema() => match tag.suffix.as_str() {
                            "str" => Value::str(&text),
                            "int" | "bool" | "float" | "null" => plain_scalar(&text),
                            _ => Value::unknown("the tag of a YAML value is not followed", None),
                        },
                        Some(_) => Value::unknown("the tag of a YAML value is not followed", None),
                    };
                    // A key is compared, never shown: what rests on the file is the value.
                    (if is_key { value } else { value.with_configurable(setting) }, anchor)
                }
                Event::Alias(anchor) => {
                    spend(&mut left)?;
                    let value = anchors.get(&anchor).cloned().unwrap_or_else(|| {
                        Value::unknown("a YAML value that contains itself is not followed", None)
                    });
                    (value, 0)
                }
                Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag)
                    if open.len() >= DEEPEST_DOCUMENT =>
                {
                    let _ = (anchor, tag);
                    return Err(Malformed::TooMuch("the document nests too deeply"));
                }
                Event::SequenceStart(anchor, tag) => {
                    open.push(Open::new(anchor, false, tag.is_some()));
                    continue;
                }
                Event::MappingStart(anchor, tag) => {
                    open.push(Open::new(anchor, true, tag.is_some()));
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    spend(&mut left)?;
                    let Some(ended) = open.pop() else { return Err(Malformed::Broken) };
                    let anchor = ended.anchor;
                    (self.yaml_collection(ended, &mut left)?.with_configurable(setting), anchor)
                }
                // Only one document is expected; a second is an error.
                Event::DocumentStart(_) if result.is_some() => return Err(Malformed::Broken),
                _ => continue,
            };
            if anchor > 0 {
                anchors.insert(anchor, value.clone());
            }
            match open.last_mut() {
                Some(collection) => collection.items.push(value),
                None => result = Some(value),
            }
        }
        Ok(result.unwrap_or(Value::NONE))
    }

    fn yaml_collection(&mut self, ended: Open, left: &mut usize) -> Result<Value, Malformed> {
        if ended.is_tagged {
            return Ok(Value::unknown("the tag of a YAML value is not followed", None));
        }
        if !ended.is_mapping {
            return Ok(self.list(ended.items));
        }
        let mut own = Vec::new();
        let mut merged = DictObject::default();
        let mut items = ended.items.into_iter().enumerate();
        while let (Some((at, key)), Some((_, value))) = (items.next(), items.next()) {
            if !ended.merges.contains(&at) {
                own.push((key, value));
                continue;
            }
            // Of several mappings the first wins.
            let mut sources = match value.kind() {
                Kind::List(_) => self.elements(&value).unwrap_or_default(),
                _ => vec![value],
            };
            sources.reverse();
            for source in sources {
                self.merge_into(&mut merged, &source);
            }
            *left = left
                .checked_sub(merged.entries.len())
                .ok_or(Malformed::TooMuch("the document is too large to be followed"))?;
        }
        for (key, value) in own {
            match key.key() {
                Some(exact) => {
                    merged.entries.insert(exact, (key, value));
                }
                None => merged.unknown_keys.push(value),
            }
        }
        Ok(Kind::Dict(self.allocate(Object::Dict(Box::new(merged)))).into())
    }
}

impl Open {
    fn new(anchor: usize, is_mapping: bool, is_tagged: bool) -> Self {
        Self { anchor, items: Vec::new(), is_mapping, merges: Vec::new(), is_tagged }
    }
}

/// What a scalar without quotes means.
fn plain_scalar(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::NONE,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Value::bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Value::bool(false);
        }
        _ => {}
    }
    let signed = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !signed.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return Value::str(text);
    }
    match signed {
        ".inf" | ".Inf" | ".INF" => {
            let infinity = if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY };
            return Kind::Float(infinity).into();
        }
        ".nan" | ".NaN" | ".NAN" if signed == text => return Kind::Float(f64::NAN).into(),
        _ => {}
    }
    if is_date(text) {
        return Value::unknown("dates are not followed", None);
    }
    integer(text, signed).or_else(|| float(signed, text)).unwrap_or_else(|| Value::str(text))
}

fn integer(text: &str, signed: &str) -> Option<Value> {
    let digits = signed.replace('_', "");
    let allowed = |digits: &str, radix: u32| !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    let (digits, radix) = if let Some(binary) = digits.strip_prefix("0b") {
        (binary.to_owned(), 2)
    } else if let Some(hexadecimal) = digits.strip_prefix("0x") {
        (hexadecimal.to_owned(), 16)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (digits, 8)
    } else {
        (digits, 10)
    };
    if radix == 10 && digits.contains(':') {
        // Base sixty: `1:30` is ninety.
        let mut total: i64 = 0;
        for (position, part) in digits.split(':').enumerate() {
            let number: i64 = part.parse().ok()?;
            if !allowed(part, 10) || position > 0 && (part.len() > 2 || number > 59) {
                return None;
            }
            total = total.checked_mul(60)?.checked_add(number)?;
        }
        return Some(Value::int(if text.starts_with('-') { -total } else { total }));
    }
    if !signed.starts_with(|first: char| first.is_ascii_digit()) || !allowed(&digits, radix) {
        return None;
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    Some(match i64::from_str_radix(&format!("{sign}{digits}"), radix) {
        Ok(number) => Value::int(number),
        Err(_) => Value::unknown("numbers beyond 64 bits are not followed", None),
    })
}

/// A float has a point, and a sign in its exponent.
fn float(signed: &str, text: &str) -> Option<Value> {
    let digits = signed.replace('_', "");
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits.as_str(), None),
    };
    let (whole, fraction) = mantissa.split_once('.')?;
    let are_digits = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    if !are_digits(whole) || !are_digits(fraction) || whole.is_empty() && fraction.is_empty() {
        return None;
    }
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['+', '-'])?;
        if digits.is_empty() || !are_digits(digits) {
            return None;
        }
    }
    let number: f64 = digits.parse().ok()?;
    Some(Kind::Float(if text.starts_with('-') { -number } else { number }).into())
}

/// `2024-02-29`, with or without a time.
fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let is_number = |part: Option<&str>, least: usize, most: usize| {
        part.is_some_and(|part| {
            (least..=most).contains(&part.len()) && part.chars().all(|c| c.is_ascii_digit())
        })
    };
    is_number(parts.next(), 4, 4)
        && is_number(parts.next(), 1, 2)
        && parts.next().is_some_and(|day| day.starts_with(|c: char| c.is_ascii_digit()))
}
