//! What `typing` remembers. `Optional[...]`, `List[...]` and the like give back the object that an equal
//! subscription made before, and unions are equal whatever the order of their members: after
//! `Optional[Union[int, str]]`, `Optional[Union[str, int]]` is the former, in its order (CPython
//! `typing.py`, `_tp_cache`). Pydantic keeps that order, so it shows in schemas.
//!
//! Annotations are evaluated when somebody asks for them. Those of a module's classes are therefore gone
//! through in the order of the program when the first of them is asked for. What other modules and libraries
//! have subscribed before is not known.

use super::Interpreter;
use crate::ir::BinaryOperator;
use crate::name::Name;
use crate::value::*;
use rustc_hash::{FxHashMap, FxHashSet};

/// How many subscriptions `functools.lru_cache` remembers.
const REMEMBERED: usize = 128;

/// The subscriptions of each module, the latest last.
#[derive(Debug, Default)]
pub(crate) struct TypingCache {
    is_enabled: bool,
    subscriptions: FxHashMap<ModuleId, Vec<(Name, Value, Value)>>,
    prepared: FxHashSet<ModuleId>,
}

impl Interpreter<'_> {
    /// From now on subscriptions of `typing` are remembered as `typing` does.
    pub fn remember_subscriptions(&mut self) {
        self.typing_cache.is_enabled = true;
    }

    /// Goes through the annotations of a module's classes in order, once.
    pub(super) fn prepare_subscriptions(&mut self, module: ModuleId) {
        if !self.typing_cache.is_enabled || !self.typing_cache.prepared.insert(module) {
            return;
        }
        let classes: Vec<ObjectId> = self
            .classes()
            .iter()
            .copied()
            .filter(|id| self.class(*id).is_some_and(|class| class.module == module))
            .collect();
        for id in classes {
            let written: Vec<Annotation> = match self.class(id) {
                Some(class) => class.annotations.values().map(|(annotation, _)| annotation.clone()).collect(),
                None => continue,
            };
            for annotation in written {
                self.annotation_as_written(&annotation);
            }
        }
    }

    /// The subscription that an equal one made before in the module that is evaluated now, else this one.
    pub(super) fn remembered_subscription(&mut self, base: &Value, index: &Value, made: Value) -> Value {
        if !self.typing_cache.is_enabled {
            return made;
        }
        let Some(alias) = base.as_external().filter(|name| remembers(name)) else { return made };
        let module = self.frame().module;
        let known = self.typing_cache.subscriptions.entry(module).or_default();
        let before =
            known.iter().position(|(other, other_index, _)| *other == alias && same_type(other_index, index));
        let entry = match before {
            Some(position) => known.remove(position),
            None => (alias, index.clone(), made),
        };
        let result = entry.2.clone();
        known.push(entry);
        if known.len() > REMEMBERED {
            known.remove(0);
        }
        result
    }
}

/// Whether subscriptions of a name of `typing` are remembered.
fn remembers(name: &str) -> bool {
    name.strip_prefix("typing.").is_some_and(|name| {
        name.starts_with(|first: char| first.is_uppercase())
            && !matches!(name, "Annotated" | "Literal" | "Generic" | "Protocol")
    })
}

/// `left == right` for types: the order of a union's members does not count.
fn same_type(left: &Value, right: &Value) -> bool {
    let (left_members, right_members) = (members(left), members(right));
    if left_members.len() > 1 || right_members.len() > 1 {
        return left_members.len() == right_members.len()
            && left_members.iter().all(|left| right_members.iter().any(|right| same_type(left, right)));
    }
    match (&left.kind, &right.kind) {
        (Kind::Tuple(left), Kind::Tuple(right)) => {
            left.len() == right.len()
                && left.iter().zip(right.iter()).all(|(left, right)| same_type(left, right))
        }
        _ => match (left.as_symbolic(), right.as_symbolic()) {
            (
                Some(Symbolic::Item { base: left_base, index: left }),
                Some(Symbolic::Item { base: right_base, index: right }),
            ) => left_base.same(right_base) && same_type(left, right),
            _ => left.same(right),
        },
    }
}

/// The members of a union; the type itself where it is none.
fn members(annotation: &Value) -> Vec<Value> {
    match annotation.as_symbolic() {
        Some(Symbolic::Binary { operator: BinaryOperator::BitOr, left, right }) => {
            let mut all = members(left);
            all.extend(members(right));
            all
        }
        Some(Symbolic::Item { base, index }) => match base.as_external().as_deref() {
            Some("typing.Union") => match &index.kind {
                Kind::Tuple(items) => items.iter().flat_map(members).collect(),
                _ => members(index),
            },
            Some("typing.Optional") => {
                let mut all = members(index);
                all.push(Value::NONE);
                all
            }
            _ => vec![annotation.clone()],
        },
        _ => vec![annotation.clone()],
    }
}
