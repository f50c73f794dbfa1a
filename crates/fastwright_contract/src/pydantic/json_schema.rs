//! From core schemas to JSON Schema (Pydantic 2.14 `json_schema.py`, with the one method that FastAPI
//! overrides).

use super::core_schema::{Mode, Shared};
use crate::context::Context;
use crate::json::{Json, JsonObject};

/// The JSON Schemas of several core schemas at once, and the definitions that they refer to, named and
/// sorted as `GenerateJsonSchema.generate_definitions` does with FastAPI's reference template.
pub fn generate_definitions(
    context: &mut Context<'_, '_>,
    inputs: &[(Mode, Shared)],
) -> (Vec<Json>, JsonObject) {
    let _ = (context, inputs);
    (Vec::new(), JsonObject::new())
}
