//! From types to core schemas (Pydantic 2.14 `_internal/_generate_schema.py`).

use super::config::ModelConfig;
use super::core_schema::{Core, CoreKind, Shared};
use super::field_info::FieldInfo;
use crate::context::Context;
use fastwright_python::name::Name;
use fastwright_python::value::{Arguments, Value};
use std::rc::Rc;

/// Makes core schemas and remembers them: models are compiled once.
#[derive(Debug, Default)]
pub struct SchemaGenerator {}

impl SchemaGenerator {
    /// A generator that knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What `Field(...)` makes of its arguments; FastAPI's `Query(...)` and the like take the same
    /// keywords, others are ignored. The default counts when `default_position` says where it stands.
    pub fn field_info(
        &mut self,
        context: &mut Context<'_, '_>,
        arguments: &Arguments,
        default_position: Option<usize>,
    ) -> FieldInfo {
        let _ = (context, arguments, default_position);
        FieldInfo::default()
    }

    /// `FieldInfo.from_annotation`: the type with its `Annotated` metadata, `Field(...)` among it merged.
    pub fn from_annotation(&mut self, context: &mut Context<'_, '_>, annotation: &Value) -> FieldInfo {
        let _ = context;
        FieldInfo { annotation: Some(annotation.clone()), ..FieldInfo::default() }
    }

    /// The core schema of `TypeAdapter(Annotated[annotation, *metadata, Field(**attributes)])`.
    pub fn field_schema(
        &mut self,
        context: &mut Context<'_, '_>,
        field: &FieldInfo,
        config: Option<&Rc<ModelConfig>>,
    ) -> Shared {
        let _ = (context, field, config);
        Core::new(CoreKind::Unknown)
    }

    /// The fields of a model in order: `Model.model_fields`.
    pub fn model_fields(&mut self, context: &mut Context<'_, '_>, class: &Value) -> Vec<(Name, FieldInfo)> {
        let _ = (context, class);
        Vec::new()
    }

    /// The configuration of a model: `Model.model_config`.
    pub fn model_config(&mut self, context: &mut Context<'_, '_>, class: &Value) -> Rc<ModelConfig> {
        let _ = (context, class);
        Rc::default()
    }

    /// Whether a model has computed fields, its own or inherited: `Model.model_computed_fields`.
    pub fn has_computed_fields(&mut self, context: &mut Context<'_, '_>, class: &Value) -> bool {
        let _ = (context, class);
        false
    }

    /// A model made from fields: `create_model(name, **fields)`, defined in the module `module`.
    pub fn create_model(
        &mut self,
        context: &mut Context<'_, '_>,
        name: &str,
        module: &str,
        fields: Vec<(Name, FieldInfo)>,
    ) -> Value {
        let _ = (context, name, module, fields);
        Value::NONE
    }
}

impl SchemaGenerator {
    /// The type behind a name that `type X = ...` or `TypeAliasType` binds; none for other types.
    pub fn alias_value(&mut self, context: &mut Context<'_, '_>, annotation: &Value) -> Option<Value> {
        let _ = (context, annotation);
        None
    }
}
