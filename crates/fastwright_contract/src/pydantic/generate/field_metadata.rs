//! What a field says about its JSON Schema, and its default (Pydantic 2.14
//! `_internal/_generate_schema.py`, `_extract_json_schema_info_from_field_info` and `wrap_default`;
//! `_core_metadata.py`).

use super::{SchemaGenerator, place};
use crate::context::Context;
use crate::json::{Json, JsonObject};
use crate::pydantic::core_schema::*;
use crate::pydantic::field_info::FieldInfo;
use fastwright_python::value::*;

impl SchemaGenerator {
    /// A dict of the program as a JSON object; nothing for `None`.
    pub(super) fn json_object(
        &mut self,
        context: &mut Context<'_, '_>,
        value: &Value,
    ) -> Result<Option<JsonObject>, ()> {
        if value.is_none() {
            return Ok(None);
        }
        match crate::json::jsonable(context, value) {
            Some(Json::Object(object)) => Ok(Some(object)),
            _ => Err(()),
        }
    }

    /// `_extract_json_schema_info_from_field_info`.
    pub(super) fn json_schema_info(
        &mut self,
        context: &mut Context<'_, '_>,
        info: &FieldInfo,
    ) -> (Option<JsonObject>, Option<Value>) {
        let mut updates = JsonObject::new();
        let location = info.location;
        for (key, value) in [("title", &info.title), ("description", &info.description)] {
            let Some(value) = value.as_ref().filter(|value| !value.is_none()) else { continue };
            match context.interpreter.text_of(value) {
                Some(text) => {
                    updates.insert(key.to_owned(), Json::from(text));
                }
                None => self.doubt(
                    context,
                    format!("the {key} of a field is not known"),
                    location.or(place(value)),
                ),
            }
        }
        if let Some(deprecated) = info.deprecated.as_ref().filter(|value| !value.is_none()) {
            match *deprecated.kind() {
                Kind::Bool(false) => {}
                Kind::Unknown(_) | Kind::Union(_) => {
                    self.doubt(context, "it is not known whether a field is deprecated", location);
                }
                _ => {
                    updates.insert("deprecated".to_owned(), Json::Bool(true));
                }
            }
        }
        if let Some(examples) = info.examples.as_ref().filter(|value| !value.is_none()) {
            match crate::json::jsonable(context, examples) {
                Some(json) => {
                    updates.insert("examples".to_owned(), json);
                }
                None => {
                    self.doubt(context, "examples of a field are not known", location.or(place(examples)))
                }
            }
        }
        let extra = info.json_schema_extra.clone().filter(|extra| !extra.is_none());
        ((!updates.is_empty()).then_some(updates), extra)
    }
}

/// `update_core_metadata`.
pub(super) fn update_metadata(
    context: &mut Context<'_, '_>,
    metadata: &mut CoreMetadata,
    updates: Option<JsonObject>,
    extra: Option<Value>,
) {
    if let Some(updates) = updates {
        metadata.updates.get_or_insert_default().extend(updates);
    }
    let Some(extra) = extra else { return };
    let is_dict = |value: &Value| matches!(value.kind(), Kind::Dict(_));
    metadata.extra = match metadata.extra.take() {
        Some(existing) if is_dict(&existing) && is_dict(&extra) => {
            let entries = context.interpreter.entries(&existing).zip(context.interpreter.entries(&extra));
            match entries {
                Some((mut entries, more)) => {
                    entries.extend(more);
                    let entries =
                        entries.into_iter().map(|(name, value)| (Value::str(&name), value)).collect();
                    Some(context.interpreter.dict(entries))
                }
                None => {
                    context.doubt("`json_schema_extra` is not known", place(&extra));
                    Some(existing)
                }
            }
        }
        // A function behind a dict is left out.
        Some(existing) if is_dict(&existing) => Some(existing),
        _ => Some(extra),
    };
}

/// `wrap_default`: a schema with its default or the factory of it.
pub(super) fn wrap_default(context: &mut Context<'_, '_>, info: &FieldInfo, schema: Shared) -> Shared {
    let validated = info.validate_default.as_ref().and_then(Value::as_bool) == Some(true);
    if let Some(factory) = info.default_factory.clone().filter(|factory| !factory.is_none()) {
        let takes_data = super::decorators::takes_one_argument(context, &factory);
        let factory = Some(factory);
        return Core::new(CoreKind::Default { schema, default: None, factory, takes_data, validated });
    }
    match info.default.clone() {
        Some(default) => {
            let (default, factory, takes_data) = (Some(default), None, false);
            Core::new(CoreKind::Default { schema, default, factory, takes_data, validated })
        }
        None => schema,
    }
}
