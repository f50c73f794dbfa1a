//! Schemas that are kept under references (Pydantic 2.14 `_internal/_generate_schema.py`, `_Definitions`).
//!
//! Pydantic puts a definition that is used once where it is used. It keeps its reference there, so that its
//! JSON Schema is a definition nevertheless, but only where it is reached: what only a computed field returns
//! is no definition of what is accepted. And a type alias of a model becomes a copy of the model where nothing
//! else refers to the model.

use super::{Complete, References, SchemaGenerator, edit};
use crate::context::Context;
use crate::pydantic::core_schema::*;
use fastwright_python::value::{OrderedMap, Value};
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// How deep schemas may nest.
const DEEPEST: u32 = 400;

impl SchemaGenerator {
    /// Keeps a schema under its reference.
    pub(super) fn define(&mut self, schema: Shared) -> Shared {
        match schema.reference.clone() {
            Some(reference) => {
                self.work.references.remove(&reference);
                self.work.definitions.insert(Rc::clone(&reference), schema);
                Core::new(CoreKind::DefinitionRef(reference))
            }
            None => schema,
        }
    }

    /// Keeps a schema of a complete class under its reference.
    pub(super) fn define_complete(&mut self, complete: &Complete) -> Shared {
        let made = self.define(Rc::clone(&complete.schema));
        if let Some(reference) = &complete.schema.reference
            && let Some(references) = &complete.references
        {
            self.work.references.insert(Rc::clone(reference), Rc::clone(references));
        }
        made
    }

    /// A schema as it is kept on a class, with what it refers to.
    pub(super) fn complete_schema(&self, schema: Shared) -> Complete {
        // What is said about a reference is added to the schema itself.
        let is_reference = matches!(schema.kind, CoreKind::DefinitionRef(_));
        let references = if is_reference { None } else { self.references_in(&schema) };
        Complete { schema, references }
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
            definitions.extend(self.definition_with_inlined(reference, &kept, 0));
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
            && let Some(definition) = self.definition_with_inlined(reference, kept, depth + 1)
        {
            // The discriminator of a union waits where the union is.
            let discriminator = &schema.metadata.union_discriminator;
            return Some(match definition.metadata.union_discriminator == *discriminator {
                true => definition,
                false => edit(definition, |core| core.metadata.union_discriminator.clone_from(discriminator)),
            });
        }
        changed(schema, &mut |child| self.inlined(child, kept, depth + 1)).map(Rc::new)
    }

    /// A definition with the definitions that are used once in the places where they are used; an alias of
    /// something that nothing else refers to is a copy of it.
    fn definition_with_inlined(
        &self,
        reference: &Rc<str>,
        kept: &FxHashSet<Rc<str>>,
        depth: u32,
    ) -> Option<Shared> {
        let (mut name, mut found) = self.work.definitions.get_key_value(reference)?;
        for _ in 0..64 {
            let CoreKind::DefinitionRef(target) = &found.kind else { break };
            if kept.contains(target) || !found.metadata.is_empty() || found.serialization.is_some() {
                break;
            }
            match self.work.definitions.get_key_value(target) {
                Some(behind) => (name, found) = behind,
                None => break,
            }
        }
        let holds_kept_only = self
            .work
            .references
            .get(name)
            .is_some_and(|references| references.iter().all(|(reference, _)| kept.contains(reference)));
        let changed = match holds_kept_only {
            true => None,
            false => changed(found, &mut |child| self.inlined(child, kept, depth)),
        };
        let made = changed.map_or_else(|| Rc::clone(found), Rc::new);
        Some(match made.reference.as_ref() == Some(reference) {
            true => made,
            false => edit(made, |core| core.reference = Some(Rc::clone(reference))),
        })
    }

    /// Notes what a schema uses, itself and through definitions.
    fn count(&self, schema: &Shared, uses: &mut Uses, depth: u32) {
        self.each_use(schema, depth, &mut |used, depth| match used {
            Use::Reference(reference, times) => self.count_reference(reference, times, uses, depth),
            Use::Waiting => uses.waits = true,
        });
    }

    fn count_reference(&self, reference: &Rc<str>, times: usize, uses: &mut Uses, depth: u32) {
        if !uses.add(reference, times) || depth > DEEPEST {
            return;
        }
        if let Some(references) = self.work.references.get(reference) {
            for (reference, times) in &**references {
                self.count_reference(reference, *times, uses, depth + 1);
            }
        } else if let Some(found) = self.work.definitions.get(reference) {
            self.count(found, uses, depth + 1);
        }
    }

    /// What a schema refers to, each in the order in which it is met; none where something waits in it.
    fn references_in(&self, schema: &Shared) -> Option<References> {
        let mut references: OrderedMap<Rc<str>, usize> = OrderedMap::default();
        let mut waits = false;
        self.each_use(schema, 0, &mut |used, _| match used {
            Use::Reference(reference, times) => {
                *references.entry(Rc::clone(reference)).or_default() += times;
            }
            Use::Waiting => waits = true,
        });
        (!waits).then(|| references.into_iter().collect())
    }

    /// The definition of a reference, and those that refer to it, directly or through others.
    pub(super) fn definitions_that_lead_to(
        &self,
        target: &Rc<str>,
        definitions: &[Shared],
    ) -> FxHashSet<Rc<str>> {
        let mut leading = FxHashSet::from_iter([Rc::clone(target)]);
        loop {
            let before = leading.len();
            for definition in definitions {
                if let Some(reference) = &definition.reference
                    && !leading.contains(reference)
                    && self.refers_to(definition, &leading)
                {
                    leading.insert(Rc::clone(reference));
                }
            }
            if leading.len() == before {
                return leading;
            }
        }
    }

    /// Whether a schema itself refers to one of several definitions.
    pub(super) fn refers_to(&self, schema: &Shared, definitions: &FxHashSet<Rc<str>>) -> bool {
        let mut found = false;
        self.each_use(schema, 0, &mut |used, _| {
            found |= matches!(used, Use::Reference(reference, _) if definitions.contains(reference));
        });
        found
    }

    /// Calls a function for what a schema uses, with how deep it stands. Definitions are not followed.
    fn each_use(&self, schema: &Shared, depth: u32, note: &mut dyn FnMut(Use<'_>, u32)) {
        if depth > DEEPEST {
            return;
        }
        if let Some(references) = self.references_of_complete(schema) {
            return references
                .iter()
                .for_each(|(reference, times)| note(Use::Reference(reference, *times), depth));
        }
        if schema.metadata.union_discriminator.is_some() {
            note(Use::Waiting, depth);
        }
        if let CoreKind::DefinitionRef(reference) = &schema.kind {
            // What is said about a reference keeps the definition.
            let is_bare = schema.metadata.is_empty() && schema.serialization.is_none();
            note(Use::Reference(reference, if is_bare { 1 } else { 2 }), depth);
        }
        // The serializer beside a `PlainValidator` holds the type twice: as what it wraps and as what it gives.
        if let Some(Serialization::Function { function: None, returns: Some(returns), wraps: true, .. }) =
            schema.serialization.as_deref()
        {
            self.each_use(returns, depth + 1, note);
        }
        each_child(schema, &mut |child| self.each_use(child, depth + 1, note));
    }

    /// What the very schema of a complete class refers to.
    fn references_of_complete(&self, schema: &Shared) -> Option<&References> {
        let reference = schema.reference.as_ref()?;
        let is_same = self.work.definitions.get(reference).is_some_and(|known| Rc::ptr_eq(known, schema));
        if is_same { self.work.references.get(reference) } else { None }
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

/// What a schema uses directly.
enum Use<'u> {
    /// A definition, and how many uses it counts as.
    Reference(&'u Rc<str>, usize),
    /// The discriminator of a union that could not be applied yet.
    Waiting,
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
    /// Notes that a reference is used so many times. Whether nothing used it before.
    fn add(&mut self, reference: &Rc<str>, times: usize) -> bool {
        let count = self.counts.entry(Rc::clone(reference)).or_default();
        let first = *count == 0;
        *count += times;
        if first {
            self.order.push(Rc::clone(reference));
        }
        first
    }

    /// The references whose definitions stand beside the schema.
    fn kept(&self) -> FxHashSet<Rc<str>> {
        self.counts
            .iter()
            .filter(|(_, count)| **count > 1)
            .map(|(reference, _)| Rc::clone(reference))
            .collect()
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
