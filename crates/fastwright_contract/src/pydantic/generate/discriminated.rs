//! Discriminated unions (Pydantic 2.14 `_internal/_discriminated_union.py`; `types.py`, `Discriminator`).

use super::{SchemaGenerator, edit, place};
use crate::context::Context;
use crate::json::Json;
use crate::pydantic::core_schema::*;
use fastwright_python::name::Name;
use fastwright_python::value::*;
use indexmap::IndexMap;
use std::rc::Rc;

/// How deep choices may nest.
const DEEPEST: u32 = 48;

/// Why a discriminator could not be applied.
enum Failure {
    /// A choice is still being made.
    Missing,
    /// Pydantic refuses the union.
    Refused(String),
    /// A part is not known.
    Unknown(String),
}

impl SchemaGenerator {
    /// A union as one whose choices a discriminator tells apart.
    pub(super) fn discriminate(
        &mut self,
        context: &mut Context<'_, '_>,
        schema: Shared,
        discriminator: &Value,
    ) -> Shared {
        let by_field = match discriminator.as_symbolic() {
            Some(Symbolic::Call { arguments, .. }) => match arguments.get(0, "discriminator") {
                Some(inner) if inner.as_str().is_some() => inner.as_str(),
                _ => return self.by_function(context, schema, discriminator),
            },
            _ => discriminator.as_str(),
        };
        let Some(field) = by_field else {
            self.doubt(context, "the discriminator of a union is not known", place(discriminator));
            return schema;
        };
        let (made, nullable) = {
            let mut applied = ByField {
                generator: self,
                context,
                field,
                alias: None,
                nullable: false,
                choices: IndexMap::new(),
                numbers: Vec::new(),
            };
            (applied.root(&schema, 0), applied.nullable)
        };
        match made {
            Ok((tagged, already_nullable)) => {
                if nullable && !already_nullable {
                    Core::new(CoreKind::Nullable(tagged))
                } else {
                    tagged
                }
            }
            Err(Failure::Missing) => {
                let field = field.to_owned();
                edit(schema, |core| core.metadata.union_discriminator = Some(field))
            }
            Err(Failure::Refused(reason) | Failure::Unknown(reason)) => {
                self.doubt(context, reason, place(discriminator));
                schema
            }
        }
    }

    /// Choices by their tags.
    fn by_function(
        &mut self,
        context: &mut Context<'_, '_>,
        schema: Shared,
        discriminator: &Value,
    ) -> Shared {
        let union = self.referenced_union(&schema).unwrap_or_else(|| Rc::clone(&schema));
        let choices = match &union.kind {
            CoreKind::Union { choices } => choices.clone(),
            _ => vec![(Rc::clone(&union), None)],
        };
        let mut tagged: IndexMap<String, Shared> = IndexMap::new();
        for (choice, label) in choices {
            let tag = choice.metadata.union_tag.clone().or_else(|| label.as_deref().map(Value::str));
            let (choice, tag) = match (tag, &choice.kind) {
                (Some(tag), _) => (choice, Some(tag)),
                (None, CoreKind::DefinitionRef(reference)) => {
                    match self.work.definitions.get(reference).cloned() {
                        Some(found) => {
                            let tag = found.metadata.union_tag.clone();
                            (found, tag)
                        }
                        None => (choice, None),
                    }
                }
                (None, _) => (choice, None),
            };
            match tag.as_ref().and_then(|tag| key_of(context, tag)) {
                Some(tag) => {
                    tagged.insert(tag, choice);
                }
                None => {
                    self.doubt(context, "a choice of a union has no tag that is known", place(discriminator));
                    return schema;
                }
            }
        }
        edit(union, |core| {
            core.kind = CoreKind::TaggedUnion { choices: tagged, discriminator: Discriminator::Function };
        })
    }

    /// The union that a reference stands for, without the reference.
    fn referenced_union(&self, schema: &Shared) -> Option<Shared> {
        let CoreKind::DefinitionRef(reference) = &schema.kind else { return None };
        let found = self.work.definitions.get(reference)?;
        matches!(found.kind, CoreKind::Union { .. })
            .then(|| edit(Rc::clone(found), |core| core.reference = None))
    }
}

struct ByField<'g, 'c, 'a> {
    generator: &'g mut SchemaGenerator,
    context: &'g mut Context<'c, 'a>,
    field: &'g str,
    alias: Option<String>,
    nullable: bool,
    choices: IndexMap<String, Shared>,
    /// Numbers and truths among the tags: for Python's dicts `True` and `1` are one key.
    numbers: Vec<i64>,
}

impl ByField<'_, '_, '_> {
    /// The tagged union, and whether it is nullable already.
    fn root(&mut self, schema: &Shared, depth: u32) -> Result<(Shared, bool), Failure> {
        if depth > DEEPEST {
            return Err(Failure::Unknown("a discriminated union nests too deeply".to_owned()));
        }
        match &schema.kind {
            CoreKind::Nullable(inner) => {
                let (inner, _) = self.root(inner, depth + 1)?;
                let made = edit(Rc::clone(schema), |core| core.kind = CoreKind::Nullable(inner));
                return Ok((made, true));
            }
            CoreKind::MissingSentinel(Some(inner)) => {
                let (inner, nullable) = self.root(inner, depth + 1)?;
                let made = edit(Rc::clone(schema), |core| core.kind = CoreKind::MissingSentinel(Some(inner)));
                return Ok((made, nullable));
            }
            CoreKind::DefinitionRef(reference)
                if !self.generator.work.definitions.contains_key(reference) =>
            {
                return Err(Failure::Missing);
            }
            _ => {}
        }
        let union = self.generator.referenced_union(schema).unwrap_or_else(|| Rc::clone(schema));
        let (choices, union) = match &union.kind {
            CoreKind::Union { choices } => (choices.clone(), Rc::clone(&union)),
            _ => (vec![(union, None)], Core::new(CoreKind::Union { choices: Vec::new() })),
        };
        for (choice, _) in choices {
            self.choice(&choice, depth + 1)?;
        }
        let discriminator = match &self.alias {
            Some(alias) if alias != self.field => {
                Discriminator::Paths(vec![vec![Json::from(self.field)], vec![Json::from(alias.as_str())]])
            }
            _ => Discriminator::Field(self.field.to_owned()),
        };
        let choices = std::mem::take(&mut self.choices);
        let made = edit(union, |core| core.kind = CoreKind::TaggedUnion { choices, discriminator });
        Ok((made, false))
    }

    fn choice(&mut self, choice: &Shared, depth: u32) -> Result<(), Failure> {
        if depth > DEEPEST {
            return Err(Failure::Unknown("a discriminated union nests too deeply".to_owned()));
        }
        match &choice.kind {
            CoreKind::DefinitionRef(reference)
                if !self.generator.work.definitions.contains_key(reference) =>
            {
                return Err(Failure::Missing);
            }
            CoreKind::None => {
                self.nullable = true;
                return Ok(());
            }
            CoreKind::Definitions { schema, .. } => return self.choice(&Rc::clone(schema), depth + 1),
            CoreKind::Nullable(inner) => {
                self.nullable = true;
                return self.choice(&Rc::clone(inner), depth + 1);
            }
            CoreKind::MissingSentinel(Some(inner)) => return self.choice(&Rc::clone(inner), depth + 1),
            CoreKind::Union { choices } => {
                for (choice, _) in choices.clone() {
                    self.choice(&choice, depth + 1)?;
                }
                return Ok(());
            }
            CoreKind::TaggedUnion { choices, discriminator } if self.shares(discriminator) => {
                for choice in choices.values().cloned().collect::<Vec<_>>() {
                    self.choice(&choice, depth + 1)?;
                }
                return Ok(());
            }
            CoreKind::Unknown => return Err(Failure::Unknown("a choice of a union is not known".to_owned())),
            CoreKind::Model { .. }
            | CoreKind::TypedDict { .. }
            | CoreKind::TaggedUnion { .. }
            | CoreKind::LaxOrStrict { .. }
            | CoreKind::Dataclass { .. }
            | CoreKind::DataclassArgs { .. }
            | CoreKind::DefinitionRef(_)
            | CoreKind::FunctionBefore { .. }
            | CoreKind::FunctionWrap { .. }
            | CoreKind::FunctionAfter(_) => {}
            _ => return Err(Failure::Refused("a choice of a discriminated union is no model".to_owned())),
        }
        for value in self.values(choice, depth + 1)? {
            let Some(key) = key_of(self.context, &value) else {
                return Err(Failure::Unknown("a value of a discriminator is not known".to_owned()));
            };
            if let Some(number) = value.as_int() {
                if self.numbers.contains(&number) {
                    continue;
                }
                self.numbers.push(number);
            }
            self.choices.entry(key).or_insert_with(|| Rc::clone(choice));
        }
        Ok(())
    }

    fn shares(&self, discriminator: &Discriminator) -> bool {
        match discriminator {
            Discriminator::Field(field) => field == self.field,
            Discriminator::Paths(paths) => {
                paths.iter().any(|path| matches!(path.as_slice(), [Json::String(name)] if name == self.field))
            }
            Discriminator::Function => false,
        }
    }

    /// The values of the discriminator for which a choice stands.
    fn values(&mut self, choice: &Shared, depth: u32) -> Result<Vec<Value>, Failure> {
        if depth > DEEPEST {
            return Err(Failure::Unknown("a discriminated union nests too deeply".to_owned()));
        }
        match &choice.kind {
            CoreKind::Definitions { schema, .. }
            | CoreKind::FunctionBefore { schema, .. }
            | CoreKind::FunctionWrap { schema, .. }
            | CoreKind::FunctionAfter(schema)
            | CoreKind::Model { schema, .. }
            | CoreKind::Dataclass { schema, .. } => self.values(schema, depth + 1),
            CoreKind::Nullable(inner) => {
                self.nullable = true;
                self.values(inner, depth + 1)
            }
            CoreKind::LaxOrStrict { lax, .. } => self.values(lax, depth + 1),
            CoreKind::TaggedUnion { choices, .. } => {
                let mut values = Vec::new();
                for choice in choices.values() {
                    values.extend(self.values(choice, depth + 1)?);
                }
                Ok(values)
            }
            CoreKind::Union { choices } => {
                let mut values = Vec::new();
                for (choice, _) in choices {
                    values.extend(self.values(choice, depth + 1)?);
                }
                Ok(values)
            }
            CoreKind::ModelFields { fields, .. }
            | CoreKind::DataclassArgs { fields, .. }
            | CoreKind::TypedDict { fields, .. } => match fields.get(&Name::from(self.field)) {
                Some(field) => self.values_of_field(field, depth + 1),
                None => Err(Failure::Refused(format!("a choice of a union has no field `{}`", self.field))),
            },
            CoreKind::DefinitionRef(reference) => {
                match self.generator.work.definitions.get(reference).cloned() {
                    Some(found) => self.values(&found, depth + 1),
                    None => Err(Failure::Missing),
                }
            }
            CoreKind::Unknown => Err(Failure::Unknown("a choice of a union is not known".to_owned())),
            _ => Err(Failure::Refused("a choice of a discriminated union is no model".to_owned())),
        }
    }

    fn values_of_field(&mut self, field: &CoreField, depth: u32) -> Result<Vec<Value>, Failure> {
        let alias = match &field.validation_alias {
            None => self.field.to_owned(),
            Some(ValidationAlias::Name(alias)) => alias.clone(),
            Some(ValidationAlias::Choices(_)) => {
                return Err(Failure::Refused("the alias of a discriminator is no text".to_owned()));
            }
        };
        if self.alias.as_ref().is_some_and(|known| *known != alias) {
            return Err(Failure::Refused("aliases of a discriminator differ".to_owned()));
        }
        self.alias = Some(alias);
        self.literals(&field.schema, depth)
    }

    fn literals(&mut self, schema: &Shared, depth: u32) -> Result<Vec<Value>, Failure> {
        if depth > DEEPEST {
            return Err(Failure::Unknown("a discriminator nests too deeply".to_owned()));
        }
        match &schema.kind {
            CoreKind::Literal(values) => Ok(values.clone()),
            CoreKind::None => Ok(vec![Value::NONE]),
            CoreKind::Union { choices } => {
                let mut values = Vec::new();
                for (choice, _) in choices {
                    values.extend(self.literals(choice, depth + 1)?);
                }
                Ok(values)
            }
            CoreKind::Default { schema, .. } | CoreKind::FunctionAfter(schema) => {
                self.literals(schema, depth + 1)
            }
            CoreKind::Model { schema, root_model: true, .. } => self.literals(schema, depth + 1),
            CoreKind::DefinitionRef(reference) => {
                match self.generator.work.definitions.get(reference).cloned() {
                    Some(found) => self.literals(&found, depth + 1),
                    None => Err(Failure::Missing),
                }
            }
            CoreKind::Unknown => Err(Failure::Unknown("a discriminator is not known".to_owned())),
            _ => Err(Failure::Refused(format!("the discriminator `{}` is no literal", self.field))),
        }
    }
}

/// A discriminator's value as the key that JSON Schema shows.
fn key_of(context: &Context<'_, '_>, value: &Value) -> Option<String> {
    Some(match value.kind() {
        Kind::Str(text) => text.to_string(),
        Kind::Int(number) => number.to_string(),
        Kind::Bool(true) => "true".to_owned(),
        Kind::Bool(false) => "false".to_owned(),
        Kind::None => "null".to_owned(),
        // A member of an enumeration by its value.
        Kind::Instance(id) => {
            let value = context.interpreter.instance(*id)?.attributes.get(&Name::from("value"))?;
            return if matches!(value.kind(), Kind::Instance(_)) { None } else { key_of(context, value) };
        }
        _ => return None,
    })
}
