//! Fields of a route: parameters, bodies and responses (FastAPI 0.165 `_compat/v2.py`, `ModelField`;
//! `params.py`).

use crate::pydantic::config::ModelConfig;
use crate::pydantic::core_schema::{Mode, Shared};
use crate::pydantic::field_info::FieldInfo;
use crate::pydantic::version1;
use fastwright_model::application::ParameterPlace;
use fastwright_python::name::Name;
use fastwright_python::value::Value;
use std::rc::Rc;

/// A typed input or output of a route.
#[derive(Debug, Clone)]
pub struct ModelField {
    /// Tells fields apart whose schemas are asked for.
    pub id: u32,
    /// Name in Python.
    pub name: Name,
    /// What is said about it.
    pub info: FieldInfo,
    /// What FastAPI's own classes add.
    pub extras: Extras,
    /// Which side it is on.
    pub mode: Mode,
    /// Configuration of the parameter model that it comes from.
    pub config: Option<Rc<ModelConfig>>,
    /// The compiled type.
    pub schema: Shared,
    /// The field as Pydantic 1 has it, where its type or what is said about it comes from there.
    pub version1: Option<Rc<version1::Field>>,
    /// The fields behind a body that is put together from form models.
    pub form_fields: Vec<ModelField>,
}

/// Where a parameter comes from and what only FastAPI's parameter classes know.
#[derive(Debug, Clone)]
pub struct Extras {
    /// The class: `Path`, `Query`, ...; none for plain fields (responses, fields of parameter models).
    pub place: Option<ParameterPlace>,
    /// `include_in_schema=`.
    pub include_in_schema: bool,
    /// `openapi_examples=`.
    pub openapi_examples: Option<Value>,
    /// `example=`.
    pub example: Option<Value>,
    /// `convert_underscores=` of headers.
    pub convert_underscores: Option<bool>,
    /// `embed=` of bodies.
    pub embed: Option<bool>,
    /// `media_type=` of bodies.
    pub media_type: String,
    /// What a parameter class for Pydantic 1 says (`temp_pydantic_v1_params.py`).
    pub version1: Option<Box<version1::FieldInfo>>,
}

impl Extras {
    /// Those of a plain Pydantic field.
    pub fn plain() -> Self {
        Self::of(None)
    }

    /// The defaults of a parameter class.
    pub fn of(place: Option<ParameterPlace>) -> Self {
        let media_type = match place {
            Some(ParameterPlace::Form) => "application/x-www-form-urlencoded",
            Some(ParameterPlace::File) => "multipart/form-data",
            _ => "application/json",
        };
        Self {
            place,
            include_in_schema: true,
            openapi_examples: None,
            example: None,
            convert_underscores: (place == Some(ParameterPlace::Header)).then_some(true),
            embed: None,
            media_type: media_type.to_owned(),
            version1: None,
        }
    }

    /// Whether it is `Body` or one of its subclasses.
    pub fn is_body(&self) -> bool {
        matches!(self.place, Some(ParameterPlace::Body | ParameterPlace::Form | ParameterPlace::File))
    }

    /// Whether it is `Form` or its subclass `File`.
    pub fn is_form(&self) -> bool {
        matches!(self.place, Some(ParameterPlace::Form | ParameterPlace::File))
    }
}

impl ModelField {
    /// `alias` of the field info, else the name.
    pub fn alias(&self) -> String {
        match self.info.alias.as_ref().and_then(Value::as_str) {
            Some(alias) => alias.to_owned(),
            None => self.name.to_string(),
        }
    }

    /// The validation alias, when it is a text.
    pub fn validation_alias(&self) -> Option<String> {
        self.info
            .validation_alias
            .as_ref()
            .and_then(Value::as_str)
            .filter(|alias| !alias.is_empty())
            .map(str::to_owned)
    }

    /// The name that a client uses: the validation alias or the alias.
    pub fn request_alias(&self) -> String {
        self.validation_alias().unwrap_or_else(|| self.alias())
    }

    /// The name in the schema for the field's side.
    pub fn schema_alias(&self) -> String {
        match self.mode {
            Mode::Validation => self.request_alias(),
            Mode::Serialization => {
                let alias = self.info.serialization_alias.as_ref().and_then(Value::as_str);
                alias.filter(|alias| !alias.is_empty()).map_or_else(|| self.alias(), str::to_owned)
            }
        }
    }
}
