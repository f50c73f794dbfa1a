//! Python values as JSON: constants, collections, and what `instances` and `constructed` know.

use super::constructed::{Constructed, constructed};
use super::{Json, JsonObject, number_of_float};
use crate::context::Context;
use crate::pydantic::generate::attributes::is_field;
use crate::pydantic::generate::dispatch::may_follow;
use fastwright_python::location::Location;
use fastwright_python::value::{Kind, Object, Symbolic, Value};

/// How deeply values may nest before they are given up; JSON itself has no bound.
const DEEPEST: u32 = 100;

/// How values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Writing {
    /// Whose encoder.
    pub style: Style,
    /// `ser_json_temporal`, where it is set.
    pub temporal: Option<Temporal>,
    /// `ser_json_timedelta='float'`.
    pub durations_as_seconds: bool,
    /// `ser_json_bytes`.
    pub bytes: BytesForm,
    /// Whether the elements of the outermost set are sorted, as those of defaults are.
    pub sorts_set: bool,
}

/// Whose encoder writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// `pydantic_core.to_jsonable_python`.
    #[default]
    Pydantic,
    /// `fastapi.encoders.jsonable_encoder`.
    FastApi,
}

/// How dates, times and durations are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temporal {
    /// As texts.
    Iso8601,
    /// As seconds.
    Seconds,
    /// As milliseconds.
    Milliseconds,
}

/// How bytes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BytesForm {
    /// As the text that they encode.
    #[default]
    Utf8,
    /// Base64 with the alphabet for addresses.
    Base64,
    /// Hexadecimal digits.
    Hex,
}

/// Why a value can't be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unwritable {
    /// Python raises: the type has no form in JSON.
    NotSerializable,
    /// The value is not known, with the reason and the place.
    NotKnown(String, Option<Location>),
}

/// A written value, or why there is none.
pub(crate) type Written = Result<Json, Unwritable>;

pub(super) fn not_known(reason: impl Into<String>) -> Unwritable {
    Unwritable::NotKnown(reason.into(), None)
}

/// A Python value as JSON.
///
/// # Errors
/// Where the value is not known, or Python raises.
pub fn encode(context: &mut Context<'_, '_>, value: &Value, writing: &Writing) -> Result<Json, Unwritable> {
    write(context, value, writing, 0)
}

/// A value inside of others, `depth` levels deep.
pub(crate) fn write(context: &mut Context<'_, '_>, value: &Value, writing: &Writing, depth: u32) -> Written {
    if depth > DEEPEST {
        return Err(not_known("a value nests too deeply"));
    }
    if let Some(order) = context.interpreter.undecided_order(value) {
        return Err(not_known(format!("{order} is not decided")));
    }
    Ok(match value.kind() {
        Kind::None => Json::Null,
        Kind::Bool(truth) => (*truth).into(),
        Kind::Int(number) => (*number).into(),
        Kind::Float(number) => number_of_float(*number),
        Kind::Str(text) => Json::String(text.to_string()),
        Kind::Bytes(bytes) => Json::String(write_bytes(bytes, writing)?),
        Kind::Tuple(items) => write_items(context, items, writing, depth)?,
        Kind::List(id) => match context.interpreter.object(*id) {
            Object::List(list) if !list.incomplete => {
                let items = list.items.clone();
                write_items(context, &items, writing, depth)?
            }
            _ => return Err(not_known("a list may have more elements than are known")),
        },
        Kind::Set(id) => match context.interpreter.object(*id) {
            Object::Set(set) if !set.incomplete => {
                let items = set.items.clone();
                write_set(context, &items, writing, depth)?
            }
            _ => return Err(not_known("a set may have more elements than are known")),
        },
        Kind::Dict(id) => match context.interpreter.object(*id) {
            Object::Dict(dict) if !dict.incomplete && dict.unknown_keys.is_empty() => {
                let entries: Vec<(Value, Value)> = dict.entries.values().cloned().collect();
                write_entries(context, &entries, writing, depth)?
            }
            _ => return Err(not_known("a dict may have more entries than are known")),
        },
        Kind::Instance(id) => super::instances::write_instance(context, value, *id, writing, depth)?,
        Kind::Symbolic(_) => match constructed(context, value)? {
            Some(made) => write_constructed(context, made, writing, depth)?,
            // Pydantic has no serializer for fields; FastAPI's encoder looks into some.
            None if writing.style == Style::Pydantic && is_field(value) => {
                return Err(Unwritable::NotSerializable);
            }
            None => match context.interpreter.computed_with_libraries(value, may_follow) {
                Some(computed) => write(context, &computed, writing, depth + 1)?,
                None => return Err(unknown_expression(value)),
            },
        },
        Kind::External(name) => match (constructed(context, value)?, external(name)) {
            (Some(made), _) => write_constructed(context, made, writing, depth)?,
            (None, Unwritable::NotKnown(reason, place)) => {
                match context.interpreter.computed_with_libraries(value, may_follow) {
                    Some(computed) => write(context, &computed, writing, depth + 1)?,
                    None => return Err(Unwritable::NotKnown(reason, place)),
                }
            }
            (None, unwritable) => return Err(unwritable),
        },
        Kind::Ellipsis
        | Kind::Module(_)
        | Kind::Function(_)
        | Kind::Method(_)
        | Kind::Descriptor(_)
        | Kind::Class(_) => return Err(Unwritable::NotSerializable),
        Kind::Union(_) => return Err(not_known("a value depends on what is decided elsewhere")),
        Kind::Unknown(unknown) => {
            return Err(Unwritable::NotKnown(unknown.reason.clone(), unknown.location));
        }
    })
}

fn unknown_expression(value: &Value) -> Unwritable {
    let name = match value.as_symbolic() {
        Some(Symbolic::Call { callee, .. }) => callee.as_external(),
        _ => None,
    };
    match name {
        Some(name) => not_known(format!("what `{name}(...)` gives is not known")),
        None => not_known("the value of an expression is not known"),
    }
}

/// A name in a library that stands for itself: classes and functions have no form in JSON.
fn external(name: &str) -> Unwritable {
    let last = name.rsplit('.').next().unwrap_or(name);
    let class = last.starts_with(|first: char| first.is_uppercase())
        && last.chars().any(|character| character.is_lowercase());
    if name.starts_with("builtins.") || class || matches!(name, "datetime.datetime" | "datetime.date") {
        return Unwritable::NotSerializable;
    }
    not_known(format!("the value of `{name}` is not known"))
}

fn write_items(context: &mut Context<'_, '_>, items: &[Value], writing: &Writing, depth: u32) -> Written {
    let inside = Writing { sorts_set: false, ..*writing };
    items
        .iter()
        .map(|item| write(context, item, &inside, depth + 1))
        .collect::<Result<Vec<Json>, Unwritable>>()
        .map(Json::Array)
}

/// The order of a set's elements is not decided by the program, except where they are sorted.
fn write_set(context: &mut Context<'_, '_>, items: &[Value], writing: &Writing, depth: u32) -> Written {
    if items.len() < 2 {
        return write_items(context, items, writing, depth);
    }
    let mut items = items.to_vec();
    let sorted = writing.sorts_set && sort(context, &mut items);
    if !sorted {
        return Err(not_known("the order of a set's elements is not decided"));
    }
    write_items(context, &items, writing, depth)
}

/// Sorts constants that Python can compare with each other.
fn sort(context: &Context<'_, '_>, items: &mut [Value]) -> bool {
    let numbers: Option<Vec<f64>> = items
        .iter()
        .map(|item| match *item.kind() {
            Kind::Int(number) => Some(number as f64),
            Kind::Bool(truth) => Some(f64::from(u8::from(truth))),
            Kind::Float(number) if !number.is_nan() => Some(number),
            _ => None,
        })
        .collect();
    if let Some(numbers) = numbers {
        let mut order: Vec<(f64, Value)> = numbers.into_iter().zip(items.iter().cloned()).collect();
        order.sort_by(|(left, _), (right, _)| left.total_cmp(right));
        for (place, (_, value)) in items.iter_mut().zip(order) {
            *place = value;
        }
        return true;
    }
    let text = |item: &Value| match item.kind() {
        Kind::Str(text) => Some(text.to_string()),
        // Members of enumerations that are texts compare as texts.
        Kind::Instance(id) => {
            let instance = context.interpreter.instance(*id)?;
            if !context.interpreter.derives_from(&instance.class, "builtins.str") {
                return None;
            }
            instance
                .attributes
                .get(&fastwright_python::name::Name::from("value"))?
                .as_str()
                .map(str::to_owned)
        }
        _ => None,
    };
    let texts: Option<Vec<String>> = items.iter().map(text).collect();
    if let Some(texts) = texts {
        let mut order: Vec<(String, Value)> = texts.into_iter().zip(items.iter().cloned()).collect();
        order.sort_by(|(left, _), (right, _)| left.cmp(right));
        for (place, (_, value)) in items.iter_mut().zip(order) {
            *place = value;
        }
        return true;
    }
    false
}

fn write_entries(
    context: &mut Context<'_, '_>,
    entries: &[(Value, Value)],
    writing: &Writing,
    depth: u32,
) -> Written {
    let inside = Writing { sorts_set: false, ..*writing };
    let mut object = JsonObject::new();
    for (key, value) in entries {
        let key = write_key(context, key, &inside, depth)?;
        // `sqlalchemy_safe` of FastAPI's encoder.
        if writing.style == Style::FastApi && key.starts_with("_sa") {
            continue;
        }
        let value = write(context, value, &inside, depth + 1)?;
        object.insert(key, value);
    }
    Ok(Json::Object(object))
}

/// A key of a dict as a text.
fn write_key(
    context: &mut Context<'_, '_>,
    key: &Value,
    writing: &Writing,
    depth: u32,
) -> Result<String, Unwritable> {
    if depth > DEEPEST {
        return Err(not_known("a value nests too deeply"));
    }
    let fastapi = writing.style == Style::FastApi;
    Ok(match key.kind() {
        Kind::Str(text) => text.to_string(),
        // FastAPI leaves it to `json.dumps`.
        Kind::None if fastapi => "null".to_owned(),
        Kind::None => "None".to_owned(),
        Kind::Bool(truth) => truth.to_string(),
        Kind::Int(number) => number.to_string(),
        Kind::Float(number) => python_float(*number),
        Kind::Tuple(items) if !fastapi => {
            let mut parts = Vec::with_capacity(items.len());
            for item in items.iter() {
                parts.push(write_key(context, item, writing, depth + 1)?);
            }
            parts.join(",")
        }
        _ => match write(context, key, writing, depth + 1)? {
            Json::String(text) => text,
            Json::Number(number) if number.is_i64() => number.to_string(),
            Json::Number(number) => python_float(number.as_f64().unwrap_or_default()),
            Json::Bool(truth) => truth.to_string(),
            _ => return Err(Unwritable::NotSerializable),
        },
    })
}

/// `repr` of a float.
pub(super) fn python_float(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) && size.is_finite() {
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or_default();
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    format!("{number:?}")
}

fn write_constructed(
    context: &mut Context<'_, '_>,
    made: Constructed,
    writing: &Writing,
    depth: u32,
) -> Written {
    let fastapi = writing.style == Style::FastApi;
    Ok(match made {
        Constructed::Text(text) => Json::String(text),
        Constructed::Float(number) => number_of_float(number),
        Constructed::Integer(number) => number.into(),
        Constructed::Json(json) => json,
        Constructed::Moment(moment) => match writing.temporal {
            _ if fastapi => Json::String(moment.isoformat()),
            Some(Temporal::Seconds) => number_of_float(moment.microseconds() as f64 / 1e6),
            Some(Temporal::Milliseconds) => number_of_float(moment.microseconds() as f64 / 1e3),
            _ => Json::String(moment.rfc3339()),
        },
        Constructed::Duration(microseconds) => {
            let seconds = number_of_float(microseconds as f64 / 1e6);
            match writing.temporal {
                _ if fastapi => seconds,
                Some(Temporal::Seconds) => seconds,
                Some(Temporal::Milliseconds) => number_of_float(microseconds as f64 / 1e3),
                None if writing.durations_as_seconds => seconds,
                _ => Json::String(super::duration::iso8601(microseconds)),
            }
        }
        Constructed::Decimal(decimal) if fastapi => decimal.to_number()?,
        Constructed::Decimal(decimal) => Json::String(decimal.to_string()),
        Constructed::Fraction(..) if fastapi => return Err(Unwritable::NotSerializable),
        Constructed::Fraction(above, 1) => Json::String(above.to_string()),
        Constructed::Fraction(above, below) => Json::String(format!("{above}/{below}")),
        // FastAPI writes `str(secret)`.
        Constructed::Secret(shown, true) if fastapi => Json::String(format!("b'{shown}'")),
        Constructed::Secret(shown, _) => Json::String(shown.to_owned()),
        Constructed::Collection(value) => write(context, &value, writing, depth + 1)?,
    })
}

fn write_bytes(bytes: &[u8], writing: &Writing) -> Result<String, Unwritable> {
    match writing.bytes {
        BytesForm::Utf8 => {
            std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| Unwritable::NotSerializable)
        }
        BytesForm::Hex => Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
        BytesForm::Base64 => {
            const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
            for chunk in bytes.chunks(3) {
                let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte));
                let group = group << (8 * (3 - chunk.len()));
                for place in 0..4 {
                    if place > chunk.len() {
                        text.push('=');
                    } else {
                        let index = (group >> (18 - 6 * place)) & 63;
                        text.push(char::from(ALPHABET[index as usize]));
                    }
                }
            }
            Ok(text)
        }
    }
}
