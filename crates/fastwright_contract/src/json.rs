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
