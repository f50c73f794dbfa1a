//! JSON values, and Python values as JSON.
//!
//! Two ways of writing: [`jsonable`] as `pydantic_core.to_jsonable_python`, [`encoded`] as FastAPI's
//! `jsonable_encoder`. They differ for times with a zone, durations, decimals and dataclasses. [`encode`]
//! is the first without doubts, for those who want to decide themselves.

mod built_ins;
mod calendar;
mod constructed;
mod decimal;
mod duration;
mod heap;
mod instances;
mod writing;

use crate::context::Context;
use fastwright_python::location::Location;
use fastwright_python::value::{Kind, Symbolic, Value};

pub(crate) use built_ins::built_in_of;
pub use heap::{from_heap, on_heap};
pub use instances::enumeration_value;
pub(crate) use writing::write as write_inside;
pub use writing::{BytesForm, Style, Temporal, Unwritable, Writing, encode};

/// A JSON value; objects keep the order of their keys.
pub type Json = serde_json::Value;

/// A JSON object in the order of its keys.
pub type JsonObject = serde_json::Map<String, serde_json::Value>;

/// A Python value as `pydantic_core.to_jsonable_python` writes it; none, with a doubt, where it is not
/// known or can't be written.
pub fn jsonable(context: &mut Context<'_, '_>, value: &Value) -> Option<Json> {
    written(context, value, &Writing::default())
}

/// A Python value as FastAPI's `jsonable_encoder` writes it (0.165 `encoders.py`, with `by_alias=True`);
/// none, with a doubt, where it is not known or can't be written.
pub fn encoded(context: &mut Context<'_, '_>, value: &Value) -> Option<Json> {
    written(context, value, &Writing { style: Style::FastApi, ..Writing::default() })
}

fn written(context: &mut Context<'_, '_>, value: &Value, writing: &Writing) -> Option<Json> {
    match encode(context, value, writing) {
        Ok(json) => Some(json),
        Err(Unwritable::NotSerializable) => {
            context.doubt("a value has no form in JSON", place_of(value));
            None
        }
        Err(Unwritable::NotKnown(reason, location)) => {
            context.doubt(reason, location.or_else(|| place_of(value)));
            None
        }
    }
}

/// A float as JSON; what is not a number of JSON is `null`.
pub fn number_of_float(number: f64) -> Json {
    serde_json::Number::from_f64(number).map_or(Json::Null, Json::Number)
}

/// `float(value)` of a number, `Decimal(...)` or `Fraction(...)`.
pub fn float_of(context: &mut Context<'_, '_>, value: &Value) -> Option<f64> {
    match value.kind() {
        Kind::Int(number) => Some(*number as f64),
        Kind::Bool(truth) => Some(f64::from(u8::from(*truth))),
        Kind::Float(number) => Some(*number),
        _ => match constructed::constructed(context, value).ok()?? {
            constructed::Constructed::Decimal(decimal) => Some(decimal.to_float()),
            constructed::Constructed::Fraction(above, below) => Some(above as f64 / below as f64),
            _ => None,
        },
    }
}

/// The place that a value came from, where it has one.
fn place_of(value: &Value) -> Option<Location> {
    match value.kind() {
        Kind::Unknown(unknown) => unknown.location,
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Call { site, .. } => Some(*site),
            Symbolic::Member { base, .. } | Symbolic::Item { base, .. } => place_of(base),
            _ => None,
        },
        _ => None,
    }
}
