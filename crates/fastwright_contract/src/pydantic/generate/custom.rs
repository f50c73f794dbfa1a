//! `__get_pydantic_core_schema__` and `__get_pydantic_json_schema__` of the program
//! (`_generate_schema_from_get_schema_method`, `GetPydanticSchema`).

use super::annotations::{Annotation, Transform};
use super::expressions::Handler;
use super::generics::ModelType;
use super::{Generated, SchemaGenerator, place};
use crate::context::Context;
use crate::json::JsonObject;
use crate::pydantic::core_schema::*;
use fastwright_python::name::Name;
use fastwright_python::value::*;

const CORE: &str = "__get_pydantic_core_schema__";
const JSON: &str = "__get_pydantic_json_schema__";

impl SchemaGenerator {
    /// What a class's own method makes; nothing where it has none.
    pub(super) fn made_by_own_method(
        &mut self,
        context: &mut Context<'_, '_>,
        model: &ModelType,
        source: &Value,
    ) -> Option<Generated> {
        let class: Value = Kind::Class(model.class).into();
        context.interpreter.find_in_class(&class, Name::from(CORE))?;
        let reference = self.reference(context, model);
        if let Some(known) = self.known(&reference) {
            return Some(Ok(known));
        }
        // The schema that Pydantic keeps on a model is what the handler gives the method from then on.
        if context.interpreter.derives_from(&class, super::names::MODEL)
            && !self.completed.contains_key(&reference)
            && !self.completing.contains(&reference)
        {
            let completed = self.complete(context, &reference, |generator, context| {
                let made = generator.call_own_method(context, model, source)?;
                generator.with_own_function(context, made, &class)
            });
            if let Err(refused) = completed {
                return Some(Err(refused));
            }
        }
        Some(self.call_own_method(context, model, source))
    }

    fn call_own_method(
        &mut self,
        context: &mut Context<'_, '_>,
        model: &ModelType,
        source: &Value,
    ) -> Generated {
        let class: Value = Kind::Class(model.class).into();
        let method = context.interpreter.attribute(&class, Name::from(CORE), Default::default());
        let handler = Handler::Class { model: model.clone() };
        let schema = self.call_method(context, &method, source, handler)?;
        Ok(if schema.reference.is_some() { self.define(schema) } else { schema })
    }

    /// A schema with the function of the class that changes its JSON Schema, if it has one.
    pub(super) fn with_own_function(
        &mut self,
        context: &mut Context<'_, '_>,
        schema: Shared,
        class: &Value,
    ) -> Generated {
        if context.interpreter.find_in_class(class, Name::from(JSON)).is_none() {
            // A model has `BaseModel`'s own, which changes nothing; but what a function has seen is no
            // longer a reference.
            let is_bare = !matches!(schema.kind, CoreKind::DefinitionRef(_)) && schema.reference.is_none();
            if is_bare && context.interpreter.derives_from(class, super::names::MODEL) {
                return Ok(self.add_function(schema, JsonSchemaFunction::Update(JsonObject::new())));
            }
            return Ok(schema);
        }
        let method = context.interpreter.attribute(class, Name::from(JSON), Default::default());
        let location = context.interpreter.plain_function(&method).map(|function| {
            fastwright_python::location::Location {
                file: function.id.file,
                span: function.definition.name_span,
            }
        });
        Ok(self.add_function(schema, JsonSchemaFunction::Program(method, location)))
    }

    /// An object of the program in `Annotated[...]`: a class or an instance with these methods.
    pub(super) fn around_program_object(
        &mut self,
        context: &mut Context<'_, '_>,
        value: &Value,
        rest: &[Annotation],
        source: &Value,
        functions: &mut Vec<JsonSchemaFunction>,
        transform: Transform<'_>,
    ) -> Generated {
        let class = match value.kind() {
            Kind::Class(_) => Some(value.clone()),
            Kind::Instance(_) => context.interpreter.class_of(value),
            _ => None,
        };
        let has = |context: &Context<'_, '_>, name: &str| {
            class
                .as_ref()
                .is_some_and(|class| context.interpreter.find_in_class(class, Name::from(name)).is_some())
        };
        if let Some(class) = &class
            && context.interpreter.derives_from(class, "annotated_types.GroupedMetadata")
        {
            self.doubt(context, "metadata of the program stand for several", place(value));
        }
        let schema = if has(context, CORE) {
            let method = context.interpreter.attribute(value, Name::from(CORE), Default::default());
            let handler = Handler::Annotated { rest: rest.to_vec() };
            let mut made = self.call_method(context, &method, source, handler)?;
            functions.append(&mut self.handled_functions);
            if made.reference.is_some() {
                made = self.define(made);
            }
            made
        } else {
            self.wrapped(context, rest, source, functions, transform)?
        };
        if has(context, JSON) {
            let method = context.interpreter.attribute(value, Name::from(JSON), Default::default());
            functions.push(JsonSchemaFunction::Program(method, place(value)));
        }
        Ok(schema)
    }

    /// `GetPydanticSchema(core, json)`.
    pub(super) fn get_pydantic_schema(
        &mut self,
        context: &mut Context<'_, '_>,
        arguments: &Arguments,
        rest: &[Annotation],
        source: &Value,
        functions: &mut Vec<JsonSchemaFunction>,
        transform: Transform<'_>,
    ) -> Generated {
        let given = |position, keyword| {
            arguments.get(position, keyword).filter(|value: &&Value| !value.is_none()).cloned()
        };
        let schema = match given(0, "get_pydantic_core_schema") {
            Some(function) => {
                let handler = Handler::Annotated { rest: rest.to_vec() };
                let made = self.call_method(context, &function, source, handler)?;
                functions.append(&mut self.handled_functions);
                made
            }
            None => self.wrapped(context, rest, source, functions, transform)?,
        };
        if let Some(function) = given(1, "get_pydantic_json_schema") {
            let location = place(&function);
            functions.push(JsonSchemaFunction::Program(function, location));
        }
        Ok(schema)
    }

    /// Runs a method that makes a core schema, and reads the expression that it gives back.
    fn call_method(
        &mut self,
        context: &mut Context<'_, '_>,
        method: &Value,
        source: &Value,
        handler: Handler,
    ) -> Generated {
        let location = context.interpreter.plain_function(method).map(|function| {
            fastwright_python::location::Location {
                file: function.id.file,
                span: function.definition.name_span,
            }
        });
        if let Some(function) = context.interpreter.plain_function(method)
            && super::expressions::changes_schemas(&function.definition.body)
        {
            let reason = "a method changes core schemas in place, which is not followed";
            return Ok(self.unknown(context, reason, location));
        }
        let arguments = Arguments::of([source.clone(), Value::external(super::expressions::HANDLER)]);
        match context.interpreter.call_from_outside(method, arguments) {
            Ok(made) => self.read_schema(context, &made, &handler, location, 0),
            Err(raised) => {
                let reason = "a method that makes a core schema raises an exception";
                Ok(self.unknown(context, reason, Some(raised.location)))
            }
        }
    }
}
