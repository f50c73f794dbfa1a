//! JSON Schemas as hosts and models read them best: everything in its place, no nulls, no formats of Rust's numbers.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value as Json;

/// The schema of a type.
pub(crate) fn schema_of<T: JsonSchema>() -> Json {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    plain(&mut schema);
    if let Some(map) = schema.as_object_mut() {
        map.remove("title");
    }
    schema
}

/// Takes away what hosts stumble over: formats of numbers, unions with null, defaults of null.
fn plain(schema: &mut Json) {
    match schema {
        Json::Array(items) => items.iter_mut().for_each(plain),
        Json::Object(map) => {
            if map.get("format").and_then(Json::as_str).is_some_and(|format| format.starts_with(['u', 'i'])) {
                map.remove("format");
            }
            if map.get("default").is_some_and(Json::is_null) {
                map.remove("default");
            }
            if let Some(Json::Array(types)) = map.get_mut("type") {
                types.retain(|entry| entry != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    map.insert("type".to_owned(), only);
                }
            }
            for word in ["anyOf", "oneOf"] {
                let Some(Json::Array(choices)) = map.get_mut(word) else { continue };
                choices.retain(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
                if let [only] = choices.as_slice()
                    && let Json::Object(only) = only.clone()
                {
                    map.remove(word);
                    for (key, value) in only {
                        map.entry(key).or_insert(value);
                    }
                }
            }
            map.values_mut().for_each(plain);
        }
        _ => {}
    }
}

/// A value without the fields that hold nothing: what is not there is left out.
pub(crate) fn without_nulls(value: Json) -> Json {
    match value {
        Json::Object(map) => Json::Object(
            map.into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key, without_nulls(value)))
                .collect(),
        ),
        Json::Array(items) => Json::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[derive(JsonSchema)]
    #[allow(dead_code)]
    struct Inner {
        word: String,
    }

    #[derive(JsonSchema)]
    #[allow(dead_code)]
    struct Outer {
        count: u32,
        inner: Option<Inner>,
        name: Option<String>,
    }

    #[test]
    fn schemas_are_plain() {
        let text = schema_of::<Outer>().to_string();
        assert!(!text.contains("null") && !text.contains("uint32") && !text.contains("$ref"), "{text}");
        assert_eq!(schema_of::<Outer>()["required"], serde_json::json!(["count"]));
    }
}
