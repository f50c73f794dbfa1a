//! Which references stand for a definition of its own, and which for what they refer to, put in their place
//! (`_generate_schema.py`, `_Definitions.finalize_schema`).
//!
//! Pydantic completes the core schema of a model when its class is made: what the model refers to once is
//! put in the place of the reference, the rest stays a definition. Core schemas here keep all references.
//! The difference shows where a schema looks at others while it is generated (discriminators with aliases,
//! repetitions beside references), and in the configuration that counts inside.

use super::{Generator, Node, Result};
use crate::pydantic::core_schema::{Core, CoreKind, Mode, Shared};
use crate::pydantic::generate::each_child;
use indexmap::IndexMap;
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// How deeply schemas are looked through.
const DEEPEST: u32 = 200;

/// References that stay, of what is completed on its own.
pub(super) type Kept = Rc<FxHashSet<Rc<str>>>;

/// What is known of references.
#[derive(Debug, Default)]
pub(super) struct References {
    /// Every definition seen so far.
    definitions: FxHashMap<Rc<str>, Shared>,
    /// References that stay inside each model.
    kept: FxHashMap<Rc<str>, Kept>,
    /// Models whose references are being counted.
    in_progress: FxHashSet<Rc<str>>,
    /// What is completed on its own around what is generated, the innermost last.
    scopes: Vec<Kept>,
    /// Definitions that are being generated.
    running: FxHashSet<(Rc<str>, Mode)>,
}

impl References {
    pub(super) fn learn(&mut self, definitions: &[Shared]) {
        for definition in definitions {
            if let Some(reference) = &definition.reference {
                self.definitions.entry(Rc::clone(reference)).or_insert_with(|| Rc::clone(definition));
            }
        }
    }

    /// References that stay in an input.
    pub(super) fn kept_in(&mut self, core: &Core) -> Kept {
        let mut counts = IndexMap::new();
        self.count(core, &mut counts, 0);
        kept(counts)
    }

    fn kept_in_model(&mut self, reference: &Rc<str>) -> Kept {
        if let Some(known) = self.kept.get(reference) {
            return Rc::clone(known);
        }
        self.in_progress.insert(Rc::clone(reference));
        let mut counts = IndexMap::new();
        self.count_reference(reference, 1, &mut counts, 0);
        self.in_progress.remove(reference);
        let kept = kept(counts);
        self.kept.insert(Rc::clone(reference), Rc::clone(&kept));
        kept
    }

    fn count(&mut self, core: &Core, counts: &mut IndexMap<Rc<str>, usize>, depth: u32) {
        if depth > DEEPEST {
            return;
        }
        if let CoreKind::DefinitionRef(reference) = &core.kind {
            // What is said about a reference keeps the definition.
            let plain = core.metadata.is_empty() && core.serialization.is_none();
            self.count_reference(reference, if plain { 1 } else { 2 }, counts, depth);
        }
        if let CoreKind::Definitions { schema, .. } = &core.kind {
            self.count(schema, counts, depth + 1);
            return;
        }
        each_child(core, &mut |child| self.count(child, counts, depth + 1));
    }

    fn count_reference(
        &mut self,
        reference: &Rc<str>,
        by: usize,
        counts: &mut IndexMap<Rc<str>, usize>,
        depth: u32,
    ) {
        let count = counts.entry(Rc::clone(reference)).or_default();
        *count += by;
        if *count > by {
            return;
        }
        let Some(found) = self.definitions.get(reference).cloned() else { return };
        if is_completed_alone(&found) && !self.in_progress.contains(reference) {
            for inside in self.kept_in_model(reference).iter() {
                *counts.entry(Rc::clone(inside)).or_default() += 2;
            }
        } else {
            self.count(&found, counts, depth + 1);
        }
    }
}

fn kept(counts: IndexMap<Rc<str>, usize>) -> Kept {
    Rc::new(counts.into_iter().filter(|(_, count)| *count > 1).map(|(reference, _)| reference).collect())
}

/// Whether a class completes its schema when it is made: models and Pydantic's dataclasses.
fn is_completed_alone(mut core: &Core) -> bool {
    loop {
        core = match &core.kind {
            CoreKind::Model { .. } => return true,
            CoreKind::Dataclass { config, .. } => return config.is_some(),
            CoreKind::FunctionBefore { schema, .. }
            | CoreKind::FunctionWrap { schema, .. }
            | CoreKind::FunctionAfter(schema) => schema,
            _ => return false,
        };
    }
}

impl Generator<'_, '_, '_> {
    /// Generates an input, with what is known of its references.
    pub(super) fn in_scope<T>(
        &mut self,
        kept: Kept,
        generate: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.references.scopes.push(kept);
        let generated = generate(self);
        self.references.scopes.pop();
        generated
    }

    /// Generates a definition; what a model refers to is decided in the model.
    pub(super) fn in_own_scope<T>(
        &mut self,
        core: &Core,
        generate: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let Some(reference) = &core.reference else { return generate(self) };
        let running = (Rc::clone(reference), self.mode());
        let begun = self.references.running.insert(running.clone());
        let generated = if is_completed_alone(core) {
            if !self.references.definitions.contains_key(reference) {
                self.references.definitions.insert(Rc::clone(reference), Rc::new(core.clone()));
            }
            let kept = self.references.kept_in_model(reference);
            self.in_scope(kept, generate)
        } else {
            generate(self)
        };
        if begun {
            self.references.running.remove(&running);
        }
        generated
    }

    /// Whether a definition stays one in the scope that is generated.
    pub(super) fn stays(&self, reference: &Rc<str>) -> bool {
        self.references.scopes.last().is_none_or(|kept| kept.contains(reference))
    }

    /// Generates what stands in the place of a reference, where that is not done yet.
    pub(super) fn put_in_place(&mut self, reference: &Rc<str>) -> Result<()> {
        if self.stays(reference) || self.references.running.contains(&(Rc::clone(reference), self.mode())) {
            return Ok(());
        }
        let Some(found) = self.references.definitions.get(reference).cloned() else { return Ok(()) };
        self.inner(Node::Schema(&found)).map(|_| ())
    }
}
