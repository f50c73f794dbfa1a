//! JSON values, and Python values as JSON.

use crate::context::Context;
use fastwright_python::value::Value;

/// A JSON value; objects keep the order of their keys.
pub type Json = serde_json::Value;

/// A JSON object in the order of its keys.
pub type JsonObject = serde_json::Map<String, serde_json::Value>;

/// A Python value as `pydantic_core.to_jsonable_python` and FastAPI's `jsonable_encoder` write it; none
/// where it is not known or can't be written.
pub fn jsonable(context: &mut Context<'_, '_>, value: &Value) -> Option<Json> {
    let _ = (context, value);
    None
}

/// A JSON value as a Python value on the heap.
pub fn value_of(interpreter: &mut fastwright_python::interpreter::Interpreter<'_>, json: &Json) -> Value {
    match json {
        Json::Null => Value::NONE,
        Json::Bool(value) => Value::bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::int(number),
            None => fastwright_python::value::Kind::Float(number.as_f64().unwrap_or(0.0)).into(),
        },
        Json::String(text) => Value::str(text),
        Json::Array(items) => {
            let items = items.iter().map(|item| value_of(interpreter, item)).collect();
            interpreter.list(items)
        }
        Json::Object(object) => {
            let entries =
                object.iter().map(|(key, value)| (Value::str(key), value_of(interpreter, value))).collect();
            interpreter.dict(entries)
        }
    }
}

/// `str.title()`: each run of letters starts with a capital.
pub fn title_case(text: &str) -> String {
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

/// `inspect.cleandoc`: the indentation that all lines after the first share is taken away, and blank lines
/// at both ends.
pub fn cleandoc(text: &str) -> String {
    let expanded: Vec<String> = text.split('\n').map(expand_tabs).collect();
    let margin = expanded
        .iter()
        .skip(1)
        .filter(|line| !line.trim_start().is_empty())
        .map(|line| line.chars().count() - line.trim_start().chars().count())
        .min()
        .unwrap_or(0);
    let mut lines: Vec<String> = Vec::with_capacity(expanded.len());
    for (position, line) in expanded.iter().enumerate() {
        if position == 0 {
            lines.push(line.trim_start().to_owned());
        } else {
            lines.push(line.chars().skip(margin).collect());
        }
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let first = lines.iter().position(|line| !line.is_empty()).unwrap_or(lines.len());
    lines[first..].join("\n")
}

fn expand_tabs(line: &str) -> String {
    let mut result = String::with_capacity(line.len());
    let mut column = 0;
    for character in line.chars() {
        match character {
            '\t' => {
                let width = 8 - column % 8;
                result.extend(std::iter::repeat_n(' ', width));
                column += width;
            }
            '\r' => {
                result.push('\r');
                column = 0;
            }
            other => {
                result.push(other);
                column += 1;
            }
        }
    }
    result
}
