//! What every part of FastAPI's side shares: the context and the generator of core schemas.

use crate::context::Context;
use crate::fastapi::fields::{Extras, ModelField};
use crate::fastapi::routes::ApiRoute;
use crate::json::{Json, Style, Unwritable, Writing, encode};
use crate::pydantic::config::ModelConfig;
use crate::pydantic::core_schema::Mode;
use crate::pydantic::field_info::FieldInfo;
use crate::pydantic::generate::SchemaGenerator;
use fastwright_python::location::{Location, Span};
use fastwright_python::name::Name;
use fastwright_python::project::Version;
use fastwright_python::value::{ObjectId, Value};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// Derives the parts of one document.
pub struct Builder<'b, 'c, 'a> {
    /// The evaluated program, versions and doubts.
    pub context: &'b mut Context<'c, 'a>,
    /// Core schemas of types; models are compiled once for all documents.
    pub generator: &'b mut SchemaGenerator,
    /// How many fields there are.
    pub fields: u32,
    /// Callbacks by their route objects: several routes may document the same one.
    pub callbacks: FxHashMap<ObjectId, ApiRoute>,
}

impl<'b, 'c, 'a> Builder<'b, 'c, 'a> {
    /// A builder that has made nothing yet.
    pub fn new(context: &'b mut Context<'c, 'a>, generator: &'b mut SchemaGenerator) -> Self {
        Self { context, generator, fields: 0, callbacks: FxHashMap::default() }
    }

    /// Whether the program's FastAPI is older than the version that brought a behaviour.
    pub fn before(&self, change: Version) -> bool {
        self.context.versions.fastapi < change
    }

    /// A field with its compiled type.
    pub fn field(
        &mut self,
        name: Name,
        info: FieldInfo,
        extras: Extras,
        mode: Mode,
        config: Option<Rc<ModelConfig>>,
    ) -> ModelField {
        let schema = self.generator.field_schema(self.context, &info, config.as_ref());
        self.fields += 1;
        ModelField {
            id: self.fields,
            name,
            info,
            extras,
            mode,
            config,
            schema,
            version1: None,
            form_fields: Vec::new(),
        }
    }

    /// A value as JSON; a doubt and nothing where it is not known.
    pub fn json(&mut self, value: &Value, what: &str, location: Option<Location>) -> Option<Json> {
        let writing = Writing { style: Style::FastApi, ..Writing::default() };
        let with_schemas = self.with_schemas(value);
        let value = with_schemas.as_ref().unwrap_or(value);
        let (reason, place) = match encode(self.context, value, &writing) {
            Ok(json) => return Some(json),
            Err(Unwritable::NotSerializable) => ("it has no form in JSON".to_owned(), None),
            Err(Unwritable::NotKnown(reason, place)) => (reason, place),
        };
        let place = place.or(location).or_else(|| location_of(value));
        self.context.doubt(format!("{what} is not known: {reason}"), place);
        None
    }

    /// A text; a doubt and nothing where it is not known.
    pub fn text(&mut self, value: &Value, what: &str, location: Option<Location>) -> Option<String> {
        match self.json(value, what, location)? {
            Json::String(text) => Some(text),
            other => Some(other.to_string()),
        }
    }

    /// The truth of a value; a doubt and `otherwise` where it is not decided.
    pub fn truth(&mut self, value: &Value, otherwise: bool, what: &str, location: Option<Location>) -> bool {
        match self.context.interpreter.truth(value) {
            Some(truth) => truth,
            None => {
                self.context.doubt(format!("{what} is not decided"), location.or_else(|| location_of(value)));
                otherwise
            }
        }
    }

    /// An attribute of a value, read as Python reads it.
    pub fn attribute(&mut self, value: &Value, name: &str) -> Value {
        self.context.interpreter.attribute(value, Name::from(name), Span::default())
    }
}

/// Where knowledge of a value was lost, if it says so.
pub fn location_of(value: &Value) -> Option<Location> {
    use fastwright_python::value::{Kind, Symbolic};
    match value.kind() {
        Kind::Unknown(unknown) => unknown.location,
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Call { site, .. } => Some(*site),
            Symbolic::Member { base, .. } | Symbolic::Item { base, .. } => location_of(base),
            Symbolic::Parameter(parameter) => Some(parameter.location()),
            _ => None,
        },
        _ => None,
    }
}
