//! The request body of a route, put together from its body fields (FastAPI 0.165 `dependencies/utils.py`,
//! `_should_embed_body_fields` and `_get_body_field`).

use super::builder::Builder;
use super::fields::{Extras, ModelField};
use super::predicates::{is_model, is_none, model_type};
use crate::pydantic::core_schema::Mode;
use crate::pydantic::field_info::FieldInfo;
use crate::pydantic::version1;
use crate::types::{Form, form};
use crate::versions::fastapi as since;
use fastwright_model::application::ParameterPlace;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::{Kind, Value};

/// The module in which FastAPI makes models of several body fields.
pub const BODY_MODULE: &str = "fastapi._compat.v2";

impl Builder<'_, '_, '_> {
    /// The one field that stands for all body fields of a route; none without any.
    pub fn body_field(
        &mut self,
        fields: &[ModelField],
        unique_id: &str,
        location: Location,
    ) -> Option<ModelField> {
        let first = fields.first()?;
        let embed = self.should_embed(fields);
        if self.before(since::FORM_MODELS_BESIDE_OTHERS) {
            return Some(if embed { self.plain_body(fields, unique_id, location) } else { first.clone() });
        }
        let nullable_form = fields.iter().any(|field| {
            !self.form_models(field).is_empty()
                && matches!(annotation_form(field), Form::Union(members) if members.iter().any(is_none))
        });
        if !embed && !nullable_form {
            return Some(first.clone());
        }
        if fields.iter().any(|field| !self.form_models(field).is_empty()) {
            if self.before(since::FORMS_AS_CONDITIONS) {
                self.context
                    .doubt("how this FastAPI puts form models together is not followed", Some(location));
            }
            return Some(self.form_body(fields, unique_id, embed, location));
        }
        Some(self.plain_body(fields, unique_id, location))
    }

    /// The field whose type is a model with one field for each body field.
    fn plain_body(&mut self, fields: &[ModelField], unique_id: &str, location: Location) -> ModelField {
        if fields.iter().any(|field| field.version1.is_some()) {
            return self.version1_body(fields, unique_id, location);
        }
        let members: Vec<(Name, FieldInfo)> = {
            let mut members: Vec<(Name, FieldInfo)> = Vec::new();
            for field in fields {
                match members.iter_mut().find(|(name, _)| *name == field.name) {
                    // A dict of fields by name: the last one counts, in the place of the first.
                    Some(known) => known.1 = field.info.clone(),
                    None => members.push((field.name, field.info.clone())),
                }
            }
            members
        };
        let model =
            self.generator.create_model(self.context, &format!("Body_{unique_id}"), BODY_MODULE, members);
        self.embedded_body(model, fields, location)
    }

    /// The field whose type is a model of all body fields.
    pub fn embedded_body(&mut self, model: Value, fields: &[ModelField], location: Location) -> ModelField {
        let required = fields.iter().any(|field| field.info.is_required());
        let place = if fields.iter().any(|field| field.extras.place == Some(ParameterPlace::File)) {
            ParameterPlace::File
        } else if fields.iter().any(|field| field.extras.is_form()) {
            ParameterPlace::Form
        } else {
            ParameterPlace::Body
        };
        let mut extras = Extras::of(Some(place));
        let takes_type = match place {
            ParameterPlace::File => false,
            ParameterPlace::Form => !self.before(since::FORM_MEDIA_TYPES),
            _ => true,
        };
        if takes_type {
            let types: Vec<&str> = fields
                .iter()
                .filter(|field| place == ParameterPlace::Body || field.extras.is_form())
                .map(|field| field.extras.media_type.as_str())
                .collect();
            if place == ParameterPlace::Form && types.contains(&"multipart/form-data") {
                extras.media_type = "multipart/form-data".to_owned();
            } else if let Some(first) = types.first()
                && types.iter().all(|other| other == first)
            {
                extras.media_type = (*first).to_owned();
            }
        }
        let body = Value::str("body");
        let info = FieldInfo {
            annotation: Some(model),
            alias: Some(body.clone()),
            validation_alias: Some(body.clone()),
            serialization_alias: Some(body),
            default: (!required).then_some(Value::NONE),
            location: Some(location),
            ..FieldInfo::default()
        };
        if fields.iter().any(|field| field.version1.is_some()) {
            extras.version1 = Some(Box::new(self.plain_version1()));
            return self.version1_parameter(Name::from("body"), info, extras);
        }
        let mut info = info;
        self.say_no_extra(&mut info);
        self.field(Name::from("body"), info, extras, Mode::Validation, None)
    }

    fn should_embed(&mut self, fields: &[ModelField]) -> bool {
        let Some(first) = fields.first() else { return false };
        if fields.iter().any(|field| field.name != first.name) {
            return true;
        }
        if self.before(since::FORM_MODELS_BESIDE_OTHERS) {
            return first.extras.embed == Some(true) || first.extras.is_form() && !self.is_form_model(first);
        }
        let form_models = self.form_models(first);
        if !form_models.is_empty()
            && fields[1..]
                .iter()
                .any(|field| self.form_models(field).is_empty() || !same_annotation(field, first))
        {
            return true;
        }
        if first.extras.embed == Some(true) {
            return true;
        }
        first.extras.is_form() && form_models.is_empty() && !self.is_form_model(first)
    }

    /// Whether a form parameter is a model, or a union of models where that counts.
    fn is_form_model(&self, field: &ModelField) -> bool {
        let interpreter = &*self.context.interpreter;
        let Some(annotation) = &field.info.annotation else { return false };
        if is_model(interpreter, annotation)
            || field.version1.is_some() && version1::is_model(interpreter, annotation)
        {
            return !self.before(since::FORM_MODELS);
        }
        let Form::Union(members) = form(annotation) else { return false };
        !self.before(since::FORM_UNIONS)
            && self.before(since::FORM_UNIONS_BESIDE_OTHERS)
            && members.iter().all(|member| {
                let inner = crate::types::without_metadata(member).0;
                let seen = if self.before(since::FORM_UNIONS_WITH_METADATA) { member } else { &inner };
                is_model(interpreter, seen) || is_none(seen) && !self.before(since::OPTIONAL_PARAMETER_MODELS)
            })
    }

    /// `_get_form_models`: the models whose fields a form parameter takes.
    pub fn form_models(&self, field: &ModelField) -> Vec<Value> {
        if !field.extras.is_form() || field.extras.embed == Some(true) || self.is_json_field(field) {
            return Vec::new();
        }
        let Some(annotation) = &field.info.annotation else { return Vec::new() };
        if let Some(model) = model_type(self.context.interpreter, annotation) {
            return vec![model];
        }
        if self.before(since::FORM_UNIONS_BESIDE_OTHERS) {
            return Vec::new();
        }
        let Form::Union(members) = form(annotation) else { return Vec::new() };
        let models: Vec<Value> = members
            .iter()
            .filter(|member| !is_none(member))
            .map(|member| crate::types::without_metadata(member).0)
            .collect();
        let all = models.iter().all(|model| is_model(self.context.interpreter, model));
        if all && models.len() > 1 { models } else { Vec::new() }
    }

    /// Whether a field is declared with `Json`.
    pub fn is_json_field(&self, field: &ModelField) -> bool {
        field.info.metadata.iter().any(|item| match item {
            crate::pydantic::field_info::Metadata::Object(value) => value
                .as_external()
                .is_some_and(|name| name == "pydantic.Json" || name == "pydantic.types.Json"),
            crate::pydantic::field_info::Metadata::Constraint(..) => false,
        })
    }
}

fn annotation_form(field: &ModelField) -> Form {
    field.info.annotation.as_ref().map_or(Form::Other, form)
}

fn same_annotation(left: &ModelField, right: &ModelField) -> bool {
    match (&left.info.annotation, &right.info.annotation) {
        (Some(left), Some(right)) => {
            left.same(right) || matches!((left.kind(), right.kind()), (Kind::None, Kind::None))
        }
        _ => false,
    }
}
