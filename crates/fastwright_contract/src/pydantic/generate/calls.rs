//! Types that calls make: `NewType(...)`, `TypedDict("Name", {...})`, `conint(ge=1)`.

use super::generics::type_variable;
use super::{Generated, SchemaGenerator, edit, generics, library_types, names, place};
use crate::context::Context;
use crate::pydantic::core_schema::*;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::*;

impl SchemaGenerator {
    /// The schema of a type that is the result of a call.
    pub(super) fn called(
        &mut self,
        context: &mut Context<'_, '_>,
        value: &Value,
        callee: &Value,
        arguments: &Arguments,
    ) -> Generated {
        if let Some(made) = self.type_alias(context, value, &[]) {
            return made;
        }
        if type_variable(value).is_some() {
            return self.type_variable(context, value);
        }
        if let Some(type_) = library_types::constructed(callee, arguments) {
            return self.generate(context, &type_);
        }
        let site = place(value);
        if let Some(name) = callee.as_external() {
            match names::typing(&name) {
                Some("NewType") => {
                    if let Some(type_) = arguments.get(1, "tp").cloned() {
                        return self.generate(context, &type_);
                    }
                }
                Some("ForwardRef") => {
                    if let Some(text) = arguments.get(0, "arg").cloned() {
                        return self.generate(context, &text);
                    }
                }
                Some("TypedDict" | "NamedTuple") => {
                    if let Some(class) = self.functional_class(context, &name, arguments, site) {
                        return self.generate(context, &class);
                    }
                }
                _ => {}
            }
            if name == "dataclasses.InitVar"
                && let Some(type_) = arguments.positional.first().cloned()
            {
                return self.generate(context, &type_);
            }
        }
        Ok(self.unknown(context, "a type is the result of a call that is not followed", site))
    }

    /// A type variable that nothing stands for.
    fn type_variable(&mut self, context: &mut Context<'_, '_>, value: &Value) -> Generated {
        if let Some(default) = generics::default(context, value) {
            return self.generate(context, &default);
        }
        let Some((arguments, _)) = type_variable(value) else { return Ok(Core::new(CoreKind::Any)) };
        let constraints = arguments.positional.get(1..).unwrap_or_default().to_vec();
        let bound = arguments.keyword("bound").filter(|bound| !bound.is_none()).cloned();
        // PEP 695 writes constraints as a tuple.
        let constraints = match bound.as_ref().map(|bound| bound.kind()) {
            Some(Kind::Tuple(items)) => items.to_vec(),
            _ => constraints,
        };
        if !constraints.is_empty() {
            let union = Value::symbolic(Symbolic::Item {
                base: Value::external("typing.Union"),
                index: Value::tuple(constraints),
            });
            return self.generate(context, &union);
        }
        let Some(bound) = bound else { return Ok(Core::new(CoreKind::Any)) };
        let schema = self.generate(context, &bound)?;
        Ok(edit(schema, |core| {
            core.serialization = Some(Box::new(Serialization::Simple(Core::new(CoreKind::Any))));
        }))
    }

    /// The class that `TypedDict("Name", {...})` or `NamedTuple("Name", [...])` makes, once for each call.
    fn functional_class(
        &mut self,
        context: &mut Context<'_, '_>,
        base: &str,
        arguments: &Arguments,
        site: Option<Location>,
    ) -> Option<Value> {
        let site = site?;
        let known = context.interpreter.classes().iter().copied().find(|class| {
            context
                .interpreter
                .class(*class)
                .is_some_and(|object| object.location == site && object.id.is_none())
        });
        if let Some(known) = known {
            return Some(Kind::Class(known).into());
        }
        let name = Name::from(arguments.positional.first()?.as_str()?);
        let given = arguments.positional.get(1)?.clone();
        let fields: Vec<(Name, Value)> = match *given.kind() {
            Kind::Dict(_) => context.interpreter.entries(&given)?,
            _ => {
                let items = context.interpreter.elements(&given)?;
                let pair = |item: &Value| match item.kind() {
                    Kind::Tuple(parts) if parts.len() == 2 => {
                        Some((Name::from(parts[0].as_str()?), parts[1].clone()))
                    }
                    _ => None,
                };
                items.iter().map(pair).collect::<Option<_>>()?
            }
        };
        let module = context.interpreter.module_of_file(site.file)?;
        let base = match names::typing(base) {
            Some("NamedTuple") => "typing.NamedTuple",
            _ => "typing.TypedDict",
        };
        let bases = vec![Value::external(base)];
        let class = context.interpreter.new_class(None, None, name, name, module, bases, site);
        if let Object::Class(object) = context.interpreter.object_mut(class) {
            for (field, annotation) in fields {
                object.annotations.insert(field, (Annotation::Given(annotation), site));
            }
            object.keywords =
                arguments.keywords.iter().filter(|(keyword, _)| *keyword != "fields").cloned().collect();
        }
        Some(Kind::Class(class).into())
    }
}
