//! Schemas that are kept under references (Pydantic 2.14 `_internal/_generate_schema.py`, `_Definitions`).
//!
//! Pydantic puts a definition that is used once where it is used. It keeps its reference there, so that its
//! JSON Schema is a definition nevertheless, but only where it is reached: what only a computed field returns
//! is no definition of what is accepted. And a type alias of a model becomes a copy of the model where nothing
//! else refers to the model.

use super::{SchemaGenerator, edit};
use crate::context::Context;
use crate::pydantic::core_schema::*;
use fastwright_python::value::Value;
use indexmap::IndexMap;
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// How deep schemas may nest.
const DEEPEST: u32 = 400;

impl SchemaGenerator {
    /// Keeps a schema under its reference.
    pub(super) fn define(&mut self, schema: Shared) -> Shared {
        match schema.reference.clone() {
            Some(reference) => {
                self.work.definitions.insert(Rc::clone(&reference), schema);
                Core::new(CoreKind::DefinitionRef(reference))
            }
            None => schema,
        }
    }

    /// A reference to what is kept, or being made, under a reference.
    pub(super) fn known(&self, reference: &Rc<str>) -> Option<Shared> {
        (self.work.definitions.contains_key(reference) || self.work.in_progress.contains(reference))
            .then(|| Core::new(CoreKind::DefinitionRef(Rc::clone(reference))))
    }

    /// The schema behind a reference; the schema itself where it is none.
    pub(super) fn resolved(&self, schema: &Shared) -> Shared {
        match &schema.kind {
            CoreKind::DefinitionRef(reference) => {
                self.work.definitions.get(reference).cloned().unwrap_or_else(|| Rc::clone(schema))
            }
            _ => Rc::clone(schema),
        }
    }

    /// Adds a function to the schema behind a schema (`_add_js_function`).
    pub(super) fn add_function(&mut self, schema: Shared, function: JsonSchemaFunction) -> Shared {
        let add = |core: &mut Core| {
            let known = core.metadata.functions.iter().any(|known| same_function(known, &function));
            if !known {
                core.metadata.functions.push(function.clone());
            }
        };
        match &schema.kind {
            CoreKind::DefinitionRef(reference) => {
                let reference = Rc::clone(reference);
                if let Some(found) = self.work.definitions.get_mut(&reference) {
                    add(Rc::make_mut(found));
                }
                schema
            }
            _ => edit(schema, add),
        }
    }

    /// A schema as it is kept: definitions that are used once stand where they are used, the others come
    /// beside it; discriminators that had to wait are applied (`finalize_schema`).
    pub(super) fn finalized(
        &mut self,
        context: &mut Context<'_, '_>,
        schema: Shared,
    ) -> (Shared, Vec<Shared>) {
        let mut counts = FxHashMap::default();
        let mut order = Vec::new();
        self.count(&schema, &mut counts, &mut order, 0);
        if order.is_empty() {
            let schema = self.apply_waiting(context, &schema, 0);
            return (schema, Vec::new());
        }
        let kept: FxHashSet<Rc<str>> =
            counts.into_iter().filter(|(_, count)| *count > 1).map(|(reference, _)| reference).collect();
        let mut schema = self.inlined(&schema, &kept, 0);
        let mut definitions: Vec<Shared> = Vec::new();
        for reference in order.iter().filter(|reference| kept.contains(*reference)) {
            if let Some(definition) = self.final_definition(reference, &kept) {
                let children = map_children(&definition, &mut |child| self.inlined(child, &kept, 0));
                definitions.push(Rc::new(children));
            }
        }
        if holds_waiting(&schema, 0) || definitions.iter().any(|definition| holds_waiting(definition, 0)) {
            for definition in &definitions {
                if let Some(reference) = &definition.reference {
                    self.work.definitions.insert(Rc::clone(reference), Rc::clone(definition));
                }
            }
            schema = self.apply_waiting(context, &schema, 0);
            for definition in &mut definitions {
                *definition = self.apply_waiting(context, definition, 0);
            }
        }
        (schema, definitions)
    }

    /// A schema with the definitions that are used once in the places where they are used.
    fn inlined(&self, schema: &Shared, kept: &FxHashSet<Rc<str>>, depth: u32) -> Shared {
        if depth > DEEPEST {
            return Rc::clone(schema);
        }
        if let CoreKind::DefinitionRef(reference) = &schema.kind
            && !kept.contains(reference)
            && let Some(definition) = self.final_definition(reference, kept)
        {
            let mut made = map_children(&definition, &mut |child| self.inlined(child, kept, depth + 1));
            // The discriminator of a union waits where the union is.
            made.metadata.union_discriminator.clone_from(&schema.metadata.union_discriminator);
            return Rc::new(made);
        }
        if !holds_reference(schema, 0) {
            return Rc::clone(schema);
        }
        Rc::new(map_children(schema, &mut |child| self.inlined(child, kept, depth + 1)))
    }

    /// A definition; an alias of something that nothing else refers to is a copy of it.
    fn final_definition(&self, reference: &Rc<str>, kept: &FxHashSet<Rc<str>>) -> Option<Shared> {
        let mut found = self.work.definitions.get(reference)?;
        for _ in 0..64 {
            let CoreKind::DefinitionRef(target) = &found.kind else { break };
            if kept.contains(target) || !found.metadata.is_empty() || found.serialization.is_some() {
                break;
            }
            match self.work.definitions.get(target) {
                Some(behind) => found = behind,
                None => break,
            }
        }
        Some(edit(Rc::clone(found), |core| core.reference = Some(Rc::clone(reference))))
    }

    fn count(
        &self,
        schema: &Shared,
        counts: &mut FxHashMap<Rc<str>, usize>,
        order: &mut Vec<Rc<str>>,
        depth: u32,
    ) {
        if depth > DEEPEST {
            return;
        }
        if let CoreKind::DefinitionRef(reference) = &schema.kind {
            let count = counts.entry(Rc::clone(reference)).or_default();
            let first = *count == 0;
            // What is said about a reference keeps the definition.
            *count += if schema.metadata.is_empty() && schema.serialization.is_none() { 1 } else { 2 };
            if first {
                order.push(Rc::clone(reference));
                if let Some(found) = self.work.definitions.get(reference).cloned() {
                    self.count(&found, counts, order, depth + 1);
                }
            }
        }
        // The serializer beside a `PlainValidator` holds the type twice: as what it wraps and as what it gives.
        if let Some(Serialization::Function { function: None, returns: Some(returns), wraps: true, .. }) =
            schema.serialization.as_deref()
        {
            self.count(returns, counts, order, depth + 1);
        }
        each_child(schema, &mut |child| self.count(child, counts, order, depth + 1));
    }

    fn apply_waiting(&mut self, context: &mut Context<'_, '_>, schema: &Shared, depth: u32) -> Shared {
        if depth > DEEPEST || !holds_waiting(schema, 0) {
            return Rc::clone(schema);
        }
        let mut made = map_children(schema, &mut |child| self.apply_waiting(context, child, depth + 1));
        if let Some(field) = made.metadata.union_discriminator.take() {
            return self.discriminate(context, Rc::new(made), &Value::str(&field));
        }
        Rc::new(made)
    }
}

fn same_function(left: &JsonSchemaFunction, right: &JsonSchemaFunction) -> bool {
    match (left, right) {
        (JsonSchemaFunction::Program(left, _), JsonSchemaFunction::Program(right, _)) => left.same(right),
        _ => false,
    }
}

fn holds_reference(schema: &Shared, depth: u32) -> bool {
    if matches!(schema.kind, CoreKind::DefinitionRef(_)) {
        return true;
    }
    if depth > DEEPEST {
        return false;
    }
    let mut found = false;
    each_child(schema, &mut |child| found = found || holds_reference(child, depth + 1));
    found
}

fn holds_waiting(schema: &Shared, depth: u32) -> bool {
    if schema.metadata.union_discriminator.is_some() {
        return true;
    }
    if depth > DEEPEST {
        return false;
    }
    let mut found = false;
    each_child(schema, &mut |child| found = found || holds_waiting(child, depth + 1));
    found
}

/// Calls a function for each schema directly inside another.
pub(crate) fn each_child(schema: &Core, visit: &mut dyn FnMut(&Shared)) {
    match schema.serialization.as_deref() {
        Some(Serialization::Function { returns: Some(returns), .. }) => visit(returns),
        Some(Serialization::Simple(inner) | Serialization::Model(inner)) => visit(inner),
        _ => {}
    }
    match &schema.kind {
        CoreKind::List { items, .. }
        | CoreKind::Deque { items, .. }
        | CoreKind::Set { items, .. }
        | CoreKind::FrozenSet { items, .. }
        | CoreKind::Generator { items, .. } => items.iter().for_each(visit),
        CoreKind::Tuple { items, .. } | CoreKind::Chain(items) => items.iter().for_each(visit),
        CoreKind::Dict { keys, values, .. } => keys.iter().chain(values).for_each(visit),
        CoreKind::Counter { keys, .. } => keys.iter().for_each(visit),
        CoreKind::FunctionBefore { schema, input } | CoreKind::FunctionWrap { schema, input } => {
            std::iter::once(schema).chain(input).for_each(visit);
        }
        CoreKind::FunctionPlain { input } => input.iter().for_each(visit),
        CoreKind::FunctionAfter(inner) | CoreKind::Nullable(inner) => visit(inner),
        CoreKind::MissingSentinel(inner) => inner.iter().for_each(visit),
        CoreKind::Default { schema, .. }
        | CoreKind::Model { schema, .. }
        | CoreKind::Dataclass { schema, .. } => {
            visit(schema);
        }
        CoreKind::Union { choices } => choices.iter().for_each(|(choice, _)| visit(choice)),
        CoreKind::TaggedUnion { choices, .. } => choices.values().for_each(visit),
        CoreKind::LaxOrStrict { lax: one, strict: other, .. }
        | CoreKind::JsonOrPython { json: one, python: other } => {
            visit(one);
            visit(other);
        }
        CoreKind::TypedDict { fields, computed, extras, .. }
        | CoreKind::ModelFields { fields, computed, extras, .. } => {
            fields.values().for_each(|field| visit(&field.schema));
            computed.iter().for_each(|field| visit(&field.returns));
            extras.iter().for_each(visit);
        }
        CoreKind::DataclassArgs { fields, computed, .. } => {
            fields.values().for_each(|field| visit(&field.schema));
            computed.iter().for_each(|field| visit(&field.returns));
        }
        CoreKind::NamedTuple { fields, .. } => fields.values().for_each(|field| visit(&field.schema)),
        CoreKind::CustomError { schema } | CoreKind::Json { schema } => schema.iter().for_each(visit),
        CoreKind::Definitions { schema, definitions } => {
            visit(schema);
            definitions.iter().for_each(visit);
        }
        _ => {}
    }
}

/// A schema with each schema directly inside it replaced.
pub(super) fn map_children(schema: &Core, change: &mut dyn FnMut(&Shared) -> Shared) -> Core {
    let mut made = schema.clone();
    if let Some(serialization) = &mut made.serialization {
        match &mut **serialization {
            Serialization::Function { returns: Some(returns), .. } => *returns = change(returns),
            Serialization::Simple(inner) | Serialization::Model(inner) => *inner = change(inner),
            _ => {}
        }
    }
    let optional = |slot: &mut Option<Shared>, change: &mut dyn FnMut(&Shared) -> Shared| {
        if let Some(inner) = slot {
            *inner = change(inner);
        }
    };
    match &mut made.kind {
        CoreKind::List { items, .. }
        | CoreKind::Deque { items, .. }
        | CoreKind::Set { items, .. }
        | CoreKind::FrozenSet { items, .. }
        | CoreKind::Generator { items, .. } => optional(items, change),
        CoreKind::Tuple { items, .. } | CoreKind::Chain(items) => {
            items.iter_mut().for_each(|item| *item = change(item));
        }
        CoreKind::Dict { keys, values, .. } => {
            optional(keys, change);
            optional(values, change);
        }
        CoreKind::Counter { keys, .. } => optional(keys, change),
        CoreKind::FunctionBefore { schema, input } | CoreKind::FunctionWrap { schema, input } => {
            *schema = change(schema);
            optional(input, change);
        }
        CoreKind::FunctionPlain { input } => optional(input, change),
        CoreKind::FunctionAfter(inner) | CoreKind::Nullable(inner) => *inner = change(inner),
        CoreKind::MissingSentinel(inner) => optional(inner, change),
        CoreKind::Default { schema, .. }
        | CoreKind::Model { schema, .. }
        | CoreKind::Dataclass { schema, .. } => {
            *schema = change(schema);
        }
        CoreKind::Union { choices } => choices.iter_mut().for_each(|(choice, _)| *choice = change(choice)),
        CoreKind::TaggedUnion { choices, .. } => {
            choices.values_mut().for_each(|choice| *choice = change(choice));
        }
        CoreKind::LaxOrStrict { lax, strict, .. } => {
            *lax = change(lax);
            *strict = change(strict);
        }
        CoreKind::JsonOrPython { json, python } => {
            *json = change(json);
            *python = change(python);
        }
        CoreKind::TypedDict { fields, computed, extras, .. }
        | CoreKind::ModelFields { fields, computed, extras, .. } => {
            in_fields(fields, computed, change);
            optional(extras, change);
        }
        CoreKind::DataclassArgs { fields, computed, .. } => in_fields(fields, computed, change),
        CoreKind::NamedTuple { fields, .. } => in_fields(fields, &mut [], change),
        CoreKind::CustomError { schema } | CoreKind::Json { schema } => optional(schema, change),
        CoreKind::Definitions { schema, definitions } => {
            *schema = change(schema);
            definitions.iter_mut().for_each(|definition| *definition = change(definition));
        }
        _ => {}
    }
    made
}

fn in_fields(
    fields: &mut IndexMap<fastwright_python::name::Name, CoreField>,
    computed: &mut [ComputedField],
    change: &mut dyn FnMut(&Shared) -> Shared,
) {
    fields.values_mut().for_each(|field| field.schema = change(&field.schema));
    computed.iter_mut().for_each(|field| field.returns = change(&field.returns));
}
