//! From types to core schemas (Pydantic 2.14 `_internal/_generate_schema.py`).
//!
//! A room a subject: what a value of Python's type language is (`dispatch`), types of the standard library
//! (`standard`) and of Pydantic (`library_types`), `Annotated` and its metadata (`annotations`), what
//! a field says (`fields`), models and what is alike them (`models`, `dataclasses`, `records`).

mod aliases;
mod annotations;
pub mod attributes;
mod calls;
mod constraints;
mod custom;
mod dataclasses;
mod decorators;
pub(crate) mod definitions;
mod discriminated;
pub mod dispatch;
pub(in crate::pydantic) mod display;
mod enums;
mod expressions;
mod field_metadata;
mod fields;
mod generics;
mod known_metadata;
pub(crate) mod library_types;
mod merging;
mod models;
mod names;
mod qualifiers;
mod records;
mod serializers;
mod standard;

use super::config::ModelConfig;
use super::core_schema::{Core, CoreKind, Shared};
use super::field_info::FieldInfo;
use crate::context::Context;
use fastwright_python::location::{FileId, Location, Span};
use fastwright_python::name::Name;
use fastwright_python::value::*;
use generics::ModelType;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::rc::Rc;

/// How deep types may nest.
const DEEPEST: u32 = 160;

/// That Pydantic certainly refuses to make a schema of a type.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    reason: String,
    location: Option<Location>,
}

/// A schema, or the refusal.
type Generated = Result<Shared, Box<Refused>>;

/// Makes core schemas and remembers them: models are compiled once.
#[derive(Debug, Default)]
pub struct SchemaGenerator {
    /// What belongs to the schema that is made now.
    work: Work,
    /// Models whose schemas are complete, by their references.
    completed: FxHashMap<Rc<str>, Completed>,
    /// Models whose schemas are being completed.
    completing: FxHashSet<Rc<str>>,
    /// Classes among them that were met inside of others, while those are completed.
    met: Vec<Location>,
    /// Classes that need one that is being completed and comes later: until then they are made in place.
    incomplete: FxHashSet<Rc<str>>,
    /// What was said about models that contain themselves: it shows wherever they are used.
    shared: Vec<Rc<RefCell<super::core_schema::CoreMetadata>>>,
    fields: FxHashMap<(ObjectId, String), Rc<fields::CollectedFields>>,
    model_configs: FxHashMap<ObjectId, Rc<ModelConfig>>,
    parameters: FxHashMap<ObjectId, Rc<[Value]>>,
    numbers: FxHashMap<String, usize>,
    depth: u32,
    /// What annotations before one with a method of its own do to the JSON Schema.
    handled_functions: Vec<super::core_schema::JsonSchemaFunction>,
    /// Models of Pydantic 1.
    pub version1: super::version1::Models,
    /// How many annotations around make what is inside irrelevant: nothing is doubted there.
    quiet: u32,
}

/// What belongs to one schema while it is made: an instance of Pydantic's `GenerateSchema`.
#[derive(Debug, Default)]
struct Work {
    /// Schemas by their reference.
    definitions: OrderedMap<Rc<str>, Shared>,
    /// What those among them refer to that belong to complete classes: they need not be walked.
    references: FxHashMap<Rc<str>, References>,
    /// References whose schemas are being made.
    in_progress: FxHashSet<Rc<str>>,
    /// Configurations around the type that is looked at.
    configs: Vec<Rc<ModelConfig>>,
    /// Classes around it, for `Self`.
    classes: Vec<Value>,
    /// Where names of forward references are looked up.
    namespaces: Vec<(ScopeId, ModuleId)>,
    /// Values of type variables in methods of generic models.
    variables: Vec<Vec<(Value, Value)>>,
}

/// The schema of a model as Pydantic keeps it on the class.
#[derive(Debug, Clone)]
struct Completed {
    schema: Complete,
    definitions: Rc<[Complete]>,
}

/// A schema that nothing changes any more, with what it refers to where that is known.
#[derive(Debug, Clone)]
struct Complete {
    schema: Shared,
    references: Option<References>,
}

/// References that a schema holds, in the order in which they are met, with how many uses each counts as.
type References = Rc<[(Rc<str>, usize)]>;

impl SchemaGenerator {
    /// A generator that knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a model contains itself, so that what is said about it in one place shows in others.
    pub fn has_shared_references(&self) -> bool {
        !self.shared.is_empty()
    }

    /// Forgets what was said about models that contain themselves: each app runs in a process of its own.
    pub fn begin_document(&mut self) {
        for shared in &self.shared {
            shared.take();
        }
    }

    /// What `Field(...)` makes of its arguments; FastAPI's `Query(...)` and the like take the same
    /// keywords, others are ignored. The default counts when `default_position` says where it stands.
    pub fn field_info(
        &mut self,
        context: &mut Context<'_, '_>,
        arguments: &Arguments,
        default_position: Option<usize>,
    ) -> FieldInfo {
        attributes::field(context, arguments, default_position, None)
    }

    /// `FieldInfo.from_annotation`: the type with its `Annotated` metadata, `Field(...)` among it merged.
    pub fn from_annotation(&mut self, context: &mut Context<'_, '_>, annotation: &Value) -> FieldInfo {
        merging::from_annotation(context, annotation)
    }

    /// `FieldInfo.from_annotated_attribute`: the type with its metadata, and what is assigned to it.
    pub fn from_annotated_attribute(
        &mut self,
        context: &mut Context<'_, '_>,
        annotation: &Value,
        assigned: &Value,
    ) -> FieldInfo {
        merging::from_annotated_attribute(context, annotation, assigned)
    }

    /// The core schema of `TypeAdapter(Annotated[annotation, *metadata, Field(**attributes)])`.
    pub fn field_schema(
        &mut self,
        context: &mut Context<'_, '_>,
        field: &FieldInfo,
        config: Option<&Rc<ModelConfig>>,
    ) -> Shared {
        let annotation = field.annotation.clone().unwrap_or_else(|| Value::external("typing.Any"));
        let metadata = vec![annotations::Annotation::Field(Box::new(field.clone()))];
        self.adapted(context, config, field.location, |generator, context| {
            generator.annotated(context, &annotation, metadata)
        })
    }

    /// The core schema of `TypeAdapter(annotation)`.
    pub fn type_schema(
        &mut self,
        context: &mut Context<'_, '_>,
        annotation: &Value,
        config: Option<&Rc<ModelConfig>>,
    ) -> Shared {
        self.adapted(context, config, None, |generator, context| generator.generate(context, annotation))
    }

    fn adapted(
        &mut self,
        context: &mut Context<'_, '_>,
        config: Option<&Rc<ModelConfig>>,
        location: Option<Location>,
        make: impl FnOnce(&mut Self, &mut Context<'_, '_>) -> Generated,
    ) -> Shared {
        let saved = std::mem::take(&mut self.work);
        self.work.configs.extend(config.cloned());
        let schema = make(self, context).unwrap_or_else(|refused| {
            context.doubt(refused.reason, refused.location.or(location));
            Core::new(CoreKind::Unknown)
        });
        let (schema, definitions) = self.finalized(context, schema);
        self.work = saved;
        match definitions.is_empty() {
            true => schema,
            false => Core::new(CoreKind::Definitions { schema, definitions }),
        }
    }

    /// The fields of a model in order: `Model.model_fields`.
    pub fn model_fields(&mut self, context: &mut Context<'_, '_>, class: &Value) -> Vec<(Name, FieldInfo)> {
        let Some(model) = self.model_type(context, class) else { return Vec::new() };
        let collected = self.collect_fields(context, &model);
        collected.fields.iter().map(|(name, field)| (*name, field.info.clone())).collect()
    }

    /// The types of a model's fields, of those that have one.
    pub fn model_annotations(&mut self, context: &mut Context<'_, '_>, class: &Value) -> Vec<Value> {
        let Some(model) = self.model_type(context, class) else { return Vec::new() };
        let collected = self.collect_fields(context, &model);
        collected.fields.values().filter_map(|field| field.info.annotation.clone()).collect()
    }

    /// The configuration of a model: `Model.model_config`.
    pub fn model_config(&mut self, context: &mut Context<'_, '_>, class: &Value) -> Rc<ModelConfig> {
        match self.model_type(context, class) {
            Some(model) => super::config::of_model(context, model.class, &mut self.model_configs),
            None => Rc::default(),
        }
    }

    /// `__name__` of a class, and its `__qualname__` behind its module: with arguments where it is a
    /// parametrized model.
    pub fn names(&mut self, context: &mut Context<'_, '_>, class: &Value) -> Option<(String, String)> {
        if let Some(model) = self.model_type(context, class) {
            let name = self.class_name(context, &model);
            let (module, qualname) = display::class_names(context, model.class);
            let own = context.interpreter.class(model.class).map(|class| class.name.to_string())?;
            let arguments = name.strip_prefix(own.as_str()).unwrap_or_default();
            return Some((name.clone(), format!("{module}.{qualname}{arguments}")));
        }
        let Kind::Class(id) = *class.kind() else { return None };
        let (module, qualname) = display::class_names(context, id);
        let name = context.interpreter.class(id)?.name.to_string();
        Some((name, format!("{module}.{qualname}")))
    }

    /// Whether a model has computed fields, its own or inherited: `Model.model_computed_fields`.
    pub fn has_computed_fields(&mut self, context: &mut Context<'_, '_>, class: &Value) -> bool {
        match self.model_type(context, class) {
            Some(model) => !decorators::of_class(context, model.class).computed.is_empty(),
            None => false,
        }
    }

    /// A model made from fields: `create_model(name, **fields)`, defined in the module `module`.
    pub fn create_model(
        &mut self,
        context: &mut Context<'_, '_>,
        name: &str,
        module: &str,
        fields: Vec<(Name, FieldInfo)>,
    ) -> Value {
        let nowhere = Location { file: FileId(0), span: Span::default() };
        let location = fields.iter().find_map(|(_, field)| field.location).unwrap_or(nowhere);
        let Some(first) = context.interpreter.modules().next().map(|(id, _)| id) else { return Value::NONE };
        let (name, model) = (Name::from(name), Value::external(names::MODEL));
        let class = context.interpreter.new_class(None, None, name, name, first, vec![model], location);
        if let Object::Class(object) = context.interpreter.object_mut(class) {
            object.attributes.insert(Name::from("__module__"), Value::str(module));
            for (field, info) in &fields {
                let annotation = info.annotation.clone().unwrap_or_else(|| Value::external("typing.Any"));
                let place = info.location.unwrap_or(location);
                object.annotations.insert(*field, (Annotation::Given(annotation), place));
            }
        }
        let collected = fields::CollectedFields::given(fields);
        self.fields.insert((class, String::new()), Rc::new(collected));
        Kind::Class(class).into()
    }

    /// Remembers a doubt, unless what it is about is not looked at.
    fn doubt(&self, context: &mut Context<'_, '_>, reason: impl Into<String>, location: Option<Location>) {
        if self.quiet == 0 {
            context.doubt(reason, location);
        }
    }

    /// A schema of which nothing is known.
    fn unknown(
        &self,
        context: &mut Context<'_, '_>,
        reason: impl Into<String>,
        location: Option<Location>,
    ) -> Shared {
        self.doubt(context, reason, location);
        Core::new(CoreKind::Unknown)
    }

    /// The configuration that counts for the type that is looked at.
    fn config(&self) -> Option<&Rc<ModelConfig>> {
        self.work.configs.last()
    }

    fn config_flag(&self, key: &str) -> bool {
        self.config().is_some_and(|config| config.flag(key, false))
    }

    /// A model as a class with arguments; none where the value is no class.
    fn model_type(&mut self, context: &mut Context<'_, '_>, class: &Value) -> Option<ModelType> {
        generics::model_type(self, context, class)
    }
}

/// A schema after a change.
fn edit(schema: Shared, change: impl FnOnce(&mut Core)) -> Shared {
    let mut core = Rc::unwrap_or_clone(schema);
    change(&mut core);
    Rc::new(core)
}

/// Where a value was made, as far as the value tells.
fn place(value: &Value) -> Option<Location> {
    match value.kind() {
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Call { site, .. } => Some(*site),
            Symbolic::Item { base, .. } | Symbolic::Member { base, .. } => place(base),
            _ => None,
        },
        Kind::Unknown(unknown) => unknown.location,
        _ => None,
    }
}
