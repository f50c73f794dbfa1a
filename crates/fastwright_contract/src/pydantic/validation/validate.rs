//! What each kind of schema makes of a value, in Python's lax mode.

use super::{Failure, Validated, Walk, not_known, parametrized};
use crate::json::{built_in_of, enumeration_value};
use crate::pydantic::core_schema::{ClassIdentity, Core, CoreKind, Shared};
use fastwright_python::location::{FileId, Location, Span};
use fastwright_python::value::{Kind, Object, ObjectId, Symbolic, Value};

impl Walk<'_, '_, '_> {
    /// What validation makes of a value.
    pub(super) fn validate(&mut self, core: &Shared, value: &Value) -> Validated {
        if let Kind::Unknown(_) | Kind::Union(_) = *value.kind() {
            return Err(not_known("a value depends on what is decided elsewhere"));
        }
        let core = self.resolved(core)?;
        self.deeper(|walk| walk.by_kind(&core, value))
    }

    fn by_kind(&mut self, core: &Core, value: &Value) -> Validated {
        let validates = matches!(
            core.kind,
            CoreKind::FunctionBefore { .. } | CoreKind::FunctionAfter(_) | CoreKind::FunctionPlain { .. }
        );
        if core.validator.is_some() && !validates {
            return Err(not_known("what a validator makes of a value is not known"));
        }
        match &core.kind {
            CoreKind::Any | CoreKind::IsInstance(_) | CoreKind::IsSubclass(_) | CoreKind::Callable => {
                Ok(value.clone())
            }
            CoreKind::None if value.is_none() => Ok(Value::NONE),
            CoreKind::None => Err(Failure::Refused),
            CoreKind::Nullable(_) if value.is_none() => Ok(Value::NONE),
            CoreKind::Nullable(schema) | CoreKind::Default { schema, .. } => self.validate(schema, value),
            CoreKind::FunctionBefore { schema, .. } => {
                let value = self.run(core, value)?;
                self.validate(schema, &value)
            }
            CoreKind::FunctionAfter(schema) => {
                let value = self.validate(schema, value)?;
                self.run(core, &value)
            }
            CoreKind::FunctionPlain { .. } => self.run(core, value),
            CoreKind::Chain(steps) => {
                steps.iter().try_fold(value.clone(), |value, step| self.validate(step, &value))
            }
            CoreKind::JsonOrPython { python, .. } => self.validate(python, value),
            CoreKind::LaxOrStrict { lax, .. } => self.validate(lax, value),
            CoreKind::Bool => match *value.kind() {
                Kind::Bool(_) => Ok(value.clone()),
                _ => Err(unclear()),
            },
            CoreKind::Int(_) => self.integer(value),
            CoreKind::Float(_) => self.float(value),
            CoreKind::Str { .. } => self.text(value),
            CoreKind::Bytes(_) => match *value.kind() {
                Kind::Bytes(_) => Ok(value.clone()),
                _ => Err(unclear()),
            },
            CoreKind::Literal(values) => match values.iter().find(|known| known.same(value)) {
                Some(known) => Ok(known.clone()),
                None => Err(unclear()),
            },
            CoreKind::Enum { class, members, .. } => self.member(class, members, value),
            CoreKind::List { items, .. } => {
                let made = self.items(items.as_ref(), value)?;
                Ok(self.context.interpreter.list(made))
            }
            CoreKind::Tuple { items, variadic, .. } => self.tuple(items, *variadic, value),
            CoreKind::Dict { keys, values, .. } => self.dict(keys.as_ref(), values.as_ref(), value),
            CoreKind::Model { class, .. } => self.of_model(core, class, value),
            CoreKind::Union { choices } => {
                let choices: Vec<Shared> = choices.iter().map(|(choice, _)| Shared::clone(choice)).collect();
                self.union(&choices, value)
            }
            CoreKind::TaggedUnion { choices, .. } => {
                let choices: Vec<Shared> = choices.values().cloned().collect();
                self.union(&choices, value)
            }
            kind => match constructor(kind) {
                Some(names) if is_made_by(value, names) => Ok(value.clone()),
                _ => Err(unclear()),
            },
        }
    }

    fn integer(&mut self, value: &Value) -> Validated {
        if self.flag("strict") && !matches!(value.kind(), Kind::Int(_)) {
            return Err(unclear());
        }
        match value.kind() {
            Kind::Int(_) => Ok(value.clone()),
            Kind::Bool(truth) => Ok(Value::int(i64::from(*truth))),
            Kind::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
                Ok(Value::int(*number as i64))
            }
            Kind::Str(text) => match text.trim().parse::<i64>() {
                Ok(number) => Ok(Value::int(number)),
                Err(_) => Err(unclear()),
            },
            Kind::Instance(_) => match built_in_of(self.context, value) {
                Some(number) if matches!(number.kind(), Kind::Int(_)) => Ok(number),
                _ => Err(unclear()),
            },
            _ => Err(unclear()),
        }
    }

    fn float(&mut self, value: &Value) -> Validated {
        match value.kind() {
            Kind::Float(_) => Ok(value.clone()),
            Kind::Int(number) if number.unsigned_abs() < 1 << 53 => Ok(Kind::Float(*number as f64).into()),
            Kind::Instance(_) => match built_in_of(self.context, value) {
                Some(number) if matches!(number.kind(), Kind::Float(_)) => Ok(number),
                _ => Err(unclear()),
            },
            _ => Err(unclear()),
        }
    }

    fn text(&mut self, value: &Value) -> Validated {
        let changes =
            ["str_strip_whitespace", "str_to_lower", "str_to_upper"].iter().any(|key| self.flag(key));
        match value.kind() {
            Kind::Str(_) if !changes => Ok(value.clone()),
            Kind::Int(number) if !changes && self.flag("coerce_numbers_to_str") => {
                Ok(Value::str(&number.to_string()))
            }
            _ => Err(unclear()),
        }
    }

    /// A member of an enumeration, by itself or by its value.
    fn member(&mut self, class: &ClassIdentity, members: &[Value], value: &Value) -> Validated {
        let by_value = self.flag("use_enum_values");
        let found = members.iter().find(|member| {
            member.same(value)
                || enumeration_value(self.context.interpreter, member).is_some_and(|known| known.same(value))
        });
        match found {
            Some(member) if !by_value => Ok(member.clone()),
            Some(member) => enumeration_value(self.context.interpreter, member).ok_or_else(unclear),
            None if self.is_of(value, &class.class) => Ok(value.clone()),
            None => Err(unclear()),
        }
    }

    fn items(&mut self, items: Option<&Shared>, value: &Value) -> Result<Vec<Value>, Failure> {
        let given = match value.kind() {
            Kind::List(id) => match self.context.interpreter.object(*id) {
                Object::List(list) if !list.incomplete => list.items.clone(),
                _ => return Err(unclear()),
            },
            Kind::Tuple(items) => items.to_vec(),
            _ => return Err(unclear()),
        };
        match items {
            Some(schema) => given.iter().map(|item| self.validate(schema, item)).collect(),
            None => Ok(given),
        }
    }

    fn tuple(&mut self, items: &[Shared], variadic: Option<usize>, value: &Value) -> Validated {
        let given = self.items(None, value)?;
        let schemas: Vec<&Shared> = match (variadic, items) {
            (Some(0), [only]) => vec![only; given.len()],
            (None, items) if items.len() == given.len() => items.iter().collect(),
            _ => return Err(unclear()),
        };
        let made: Result<Vec<Value>, Failure> =
            schemas.into_iter().zip(&given).map(|(schema, item)| self.validate(schema, item)).collect();
        Ok(Value::tuple(made?))
    }

    fn dict(&mut self, keys: Option<&Shared>, values: Option<&Shared>, value: &Value) -> Validated {
        let Kind::Dict(id) = *value.kind() else { return Err(unclear()) };
        let entries = self.entries(id)?;
        let mut made = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let key = match keys {
                Some(schema) => self.validate(schema, &key)?,
                None => key,
            };
            let value = match values {
                Some(schema) => self.validate(schema, &value)?,
                None => value,
            };
            made.push((key, value));
        }
        Ok(self.context.interpreter.dict(made))
    }

    fn entries(&self, id: ObjectId) -> Result<Vec<(Value, Value)>, Failure> {
        match self.context.interpreter.object(id) {
            Object::Dict(dict) if !dict.incomplete && dict.unknown_keys.is_empty() => {
                Ok(dict.entries.values().cloned().collect())
            }
            _ => Err(unclear()),
        }
    }

    /// An object of the model stays; a dict becomes one.
    fn of_model(&mut self, core: &Core, class: &ClassIdentity, value: &Value) -> Validated {
        if self.is_of(value, &class.class) {
            let CoreKind::Model { config, .. } = &core.kind else { return Err(unclear()) };
            return match config.text("revalidate_instances") {
                None | Some("never") => Ok(value.clone()),
                Some(_) => Err(not_known("an object is validated again")),
            };
        }
        match *value.kind() {
            Kind::Instance(_) => Err(unclear()),
            _ => {
                let site = Location { file: FileId(0), span: Span::default() };
                self.model(core, value, None, site)
            }
        }
    }

    /// Smart mode: the choice whose very type the value has. Where several would have to be tried, it is not
    /// known which one fits best.
    fn union(&mut self, choices: &[Shared], value: &Value) -> Validated {
        for choice in choices {
            let core = self.resolved(choice)?;
            if self.fits_exactly(&core, value)? {
                return self.validate(choice, value);
            }
        }
        Err(unclear())
    }

    fn fits_exactly(&mut self, core: &Shared, value: &Value) -> Result<bool, Failure> {
        Ok(match (&core.kind, value.kind()) {
            (CoreKind::None | CoreKind::Nullable(_), Kind::None)
            | (CoreKind::Bool, Kind::Bool(_))
            | (CoreKind::Int(_), Kind::Int(_))
            | (CoreKind::Float(_), Kind::Float(_))
            | (CoreKind::Str { .. }, Kind::Str(_))
            | (CoreKind::Bytes(_), Kind::Bytes(_)) => true,
            (CoreKind::Literal(values), _) => values.iter().any(|known| known.same(value)),
            (CoreKind::Enum { members, .. }, Kind::Instance(_)) => {
                members.iter().any(|known| known.same(value))
            }
            (CoreKind::Model { class, .. }, Kind::Instance(id)) => {
                let made_by = self.context.interpreter.instance(*id).map(|instance| instance.class.clone());
                let arguments = self.context.interpreter.generic_arguments(*id);
                made_by.is_some_and(|made_by| same_type(&parametrized(&made_by, arguments), &class.class))
            }
            (CoreKind::List { items, .. }, Kind::List(_)) => {
                let given = self.items(None, value)?;
                self.all_fit(items.as_ref(), &given)?
            }
            (CoreKind::Dict { keys, values, .. }, Kind::Dict(id)) => {
                let (given_keys, given_values): (Vec<Value>, Vec<Value>) =
                    self.entries(*id)?.into_iter().unzip();
                self.all_fit(keys.as_ref(), &given_keys)? && self.all_fit(values.as_ref(), &given_values)?
            }
            (
                CoreKind::Nullable(schema)
                | CoreKind::FunctionBefore { schema, .. }
                | CoreKind::FunctionAfter(schema),
                _,
            ) => {
                let schema = self.resolved(schema)?;
                self.deeper(|walk| walk.fits_exactly(&schema, value))?
            }
            _ => false,
        })
    }

    fn all_fit(&mut self, schema: Option<&Shared>, values: &[Value]) -> Result<bool, Failure> {
        let Some(schema) = schema else { return Ok(true) };
        let schema = self.resolved(schema)?;
        for value in values {
            if !self.deeper(|walk| walk.fits_exactly(&schema, value))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a value is an object of a class, of the parametrization that the class names.
    fn is_of(&mut self, value: &Value, class: &Value) -> bool {
        let Kind::Instance(id) = *value.kind() else { return false };
        let Some(made_by) = self.context.interpreter.instance(id).map(|instance| instance.class.clone())
        else {
            return false;
        };
        let arguments = self.context.interpreter.generic_arguments(id);
        if same_type(&parametrized(&made_by, arguments), class) {
            return true;
        }
        // Subclasses of a class without arguments.
        matches!(class.kind(), Kind::Class(_))
            && self.context.interpreter.is_subclass(&made_by, class) == Some(true)
    }
}

/// Whether two classes, with their arguments, are the same.
pub(super) fn same_type(left: &Value, right: &Value) -> bool {
    match (left.as_symbolic(), right.as_symbolic()) {
        (
            Some(Symbolic::Item { base, index }),
            Some(Symbolic::Item { base: other_base, index: other_index }),
        ) => same_type(base, other_base) && index.same(other_index),
        _ => left.same(right),
    }
}

/// That validation refuses a value is not decided here: other modes and formats would have to be tried.
fn unclear() -> Failure {
    Failure::Unclear
}

/// Calls that make objects which a schema leaves as they are.
fn constructor(kind: &CoreKind) -> Option<&'static [&'static str]> {
    Some(match kind {
        CoreKind::Date(_) => &["datetime.date", "datetime.date.fromisoformat"],
        CoreKind::Time(_) => &["datetime.time", "datetime.time.fromisoformat"],
        CoreKind::DateTime(_) => &["datetime.datetime", "datetime.datetime.fromisoformat"],
        CoreKind::TimeDelta(_) => &["datetime.timedelta"],
        CoreKind::Decimal { .. } => &["decimal.Decimal"],
        CoreKind::Uuid { .. } => &["uuid.UUID"],
        _ => return None,
    })
}

fn is_made_by(value: &Value, names: &[&str]) -> bool {
    match value.as_symbolic() {
        Some(Symbolic::Call { callee, .. }) => {
            callee.as_external().is_some_and(|name| names.contains(&name.as_str()))
        }
        _ => false,
    }
}
