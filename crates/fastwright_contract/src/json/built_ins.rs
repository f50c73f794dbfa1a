//! Objects of the program's classes that derive from `int`, `float` or `str`: the number or text that they are.

use crate::context::Context;
use fastwright_python::name::Name;
use fastwright_python::value::{Kind, Value};

/// The number or text that an object of such a class is; none for other values, and where the class makes its
/// objects in a way of its own.
pub(crate) fn built_in_of(context: &Context<'_, '_>, value: &Value) -> Option<Value> {
    of_object(context, value, 0)
}

fn of_object(context: &Context<'_, '_>, value: &Value, depth: u32) -> Option<Value> {
    let Kind::Instance(id) = *value.kind() else { return None };
    let interpreter = &context.interpreter;
    let instance = interpreter.instance(id)?;
    let own_way = ["__new__", "__init__", "__float__", "__int__", "__index__", "__str__"]
        .iter()
        .any(|way| interpreter.find_in_class(&instance.class, Name::from(*way)).is_some());
    let plain = instance.arguments.keywords.is_empty() && !instance.arguments.incomplete;
    if own_way || !plain || depth > 20 || interpreter.derives_from(&instance.class, "enum.Enum") {
        return None;
    }
    let [given] = instance.arguments.positional.as_slice() else { return None };
    let given = of_object(context, given, depth + 1).unwrap_or_else(|| given.clone());
    let class = ["builtins.float", "builtins.int", "builtins.str"]
        .into_iter()
        .find(|name| interpreter.derives_from(&instance.class, name))?;
    converted(class, &given)
}

/// `float(value)`, `int(value)`, `str(value)` of a constant.
pub(super) fn converted(class: &str, value: &Value) -> Option<Value> {
    Some(match (class, value.kind()) {
        ("builtins.float", Kind::Float(number)) => Kind::Float(*number).into(),
        ("builtins.float", Kind::Int(number)) => Kind::Float(*number as f64).into(),
        ("builtins.float", Kind::Str(text)) => Kind::Float(plain_number(text)?.parse().ok()?).into(),
        ("builtins.int", Kind::Int(number)) => Value::int(*number),
        ("builtins.int", Kind::Bool(truth)) => Value::int(i64::from(*truth)),
        ("builtins.int", Kind::Float(number)) if number.abs() < 9e15 => Value::int(number.trunc() as i64),
        ("builtins.int", Kind::Str(text)) => Value::int(plain_number(text)?.parse().ok()?),
        ("builtins.str", Kind::Str(_)) => value.clone(),
        _ => return None,
    })
}

/// A number in a form that Python and Rust read alike.
fn plain_number(text: &str) -> Option<&str> {
    let text = text.trim();
    let plain =
        text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
    plain.then_some(text)
}
