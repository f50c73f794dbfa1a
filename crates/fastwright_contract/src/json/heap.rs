//! JSON as objects on the heap of the interpreter, to hand it to functions of the program, and back.

use super::{Json, JsonObject, Unwritable, Writing, encode};
use crate::context::Context;
use fastwright_python::value::{Kind, Value};

/// A JSON value as Python has it: dicts, lists and constants.
pub fn on_heap(context: &mut Context<'_, '_>, json: &Json) -> Value {
    match json {
        Json::Null => Value::NONE,
        Json::Bool(truth) => Value::bool(*truth),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => Value::int(number),
            (None, Some(number)) if !json.is_u64() => Kind::Float(number).into(),
            _ => Value::unknown("the number has more than 64 bits", None),
        },
        Json::String(text) => Value::str(text),
        Json::Array(items) => {
            let items = items.iter().map(|item| on_heap(context, item)).collect();
            context.interpreter.list(items)
        }
        Json::Object(object) => {
            let entries = object
                .iter()
                .map(|(key, value)| {
                    let value = on_heap(context, value);
                    (Value::str(key), value)
                })
                .collect();
            context.interpreter.dict(entries)
        }
    }
}

/// The object that a dict on the heap holds.
///
/// # Errors
/// Where it is not known, is no dict, or has no form in JSON.
pub fn from_heap(context: &mut Context<'_, '_>, value: &Value) -> Result<JsonObject, Unwritable> {
    match encode(context, value, &Writing::default())? {
        Json::Object(object) => Ok(object),
        _ => Err(Unwritable::NotSerializable),
    }
}
