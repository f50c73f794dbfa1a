//! Nullable types, unions, and unions told apart by a tag.

use super::equality::{deduplicated, same};
use super::kinds::typed;
use super::{Failure, Generated, Generator, Node, Result, single};
use crate::json::{Json, JsonObject};
use crate::pydantic::core_schema::{Discriminator, Shared};
use indexmap::IndexMap;

impl Generator<'_, '_, '_> {
    pub(super) fn nullable(&mut self, schema: &Shared) -> Result<Generated> {
        let object = self.inner_object(schema)?;
        let null = typed("null");
        if object == null {
            return Ok(Generated::Fresh(null));
        }
        Ok(Generated::Fresh(self.union_of(vec![object, null])))
    }

    /// Choices that have no JSON Schema are left out.
    pub(super) fn union(&mut self, choices: &[(Shared, Option<String>)]) -> Result<Generated> {
        let mut generated = Vec::with_capacity(choices.len());
        for (choice, _) in choices {
            match self.inner(Node::Schema(choice)) {
                Ok(choice) => generated.push(choice),
                Err(Failure::Omit | Failure::Invalid(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
        match <[Generated; 1]>::try_from(generated) {
            Ok([only]) => Ok(only),
            Err(generated) => {
                let objects = generated.into_iter().map(|choice| self.copied(choice)).collect();
                Ok(Generated::Fresh(self.union_of(objects)))
            }
        }
    }

    /// `get_flattened_anyof`: a union inside is taken apart, repetitions are dropped.
    pub(super) fn union_of(&mut self, schemas: Vec<JsonObject>) -> JsonObject {
        let mut members = Vec::with_capacity(schemas.len());
        for schema in schemas {
            match schema.get("anyOf") {
                Some(Json::Array(inner)) if schema.len() == 1 => members.extend(inner.iter().cloned()),
                _ => members.push(Json::Object(schema)),
            }
        }
        let members = deduplicated(members);
        match <[Json; 1]>::try_from(members) {
            Ok([Json::Object(only)]) => only,
            Ok(members) => single("anyOf", members.to_vec()),
            Err(members) => single("anyOf", members),
        }
    }

    pub(super) fn tagged_union(
        &mut self,
        choices: &IndexMap<String, Shared>,
        discriminator: &Discriminator,
    ) -> Result<JsonObject> {
        let mut generated: IndexMap<&str, JsonObject> = IndexMap::new();
        for (tag, choice) in choices {
            match self.inner(Node::Schema(choice)) {
                Ok(choice) => {
                    let object = self.copied(choice);
                    generated.insert(tag, object);
                }
                Err(Failure::Omit | Failure::Invalid(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
        let one_of = deduplicated(generated.values().cloned().map(Json::Object));
        let property = self.discriminating_property(discriminator, &one_of)?;
        let mut object = single("oneOf", one_of);
        if let Some(property) = property {
            let mapping: JsonObject = generated
                .into_iter()
                .map(|(tag, schema)| {
                    let target = schema.get("$ref").cloned().unwrap_or(Json::Object(schema));
                    (tag.to_owned(), target)
                })
                .collect();
            let mut described = single("propertyName", property);
            described.insert("mapping".to_owned(), Json::Object(mapping));
            object.insert("discriminator".to_owned(), Json::Object(described));
        }
        Ok(object)
    }

    /// `_extract_discriminator`: the property that tells the choices apart in a way that OpenAPI can say.
    fn discriminating_property(
        &mut self,
        discriminator: &Discriminator,
        one_of: &[Json],
    ) -> Result<Option<String>> {
        let paths = match discriminator {
            Discriminator::Field(name) => return Ok(Some(name.clone())),
            Discriminator::Function => return Ok(None),
            Discriminator::Paths(paths) => paths,
        };
        for path in paths {
            let [Json::String(alias)] = path.as_slice() else { continue };
            if self.all_have_property(one_of, alias)? {
                return Ok(Some(alias.clone()));
            }
        }
        Ok(None)
    }

    fn all_have_property(&mut self, choices: &[Json], property: &str) -> Result<bool> {
        for choice in choices {
            let Json::Object(choice) = choice else { return Ok(false) };
            // A definition that is not made yet is taken to have no properties; the second round knows it.
            let Some(resolved) = self.resolved(Generated::Fresh(choice.clone()))? else { return Ok(false) };
            let properties = self.object(&resolved).get("properties").and_then(Json::as_object);
            if !properties.is_some_and(|properties| properties.contains_key(property)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Leaves out what stands beside a reference and says what the definition says (`handle_ref_overrides`).
    pub(super) fn without_repetitions(&mut self, mut object: JsonObject) -> Result<JsonObject> {
        let Some(reference) = self.reference_in(&object) else { return Ok(object) };
        let Some(name) = self.definition(reference)? else { return Ok(object) };
        let referenced = &self.definitions[&name];
        object.retain(|key, value| {
            key == "$ref" || !referenced.get(key).is_some_and(|other| same(other, value))
        });
        Ok(object)
    }
}
