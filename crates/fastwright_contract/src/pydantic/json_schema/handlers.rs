//! Metadata that changes what was generated, in the order in which Pydantic applies it: updates, extra,
//! functions that see references resolved, functions of annotations (`generate_inner`).

use super::{Failure, Generated, Generator, Node, Result, place_of};
use crate::json::{Json, JsonObject};
use crate::pydantic::core_schema::{Core, CoreKind, JsonSchemaFunction, Mode};
use fastwright_python::value::{Kind, Value};

/// One change, around those before it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Layer<'n> {
    Updates(&'n JsonObject),
    Extra(&'n Value),
    Function(&'n JsonSchemaFunction),
    Annotation(&'n JsonSchemaFunction),
}

impl Generator<'_, '_, '_> {
    /// The schema with everything that changes it.
    pub(super) fn handled(&mut self, node: Node<'_>) -> Result<Generated> {
        let metadata = node.metadata();
        let shared = metadata.shared.as_ref().map(|shared| shared.borrow().clone());
        let mut layers = Vec::new();
        for metadata in shared.iter().chain([metadata]) {
            layers
                .extend(metadata.updates.as_ref().filter(|updates| !updates.is_empty()).map(Layer::Updates));
        }
        for metadata in shared.iter().chain([metadata]) {
            layers.extend(metadata.extra.as_ref().filter(|extra| !extra.is_none()).map(Layer::Extra));
        }
        layers.extend(metadata.functions.iter().map(Layer::Function));
        layers.extend(shared.iter().flat_map(|shared| &shared.annotation_functions).map(Layer::Annotation));
        layers.extend(metadata.annotation_functions.iter().map(Layer::Annotation));
        self.layered(node, &layers)
    }

    /// The schema with the given changes, the innermost first.
    pub(super) fn layered(&mut self, node: Node<'_>, layers: &[Layer<'_>]) -> Result<Generated> {
        let Some((outermost, rest)) = layers.split_last() else { return self.plain(node) };
        match outermost {
            Layer::Updates(updates) => {
                let generated = self.layered(node, rest)?;
                let mut object = self.copied(generated);
                for (key, value) in *updates {
                    object.insert(key.clone(), value.clone());
                }
                Ok(Generated::Fresh(object))
            }
            Layer::Extra(extra) => {
                let mut generated = self.layered(node, rest)?;
                if let Kind::Dict(_) = *extra.kind() {
                    if let Some(Json::Object(entries)) = self.json(extra) {
                        self.object_mut(&mut generated).extend(entries);
                    }
                } else {
                    self.call_extra(&mut generated, extra, None)?;
                }
                Ok(generated)
            }
            Layer::Annotation(function) => self.modified(node, function, rest),
            Layer::Function(function) => {
                let generated = self.modified(node, function, rest)?;
                let generated = self.as_definition(node, generated);
                self.merged_into_definition(generated)
            }
        }
    }

    /// The schema behind the reference, changed by what stands beside the reference.
    fn merged_into_definition(&mut self, generated: Generated) -> Result<Generated> {
        let mut beside = JsonObject::new();
        if let Generated::Fresh(object) = &generated
            && object.contains_key("$ref")
        {
            beside = object.clone();
            beside.shift_remove("$ref");
        }
        let Some(reference) = self.reference_in(self.object(&generated)) else { return Ok(generated) };
        let Some(name) = self.definition(reference)? else {
            return Err(Failure::Raised(format!(
                "a function changes the schema of `{reference}` before there is one"
            )));
        };
        let mut original = Generated::Definition(name);
        self.object_mut(&mut original).extend(beside);
        Ok(original)
    }

    /// What a function makes of the schema with the changes before it.
    fn modified(
        &mut self,
        node: Node<'_>,
        function: &JsonSchemaFunction,
        rest: &[Layer<'_>],
    ) -> Result<Generated> {
        match function {
            JsonSchemaFunction::With(_, Some(mode)) if *mode != self.mode() => self.layered(node, rest),
            JsonSchemaFunction::With(Some(schema), _) => Ok(Generated::Fresh(schema.clone())),
            JsonSchemaFunction::With(None, _) | JsonSchemaFunction::Skip => Err(Failure::Omit),
            JsonSchemaFunction::Update(entries)
            | JsonSchemaFunction::UpdateWithoutAlternatives(entries)
            | JsonSchemaFunction::UpdateOf(_, entries) => {
                let mut generated = match function {
                    JsonSchemaFunction::UpdateOf(schema, _) => self.layered(Node::Schema(schema), rest)?,
                    _ => self.layered(node, rest)?,
                };
                let object = self.object_mut(&mut generated);
                if matches!(function, JsonSchemaFunction::UpdateWithoutAlternatives(_)) {
                    object.shift_remove("anyOf");
                }
                for (key, value) in entries {
                    object.insert(key.clone(), value.clone());
                }
                Ok(generated)
            }
            JsonSchemaFunction::OfInner => match node {
                Node::Schema(Core { kind: CoreKind::FunctionWrap { schema, .. }, .. }) => {
                    self.layered(Node::Schema(schema), rest)
                }
                _ => self.layered(node, rest),
            },
            JsonSchemaFunction::Examples(examples, mode) => {
                let generated = self.layered(node, rest)?;
                Ok(self.with_examples(generated, examples, *mode))
            }
            JsonSchemaFunction::Program(function, location) => {
                let location = location.or_else(|| place_of(function));
                self.call_program(node, function, location, rest)
            }
            JsonSchemaFunction::Opaque(what) => {
                let generated = self.layered(node, rest)?;
                self.context.doubt(format!("what {what} makes of a schema is not known"), None);
                Ok(generated)
            }
        }
    }

    fn with_examples(
        &mut self,
        mut generated: Generated,
        examples: &[Json],
        mode: Option<Mode>,
    ) -> Generated {
        if mode.is_some_and(|mode| mode != self.mode()) {
            return generated;
        }
        let object = self.object_mut(&mut generated);
        let known = match object.get_mut("examples") {
            Some(Json::Array(known)) => known,
            Some(Json::Object(known)) => {
                // Examples of an older form, lists by name: what is in the lists goes first.
                let mut all: Vec<Json> =
                    known.values().filter_map(Json::as_array).flatten().cloned().collect();
                all.extend_from_slice(examples);
                object.insert("examples".to_owned(), all.into());
                return generated;
            }
            _ => {
                object.insert("examples".to_owned(), examples.to_vec().into());
                return generated;
            }
        };
        known.extend_from_slice(examples);
        generated
    }
}
