//! Classes that run code by themselves, before and after: validators, properties, special methods.

use super::change::{Changes, Found, Sides};
use super::kind::Subject;
use crate::contract::document::{ClassContract, Contract, Piece};
use std::collections::BTreeMap;

/// Compares the classes that a route uses.
pub(crate) fn compare(
    changes: &mut Changes,
    sides: Sides<'_>,
    old: &Contract,
    new: &Contract,
    guard_replaced: bool,
) {
    let (Some(before), Some(after)) = (sides.old, sides.new) else { return };
    if before.business.fingerprint == after.business.fingerprint {
        return;
    }
    let olds: BTreeMap<&str, &ClassContract> = named(old, &before.business.classes);
    let mut news: BTreeMap<&str, &ClassContract> = named(new, &after.business.classes);
    for (name, class) in olds {
        // A class that was moved or renamed is known by what it does.
        let other = news
            .iter()
            .find(|(other, _)| **other == name)
            .or_else(|| news.iter().find(|(_, other)| other.fingerprint == class.fingerprint))
            .or_else(|| news.iter().find(|(other, _)| short(other) == short(name)))
            .map(|(other, _)| *other);
        let other = other.and_then(|other| news.remove(other));
        match other {
            Some(other) if other.fingerprint == class.fingerprint => {}
            Some(other) => parts(changes, sides, short(name), &class.parts, &other.parts),
            None if guard_replaced => {}
            None => parts(changes, sides, short(name), &class.parts, &[]),
        }
    }
    if guard_replaced {
        return;
    }
    for (name, class) in news {
        parts(changes, sides, short(name), &[], &class.parts);
    }
}

/// Methods of one class that are told one by one.
const MOST_METHODS: usize = 4;

fn named<'c>(contract: &'c Contract, names: &'c [String]) -> BTreeMap<&'c str, &'c ClassContract> {
    names.iter().filter_map(|name| Some((name.as_str(), contract.classes.get(name)?))).collect()
}

fn short(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn parts(changes: &mut Changes, sides: Sides<'_>, class: &str, old: &[Piece], new: &[Piece]) {
    let has =
        |pieces: &[Piece], piece: &Piece| pieces.iter().any(|other| other.fingerprint == piece.fingerprint);
    let mut come: Vec<&Piece> = new.iter().filter(|piece| !has(old, piece)).collect();
    let part = format!("model `{class}`");
    // One cause that many methods share is told once.
    let named = |piece: &&&Piece| new.iter().any(|other| other.name == piece.name);
    let gone: Vec<&Piece> = old.iter().filter(|piece| !has(new, piece)).collect();
    if gone.iter().filter(named).count() > MOST_METHODS {
        let found = Found::new(format!("{} methods of `{class}` do something else", gone.len()));
        let found =
            found.part(part).at(gone.first().map(|piece| &piece.at), come.first().map(|piece| &piece.at));
        changes.add_to(sides, Subject::Model, "method-changed", found);
        return;
    }
    for piece in gone {
        match come.iter().position(|other| other.name == piece.name) {
            Some(position) => {
                let other = come.remove(position);
                let change = match (&other.behaviour, is_method(other)) {
                    (None, _) => "configuration-changed",
                    (Some(_), true) => "method-changed",
                    (Some(_), false) => "validation-changed",
                };
                let found = Found::new(format!("`{class}.{}` does something else", other.name));
                let found = found.part(part.as_str()).at(Some(&piece.at), Some(&other.at));
                changes.add_to(sides, Subject::Model, change, found);
            }
            None => {
                let found = Found::new(format!("`{class}.{}` is gone", piece.name));
                let found = found.part(part.as_str()).at(Some(&piece.at), None);
                changes.add_to(sides, Subject::Model, alone(piece, "validation-removed"), found);
            }
        }
    }
    for piece in come {
        let found = Found::new(format!("`{class}.{}` is new", piece.name));
        let found = found.part(part.as_str()).at(None, Some(&piece.at));
        changes.add_to(sides, Subject::Model, alone(piece, "validation-added"), found);
    }
}

fn alone(piece: &Piece, validation: &'static str) -> &'static str {
    match (&piece.behaviour, is_method(piece)) {
        (None, _) => "configuration-changed",
        (Some(_), true) => "method-changed",
        (Some(_), false) => validation,
    }
}

/// Whether it is called by Python itself, or read like an attribute.
fn is_method(piece: &Piece) -> bool {
    piece.name.starts_with("__")
}
