//! What stands around a type in an annotation: `Annotated`, `Final`, `ClassVar`, `Required`, ...
//! (`typing_inspection.introspection.inspect_annotation`).

use super::names;
use crate::types::{Form, form};
use fastwright_python::value::Value;

/// An annotation taken apart.
#[derive(Debug, Clone, Default)]
pub(super) struct Inspected {
    /// The type; none for a bare qualifier.
    pub annotation: Option<Value>,
    /// Metadata of `Annotated`, the innermost first.
    pub metadata: Vec<Value>,
    /// `ClassVar`.
    pub class_variable: bool,
    /// `Final`.
    pub is_final: bool,
    /// `Required` or `NotRequired`.
    pub required: Option<bool>,
    /// `InitVar`.
    pub init_only: bool,
}

/// Takes an annotation apart.
pub(super) fn inspect(annotation: &Value) -> Inspected {
    let mut inspected = Inspected::default();
    let mut current = annotation.clone();
    for _ in 0..32 {
        match form(&current) {
            Form::Annotated(inner, metadata) => {
                inspected.metadata.splice(0..0, metadata);
                current = inner;
            }
            Form::Generic(origin, arguments) if inspected.qualify(&origin) => {
                match arguments.into_iter().next() {
                    Some(inner) => current = inner,
                    None => return inspected,
                }
            }
            Form::External(_) if inspected.qualify(&current) => return inspected,
            _ => break,
        }
    }
    inspected.annotation = Some(current);
    inspected
}

impl Inspected {
    /// Notes a qualifier; false where the value is none.
    fn qualify(&mut self, value: &Value) -> bool {
        let Some(name) = value.as_external() else { return false };
        match names::typing(&name) {
            Some("ClassVar") => self.class_variable = true,
            Some("Final") => self.is_final = true,
            Some("Required") => self.required = Some(true),
            Some("NotRequired") => self.required = Some(false),
            Some("ReadOnly") => {}
            _ if name == "dataclasses.InitVar" => self.init_only = true,
            _ => return false,
        }
        true
    }
}
