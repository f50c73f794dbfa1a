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
        let mut uses = Uses::default();
        self.count(&schema, &mut uses, 0);
        if uses.order.is_empty() {
            let applied = if uses.waits { self.apply_waiting(context, &schema, 0) } else { None };
            return (applied.unwrap_or(schema), Vec::new());
        }
        let kept = uses.kept();
        let mut schema = self.inlined(&schema, &kept, 0).unwrap_or(schema);
        let mut definitions: Vec<Shared> = Vec::new();
        for reference in uses.order.iter().filter(|reference| kept.contains(*reference)) {
            if let Some(definition) = self.final_definition(reference, &kept) {
                let changed = changed(&definition, &mut |child| self.inlined(child, &kept, 0));
                definitions.push(changed.map_or(definition, Rc::new));
            }
        }
        if uses.waits {
            for definition in &definitions {
                if let Some(reference) = &definition.reference {
                    self.work.definitions.insert(Rc::clone(reference), Rc::clone(definition));
                }
            }
            for schema in std::iter::once(&mut schema).chain(&mut definitions) {
                if let Some(applied) = self.apply_waiting(context, schema, 0) {
                    *schema = applied;
                }
            }
        }
        (schema, definitions)
    }

    /// A schema with the definitions that are used once in the places where they are used; none where it
    /// stays as it is.
    fn inlined(&self, schema: &Shared, kept: &FxHashSet<Rc<str>>, depth: u32) -> Option<Shared> {
        if depth > DEEPEST {
            return None;
        }
        if let CoreKind::DefinitionRef(reference) = &schema.kind
            && !kept.contains(reference)
            && let Some(definition) = self.final_definition(reference, kept)
        {
            // The discriminator of a union waits where the union is.
            let discriminator = &schema.metadata.union_discriminator;
            let moves = definition.metadata.union_discriminator != *discriminator;
            let changed = changed(&definition, &mut |child| self.inlined(child, kept, depth + 1));
            let made = changed.map_or(definition, Rc::new);
            return Some(match moves {
                true => edit(made, |core| core.metadata.union_discriminator.clone_from(discriminator)),
                false => made,
            });
        }
        changed(schema, &mut |child| self.inlined(child, kept, depth + 1)).map(Rc::new)
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
        let found = Rc::clone(found);
        Some(match found.reference.as_ref() == Some(reference) {
            true => found,
            false => edit(found, |core| core.reference = Some(Rc::clone(reference))),
        })
    }

    fn count(&self, schema: &Shared, uses: &mut Uses, depth: u32) {
        if depth > DEEPEST {
            return;
        }
        uses.waits |= schema.metadata.union_discriminator.is_some();
        if let CoreKind::DefinitionRef(reference) = &schema.kind {
            // What is said about a reference keeps the definition.
            let often = !schema.metadata.is_empty() || schema.serialization.is_some();
            if uses.add(reference, often)
                && let Some(found) = self.work.definitions.get(reference)
            {
                self.count(found, uses, depth + 1);
            }
        }
        // The serializer beside a `PlainValidator` holds the type twice: as what it wraps and as what it gives.
        if let Some(Serialization::Function { function: None, returns: Some(returns), wraps: true, .. }) =
            schema.serialization.as_deref()
        {
            self.count(returns, uses, depth + 1);
        }
        each_child(schema, &mut |child| self.count(child, uses, depth + 1));
    }

    /// A schema with the discriminators applied that had to wait; none where none did.
    fn apply_waiting(
        &mut self,
        context: &mut Context<'_, '_>,
        schema: &Shared,
        depth: u32,
    ) -> Option<Shared> {
        if depth > DEEPEST {
            return None;
        }
        let changed = changed(schema, &mut |child| self.apply_waiting(context, child, depth + 1));
        let Some(field) = &schema.metadata.union_discriminator else { return changed.map(Rc::new) };
        let mut made = changed.unwrap_or_else(|| Core::clone(schema));
        made.metadata.union_discriminator = None;
        Some(self.discriminate(context, Rc::new(made), &Value::str(field)))
    }
}

/// What a schema that is made refers to, and the definitions that it reaches.
#[derive(Default)]
struct Uses {
    /// How often each reference is used.
    counts: FxHashMap<Rc<str>, usize>,
    /// References in the order in which they are met.
    order: Vec<Rc<str>>,
    /// Whether the discriminator of a union waits somewhere.
    waits: bool,
}

impl Uses {
    /// Notes that a reference is used, or used several times. Whether it is for the first time.
    fn add(&mut self, reference: &Rc<str>, several_times: bool) -> bool {
        let count = self.counts.entry(Rc::clone(reference)).or_default();
        let first = *count == 0;
        *count += if several_times { 2 } else { 1 };
        if first {
            self.order.push(Rc::clone(reference));
        }
        first
    }

    /// The references whose definitions stand beside the schema.
    fn kept(&self) -> FxHashSet<Rc<str>> {
        self.counts.iter().filter(|(_, count)| **count > 1).map(|(reference, _)| Rc::clone(reference)).collect()
    }
}

fn same_function(left: &JsonSchemaFunction, right: &JsonSchemaFunction) -> bool {
    match (left, right) {
        (JsonSchemaFunction::Program(left, _), JsonSchemaFunction::Program(right, _)) => left.same(right),
        _ => false,
    }
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

/// A schema with those schemas directly inside it replaced for which a function gives another; none where it
/// gives none.
fn changed(schema: &Core, change: &mut dyn FnMut(&Shared) -> Option<Shared>) -> Option<Core> {
    let mut changes: Vec<(usize, Shared)> = Vec::new();
    let mut position = 0;
    each_child(schema, &mut |child| {
        changes.extend(change(child).map(|changed| (position, changed)));
        position += 1;
    });
    if changes.is_empty() {
        return None;
    }
    let mut made = schema.clone();
    let mut changes = changes.into_iter().peekable();
    let mut position = 0;
    each_child_mut(&mut made, &mut |child| {
        if let Some((_, changed)) = changes.next_if(|(at, _)| *at == position) {
            *child = changed;
        }
        position += 1;
    });
    Some(made)
}

/// [`each_child`], in the same order, to replace them.
fn each_child_mut(schema: &mut Core, visit: &mut dyn FnMut(&mut Shared)) {
    match schema.serialization.as_deref_mut() {
        Some(Serialization::Function { returns: Some(returns), .. }) => visit(returns),
        Some(Serialization::Simple(inner) | Serialization::Model(inner)) => visit(inner),
        _ => {}
    }
    match &mut schema.kind {
        CoreKind::List { items, .. }
        | CoreKind::Deque { items, .. }
        | CoreKind::Set { items, .. }
        | CoreKind::FrozenSet { items, .. }
        | CoreKind::Generator { items, .. } => items.iter_mut().for_each(visit),
        CoreKind::Tuple { items, .. } | CoreKind::Chain(items) => items.iter_mut().for_each(visit),
        CoreKind::Dict { keys, values, .. } => keys.iter_mut().chain(values).for_each(visit),
        CoreKind::Counter { keys, .. } => keys.iter_mut().for_each(visit),
        CoreKind::FunctionBefore { schema, input } | CoreKind::FunctionWrap { schema, input } => {
            std::iter::once(schema).chain(input).for_each(visit);
        }
        CoreKind::FunctionPlain { input } => input.iter_mut().for_each(visit),
        CoreKind::FunctionAfter(inner) | CoreKind::Nullable(inner) => visit(inner),
        CoreKind::MissingSentinel(inner) => inner.iter_mut().for_each(visit),
        CoreKind::Default { schema, .. }
        | CoreKind::Model { schema, .. }
        | CoreKind::Dataclass { schema, .. } => {
            visit(schema);
        }
        CoreKind::Union { choices } => choices.iter_mut().for_each(|(choice, _)| visit(choice)),
        CoreKind::TaggedUnion { choices, .. } => choices.values_mut().for_each(visit),
        CoreKind::LaxOrStrict { lax: one, strict: other, .. }
        | CoreKind::JsonOrPython { json: one, python: other } => {
            visit(one);
            visit(other);
        }
        CoreKind::TypedDict { fields, computed, extras, .. }
        | CoreKind::ModelFields { fields, computed, extras, .. } => {
            fields.values_mut().for_each(|field| visit(&mut field.schema));
            computed.iter_mut().for_each(|field| visit(&mut field.returns));
            extras.iter_mut().for_each(visit);
        }
        CoreKind::DataclassArgs { fields, computed, .. } => {
            fields.values_mut().for_each(|field| visit(&mut field.schema));
            computed.iter_mut().for_each(|field| visit(&mut field.returns));
        }
        CoreKind::NamedTuple { fields, .. } => {
            fields.values_mut().for_each(|field| visit(&mut field.schema));
        }
        CoreKind::CustomError { schema } | CoreKind::Json { schema } => schema.iter_mut().for_each(visit),
        CoreKind::Definitions { schema, definitions } => {
            visit(schema);
            definitions.iter_mut().for_each(visit);
        }
        _ => {}
    }
}
