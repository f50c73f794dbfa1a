//! Parameters of a route by place, with models of parameters taken apart into their fields (FastAPI 0.165
//! `dependencies/utils.py`, `_get_flat_fields_from_params` and `_get_param_aliases`).

use super::builder::Builder;
use super::dependencies::Dependant;
use super::fields::{Extras, ModelField};
use super::predicates::{is_dataclass, is_model, is_subclass, model_type};
use crate::pydantic::core_schema::Mode;
use crate::versions::fastapi as since;
use fastwright_model::application::ParameterPlace;
use fastwright_python::value::*;

/// A parameter with the fields that the document lists for it.
#[derive(Debug, Clone)]
pub struct ParameterGroup {
    /// `path`, `query`, `header` or `cookie`.
    pub place: ParameterPlace,
    /// The parameter as declared.
    pub parent: ModelField,
    /// Itself, or the fields of the model that it is.
    pub fields: Vec<ModelField>,
    /// Whether it is a model that may be left out, so that none of its fields is required.
    pub is_optional_model: bool,
}

impl Builder<'_, '_, '_> {
    /// The parameters of a route and its dependencies: path, query, header, cookie.
    pub fn parameter_groups(&mut self, dependant: &Dependant) -> Vec<ParameterGroup> {
        let all = dependant.flattened(self.context.versions.fastapi);
        let mut groups = Vec::new();
        for place in
            [ParameterPlace::Path, ParameterPlace::Query, ParameterPlace::Header, ParameterPlace::Cookie]
        {
            let fields: Vec<&ModelField> = all
                .iter()
                .flat_map(|dependant| match place {
                    ParameterPlace::Path => &dependant.path,
                    ParameterPlace::Query => &dependant.query,
                    ParameterPlace::Header => &dependant.header,
                    _ => &dependant.cookie,
                })
                .collect();
            let alone = fields.len() == 1;
            for field in fields {
                groups.push(self.parameter_group(place, field, alone));
            }
        }
        groups
    }

    /// A parameter with the fields behind it; `alone` where it is the only one of its place.
    pub fn parameter_group(
        &mut self,
        place: ParameterPlace,
        parent: &ModelField,
        alone: bool,
    ) -> ParameterGroup {
        let annotation = parent.info.annotation.clone().unwrap_or(Value::NONE);
        if parent.version1.is_some() {
            let fields = match alone {
                true => self.version1_fields(&annotation).unwrap_or_else(|| vec![parent.clone()]),
                false => vec![parent.clone()],
            };
            return ParameterGroup { place, parent: parent.clone(), fields, is_optional_model: false };
        }
        let model = if self.before(since::PARAMETER_MODELS_BESIDE_OTHERS) {
            let takes_models = alone && !self.before(since::PARAMETER_MODELS);
            (takes_models && is_model(self.context.interpreter, &annotation)).then(|| annotation.clone())
        } else if self.is_json_field(parent) || place == ParameterPlace::Path {
            None
        } else if self.before(since::OPTIONAL_PARAMETER_MODELS) {
            is_model(self.context.interpreter, &annotation).then(|| annotation.clone())
        } else {
            model_type(self.context.interpreter, &annotation)
        };
        let Some(model) = model else {
            return ParameterGroup {
                place,
                parent: parent.clone(),
                fields: vec![parent.clone()],
                is_optional_model: false,
            };
        };
        let is_optional_model = !annotation.same(&model) && !parent.info.is_required();
        let fields = self.model_field_list(&model);
        ParameterGroup { place, parent: parent.clone(), fields, is_optional_model }
    }

    /// `get_model_fields`: the fields of a model as fields of FastAPI.
    pub fn model_field_list(&mut self, model: &Value) -> Vec<ModelField> {
        let config = self.generator.model_config(self.context, model);
        let fields = self.generator.model_fields(self.context, model);
        let before_config = self.before(since::PARAMETER_FIELDS_HAVE_THE_CONFIG);
        fields
            .into_iter()
            .map(|(name, info)| {
                let interpreter = &*self.context.interpreter;
                let own_config = info.annotation.as_ref().is_some_and(|annotation| {
                    is_model(interpreter, annotation)
                        || is_subclass(interpreter, annotation, &["builtins.dict"])
                        || is_dataclass(interpreter, annotation)
                });
                let config = (!own_config && !before_config).then(|| std::rc::Rc::clone(&config));
                self.field(name, info, Extras::plain(), Mode::Validation, config)
            })
            .collect()
    }

    /// The name by which the schema knows a parameter, and the one that a client sends.
    pub fn parameter_alias(&mut self, field: &ModelField, converts: bool) -> (String, String) {
        let mut aliases = self.parameter_aliases(field, converts);
        aliases.swap_remove(0)
    }

    /// `_get_param_aliases`: what a parameter may be called, the preferred first; at least one.
    pub fn parameter_aliases(&mut self, field: &ModelField, converts: bool) -> Vec<(String, String)> {
        let alias =
            if self.before(since::VALIDATION_ALIASES) { field.alias() } else { field.request_alias() };
        let converted = |name: &str| if converts { name.replace('_', "-") } else { name.to_owned() };
        let request = if alias == field.name.as_str() { converted(&alias) } else { alias.clone() };
        let mut aliases = vec![(alias, request)];
        if field.extras.place == Some(ParameterPlace::Path) || self.before(since::ALIAS_CHOICES) {
            return aliases;
        }
        match field.info.validation_alias.as_ref().map(|alias| self.alias_choices(alias)) {
            Some(AliasChoices::Path | AliasChoices::WithPaths) => return aliases,
            Some(AliasChoices::Texts(texts)) if !texts.is_empty() => {
                aliases = texts.into_iter().map(|text| (text.clone(), text)).collect();
            }
            _ => {}
        }
        let flag = |name: &str| field.config.as_ref().and_then(|config| config.get(name)?.as_bool());
        let own = (field.name.to_string(), converted(&field.name));
        if flag("validate_by_alias") == Some(false) {
            return vec![own];
        }
        let by_name = flag("validate_by_name").or_else(|| flag("populate_by_name")).unwrap_or(false);
        if by_name && !aliases.iter().any(|(alias, _)| *alias == own.0) {
            aliases.push(own);
        }
        aliases
    }

    /// What a validation alias is.
    pub fn alias_choices(&mut self, alias: &Value) -> AliasChoices {
        let Some(Symbolic::Call { callee, arguments, .. }) = alias.as_symbolic() else {
            return AliasChoices::None;
        };
        match callee.as_external().as_deref().and_then(|name| name.rsplit('.').next()) {
            Some("AliasPath") => AliasChoices::Path,
            Some("AliasChoices") => {
                let texts: Option<Vec<String>> =
                    arguments.positional.iter().map(|choice| choice.as_str().map(str::to_owned)).collect();
                texts.map_or(AliasChoices::WithPaths, AliasChoices::Texts)
            }
            _ => AliasChoices::None,
        }
    }
}

/// What a validation alias is beyond a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AliasChoices {
    /// A text, or nothing.
    None,
    /// `AliasPath(...)`.
    Path,
    /// `AliasChoices(...)` with paths among them.
    WithPaths,
    /// `AliasChoices(...)` of texts.
    Texts(Vec<String>),
}
