//! Objects as their class's own serializer writes them.

use super::validate::same_type;
use super::{Failure, Walk, not_known, parametrized};
use crate::context::Context;
use crate::json::{Json, JsonObject, Unwritable, Writing, enumeration_value, write_inside};
use crate::pydantic::core_schema::{ClassIdentity, Core, CoreKind, Serialization, Shared, WhenUsed};
use crate::pydantic::generate::definitions::each_child;
use fastwright_python::name::Name;
use fastwright_python::value::{Kind, Object, ObjectId, Value};
use std::rc::Rc;

type Written = Result<Json, Unwritable>;

/// Options of a configuration that change how a model is written.
const CHANGE_MODELS: [&str; 2] = ["json_encoders", "polymorphic_serialization"];

/// Options of a configuration that change how values of some types are written.
const CHANGE_VALUES: [&str; 4] =
    ["ser_json_bytes", "ser_json_inf_nan", "ser_json_temporal", "ser_json_timedelta"];

/// An object of a class of the program, as the serializer writes it that Pydantic makes for the class:
/// `model_dump(mode="json", by_alias=True)` for a model.
///
/// # Errors
/// Where what validation made of the object is not known, or how it is written.
pub(crate) fn write_by_schema(
    context: &mut Context<'_, '_>,
    id: ObjectId,
    writing: &Writing,
    depth: u32,
) -> Written {
    let Some(class) = context.interpreter.instance(id).map(|instance| instance.class.clone()) else {
        return Err(not_known("an object is not known").into());
    };
    let annotation = parametrized(&class, context.interpreter.generic_arguments(id));
    let mut walk = Walk::new(context);
    walk.depth = depth;
    let core = walk.schema_of(&annotation)?;
    walk.write(&core, &Kind::Instance(id).into(), writing)
}

impl Walk<'_, '_, '_> {
    fn write(&mut self, core: &Shared, value: &Value, writing: &Writing) -> Written {
        if self.depth > super::DEEPEST {
            return Err(not_known("a value nests too deeply").into());
        }
        self.depth += 1;
        let written = self.write_resolved(core, value, writing);
        self.depth -= 1;
        written
    }

    fn write_resolved(&mut self, core: &Shared, value: &Value, writing: &Writing) -> Written {
        let core = self.resolved(core)?;
        if let Some(serialization) = &core.serialization
            && let Some(written) = self.write_with(serialization, value, writing)?
        {
            return Ok(written);
        }
        match &core.kind {
            CoreKind::Nullable(_) if value.is_none() => Ok(Json::Null),
            CoreKind::Nullable(schema)
            | CoreKind::Default { schema, .. }
            | CoreKind::FunctionBefore { schema, .. }
            | CoreKind::FunctionAfter(schema)
            | CoreKind::FunctionWrap { schema, .. }
            | CoreKind::JsonOrPython { json: schema, .. }
            | CoreKind::LaxOrStrict { strict: schema, .. } => self.write(schema, value, writing),
            CoreKind::Model { class, .. } => self.write_model(&core, class, value, writing),
            CoreKind::List { items: Some(schema), .. } => {
                let items = match *value.kind() {
                    Kind::List(id) => match self.context.interpreter.object(id) {
                        Object::List(list) if !list.incomplete => list.items.clone(),
                        _ => return self.write_any(value, writing),
                    },
                    _ => return self.write_any(value, writing),
                };
                let items = items.iter().map(|item| self.write(schema, item, writing));
                items.collect::<Result<Vec<Json>, Unwritable>>().map(Json::Array)
            }
            CoreKind::Tuple { items, variadic, .. } => self.write_tuple(items, *variadic, value, writing),
            CoreKind::Set { items: Some(schema), .. } | CoreKind::FrozenSet { items: Some(schema), .. } => {
                let items = match *value.kind() {
                    Kind::Set(id) => match self.context.interpreter.object(id) {
                        Object::Set(set) if !set.incomplete && set.items.len() < 2 => set.items.clone(),
                        _ => return Err(not_known("the order of a set's elements is not decided").into()),
                    },
                    _ => return self.write_any(value, writing),
                };
                let items = items.iter().map(|item| self.write(schema, item, writing));
                items.collect::<Result<Vec<Json>, Unwritable>>().map(Json::Array)
            }
            // Numbers of another type are converted, other values written by their own.
            CoreKind::Float(_) if matches!(value.kind(), Kind::Int(_) | Kind::Bool(_)) => {
                let number = value.as_int().unwrap_or_default() as f64;
                self.write_any(&Kind::Float(number).into(), writing)
            }
            CoreKind::Int(_) if matches!(value.kind(), Kind::Bool(_)) => {
                self.write_any(&Value::int(value.as_int().unwrap_or_default()), writing)
            }
            CoreKind::Dict { keys, values: Some(schema), .. } => {
                self.write_dict(keys.as_ref(), schema, value, writing)
            }
            CoreKind::TimeDelta(_) if self.option("ser_json_temporal").is_none() => {
                let durations_as_seconds = self.option("ser_json_timedelta").as_deref() == Some("float");
                self.write_any(value, &Writing { durations_as_seconds, ..*writing })
            }
            _ => {
                let plain = match *value.kind() {
                    Kind::None | Kind::Bool(_) | Kind::Int(_) | Kind::Str(_) => true,
                    Kind::Float(number) => number.is_finite(),
                    Kind::Instance(_) => enumeration_value(self.context.interpreter, value).is_some(),
                    _ => false,
                };
                if self.has_serializers(&core, 0)? {
                    return Err(not_known("which of several serializers writes a value is not known").into());
                }
                let option = CHANGE_VALUES.iter().find(|option| self.option(option).is_some());
                match option.filter(|_| !plain) {
                    Some(option) => {
                        Err(not_known(format!("how `{option}` changes a value is not known")).into())
                    }
                    None => self.write_any(value, writing),
                }
            }
        }
    }

    /// Whether something inside of a schema is not written by its own type. Objects of models are.
    fn has_serializers(&mut self, core: &Shared, depth: u32) -> Result<bool, Failure> {
        if depth > 20 {
            return Err(not_known("a schema nests too deeply"));
        }
        let core = self.resolved(core)?;
        if core.serialization.is_some() {
            return Ok(true);
        }
        if let CoreKind::Model { .. } = core.kind {
            return Ok(false);
        }
        let mut children = Vec::new();
        each_child(&core, &mut |child| children.push(Rc::clone(child)));
        for child in children {
            if self.has_serializers(&child, depth + 1)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// An option of the configuration around a value.
    fn option(&self, key: &str) -> Option<String> {
        let value = self.configs.last()?.get(key)?;
        Some(value.as_str().unwrap_or_default().to_owned())
    }

    /// What a serializer that the program gives makes of a value; none where it does not apply.
    fn write_with(
        &mut self,
        serialization: &Serialization,
        value: &Value,
        writing: &Writing,
    ) -> Result<Option<Json>, Unwritable> {
        match serialization {
            Serialization::Function { when_used, .. } | Serialization::Text(when_used)
                if value.is_none()
                    && matches!(when_used, WhenUsed::UnlessNone | WhenUsed::JsonUnlessNone) =>
            {
                Ok(None)
            }
            Serialization::Function {
                function: Some(function),
                takes_info: false,
                returns,
                wraps: false,
                ..
            } => {
                let made = self.call(function, vec![value.clone()])?;
                match returns {
                    Some(schema) => self.write(schema, &made, writing).map(Some),
                    None => self.write_any(&made, writing).map(Some),
                }
            }
            Serialization::Function { .. } => {
                Err(not_known("what a serializer makes of a value is not known").into())
            }
            Serialization::Text(_) => match self.write_any(value, writing)? {
                Json::String(text) => Ok(Some(Json::String(text))),
                _ => Err(not_known("the text of a value is not known").into()),
            },
            Serialization::Simple(schema) | Serialization::Model(schema) => {
                self.write(schema, value, writing).map(Some)
            }
        }
    }

    /// A value by its own type.
    fn write_any(&mut self, value: &Value, writing: &Writing) -> Written {
        write_inside(self.context, value, writing, self.depth)
    }

    fn write_tuple(
        &mut self,
        items: &[Shared],
        variadic: Option<usize>,
        value: &Value,
        writing: &Writing,
    ) -> Written {
        let Kind::Tuple(given) = value.kind() else { return self.write_any(value, writing) };
        let schemas: Vec<&Shared> = match (variadic, items) {
            (Some(0), [only]) => vec![only; given.len()],
            (None, items) if items.len() == given.len() => items.iter().collect(),
            _ => return Err(not_known("how a tuple is written is not known").into()),
        };
        let items = schemas.into_iter().zip(given.iter());
        let items = items.map(|(schema, item)| self.write(schema, item, writing));
        items.collect::<Result<Vec<Json>, Unwritable>>().map(Json::Array)
    }

    fn write_dict(
        &mut self,
        keys: Option<&Shared>,
        schema: &Shared,
        value: &Value,
        writing: &Writing,
    ) -> Written {
        let plain_keys = match keys {
            Some(keys) => !self.has_serializers(keys, 0)?,
            None => true,
        };
        let entries: Vec<(Value, Value)> = match *value.kind() {
            Kind::Dict(id) => match self.context.interpreter.object(id) {
                Object::Dict(dict) if !dict.incomplete && dict.unknown_keys.is_empty() => {
                    dict.entries.values().cloned().collect()
                }
                _ => return self.write_any(value, writing),
            },
            _ => return self.write_any(value, writing),
        };
        let mut object = JsonObject::new();
        for (key, value) in entries {
            let Some(key) = key.as_str().map(str::to_owned).filter(|_| plain_keys) else {
                return Err(not_known("how a key is written is not known").into());
            };
            let value = self.write(schema, &value, writing)?;
            object.insert(key, value);
        }
        Ok(Json::Object(object))
    }

    fn write_model(
        &mut self,
        core: &Core,
        class: &ClassIdentity,
        value: &Value,
        writing: &Writing,
    ) -> Written {
        let CoreKind::Model { schema, root_model, config, .. } = &core.kind else {
            return self.write_any(value, writing);
        };
        let Kind::Instance(id) = *value.kind() else { return self.write_any(value, writing) };
        let made_by = self.context.interpreter.instance(id).map(|instance| instance.class.clone());
        let arguments = self.context.interpreter.generic_arguments(id);
        let is_same =
            made_by.is_some_and(|made_by| same_type(&parametrized(&made_by, arguments), &class.class));
        if !is_same {
            return Err(
                not_known(format!("how an object is written as `{}` is not known", class.name)).into()
            );
        }
        if let Some(option) = CHANGE_MODELS.iter().find(|option| config.get(option).is_some()) {
            return Err(not_known(format!("`{option}` changes how `{}` is written", class.name)).into());
        }
        let made = self.constructed(id)?;
        let Kind::Instance(made_id) = *made.kind() else {
            return Err(not_known("a validator makes something else of an object").into());
        };
        self.configs.push(Rc::clone(config));
        let written = if *root_model {
            match self.field_of(made_id, "root") {
                Ok(root) => self.write(schema, &root, writing),
                Err(failure) => Err(failure.into()),
            }
        } else {
            self.write_fields(schema, &made, made_id, writing)
        };
        self.configs.pop();
        written
    }

    fn field_of(&self, id: ObjectId, name: &str) -> Result<Value, Failure> {
        let instance = self.context.interpreter.instance(id);
        let value = instance.and_then(|instance| instance.attributes.get(&Name::from(name))).cloned();
        value.ok_or_else(|| not_known(format!("the field `{name}` of an object is not known")))
    }

    fn write_fields(&mut self, schema: &Shared, made: &Value, id: ObjectId, writing: &Writing) -> Written {
        let core = self.resolved(schema)?;
        let (fields, computed) = match &core.kind {
            CoreKind::FunctionBefore { schema, .. } => return self.write_fields(schema, made, id, writing),
            CoreKind::ModelFields { fields, computed, .. } => (fields, computed),
            _ => return Err(not_known("how the fields of an object are written is not known").into()),
        };
        let mut object = JsonObject::new();
        for (name, field) in fields {
            if field.serialization_exclude {
                continue;
            }
            if field.serialization_exclude_if {
                return Err(not_known(format!("whether the field `{name}` is written is not known")).into());
            }
            let value = self.field_of(id, name)?;
            let value = self.write(&field.schema, &value, writing)?;
            let name = field.serialization_alias.clone().unwrap_or_else(|| name.to_string());
            object.insert(name, value);
        }
        for field in computed {
            if field.exclude_if {
                return Err(not_known(format!("whether `{}` is written is not known", field.property)).into());
            }
            let uncertainties = self.context.interpreter.uncertainties();
            let value = self.context.interpreter.attribute(made, field.property, Default::default());
            if self.context.interpreter.uncertainties() > uncertainties {
                return Err(not_known(format!("the property `{}` is not certain", field.property)).into());
            }
            let value = self.write(&field.returns, &value, writing)?;
            let name = field.alias.clone().unwrap_or_else(|| field.property.to_string());
            object.insert(name, value);
        }
        Ok(Json::Object(object))
    }
}
