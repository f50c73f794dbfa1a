//! The order of keys: by name, except for properties and defaults (`GenerateJsonSchema.sort`).

use crate::json::{Json, JsonObject};

/// An object with its keys sorted, and those of everything inside.
pub(super) fn sorted(object: JsonObject, parent: &str) -> JsonObject {
    let mut entries: Vec<(String, Json)> = object.into_iter().collect();
    if !matches!(parent, "properties" | "default") {
        entries.sort_by(|(left, _), (right, _)| left.cmp(right));
    }
    entries
        .into_iter()
        .map(|(key, value)| {
            let value = sorted_value(value, &key);
            (key, value)
        })
        .collect()
}

fn sorted_value(value: Json, parent: &str) -> Json {
    match value {
        Json::Object(object) => Json::Object(sorted(object, parent)),
        Json::Array(items) => items.into_iter().map(|item| sorted_value(item, parent)).collect(),
        other => other,
    }
}
