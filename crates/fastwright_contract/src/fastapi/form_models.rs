//! Bodies of forms in which models stand beside other fields: the fields of all of them are one flat form
//! (FastAPI 0.165 `dependencies/utils.py`, `_apply_form_body_schema` and `_get_form_model_schema`).

use super::body::BODY_MODULE;
use super::builder::Builder;
use super::fields::ModelField;
use super::parameter_models::AliasChoices;
use super::predicates::{is_model, is_none};
use crate::json::{Json, JsonObject};
use crate::pydantic::core_schema::Mode;
use crate::pydantic::field_info::FieldInfo;
use crate::pydantic::json_schema::title_case;
use crate::types::{Form, form};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::Value;
use serde_json::json;

impl Builder<'_, '_, '_> {
    /// The field for a body with form models; [`Builder::apply_form_fields`] finishes its schema.
    pub fn form_body(
        &mut self,
        fields: &[ModelField],
        unique_id: &str,
        embed: bool,
        location: Location,
    ) -> ModelField {
        let members = fields
            .iter()
            .enumerate()
            .map(|(position, field)| {
                let mut info = field.info.clone();
                let alias = Value::str(&format!("field_{position}"));
                info.alias = Some(alias.clone());
                info.validation_alias = Some(alias.clone());
                info.serialization_alias = Some(alias);
                // FastAPI wraps the type of a form that is a single model in `Annotated`, and Pydantic then forgets a title
                // that was not given to `Form` itself.
                let is_model = !self.form_models(field).is_empty()
                    && info
                        .annotation
                        .as_ref()
                        .is_some_and(|annotation| is_model(self.context.interpreter, annotation));
                if !is_model
                    && info.title.as_ref().is_none_or(|title| title.is_none() || title.as_str() == Some(""))
                {
                    info.title = Some(Value::str(&title_case(&field.name.replace('_', " "))));
                }
                (Name::from(format!("field_{position}").as_str()), info)
            })
            .collect();
        let name = format!("Body_{unique_id}");
        let model = self.generator.create_model(self.context, &name, BODY_MODULE, members);
        let mut body = match fields.first() {
            Some(first) if !embed => {
                let info = FieldInfo {
                    annotation: Some(model),
                    metadata: Vec::new(),
                    discriminator: None,
                    ..first.info.clone()
                };
                self.field(first.name, info, first.extras.clone(), Mode::Validation, None)
            }
            _ => self.embedded_body(model, fields, location),
        };
        body.form_fields = fields.to_vec();
        body
    }

    /// Turns the definition of a body with form models into that of one flat form.
    pub fn apply_form_fields(&mut self, body: &ModelField, schema: &Json, definitions: &mut JsonObject) {
        let Some(name) = referenced(schema) else { return };
        let Some(Json::Object(mut definition)) = definitions.get(&name).cloned() else { return };
        let Some(Json::Object(mut members)) = definition.remove("properties") else { return };
        definition.remove("required");
        let (mut properties, mut required, mut conditions) = (JsonObject::new(), Vec::new(), Vec::new());
        for (position, field) in body.form_fields.iter().enumerate() {
            let Some(mut member) = members.remove(&format!("field_{position}")) else { continue };
            let models = self.form_models(field);
            if models.is_empty() {
                let alias = self.parameter_alias(field, false).0;
                if properties.contains_key(&alias) {
                    conditions.push(json!({ "properties": { alias.clone(): member } }));
                } else {
                    properties.insert(alias.clone(), member);
                }
                if field.info.is_required() && !required.contains(&alias) {
                    required.push(alias);
                }
                continue;
            }
            if let [model] = models.as_slice() {
                self.rename_form_fields(model, &mut member, definitions);
            }
            if let Json::Object(member) = &mut member {
                member.remove("default");
            }
            let nullable = matches!(field.info.annotation.as_ref().map(form),
                Some(Form::Union(members)) if members.iter().any(is_none));
            if nullable {
                if let Some(Json::Array(choices)) = member.get_mut("anyOf") {
                    choices.retain(|choice| choice.get("type") != Some(&json!("null")));
                }
                let absent = self.absent(&models);
                if field.info.is_required() {
                    conditions.push(json!({ "not": absent }));
                } else {
                    member = json!({ "anyOf": [absent, member] });
                }
            }
            conditions.push(member);
        }
        if !properties.is_empty() {
            definition.insert("properties".to_owned(), Json::Object(properties));
        }
        if !required.is_empty() {
            definition.insert("required".to_owned(), json!(required));
        }
        definition.insert("allOf".to_owned(), Json::Array(conditions));
        definitions.insert(name, Json::Object(definition));
    }

    /// What is true of a form that leaves out all fields of some models.
    fn absent(&mut self, models: &[Value]) -> Json {
        let open = models.iter().any(|model| {
            let config = self.generator.model_config(self.context, model);
            matches!(config.text("extra"), Some("allow" | "forbid"))
        });
        if open {
            return json!({ "maxProperties": 0 });
        }
        let mut names = Vec::new();
        for model in models {
            for field in self.model_field_list(model) {
                names.extend(self.parameter_aliases(&field, false).into_iter().map(|(alias, _)| alias));
            }
        }
        names.sort();
        names.dedup();
        if names.is_empty() {
            return json!({});
        }
        let present: Vec<Json> = names.into_iter().map(|name| json!({ "required": [name] })).collect();
        json!({ "not": { "anyOf": present } })
    }

    /// Forms know fields by the first of their aliases and take the others, too: the model's schema is
    /// copied into the body when that makes a difference.
    fn rename_form_fields(&mut self, model: &Value, member: &mut Json, definitions: &JsonObject) {
        let reference = match member.get("$ref") {
            Some(_) => Some(&mut *member),
            None => match member.get_mut("anyOf") {
                Some(Json::Array(choices)) => choices.iter_mut().find(|choice| choice.get("$ref").is_some()),
                _ => None,
            },
        };
        let Some(reference) = reference else { return };
        let Some(Json::Object(definition)) = referenced(reference).and_then(|name| definitions.get(&name))
        else {
            return;
        };
        let is_required = |name: &str| {
            let required = definition.get("required").and_then(Json::as_array);
            required.is_some_and(|required| required.iter().any(|known| known == name))
        };
        let mut renamed: Vec<(String, Vec<String>)> = Vec::new();
        for field in self.model_field_list(model) {
            let names: Vec<String> =
                self.parameter_aliases(&field, false).into_iter().map(|(alias, _)| alias).collect();
            let choices = field.info.validation_alias.as_ref().map(|alias| self.alias_choices(alias));
            let known = match choices {
                Some(AliasChoices::Texts(texts)) if !texts.is_empty() => texts[0].clone(),
                _ => field.validation_alias().unwrap_or_else(|| field.alias()),
            };
            let listed = definition.get("properties").and_then(|properties| properties.get(&known)).is_some();
            if listed && (names.first() != Some(&known) || names.len() > 1 && is_required(&known)) {
                renamed.push((known, names));
            }
        }
        if renamed.is_empty() {
            return;
        }
        let names_of = |name: &str| {
            renamed
                .iter()
                .find(|(known, _)| known == name)
                .map_or_else(|| vec![name.to_owned()], |(_, names)| names.clone())
        };
        let mut copy = definition.clone();
        if let Some(Json::Object(properties)) = copy.remove("properties") {
            let properties: JsonObject =
                properties.into_iter().map(|(name, value)| (names_of(&name).swap_remove(0), value)).collect();
            copy.insert("properties".to_owned(), Json::Object(properties));
        }
        let (mut required, mut all) = (Vec::new(), Vec::new());
        for name in definition.get("required").and_then(Json::as_array).into_iter().flatten() {
            let names = names_of(name.as_str().unwrap_or_default());
            match names.as_slice() {
                [only] => required.push(json!(only)),
                names => {
                    let choices: Vec<Json> = names.iter().map(|name| json!({ "required": [name] })).collect();
                    all.push(json!({ "anyOf": choices }));
                }
            }
        }
        copy.insert("required".to_owned(), Json::Array(required));
        if !all.is_empty() {
            copy.insert("allOf".to_owned(), Json::Array(all));
        }
        *reference = Json::Object(copy);
    }
}

/// The name of the definition that a schema refers to.
fn referenced(schema: &Json) -> Option<String> {
    let reference = schema.get("$ref")?.as_str()?;
    reference.rsplit('/').next().map(str::to_owned)
}
