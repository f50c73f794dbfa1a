//! Serializers: the schema of what they return (Pydantic 2.14 `functional_serializers.py`,
//! `_generate_schema.py`, `_apply_field_serializers` and `_apply_model_serializers`).

use super::decorators::{Decorated, required_arguments};
use super::{Refused, SchemaGenerator, attributes, edit, place};
use crate::context::Context;
use crate::pydantic::core_schema::*;
use fastwright_python::project::standard_library::is_standard_library;
use fastwright_python::value::*;
use std::sync::Arc;

impl SchemaGenerator {
    /// `PlainSerializer(...)` and `WrapSerializer(...)`.
    pub(super) fn annotated_serializer(
        &mut self,
        context: &mut Context<'_, '_>,
        arguments: &Arguments,
        wraps: bool,
    ) -> Result<Serialization, Box<Refused>> {
        let function = arguments.get(0, "func").cloned().unwrap_or(Value::NONE);
        let declared = arguments.get(1, "return_type").filter(|value| !attributes::is_unset(value)).cloned();
        let when_used = when_used(arguments.get(2, "when_used"));
        let returns = match declared {
            Some(declared) => Some(declared),
            None => self.return_type(context, &function),
        };
        let takes_info = required_arguments(context, &function) == Some(if wraps { 3 } else { 2 });
        let returns = match returns {
            Some(returns) => Some(self.generate(context, &returns)?),
            None => None,
        };
        Ok(Serialization::Function { function: Some(function), takes_info, returns, when_used, wraps })
    }

    /// A schema with the last of the serializers that name a field.
    pub(super) fn with_field_serializers(
        &mut self,
        context: &mut Context<'_, '_>,
        schema: Shared,
        serializers: &[&Decorated],
    ) -> super::Generated {
        let Some(serializer) = serializers.last() else { return Ok(schema) };
        if schema.metadata.shared.is_some() {
            let reason =
                "a serializer stands at a model that contains itself, whose changes elsewhere may reach it";
            self.doubt(context, reason, place(&serializer.function));
        }
        let schema = if schema.reference.is_some() { self.define(schema) } else { schema };
        let serialization = self.decorated_serializer(context, serializer)?;
        Ok(edit(schema, |core| core.serialization = Some(Box::new(serialization))))
    }

    /// A schema with the last of the model's serializers.
    pub(super) fn with_model_serializers(
        &mut self,
        context: &mut Context<'_, '_>,
        schema: Shared,
        serializers: Vec<&Decorated>,
    ) -> super::Generated {
        let Some(serializer) = serializers.last() else { return Ok(schema) };
        let serialization = self.decorated_serializer(context, serializer)?;
        Ok(edit(schema, |core| core.serialization = Some(Box::new(serialization))))
    }

    /// What `@field_serializer` and `@model_serializer` make.
    fn decorated_serializer(
        &mut self,
        context: &mut Context<'_, '_>,
        serializer: &Decorated,
    ) -> Result<Serialization, Box<Refused>> {
        let arguments = &serializer.arguments;
        let wraps = arguments.keyword("mode").and_then(Value::as_str) == Some("wrap");
        let declared = arguments.keyword("return_type").filter(|value| !attributes::is_unset(value)).cloned();
        let returns = match declared {
            Some(declared) => Some(declared),
            None => self.return_type(context, &serializer.function),
        };
        let returns = match returns {
            Some(returns) => Some(self.generate(context, &returns)?),
            None => None,
        };
        Ok(Serialization::Function {
            function: Some(serializer.function.clone()),
            // It stands around the default, so that it is never applied to it.
            takes_info: true,
            returns,
            when_used: when_used(arguments.keyword("when_used")),
            wraps,
        })
    }

    /// `get_callable_return_type`: what a function is declared to return. Calling a class gives the class.
    pub(super) fn return_type(&mut self, context: &mut Context<'_, '_>, callable: &Value) -> Option<Value> {
        if let Kind::Class(_) = *callable.kind() {
            return Some(callable.clone());
        }
        if let Some(function) = context.interpreter.plain_function(callable) {
            let expression = Arc::clone(function.definition.returns.as_ref()?);
            let annotation =
                Annotation::Written { expression, scope: function.scope, module: function.module };
            let value = context.interpreter.annotation_as_written(&annotation);
            // Type variables of a generic model stand for its arguments.
            let replacements = self.work.variables.last().cloned().unwrap_or_default();
            return Some(self.replace(context, &value, &replacements));
        }
        match callable.kind() {
            Kind::External(name) => {
                let last = name.rsplit('.').next().unwrap_or(name);
                let is_builtin_type =
                    super::standard::simple(name).is_some() || super::names::origin(name).is_some();
                if is_builtin_type {
                    return Some(callable.clone());
                }
                if is_standard_library(name) && !last.starts_with(char::is_uppercase)
                    || name.starts_with("builtins.")
                {
                    return None;
                }
                if last.starts_with(char::is_uppercase) {
                    return Some(callable.clone());
                }
                self.doubt(context, format!("it is not known what `{name}` returns"), place(callable));
                None
            }
            Kind::Instance(_) => {
                let method = context.interpreter.attribute(callable, "__call__".into(), Default::default());
                match *method.kind() {
                    Kind::Method(_) => self.return_type(context, &method),
                    _ => None,
                }
            }
            Kind::Unknown(unknown) => {
                let reason = format!("a serializer is not known: {}", unknown.reason);
                self.doubt(context, reason, unknown.location);
                None
            }
            _ => None,
        }
    }
}

fn when_used(value: Option<&Value>) -> WhenUsed {
    match value.and_then(Value::as_str) {
        Some("unless-none") => WhenUsed::UnlessNone,
        Some("json") => WhenUsed::Json,
        Some("json-unless-none") => WhenUsed::JsonUnlessNone,
        _ => WhenUsed::Always,
    }
}
