//! From core schemas to JSON Schema (Pydantic 2.14 `json_schema.py`, with the one method that FastAPI
//! overrides).
//!
//! One generator serves a whole document, as in FastAPI: definitions are shared and named together. A
//! room for each concept: what every kind of core schema becomes (`kinds`, `unions`, `fields`, `classes`),
//! defaults, the functions that change what was generated (`handlers`, `program`), the names of definitions
//! and the order of keys.

mod classes;
mod defaults;
mod definitions;
mod equality;
mod fields;
mod handlers;
mod kinds;
mod program;
mod sorting;
mod titles;
mod unions;
mod validations;

use super::config::ModelConfig;
use super::core_schema::{ComputedField, Core, CoreField, CoreMetadata, Mode, Shared};
use crate::context::Context;
use crate::json::{Json, JsonObject};
use crate::versions::fastapi as since;
use definitions::Names;
use fastwright_python::location::Location;
use fastwright_python::project::Version;
use fastwright_python::value::Value;
use indexmap::IndexMap;
use rustc_hash::FxHashMap;
use std::rc::Rc;

pub use titles::{title_case, title_from_name};

/// How deeply schemas may nest before the rest is given up.
const DEEPEST: u32 = 200;

/// The JSON Schemas of several core schemas at once, and the definitions that they refer to, named and
/// sorted as `GenerateJsonSchema.generate_definitions` does with FastAPI's reference template. As FastAPI
/// does in `get_definitions`, descriptions of definitions end at the first form feed.
///
/// Everything is generated twice: first to know all definitions and with them their names, then to get the
/// schemas, in which what was known too late the first time is resolved.
pub fn generate_definitions(
    context: &mut Context<'_, '_>,
    inputs: &[(Mode, Shared)],
) -> (Vec<Json>, JsonObject) {
    let mut generator = Generator::new(context);
    for (mode, core) in inputs {
        generator.input(*mode, core);
    }
    let earlier_names = !generator.before(crate::versions::pydantic::EARLIER_NAMES_REMAPPED);
    let Some(remapping) = generator.names.remapping(&generator.definitions, earlier_names) else {
        generator.context.doubt("the names of the definitions can't be made shorter", None);
        return (vec![Json::Object(JsonObject::new()); inputs.len()], JsonObject::new());
    };
    let mut schemas = Vec::with_capacity(inputs.len());
    for (mode, core) in inputs {
        let mut schema = generator.input(*mode, core);
        remapping.apply_to_object(&mut schema);
        schemas.push(Json::Object(schema));
    }
    let mut definitions = JsonObject::new();
    for (name, mut schema) in std::mem::take(&mut generator.definitions) {
        remapping.apply_to_object(&mut schema);
        definitions.insert(remapping.name(&name).to_owned(), Json::Object(schema));
    }
    sorting::sort(&mut definitions, "$defs");
    let cut = generator.context.versions.fastapi >= since::DEFINITIONS_END_AT_FORM_FEEDS;
    for definition in definitions.values_mut().filter(|_| cut) {
        if let Some(Json::String(description)) = definition.get_mut("description")
            && let Some(end) = description.find('\u{c}')
        {
            description.truncate(end);
        }
    }
    (schemas, definitions)
}

/// Why there is no JSON Schema of a part: Pydantic's exceptions.
#[derive(Debug, Clone)]
enum Failure {
    /// `PydanticOmit`: the part is left out of what it stands in.
    Omit,
    /// `PydanticInvalidForJsonSchema`, with the message.
    Invalid(String),
    /// Any other exception.
    Raised(String),
}

/// A JSON Schema on its way out, or an error.
type Result<T> = std::result::Result<T, Failure>;

/// A generated JSON Schema: a new object, or the very object that a definition is. What changes it changes
/// the definition, as in Python.
#[derive(Debug)]
enum Generated {
    /// An object of its own.
    Fresh(JsonObject),
    /// The object of a definition.
    Definition(Rc<str>),
}

/// A core schema, or a field of one.
#[derive(Debug, Clone, Copy)]
enum Node<'n> {
    Schema(&'n Core),
    Field(&'n CoreField),
    Computed(&'n ComputedField),
}

impl<'n> Node<'n> {
    fn metadata(self) -> &'n CoreMetadata {
        match self {
            Node::Schema(core) => &core.metadata,
            Node::Field(field) => &field.metadata,
            Node::Computed(field) => &field.metadata,
        }
    }

    fn reference(self) -> Option<&'n Rc<str>> {
        match self {
            Node::Schema(core) => core.reference.as_ref(),
            _ => None,
        }
    }
}

/// FastAPI's `GenerateJsonSchema` at work.
struct Generator<'g, 'c, 'a> {
    context: &'g mut Context<'c, 'a>,
    names: Names,
    definitions: IndexMap<Rc<str>, JsonObject>,
    /// Definitions that have no JSON Schema, with the message; an error only where they are needed.
    invalid: FxHashMap<Rc<str>, String>,
    /// Configurations around what is generated, the innermost last.
    configs: Vec<Rc<ModelConfig>>,
    /// The mode of the input; a configuration may override it.
    input_mode: Mode,
    depth: u32,
}

impl<'g, 'c, 'a> Generator<'g, 'c, 'a> {
    fn new(context: &'g mut Context<'c, 'a>) -> Self {
        Self {
            context,
            names: Names::default(),
            definitions: IndexMap::new(),
            invalid: FxHashMap::default(),
            configs: vec![Rc::default()],
            input_mode: Mode::Validation,
            depth: 0,
        }
    }

    /// Whether the program's Pydantic is older than the version that brought a behaviour.
    fn before(&self, change: Version) -> bool {
        self.context.versions.pydantic < change
    }

    /// The schema of one input; empty, with a doubt, where Pydantic raises.
    fn input(&mut self, mode: Mode, core: &Core) -> JsonObject {
        self.input_mode = mode;
        match self.inner(Node::Schema(core)) {
            Ok(generated) => self.copied(generated),
            Err(failure) => {
                let reason = match failure {
                    Failure::Omit => {
                        "FastAPI fails to make the document: a type that is left out of schemas stands alone"
                            .to_owned()
                    }
                    Failure::Invalid(message) | Failure::Raised(message) => {
                        format!("FastAPI fails to make the document: {message}")
                    }
                };
                self.context.doubt(reason, None);
                JsonObject::new()
            }
        }
    }

    /// `generate_inner`: the JSON Schema of a core schema or field, a reference where it is a definition.
    fn inner(&mut self, node: Node<'_>) -> Result<Generated> {
        if let Some(reference) = node.reference()
            && let Some(name) = self.names.get(reference, self.mode())
            && self.definitions.contains_key(&name)
        {
            return Ok(reference_to(&name));
        }
        if self.depth >= DEEPEST {
            self.context.doubt("a type nests too deeply", None);
            return Ok(Generated::Fresh(JsonObject::new()));
        }
        self.depth += 1;
        let generated = self.handled(node);
        self.depth -= 1;
        let generated = generated?;
        Ok(self.as_definition(node, generated))
    }

    /// `populate_defs`: a schema with a reference becomes a definition.
    fn as_definition(&mut self, node: Node<'_>, generated: Generated) -> Generated {
        let Some(reference) = node.reference() else { return generated };
        let mode = self.mode();
        let name = self.names.get_or_make(reference, mode);
        let itself = match &generated {
            Generated::Definition(other) => *other == name,
            Generated::Fresh(object) => {
                self.reference_in(object) == Some(definitions::json_reference(&name).as_str())
            }
        };
        if !itself {
            let object = self.copied(generated);
            self.definitions.insert(Rc::clone(&name), object);
        }
        if self.definitions.contains_key(&name) {
            self.invalid.remove(&name);
        }
        reference_to(&name)
    }

    /// The mode that counts (`GenerateJsonSchema.mode`).
    fn mode(&self) -> Mode {
        match self.config().text("json_schema_mode_override") {
            Some("validation") => Mode::Validation,
            Some("serialization") => Mode::Serialization,
            _ => self.input_mode,
        }
    }

    /// The configuration that counts.
    fn config(&self) -> &ModelConfig {
        match self.configs.last() {
            Some(config) => config,
            None => unreachable!("the first configuration is never taken away"),
        }
    }

    /// Generates inside a configuration; none leaves the one around it.
    fn within<T>(
        &mut self,
        config: Option<&Rc<ModelConfig>>,
        generate: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let Some(config) = config else { return generate(self) };
        self.configs.push(Rc::clone(config));
        let generated = generate(self);
        self.configs.pop();
        generated
    }

    /// A boolean of the configuration; a doubt where it is set to something that is not known.
    fn flag(&mut self, key: &str, default: bool) -> bool {
        let Some(value) = self.config().get(key).cloned() else { return default };
        match self.context.interpreter.truth(&value) {
            Some(truth) => truth,
            None => {
                self.context.doubt(format!("`{key}` of a model's configuration is not known"), None);
                default
            }
        }
    }

    /// The object that was generated.
    fn object<'s>(&'s self, generated: &'s Generated) -> &'s JsonObject {
        match generated {
            Generated::Fresh(object) => object,
            // Definitions are never taken away.
            Generated::Definition(name) => &self.definitions[name],
        }
    }

    /// The object that was generated, to change it.
    fn object_mut<'s>(&'s mut self, generated: &'s mut Generated) -> &'s mut JsonObject {
        match generated {
            Generated::Fresh(object) => object,
            Generated::Definition(name) => self.definitions.entry(Rc::clone(name)).or_default(),
        }
    }

    /// An object of its own.
    fn copied(&self, generated: Generated) -> JsonObject {
        match generated {
            Generated::Fresh(object) => object,
            Generated::Definition(name) => self.definitions[&name].clone(),
        }
    }

    /// [`Generator::inner`] as an object of its own.
    fn inner_object(&mut self, core: &Core) -> Result<JsonObject> {
        let generated = self.inner(Node::Schema(core))?;
        Ok(self.copied(generated))
    }

    /// The text of `$ref`.
    fn reference_in<'o>(&self, object: &'o JsonObject) -> Option<&'o str> {
        object.get("$ref").and_then(Json::as_str)
    }

    /// The definition behind a reference (`get_schema_from_definitions`): none where it is not made yet or
    /// is a foreign address.
    fn definition(&self, reference: &str) -> Result<Option<Rc<str>>> {
        match self.names.named_by(reference) {
            Some(name) => match self.invalid.get(name) {
                Some(message) => Err(Failure::Invalid(message.clone())),
                None => Ok(self.definitions.get_key_value(name).map(|(name, _)| Rc::clone(name))),
            },
            None if reference.starts_with("http://") || reference.starts_with("https://") => Ok(None),
            None => Err(Failure::Raised(format!("there is no definition for `{reference}`"))),
        }
    }

    /// The schema itself behind a chain of references; none where a definition is not made yet
    /// (`resolve_ref_schema`).
    fn resolved(&mut self, generated: Generated) -> Result<Option<Generated>> {
        let mut generated = generated;
        for _ in 0..DEEPEST {
            let Some(reference) = self.reference_in(self.object(&generated)) else {
                return Ok(Some(generated));
            };
            match self.definition(reference)? {
                Some(name) => generated = Generated::Definition(name),
                None => return Ok(None),
            }
        }
        Err(Failure::Raised("references lead to each other".to_owned()))
    }

    /// A Python value as JSON; a doubt and nothing where it is not known.
    fn json(&mut self, value: &Value) -> Option<Json> {
        crate::json::jsonable(self.context, value)
    }
}

/// `{"$ref": ...}` to a definition.
fn reference_to(name: &str) -> Generated {
    let mut object = JsonObject::new();
    object.insert("$ref".to_owned(), Json::String(definitions::json_reference(name)));
    Generated::Fresh(object)
}

/// An object with one entry.
fn single(key: &str, value: impl Into<Json>) -> JsonObject {
    let mut object = JsonObject::new();
    object.insert(key.to_owned(), value.into());
    object
}

/// The place of a value, for doubts.
fn place_of(value: &Value) -> Option<Location> {
    use fastwright_python::value::{Kind, Symbolic};
    match value.kind() {
        Kind::Function(function) => {
            Some(Location { file: function.id.file, span: function.definition.name_span })
        }
        Kind::Method(method) => place_of(&method.function),
        Kind::Descriptor(descriptor) => place_of(&descriptor.function),
        Kind::Unknown(unknown) => unknown.location,
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Call { site, .. } => Some(*site),
            Symbolic::Member { base, .. } | Symbolic::Item { base, .. } => place_of(base),
            _ => None,
        },
        _ => None,
    }
}
