//! When two types are equal, as `typing` has it: the order of a union's members and of a literal's values does
//! not count, wherever they are in a type.

use crate::ir::BinaryOperator;
use crate::value::*;
use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};

/// Whether a name is `Literal`.
pub(super) fn is_literal(base: &Value) -> bool {
    base.as_external()
        .is_some_and(|name| matches!(name.as_str(), "typing.Literal" | "typing_extensions.Literal"))
}

/// What has to agree for two types to be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// As `==` has it: the order of a union's members and of a literal's values does not count.
    Any,
    /// It does count.
    Written,
}

/// Whether two types are the same.
pub(super) fn same_type(left: &Value, right: &Value, order: Order) -> bool {
    if left.is_very(right) {
        return true;
    }
    if is_union(left) || is_union(right) {
        let (left_members, right_members) = (members(left), members(right));
        if left_members.len() > 1 || right_members.len() > 1 {
            return same_members(&left_members, &right_members, order, |left, right| {
                same_type(left, right, order)
            });
        }
    }
    match (left.kind(), right.kind()) {
        (Kind::Tuple(left), Kind::Tuple(right)) => {
            left.len() == right.len()
                && left.iter().zip(right.iter()).all(|(left, right)| same_type(left, right, order))
        }
        _ => match (left.as_symbolic(), right.as_symbolic()) {
            (
                Some(Symbolic::Item { base: left_base, index: left }),
                Some(Symbolic::Item { base: right_base, index: right }),
            ) if is_literal(left_base) && is_literal(right_base) => {
                same_members(&values(left), &values(right), order, Value::same)
            }
            (
                Some(Symbolic::Item { base: left_base, index: left }),
                Some(Symbolic::Item { base: right_base, index: right }),
            ) => left_base.same(right_base) && same_type(left, right, order),
            _ => left.same(right),
        },
    }
}

fn same_members(
    left: &[Value],
    right: &[Value],
    order: Order,
    same: impl Fn(&Value, &Value) -> bool,
) -> bool {
    left.len() == right.len()
        && match order {
            Order::Any => left.iter().all(|left| right.iter().any(|right| same(left, right))),
            Order::Written => left.iter().zip(right).all(|(left, right)| same(left, right)),
        }
}

/// The values of a literal.
fn values(index: &Value) -> Vec<Value> {
    match index.kind() {
        Kind::Tuple(items) => items.to_vec(),
        _ => vec![index.clone()],
    }
}

/// A number that is the same for types that are equal.
pub(super) fn fingerprint(value: &Value) -> u64 {
    if is_union(value) {
        let members = members(value);
        if members.len() > 1 {
            return members
                .iter()
                .fold(members.len() as u64, |sum, member| sum.wrapping_add(fingerprint(member)));
        }
    }
    let mut hasher = FxHasher::default();
    match value.kind() {
        Kind::Tuple(items) => {
            for item in items.iter() {
                fingerprint(item).hash(&mut hasher);
            }
        }
        Kind::External(name) => name.hash(&mut hasher),
        Kind::Class(id) => (1u8, id).hash(&mut hasher),
        Kind::Str(text) => (2u8, text).hash(&mut hasher),
        Kind::Symbolic(_) => match value.as_symbolic() {
            Some(Symbolic::Item { base, .. }) if is_literal(base) => 3u8.hash(&mut hasher),
            Some(Symbolic::Item { base, index }) => {
                (4u8, fingerprint(base), fingerprint(index)).hash(&mut hasher);
            }
            _ => 5u8.hash(&mut hasher),
        },
        _ => 6u8.hash(&mut hasher),
    }
    hasher.finish()
}

/// Whether a type is written as a union.
fn is_union(annotation: &Value) -> bool {
    match annotation.as_symbolic() {
        Some(Symbolic::Binary { operator, .. }) => *operator == BinaryOperator::BitOr,
        Some(Symbolic::Item { base, .. }) => {
            base.as_external().is_some_and(|name| matches!(name.as_str(), "typing.Union" | "typing.Optional"))
        }
        _ => false,
    }
}

/// The members of a union; the type itself where it is none.
fn members(annotation: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    match annotation.as_symbolic() {
        Some(Symbolic::Binary { operator: BinaryOperator::BitOr, left, right }) => {
            add_members(left, &mut all);
            add_members(right, &mut all);
        }
        Some(Symbolic::Item { base, index }) => match base.as_external().as_deref() {
            Some("typing.Union") => match index.kind() {
                Kind::Tuple(items) => items.iter().for_each(|item| add_members(item, &mut all)),
                _ => return members(index),
            },
            Some("typing.Optional") => {
                add_members(index, &mut all);
                add_members(&Value::NONE, &mut all);
            }
            _ => return vec![annotation.clone()],
        },
        _ => return vec![annotation.clone()],
    }
    all
}

/// Adds the members of a type to those of the union around it, which has each once.
fn add_members(member: &Value, all: &mut Vec<Value>) {
    for member in members(member) {
        let member = if super::is_none_type(&member) { Value::NONE } else { member };
        if !all.iter().any(|known| same_type(known, &member, Order::Any)) {
            all.push(member);
        }
    }
}
