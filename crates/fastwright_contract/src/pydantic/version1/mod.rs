//! Pydantic 1 as Pydantic 2 ships it, `pydantic.v1`: models of it stood beside those of Pydantic 2 in FastAPI
//! 0.119 to 0.127.
//!
//! There are no core schemas: a field knows its shape and its inner fields (`fields`), and JSON Schema is written
//! from that (`schema`). A schema is the same for both sides; a definition is that of a whole model (`models`), and
//! fields refer to it. What stands for a type is a small tree of its own (`types`).

mod constraints;
mod field_info;
mod fields;
mod models;
mod schema;
mod types;

pub use field_info::FieldInfo;
pub use fields::{Field, FieldRequest};
pub use models::{Model, Models};
pub use schema::{ModelNames, field_schema, model_schema};
pub use types::flat_models;

use crate::types::{Form, form};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::value::{Kind, Value};

/// Where Pydantic 1 is found, and where FastAPI exports it again.
const MODULES: &[&str] = &["pydantic.v1.", "fastapi._compat.v1.", "fastapi._compat.may_v1."];

/// The name of something that Pydantic 1 exports, without its module.
pub(crate) fn exported(name: &str) -> Option<&str> {
    let rest = MODULES.iter().find_map(|module| name.strip_prefix(module))?;
    Some(rest.rsplit('.').next().unwrap_or(rest))
}

/// What Pydantic 1 exports under the name of a value.
pub(crate) fn exported_value(value: &Value) -> Option<&'static str> {
    exported(value.as_external()?.as_str())
}

/// Whether an annotation is a model of Pydantic 1.
pub fn is_model(interpreter: &Interpreter<'_>, annotation: &Value) -> bool {
    matches!(annotation.kind(), Kind::Class(_))
        && interpreter
            .class_order(annotation)
            .iter()
            .any(|owner| matches!(exported_value(owner), Some("BaseModel" | "BaseSettings" | "GenericModel")))
}

/// FastAPI's `annotation_is_pydantic_v1`: a model, a union with one, a sequence of such.
pub fn concerns(
    interpreter: &Interpreter<'_>,
    annotation: &Value,
    is_sequence: &dyn Fn(&Value) -> bool,
) -> bool {
    if is_model(interpreter, annotation) {
        return true;
    }
    let arguments = match form(annotation) {
        Form::Union(members) => {
            if members.iter().any(|member| is_model(interpreter, member)) {
                return true;
            }
            members
        }
        Form::Generic(_, arguments) => arguments,
        _ => return false,
    };
    is_sequence(annotation) && arguments.iter().any(|argument| concerns(interpreter, argument, is_sequence))
}
