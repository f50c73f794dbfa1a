//! Models and enumerations that fields reach through their annotations: FastAPI asks for a definition of
//! each, even where no schema refers to it (FastAPI 0.165 `_compat/v2.py`, `get_flat_models_from_fields`).

use super::builder::Builder;
use super::fields::ModelField;
use super::predicates::{is_enumeration, is_model};
use crate::types::{Form, form, generic_arguments};
use fastwright_python::value::Value;

impl Builder<'_, '_, '_> {
    /// The models and enumerations behind fields, each once, in the order they are found.
    pub fn flat_models<'f>(&mut self, fields: impl Iterator<Item = &'f ModelField>) -> Vec<Value> {
        let mut known = Vec::new();
        for field in fields {
            if let Some(annotation) = &field.info.annotation {
                self.flat_models_of_field(annotation, &mut known);
            }
        }
        known
    }

    fn flat_models_of_field(&mut self, annotation: &Value, known: &mut Vec<Value>) {
        let interpreter = &*self.context.interpreter;
        if is_model(interpreter, annotation) {
            self.add_model(annotation, known);
        } else if is_enumeration(interpreter, annotation) {
            if !known.iter().any(|value| value.same(annotation)) {
                known.push(annotation.clone());
            }
        } else {
            self.flat_models_of_annotation(annotation, known, 0);
        }
    }

    fn add_model(&mut self, model: &Value, known: &mut Vec<Value>) {
        if known.iter().any(|value| value.same(model)) {
            return;
        }
        known.push(model.clone());
        // FastAPI compiles the type of each field, and Pydantic may write into what it keeps on classes.
        if self.generator.has_shared_references() {
            self.model_field_list(model);
        }
        for (_, info) in self.generator.model_fields(self.context, model) {
            if let Some(annotation) = info.annotation {
                self.flat_models_of_field(&annotation, known);
            }
        }
    }

    fn flat_models_of_annotation(&mut self, annotation: &Value, known: &mut Vec<Value>, depth: u32) {
        if depth > 30 || matches!(form(annotation), Form::Literal(_)) {
            return;
        }
        for argument in generic_arguments(annotation) {
            let interpreter = &*self.context.interpreter;
            if is_model(interpreter, &argument) {
                self.add_model(&argument, known);
            } else if is_enumeration(interpreter, &argument) {
                if !known.iter().any(|value| value.same(&argument)) {
                    known.push(argument);
                }
            } else {
                self.flat_models_of_annotation(&argument, known, depth + 1);
            }
        }
    }
}
