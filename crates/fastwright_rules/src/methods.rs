//! Calls of methods, however the object is known.

use fastwright_python::name::Name;
use fastwright_python::value::*;

/// The object and the name of a method that is called.
pub fn method_of(callee: &Value) -> Option<(Value, Name)> {
    match &callee.kind {
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Member { base, name } => Some((base.clone(), *name)),
            _ => None,
        },
        Kind::Method(method) => {
            let name = method.function.as_external()?;
            let last = name.rsplit('.').next().unwrap_or(&name);
            Some((method.receiver.clone(), Name::from(last)))
        }
        _ => None,
    }
}
