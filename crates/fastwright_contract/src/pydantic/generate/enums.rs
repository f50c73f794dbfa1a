//! Enumerations (`_enum_schema`).

use super::library_types::with_functions;
use super::{Generated, SchemaGenerator, display, edit};
use crate::context::Context;
use crate::json::{Json, JsonObject};
use crate::pydantic::core_schema::*;
use fastwright_python::ir::{ExprKind, Stmt, StmtKind};
use fastwright_python::name::Name;
use fastwright_python::value::*;
use std::rc::Rc;

impl SchemaGenerator {
    /// The schema of an enumeration.
    pub(super) fn enumeration(&mut self, context: &mut Context<'_, '_>, class: ObjectId) -> Generated {
        let value: Value = Kind::Class(class).into();
        let members = context.interpreter.enumeration_members(class).unwrap_or_default();
        let (module, qualname) = display::class_names(context, class);
        let reference: Rc<str> = format!("{module}.{qualname}:{}", self.number(&value)).into();
        let name = context.interpreter.class(class).map(|class| class.name.to_string()).unwrap_or_default();
        let documentation = display::documentation(context, class).filter(|text| text != "An enumeration.");
        if members.is_empty() {
            let mut shown = JsonObject::new();
            shown.insert("title".to_owned(), Json::from(name));
            if let Some(documentation) = documentation {
                shown.insert("description".to_owned(), Json::from(documentation));
            }
            shown.insert("enum".to_owned(), Json::Array(Vec::new()));
            let schema = Core::new(CoreKind::IsInstance(value));
            return Ok(with_functions(schema, JsonSchemaFunction::With(Some(shown), None)));
        }
        let derives = |base: &str| context.interpreter.derives_from(&value, base);
        let sub_type = ["builtins.int", "builtins.str", "builtins.float"]
            .into_iter()
            .find(|base| derives(base))
            .and_then(|base| base.strip_prefix("builtins."));
        self.settle_values(context, class, &members, sub_type);
        let identity = ClassIdentity { class: value, name, documentation, is_root_model: false };
        let schema = Core::new(CoreKind::Enum { class: identity, members, sub_type });
        Ok(edit(schema, |core| core.reference = Some(reference)))
    }

    /// Gives members the values that `__new__` and the type beside `Enum` make of what the class body says.
    fn settle_values(
        &mut self,
        context: &mut Context<'_, '_>,
        class: ObjectId,
        members: &[Value],
        sub_type: Option<&str>,
    ) {
        let class_value: Value = Kind::Class(class).into();
        let location = context.interpreter.class(class).map(|class| class.location);
        let new = context.interpreter.find_in_class(&class_value, Name::from("__new__"));
        let new = new.and_then(|(new, _)| context.interpreter.plain_function(&new));
        for member in members {
            let Kind::Instance(id) = *member.kind() else { continue };
            let key = Name::from("value");
            let Some(written) =
                context.interpreter.instance(id).and_then(|member| member.attributes.get(&key)).cloned()
            else {
                continue;
            };
            let settled = match &new {
                Some(new) => match value_of_new(&new.definition.body, &new.definition.parameters, &written) {
                    Some(settled) => settled,
                    None => {
                        self.doubt(
                            context,
                            "`__new__` of an enumeration makes values that are not known",
                            location,
                        );
                        return;
                    }
                },
                None => written.clone(),
            };
            let settled = match (sub_type, settled.kind()) {
                (Some("str"), Kind::Int(_) | Kind::Float(_) | Kind::Bool(_)) => {
                    match context.interpreter.text_of(&settled) {
                        Some(text) => Value::str(&text),
                        None => settled,
                    }
                }
                (Some("int"), Kind::Bool(truth)) => Value::int(i64::from(*truth)),
                (Some("int"), Kind::Str(text)) => text.trim().parse().map_or(settled.clone(), Value::int),
                (Some("float"), Kind::Int(number)) => Kind::Float(*number as f64).into(),
                _ => settled,
            };
            if matches!(settled.kind(), Kind::Unknown(_) | Kind::Union(_)) {
                self.doubt(context, "a value of an enumeration is not known", location);
            }
            if !settled.same(&written)
                && let Some(instance) = context.interpreter.instance_mut(id)
            {
                instance.attributes.insert(key, settled);
            }
        }
    }
}

/// What `__new__` assigns to `_value_`, where that is one of its parameters.
fn value_of_new(
    body: &[Stmt],
    parameters: &[fastwright_python::ir::Parameter],
    written: &Value,
) -> Option<Value> {
    let assigned = body.iter().find_map(|statement| match &statement.kind {
        StmtKind::Assign { targets, value } => targets.iter().find_map(|target| match &target.kind {
            ExprKind::Attribute(attribute) if attribute.name == "_value_" => match &value.kind {
                ExprKind::Name(name) => Some(*name),
                _ => None,
            },
            _ => None,
        }),
        _ => None,
    })?;
    let position = parameters.iter().skip(1).position(|parameter| parameter.name == assigned)?;
    match written.kind() {
        Kind::Tuple(items) => items.get(position).cloned(),
        _ => (position == 0).then(|| written.clone()),
    }
}
