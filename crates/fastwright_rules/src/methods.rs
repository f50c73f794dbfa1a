//! Calls of methods, however the object is known.

use fastwright_python::name::Name;
use fastwright_python::value::*;

/// The object and the name of a method that is called.
pub fn method_of(callee: &Value) -> Option<(Value, Name)> {
    match callee.kind() {
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Member { base, name } => Some((base.clone(), *name)),
            _ => None,
        },
        Kind::Method(method) => Some((method.receiver.clone(), method_name(callee)?)),
        _ => None,
    }
}

/// The name of a method that is called.
pub fn method_name(callee: &Value) -> Option<Name> {
    match callee.kind() {
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Member { name, .. } => Some(*name),
            _ => None,
        },
        Kind::Method(method) => Some(Name::from(method.function.as_external()?.last_part())),
        _ => None,
    }
}
