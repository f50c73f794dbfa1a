//! Fields of Pydantic 1 beside those of Pydantic 2, in FastAPI 0.119 to 0.127 (`_compat/main.py`, `_compat/v1.py`,
//! `temp_pydantic_v1_params.py`).
//!
//! A field belongs to Pydantic 1 when its type does, or when a parameter class for Pydantic 1 is written. All body
//! fields of a route have to belong to the same one.

use super::builder::Builder;
use super::fields::{Extras, ModelField};
use super::parameters::SignatureParameter;
use super::predicates::is_sequence;
use super::renaming::normalized;
use crate::json::{Json, JsonObject};
use crate::pydantic::core_schema::{Core, CoreKind, Mode};
use crate::pydantic::field_info::FieldInfo;
use crate::pydantic::version1::{self, FieldRequest, ModelNames};
use crate::versions::{fastapi as since, pydantic};
use fastwright_model::application::ParameterPlace;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::project::Version;
use fastwright_python::value::*;
use std::rc::Rc;

/// Where the parameter classes for Pydantic 1 are.
pub(super) const VERSION1_PARAMETERS: &str = "fastapi.temp_pydantic_v1_params.";

/// The version of Python that Pydantic 1 does not know.
const TOO_NEW: Version = Version::new(3, 14, 0);

/// Keywords of parameter classes that Pydantic 1 never sees.
const OWN_KEYWORDS: &[&str] = &[
    "annotation",
    "alias_priority",
    "validation_alias",
    "serialization_alias",
    "strict",
    "example",
    "openapi_examples",
    "include_in_schema",
    "json_schema_extra",
    "convert_underscores",
    "embed",
    "media_type",
    "pattern",
    "deprecated",
];

/// Keywords that parameter classes hand on.
const KNOWN_KEYWORDS: &[&str] = &[
    "default",
    "default_factory",
    "alias",
    "title",
    "description",
    "gt",
    "ge",
    "lt",
    "le",
    "min_length",
    "max_length",
    "regex",
    "discriminator",
    "multiple_of",
    "allow_inf_nan",
    "max_digits",
    "decimal_places",
    "examples",
];

/// What fields of Pydantic 1 add to the document.
#[derive(Debug, Default)]
pub(super) struct Version1Definitions {
    /// Schemas of fields by their ids.
    pub schemas: Vec<(u32, Json)>,
    /// Definitions by name.
    pub definitions: JsonObject,
    /// Models and enumerations with their names, and the names behind their modules.
    pub classes: Vec<(Value, String, String)>,
}

impl Builder<'_, '_, '_> {
    /// Whether this FastAPI takes models of Pydantic 1.
    pub(super) fn takes_version1(&self) -> bool {
        !self.before(since::VERSION1)
            && self.before(since::NO_VERSION1)
            && self.context.versions.python < TOO_NEW
    }

    /// `annotation_is_pydantic_v1`.
    pub(super) fn concerns_version1(&self, annotation: &Value) -> bool {
        let interpreter = &*self.context.interpreter;
        let version = self.context.versions.fastapi;
        self.takes_version1()
            && version1::concerns(interpreter, annotation, &|annotation| {
                is_sequence(interpreter, version, annotation)
            })
    }

    /// A parameter class of Pydantic 2 as the default of a parameter whose type is of Pydantic 1.
    pub(super) fn doubt_other_version(&mut self, annotation: &Option<Value>, parameter: &SignatureParameter) {
        if annotation.as_ref().is_some_and(|annotation| self.concerns_version1(annotation)) {
            self.context.doubt(
                format!("FastAPI refuses the parameter `{}`: its type is of Pydantic 1", parameter.name),
                Some(parameter.location),
            );
        }
    }

    /// What a parameter class for Pydantic 1 says where nothing is given.
    pub(super) fn plain_version1(&self) -> version1::FieldInfo {
        let mut info = version1::FieldInfo::default();
        if self.context.versions.pydantic >= pydantic::FIELDS_ARE_DEPRECATED {
            info.extra.insert(Name::from("deprecated"), Value::NONE);
        }
        info
    }

    /// What a call of a parameter class for Pydantic 1 says.
    pub(super) fn version1_info(&mut self, arguments: &Arguments, site: Location) -> version1::FieldInfo {
        let mut info = self.plain_version1();
        info.location = Some(site);
        let default = arguments.positional.first().map(|default| (Name::from("default"), default.clone()));
        let mut extra = Vec::new();
        let mut known = Vec::new();
        for (name, value) in &arguments.keywords {
            if KNOWN_KEYWORDS.contains(&name.as_str()) {
                known.push((*name, value.clone()));
            } else if !OWN_KEYWORDS.contains(&name.as_str()) {
                extra.push((*name, value.clone()));
            }
        }
        known.retain(|(name, value)| name.as_str() != "examples" || !value.is_none());
        if known.iter().any(|(name, _)| *name == "default_factory") {
            self.context.doubt("a factory of defaults of Pydantic 1 is not followed", Some(site));
        }
        info.set(self.context, default.into_iter().chain(known));
        if let Some(pattern) = arguments.keyword("pattern").filter(|pattern| !pattern.is_none()) {
            info.set(self.context, [(Name::from("regex"), pattern.clone())]);
        }
        if let Some(deprecated) = arguments.keyword("deprecated")
            && self.context.versions.pydantic >= pydantic::FIELDS_ARE_DEPRECATED
        {
            info.extra.insert(Name::from("deprecated"), deprecated.clone());
        }
        info.set(self.context, extra);
        if let Some(given) = arguments.keyword("json_schema_extra").filter(|given| !given.is_none()) {
            match self.context.interpreter.entries(given) {
                Some(entries) => info.set(self.context, entries),
                None => self.context.doubt("`json_schema_extra` of a parameter is not known", Some(site)),
            }
        }
        info
    }

    /// What the document needs of a field beside its schema.
    pub(super) fn info_beside_version1(&mut self, extras: &Extras, annotation: Option<Value>) -> FieldInfo {
        let Some(said) = &extras.version1 else { return FieldInfo::default() };
        let deprecated = said.extra.get(&Name::from("deprecated")).cloned();
        FieldInfo {
            annotation: annotation.or_else(|| Some(Value::external("typing.Any"))),
            default: said.default.clone(),
            alias: said.alias.clone(),
            title: said.title.clone(),
            description: said.description.clone(),
            deprecated: deprecated
                .filter(|_| self.context.versions.pydantic < pydantic::FIELDS_ARE_DEPRECATED),
            ..FieldInfo::default()
        }
    }

    /// The same for a parameter class as the default of a parameter: without a default of its own it has the one
    /// of Pydantic 1 for nothing, which FastAPI does not take for a demand.
    pub(super) fn info_of_default(&mut self, extras: &Extras, arguments: &Arguments) -> FieldInfo {
        let mut info = self.info_beside_version1(extras, None);
        if extras.place != Some(ParameterPlace::Path) && arguments.get(0, "default").is_none() {
            info.default = Some(Value::NONE);
        }
        info
    }

    /// A parameter, or the body made of several.
    pub(super) fn version1_parameter(&mut self, name: Name, info: FieldInfo, extras: Extras) -> ModelField {
        let mut said = extras.version1.as_deref().cloned().unwrap_or_default();
        said.default = info.default.clone();
        let request = FieldRequest {
            name: name.to_string(),
            annotation: info.annotation.clone(),
            alias: info.alias.as_ref().and_then(Value::as_str).map(str::to_owned),
            info: said,
            is_required: Some(info.default.is_none()),
            location: info.location,
        };
        let place = extras.place;
        let made = self.version1_field(name, info, extras, Mode::Validation, request);
        let taken = made.version1.as_ref().is_none_or(|field| match place {
            Some(ParameterPlace::Path) => field.is_scalar(),
            Some(ParameterPlace::Query) if self.before(since::ONLY_SHIPPED_VERSION1) => {
                field.is_scalar() || field.is_scalar_sequence() || field.is_model()
            }
            Some(ParameterPlace::Query) => field.is_scalar(),
            _ => true,
        });
        if !taken {
            let reason = format!("FastAPI refuses the parameter `{name}` for its type of Pydantic 1");
            self.context.doubt(reason, made.info.location);
        }
        made
    }

    /// The response, or what a status is answered with.
    pub(super) fn version1_response(
        &mut self,
        name: &str,
        annotation: &Value,
        mode: Mode,
        location: Location,
    ) -> ModelField {
        let info = FieldInfo {
            annotation: Some(annotation.clone()),
            location: Some(location),
            ..FieldInfo::default()
        };
        let request = FieldRequest {
            name: name.to_owned(),
            annotation: Some(annotation.clone()),
            location: Some(location),
            ..FieldRequest::default()
        };
        self.version1_field(Name::from(name), info, Extras::plain(), mode, request)
    }

    fn version1_field(
        &mut self,
        name: Name,
        info: FieldInfo,
        extras: Extras,
        mode: Mode,
        request: FieldRequest,
    ) -> ModelField {
        let field = version1::Field::new(self.context, &mut self.generator.version1, request);
        self.version1_of(name, info, extras, mode, Rc::new(field))
    }

    fn version1_of(
        &mut self,
        name: Name,
        info: FieldInfo,
        extras: Extras,
        mode: Mode,
        field: Rc<version1::Field>,
    ) -> ModelField {
        self.fields += 1;
        ModelField {
            id: self.fields,
            name,
            info,
            extras,
            mode,
            config: None,
            schema: Core::new(CoreKind::Any),
            version1: Some(field),
            form_fields: Vec::new(),
        }
    }

    /// The fields of a model that is the only parameter of its place.
    pub(super) fn version1_fields(&mut self, annotation: &Value) -> Option<Vec<ModelField>> {
        if !version1::is_model(self.context.interpreter, annotation) {
            return None;
        }
        let model = self.generator.version1.model(self.context, annotation);
        let fields = model.fields.iter().map(|field| {
            let info = FieldInfo {
                default: (!field.is_required).then(|| field.default.clone().unwrap_or(Value::NONE)),
                alias: Some(Value::str(&field.alias)),
                title: field.info.title.clone(),
                description: field.info.description.clone(),
                location: field.info.location,
                ..FieldInfo::default()
            };
            let name = Name::from(field.name.as_str());
            self.version1_of(name, info, Extras::plain(), Mode::Validation, Rc::new(field.clone()))
        });
        Some(fields.collect())
    }

    /// The field whose type is a model made of all body fields.
    pub(super) fn version1_body(
        &mut self,
        fields: &[ModelField],
        unique_id: &str,
        location: Location,
    ) -> ModelField {
        let mut members: Vec<version1::Field> = Vec::new();
        for field in fields {
            let Some(own) = &field.version1 else {
                let reason = "the body has fields of Pydantic 1 and 2: FastAPI fails to put them together";
                self.context.doubt(reason, Some(location));
                continue;
            };
            match members.iter_mut().find(|known| known.name == own.name) {
                Some(known) => *known = (**own).clone(),
                None => members.push((**own).clone()),
            }
        }
        if !fields.iter().any(|field| field.info.is_required()) {
            let reason = "no field of the body is required: FastAPI fails to write the default of the whole";
            self.context.doubt(reason, Some(location));
        }
        let name = format!("Body_{unique_id}");
        let model = self.generator.version1.create(self.context, &name, members);
        self.embedded_body(model, fields, location)
    }

    /// The schemas and definitions of fields of Pydantic 1; `others` are fields of Pydantic 2, whose models must
    /// not have the same names.
    pub(super) fn version1_definitions(
        &mut self,
        fields: &[&ModelField],
        others: &[&ModelField],
    ) -> Version1Definitions {
        if fields.is_empty() {
            return Version1Definitions::default();
        }
        let own: Vec<Rc<version1::Field>> =
            fields.iter().filter_map(|field| field.version1.clone()).collect();
        let flat = version1::flat_models(
            self.context,
            &mut self.generator.version1,
            own.iter().map(|field| &**field),
        );
        let mut taken: Vec<(Value, String)> = Vec::new();
        for model in self.flat_models(others.iter().copied()) {
            if let Some((name, _)) = self.generator.names(self.context, &model) {
                taken.push((model, normalized(&name)));
            }
        }
        let mut classes = Vec::with_capacity(flat.len());
        for class in flat {
            let (name, qualified) = if version1::is_model(self.context.interpreter, &class) {
                let model = self.generator.version1.model(self.context, &class);
                (model.name.clone(), model.qualified.clone())
            } else {
                self.generator.names(self.context, &class).unwrap_or_default()
            };
            classes.push((class, normalized(&name), qualified));
        }
        let mut names = ModelNames::default();
        for (class, name, qualified) in &classes {
            let repeated = classes.iter().any(|(other, known, _)| known == name && !other.same(class))
                || taken.iter().any(|(other, known)| known == name && !other.same(class));
            names.insert(class.clone(), if repeated { qualified.replace('.', "__") } else { name.clone() });
        }
        let mut made = Version1Definitions::default();
        for (class, ..) in &classes {
            let schema = version1::model_schema(self.context, &mut self.generator.version1, &names, class);
            if let Some(name) = names.get(class) {
                made.definitions.insert(name.to_owned(), Json::Object(schema));
            }
        }
        for (field, own) in fields.iter().zip(&own) {
            let schema = version1::field_schema(self.context, &mut self.generator.version1, &names, own);
            made.schemas.push((field.id, Json::Object(schema)));
        }
        made.classes = classes;
        made
    }
}
