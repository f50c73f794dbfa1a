//! Definitions under the names that FastAPI gave to models, from 0.119 to 0.128 (`_compat/v2.py`,
//! `get_model_name_map` and `_remap_definitions_and_field_mappings`). They differ from Pydantic's where a
//! name has arguments: `Pair_int__str_` for `Pair[int, str]`, whose definition Pydantic calls
//! `Pair_int_str_`.

use super::builder::Builder;
use super::fields::ModelField;
use super::predicates::{is_enumeration, is_model};
use crate::json::{Json, JsonObject};
use crate::versions::fastapi as since;
use fastwright_python::value::Value;
use rustc_hash::FxHashMap;

/// What stands before the name of a definition in a reference.
const REFERENCE: &str = "#/components/schemas/";

impl Builder<'_, '_, '_> {
    /// Renames the definitions that fields refer to.
    pub(super) fn rename_definitions(
        &mut self,
        fields: &[&ModelField],
        others: &[(Value, String, String)],
        schemas: &mut [Json],
        definitions: &mut JsonObject,
    ) {
        let models = self.flat_models(fields.iter().copied());
        let names = self.names_of_models(&models, others);
        let mut renamed: FxHashMap<String, String> = FxHashMap::default();
        for (field, schema) in fields.iter().zip(&*schemas) {
            let Some(annotation) = &field.info.annotation else { continue };
            let Some(position) = models.iter().position(|model| model.same(annotation)) else { continue };
            let Some(new) = &names[position] else { continue };
            let reference = schema.get("$ref").and_then(Json::as_str);
            let Some(old) = reference.and_then(|reference| reference.rsplit('/').next()) else {
                if self.before(since::RENAMING_SKIPS_INLINED_MODELS) {
                    self.context.doubt(
                        "FastAPI fails to rename the definition of a model that is written in place",
                        field.info.location,
                    );
                }
                continue;
            };
            if old != new && old != format!("{new}-Input") && old != format!("{new}-Output") {
                renamed.insert(old.to_owned(), new.clone());
            }
        }
        if renamed.is_empty() {
            return;
        }
        for schema in schemas {
            replace_references(schema, &renamed);
        }
        let taken = std::mem::take(definitions);
        for (name, mut definition) in taken {
            replace_references(&mut definition, &renamed);
            definitions.insert(renamed.get(&name).cloned().unwrap_or(name), definition);
        }
    }

    /// What FastAPI calls each model: its own name, or with its module where two have the same.
    fn names_of_models(
        &mut self,
        models: &[Value],
        others: &[(Value, String, String)],
    ) -> Vec<Option<String>> {
        let mut found: Vec<Option<(String, String)>> = Vec::with_capacity(models.len());
        for model in models {
            let interpreter = &*self.context.interpreter;
            let known = is_model(interpreter, model) || is_enumeration(interpreter, model);
            let name = if known { self.generator.names(self.context, model) } else { None };
            found.push(name.map(|(name, qualified)| (normalized(&name), qualified)));
        }
        let repeated = |name: &str| found.iter().flatten().filter(|(other, _)| other == name).count() > 1;
        if !self.before(since::NO_LONG_NAMES) && found.iter().flatten().any(|(name, _)| repeated(name)) {
            self.context
                .doubt("which of the models of one name keeps it depends on their order in a set", None);
        }
        found
            .iter()
            .map(|names| {
                let (name, qualified) = names.as_ref()?;
                let taken = others.iter().any(|(_, other, long)| other == name && long != qualified);
                Some(if taken || repeated(name) { qualified.replace('.', "__") } else { name.clone() })
            })
            .collect()
    }
}

/// FastAPI's `normalize_name`.
pub(super) fn normalized(name: &str) -> String {
    name.chars()
        .map(
            |character| {
                if character.is_ascii_alphanumeric() || ".-_".contains(character) { character } else { '_' }
            },
        )
        .collect()
}

fn replace_references(schema: &mut Json, renamed: &FxHashMap<String, String>) {
    match schema {
        Json::Array(items) => items.iter_mut().for_each(|item| replace_references(item, renamed)),
        Json::Object(object) => {
            for (key, value) in object.iter_mut() {
                match value {
                    Json::String(reference) if key == "$ref" => {
                        let name = reference.rsplit('/').next().unwrap_or_default();
                        if let Some(name) = renamed.get(name) {
                            *reference = format!("{REFERENCE}{name}");
                        }
                    }
                    _ => replace_references(value, renamed),
                }
            }
        }
        _ => {}
    }
}
