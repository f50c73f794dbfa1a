//! Models and enumerations that fields reach through their annotations: FastAPI asks for a definition of
//! each, even where no schema refers to it (FastAPI 0.165 `_compat/v2.py`, `get_flat_models_from_fields`).

use super::builder::Builder;
use super::fields::ModelField;
use super::predicates::{is_enumeration, is_model};
use crate::types::{Form, form, generic_arguments};
use fastwright_python::value::{Kind, ObjectId, Value};
use rustc_hash::FxHashSet;

/// Types, each once. Most are classes, which are found by their number.
#[derive(Debug, Default)]
pub struct TypeSet {
    classes: FxHashSet<ObjectId>,
    others: Vec<Value>,
}

impl TypeSet {
    /// Whether it holds a type.
    pub fn contains(&self, value: &Value) -> bool {
        match *value.kind() {
            Kind::Class(id) => self.classes.contains(&id),
            _ => self.others.iter().any(|known| known.same(value)),
        }
    }

    /// Adds a type; whether it was not there.
    pub fn insert(&mut self, value: &Value) -> bool {
        match *value.kind() {
            Kind::Class(id) => self.classes.insert(id),
            _ if self.contains(value) => false,
            _ => {
                self.others.push(value.clone());
                true
            }
        }
    }
}

/// The types that were found, in order.
#[derive(Default)]
struct Found {
    known: TypeSet,
    types: Vec<Value>,
}

impl Found {
    /// Adds a type; whether it is new.
    fn add(&mut self, value: &Value) -> bool {
        let new = self.known.insert(value);
        if new {
            self.types.push(value.clone());
        }
        new
    }
}

impl Builder<'_, '_, '_> {
    /// The models and enumerations behind fields, each once, in the order they are found.
    pub fn flat_models<'f>(&mut self, fields: impl Iterator<Item = &'f ModelField>) -> Vec<Value> {
        let mut found = Found::default();
        for field in fields {
            if let Some(annotation) = &field.info.annotation {
                self.flat_models_of_field(annotation, &mut found);
            }
        }
        found.types
    }

    fn flat_models_of_field(&mut self, annotation: &Value, found: &mut Found) {
        let interpreter = &*self.context.interpreter;
        if is_model(interpreter, annotation) {
            self.add_model(annotation, found);
        } else if is_enumeration(interpreter, annotation) {
            found.add(annotation);
        } else {
            self.flat_models_of_annotation(annotation, found, 0);
        }
    }

    fn add_model(&mut self, model: &Value, found: &mut Found) {
        if !found.add(model) {
            return;
        }
        // FastAPI compiles the type of each field, and Pydantic may write into what it keeps on classes.
        if self.generator.has_shared_references() {
            self.model_field_list(model);
        }
        for annotation in self.generator.model_annotations(self.context, model) {
            self.flat_models_of_field(&annotation, found);
        }
    }

    fn flat_models_of_annotation(&mut self, annotation: &Value, found: &mut Found, depth: u32) {
        if depth > 30 || matches!(form(annotation), Form::Literal(_)) {
            return;
        }
        for argument in generic_arguments(annotation) {
            let interpreter = &*self.context.interpreter;
            if is_model(interpreter, &argument) {
                self.add_model(&argument, found);
            } else if is_enumeration(interpreter, &argument) {
                found.add(&argument);
            } else {
                self.flat_models_of_annotation(&argument, found, depth + 1);
            }
        }
    }
}
