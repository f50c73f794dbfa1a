//! The order of keys: by name, except for properties and defaults (`GenerateJsonSchema.sort`).

use crate::json::{Json, JsonObject};

/// Sorts the keys of an object, and those of everything inside.
pub(super) fn sort(object: &mut JsonObject, parent: &str) {
    if !matches!(parent, "properties" | "default") {
        object.sort_keys();
    }
    for (key, value) in object {
        sort_value(value, key);
    }
}

fn sort_value(value: &mut Json, parent: &str) {
    match value {
        Json::Object(object) => sort(object, parent),
        Json::Array(items) => items.iter_mut().for_each(|item| sort_value(item, parent)),
        _ => {}
    }
}
