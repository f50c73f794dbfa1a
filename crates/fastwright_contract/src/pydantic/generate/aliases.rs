//! Type aliases of PEP 695: each is a definition of its own name (`_type_alias_type_schema`).

use super::{Generated, SchemaGenerator, edit, place};
use crate::context::Context;
use fastwright_python::interpreter::aliased_type;
use fastwright_python::name::Name;
use fastwright_python::value::*;
use std::rc::Rc;

/// An alias taken apart.
struct Alias {
    name: String,
    module: Option<ModuleId>,
    value: Option<Value>,
    parameters: Vec<Value>,
}

impl SchemaGenerator {
    /// The schema of an alias, with arguments or without; nothing where the value is no alias.
    pub(super) fn type_alias(
        &mut self,
        context: &mut Context<'_, '_>,
        alias: &Value,
        arguments: &[Value],
    ) -> Option<Generated> {
        let parts = self.alias(context, alias)?;
        let module = parts.module.map(|module| context.interpreter.module(module).name.to_string());
        let mut reference = format!("{}.{}:{}", module.unwrap_or_default(), parts.name, self.number(alias));
        self.write_arguments(context, &mut reference, arguments);
        let reference: Rc<str> = reference.into();
        if let Some(known) = self.known(&reference) {
            return Some(Ok(known));
        }
        let Some(value) = parts.value else {
            let reason = format!("the value of the type alias `{}` is not known", parts.name);
            return Some(Ok(self.unknown(context, reason, place(alias))));
        };
        let replacements: Vec<(Value, Value)> =
            parts.parameters.iter().cloned().zip(arguments.iter().cloned()).collect();
        let value = self.replace(context, &value, &replacements);
        self.work.in_progress.insert(Rc::clone(&reference));
        let scope = parts.module.map(|module| (context.interpreter.module(module).scope, module));
        self.work.namespaces.extend(scope);
        let made = self.generate(context, &value);
        if scope.is_some() {
            self.work.namespaces.pop();
        }
        self.work.in_progress.remove(&reference);
        Some(made.map(|schema| self.define(edit(schema, |core| core.reference = Some(reference)))))
    }

    /// The type behind a name that `type X = ...` or `TypeAliasType` binds; none for other types.
    pub fn alias_value(&mut self, context: &mut Context<'_, '_>, annotation: &Value) -> Option<Value> {
        self.alias(context, annotation)?.value
    }

    fn alias(&mut self, context: &mut Context<'_, '_>, alias: &Value) -> Option<Alias> {
        let written = aliased_type(alias).cloned();
        let Some(Symbolic::Call { arguments, site, .. }) = alias.as_symbolic() else { return None };
        let definition = context.interpreter.type_alias_definition(alias).cloned();
        if definition.is_none() && written.is_none() {
            return None;
        }
        let name = arguments.get(0, "name").and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(match definition {
            Some(definition) => Alias {
                name,
                module: Some(definition.module),
                value: Some(context.interpreter.annotation_as_written(&definition.value)),
                parameters: definition.parameters,
            },
            None => Alias {
                name,
                module: context.interpreter.module_of_file(site.file),
                value: written,
                parameters: match arguments.keyword(&Name::from("type_params")) {
                    Some(parameters) => {
                        let parameters = parameters.clone();
                        context.interpreter.elements(&parameters).unwrap_or_default()
                    }
                    None => Vec::new(),
                },
            },
        })
    }
}
