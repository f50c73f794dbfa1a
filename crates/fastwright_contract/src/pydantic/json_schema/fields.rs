//! Fields of models, dataclasses, typed dicts and named tuples: names, titles, what is required.

use super::kinds::typed;
use super::titles::{takes_title, title_from_name};
use super::{Failure, Generated, Generator, Node, Result};
use crate::json::{Json, JsonObject};
use crate::pydantic::core_schema::{ComputedField, Core, CoreField, CoreKind, Mode, Shared, ValidationAlias};
use crate::versions::pydantic as since;
use fastwright_python::name::Name;
use indexmap::IndexMap;

/// A field as it goes into `properties`.
struct Property<'n> {
    name: &'n str,
    required: bool,
    node: Node<'n>,
}

impl Generator<'_, '_, '_> {
    /// `model_fields_schema`.
    pub(super) fn model_fields(
        &mut self,
        fields: &IndexMap<Name, CoreField>,
        computed: &[ComputedField],
        extras: Option<&Shared>,
    ) -> Result<JsonObject> {
        let mut object = self.dataclass_fields(fields, computed)?;
        if let Some(extras) = extras {
            let extras = self.inner_object(extras)?;
            object.insert("additionalProperties".to_owned(), Json::Object(extras));
        }
        Ok(object)
    }

    /// `dataclass_args_schema`.
    pub(super) fn dataclass_fields(
        &mut self,
        fields: &IndexMap<Name, CoreField>,
        computed: &[ComputedField],
    ) -> Result<JsonObject> {
        let properties = self.listed(fields, computed, None);
        self.properties(properties)
    }

    /// `typed_dict_schema`.
    pub(super) fn typed_dict(&mut self, kind: &CoreKind) -> Result<JsonObject> {
        let CoreKind::TypedDict { fields, computed, class, total, config, extra_behavior, extras } = kind
        else {
            return Ok(JsonObject::new());
        };
        // What is required is decided by the configuration around the typed dict, as in Pydantic.
        let properties = self.listed(fields, computed, Some(*total));
        let mut object = self.within(config.as_ref(), |generator| generator.properties(properties))?;
        let others = match extras {
            Some(extras) if !is_plainly_any(extras) => Json::Object(self.inner_object(extras)?),
            _ => true.into(),
        };
        match extra_behavior.as_deref() {
            Some("forbid") => {
                object.insert("additionalProperties".to_owned(), false.into());
            }
            Some("allow") => {
                object.insert("additionalProperties".to_owned(), others);
            }
            _ => {}
        }
        let mut generated = Generated::Fresh(object);
        if let Some(class) = class {
            let config = config.clone().unwrap_or_default();
            self.describe_class(&mut generated, class, &config, None)?;
        }
        Ok(self.copied(generated))
    }

    /// The fields that the mode shows, computed ones last.
    fn listed<'n>(
        &mut self,
        fields: &'n IndexMap<Name, CoreField>,
        computed: &'n [ComputedField],
        total: Option<bool>,
    ) -> Vec<Property<'n>> {
        let writes = self.mode() == Mode::Serialization;
        let with_defaults = writes && self.flag("json_schema_serialization_defaults_required", false);
        let mut properties = Vec::with_capacity(fields.len() + computed.len());
        for (name, field) in fields {
            if writes && field.serialization_exclude {
                continue;
            }
            // A typed dict says for each field, or for all, what is required; elsewhere defaults decide.
            let mut required = match (field.required, total) {
                (Some(required), _) => required,
                (None, Some(total)) => total,
                (None, None) => !matches!(field.schema.kind, CoreKind::Default { .. }),
            };
            if writes {
                let may_be_left_out = field.serialization_exclude_if && !self.before(since::EXCLUDED_IF);
                required = (with_defaults || required) && !may_be_left_out;
            }
            properties.push(Property { name: name.as_str(), required, node: Node::Field(field) });
        }
        if writes {
            properties.extend(computed.iter().map(|field| Property {
                name: field.property.as_str(),
                required: !field.exclude_if,
                node: Node::Computed(field),
            }));
        }
        properties
    }

    /// `_named_required_fields_schema`.
    fn properties(&mut self, fields: Vec<Property<'_>>) -> Result<JsonObject> {
        let mut properties = JsonObject::new();
        let mut required: Vec<Json> = Vec::new();
        for field in fields {
            let name = self.documented_name(&field);
            let generated = match self.inner(field.node) {
                Ok(generated) => generated,
                Err(Failure::Omit) => continue,
                Err(failure) => return Err(failure),
            };
            let mut object = self.copied(generated);
            if !object.contains_key("title") && takes_title(field.node) {
                object.insert("title".to_owned(), title_from_name(&name).into());
            }
            let object = self.without_repetitions(object)?;
            if field.required {
                required.push(name.clone().into());
            }
            properties.insert(name, Json::Object(object));
        }
        let mut object = typed("object");
        object.insert("properties".to_owned(), Json::Object(properties));
        if !required.is_empty() {
            object.insert("required".to_owned(), required.into());
        }
        Ok(object)
    }

    /// The name of a field in the schema (`_get_alias_name`).
    fn documented_name(&mut self, property: &Property<'_>) -> String {
        let name = property.name.to_owned();
        match property.node {
            Node::Computed(field) => field.alias.clone().unwrap_or(name),
            Node::Field(field) if self.mode() == Mode::Serialization => {
                field.serialization_alias.clone().unwrap_or(name)
            }
            Node::Field(field) => match &field.validation_alias {
                Some(_) if !self.validates_by_alias() => name,
                Some(ValidationAlias::Name(alias)) => alias.clone(),
                Some(ValidationAlias::Choices(choices)) => choices
                    .iter()
                    .find_map(|path| match path.as_slice() {
                        [Json::String(alias)] => Some(alias.clone()),
                        _ => None,
                    })
                    .unwrap_or(name),
                None => name,
            },
            Node::Schema(_) => name,
        }
    }

    /// `validate_by_alias` of the configuration in effect: `populate_by_name` says that both are taken.
    fn validates_by_alias(&mut self) -> bool {
        let config = self.config();
        if config.get("validate_by_name").is_none() && config.get("populate_by_name").is_some() {
            return true;
        }
        self.flag("validate_by_alias", true)
    }

    /// `named_tuple_schema`.
    pub(super) fn named_tuple(&mut self, fields: &IndexMap<Name, CoreField>) -> Result<JsonObject> {
        let mut items: Vec<Json> = Vec::with_capacity(fields.len());
        let mut required = 0_usize;
        for (name, field) in fields {
            let name = match &field.validation_alias {
                Some(ValidationAlias::Name(alias)) => alias.as_str(),
                _ => name.as_str(),
            };
            let mut object = self.inner_object(&field.schema)?;
            if !object.contains_key("title") && takes_title(Node::Schema(&field.schema)) {
                object.insert("title".to_owned(), title_from_name(name).into());
            }
            items.push(Json::Object(object));
            if !matches!(field.schema.kind, CoreKind::Default { .. }) {
                required += 1;
            }
        }
        let mut object = typed("array");
        let most = items.len();
        if most > 0 {
            object.insert("prefixItems".to_owned(), items.into());
        }
        if required > 0 {
            object.insert("minItems".to_owned(), required.into());
        }
        object.insert("maxItems".to_owned(), most.into());
        Ok(object)
    }
}

/// Whether a schema is `any_schema()` with nothing around it.
fn is_plainly_any(core: &Core) -> bool {
    matches!(core.kind, CoreKind::Any)
        && core.reference.is_none()
        && core.metadata.is_empty()
        && core.serialization.is_none()
}
