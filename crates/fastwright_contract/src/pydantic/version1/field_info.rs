//! What `Field(...)` says (`pydantic/v1/fields.py`, `FieldInfo`).

use super::exported_value;
use crate::context::Context;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::*;

/// Keywords that constrain a value.
pub(super) const CONSTRAINTS: &[&str] = &[
    "min_length",
    "max_length",
    "regex",
    "gt",
    "lt",
    "ge",
    "le",
    "multiple_of",
    "allow_inf_nan",
    "max_digits",
    "decimal_places",
    "min_items",
    "max_items",
    "unique_items",
];

/// Keywords that say nothing about the schema.
const SILENT: &[&str] = &["exclude", "include", "allow_mutation", "repr"];

/// Everything said about a field.
#[derive(Debug, Clone, Default)]
pub struct FieldInfo {
    /// The default; none where none is given, or `...`.
    pub default: Option<Value>,
    /// `default_factory=`.
    pub default_factory: Option<Value>,
    /// `alias=`.
    pub alias: Option<Value>,
    /// How strong the alias is: 2 where it is given, 1 where a generator made it.
    pub alias_priority: i64,
    /// `title=`.
    pub title: Option<Value>,
    /// `description=`.
    pub description: Option<Value>,
    /// `const=`.
    pub is_constant: bool,
    /// `discriminator=`.
    pub discriminator: Option<Value>,
    /// Constraints by keyword.
    pub constraints: OrderedMap<Name, Value>,
    /// Keywords that nobody knows: they are part of the schema.
    pub extra: OrderedMap<Name, Value>,
    /// Where it is written.
    pub location: Option<Location>,
}

impl FieldInfo {
    /// A constraint.
    pub(super) fn constraint(&self, name: &str) -> Option<&Value> {
        self.constraints.get(&Name::from(name))
    }

    /// Takes keywords over: known ones to their places, all others as part of the schema.
    pub fn set(&mut self, context: &mut Context<'_, '_>, keywords: impl IntoIterator<Item = (Name, Value)>) {
        for (name, value) in keywords {
            let given = Some(value.clone()).filter(|value| !value.is_none());
            match name.as_str() {
                "default" => {
                    self.default = Some(value).filter(|value| !matches!(value.kind(), Kind::Ellipsis))
                }
                "default_factory" => self.default_factory = given,
                "alias" => {
                    self.alias_priority = if given.is_some() { 2 } else { 0 };
                    self.alias = given;
                }
                "title" => self.title = given,
                "description" => self.description = given,
                "const" => match given.as_ref().map(|value| context.interpreter.truth(value)) {
                    Some(None) => context.doubt("`const` of a field is not known", self.location),
                    Some(Some(truth)) => self.is_constant = truth,
                    None => {}
                },
                "discriminator" => self.discriminator = given,
                keyword if CONSTRAINTS.contains(&keyword) => {
                    if given.is_some() {
                        self.constraints.insert(name, value);
                    }
                }
                keyword if SILENT.contains(&keyword) => {}
                _ => {
                    self.extra.insert(name, value);
                }
            }
        }
    }
}

/// The `Field(...)` that a value is.
pub(super) fn of_value(context: &mut Context<'_, '_>, value: &Value) -> Option<FieldInfo> {
    let Some(Symbolic::Call { callee, arguments, site }) = value.as_symbolic() else { return None };
    if !matches!(exported_value(callee), Some("Field" | "FieldInfo")) {
        return None;
    }
    let (arguments, site) = (arguments.clone(), *site);
    if arguments.incomplete {
        context.doubt("a field gets options that are not known", Some(site));
    }
    let mut info = FieldInfo { location: Some(site), ..FieldInfo::default() };
    let first = arguments.positional.first().map(|default| (Name::from("default"), default.clone()));
    info.set(context, first.into_iter().chain(arguments.keywords.iter().cloned()));
    Some(info)
}
