//! FastAPI's security schemes: what the constructors of the program's own subclasses hand on (FastAPI 0.165
//! `security/`).

use crate::registry::Registry;
use fastwright_python::interpreter::{Evaluated, Interpreter};
use fastwright_python::name::Name;
use fastwright_python::value::*;

/// `super().__init__(...)` of a class derived from one of FastAPI's schemes.
pub(super) fn method(
    interpreter: &mut Interpreter<'_>,
    owner: Name,
    name: &str,
    receiver: &Value,
    arguments: &Arguments,
) -> Option<Evaluated> {
    if name != "__init__" || !owner.starts_with("fastapi.security.") {
        return None;
    }
    let Kind::Instance(id) = *receiver.kind() else { return None };
    let registry = interpreter.extension_mut::<Registry>();
    registry.security_schemes.insert(id, (owner, arguments.clone()));
    Some(Ok(Value::NONE))
}
