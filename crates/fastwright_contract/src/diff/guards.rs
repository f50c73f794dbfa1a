//! Who may call a route, before and after.

use super::change::{Changes, Found, Sides};
use super::kind::Subject;
use crate::contract::document::{GuardContract, Piece};

/// Compares guards.
pub(crate) fn compare(changes: &mut Changes, sides: Sides<'_>, old: &GuardContract, new: &GuardContract) {
    let mut told = false;
    let kinds = (old.kind.as_str(), new.kind.as_str());
    let found =
        |message: &str| Found::new(message).part("guard").old(old.kind.as_str()).new_is(new.kind.as_str());
    let names = |guard: &GuardContract| {
        let names: Vec<&str> = guard.by.iter().map(|piece| short(&piece.name)).collect();
        if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
    };
    match kinds {
        ("required", "public") => {
            told = true;
            let message = format!("anybody can call it: {} no longer guards it", names(old));
            changes.add_to(sides, Subject::Guard, "became-public", found(&message));
        }
        ("required", "optional") => {
            told = true;
            let message = format!("callers without credentials get in: {} no longer refuses", names(old));
            changes.add_to(sides, Subject::Guard, "became-optional", found(&message));
        }
        ("public" | "optional", "required") => {
            told = true;
            let message = format!("callers must sign in: {} guards it", names(new));
            changes.add_to(sides, Subject::Guard, "became-required", found(&message));
        }
        ("public", "optional") => {
            changes.add_to(
                sides,
                Subject::Guard,
                "looks-at-callers",
                found("it looks at credentials and refuses nobody"),
            );
        }
        _ => {}
    }
    if !told {
        pieces(changes, sides, old, new);
    }
    roles(changes, sides, old, new, told);
    for scope in old.scopes.iter().filter(|scope| !new.scopes.contains(scope)) {
        let found = Found::new(format!("the scope `{scope}` is no longer asked for")).part("scopes");
        changes.add_to(sides, Subject::Scope, "removed", found.old(scope.as_str()));
    }
    for scope in new.scopes.iter().filter(|scope| !old.scopes.contains(scope)) {
        let found = Found::new(format!("the scope `{scope}` is asked for")).part("scopes");
        changes.add_to(sides, Subject::Scope, "added", found.new_is(scope.as_str()));
    }
    if old.assumption.is_none()
        && let Some(assumption) = &new.assumption
        && new.kind != "public"
    {
        let found = Found::new(format!("whether it is guarded is not certain any more: {assumption}"));
        changes.add_to(sides, Subject::Guard, "uncertain", found.part("guard"));
    }
}

/// The guards one by one: the same ones do the same, whatever they are called and wherever they stand.
fn pieces(changes: &mut Changes, sides: Sides<'_>, old: &GuardContract, new: &GuardContract) {
    let has = |guard: &GuardContract, piece: &Piece| {
        guard.by.iter().any(|other| other.fingerprint == piece.fingerprint)
    };
    let mut come: Vec<&Piece> = new.by.iter().filter(|piece| !has(old, piece)).collect();
    let mut left: Vec<&Piece> = Vec::new();
    for piece in old.by.iter().filter(|piece| !has(new, piece)) {
        match come.iter().position(|other| other.name == piece.name) {
            Some(position) => changed(changes, sides, piece, come.remove(position)),
            None => left.push(piece),
        }
    }
    for piece in left {
        match come.iter().position(|other| short(&other.name) == short(&piece.name)) {
            Some(position) => changed(changes, sides, piece, come.remove(position)),
            None => {
                let found = Found::new(format!("`{}` no longer guards it", short(&piece.name)));
                let found = found.part("guard").old(piece.name.as_str()).at(Some(&piece.at), None);
                changes.add_to(sides, Subject::Guard, "removed", found);
            }
        }
    }
    for piece in come {
        let found = Found::new(format!("`{}` guards it", short(&piece.name)));
        let found = found.part("guard").new_is(piece.name.as_str()).at(None, Some(&piece.at));
        changes.add_to(sides, Subject::Guard, "added", found);
    }
}

fn changed(changes: &mut Changes, sides: Sides<'_>, old: &Piece, new: &Piece) {
    let found = Found::new(format!("the guard `{}` does something else", short(&new.name)));
    let found = found.part(format!("guard `{}`", short(&new.name))).at(Some(&old.at), Some(&new.at));
    changes.add_to(sides, Subject::Guard, "changed", found);
}

fn roles(
    changes: &mut Changes,
    sides: Sides<'_>,
    old: &GuardContract,
    new: &GuardContract,
    guard_told: bool,
) {
    if old.roles == new.roles {
        return;
    }
    let text = |guard: &GuardContract| guard.roles.join(", ");
    let found = |message: &str| Found::new(message).part("roles").old(text(old)).new_is(text(new));
    if new.roles.is_empty() {
        if !guard_told || new.kind == "required" {
            let message = format!("no role is asked for any more (was {})", text(old));
            changes.add_to(sides, Subject::Role, "requirement-removed", found(&message));
        }
        return;
    }
    if old.roles.is_empty() {
        let message = format!("one of the roles {} is asked for", text(new));
        changes.add_to(sides, Subject::Role, "requirement-added", found(&message));
        return;
    }
    for role in new.roles.iter().filter(|role| !old.roles.contains(role)) {
        changes.add_to(
            sides,
            Subject::Role,
            "accepted",
            found(&format!("callers with the role `{role}` get in")),
        );
    }
    for role in old.roles.iter().filter(|role| !new.roles.contains(role)) {
        let message = format!("callers with the role `{role}` no longer get in");
        changes.add_to(sides, Subject::Role, "no-longer-accepted", found(&message));
    }
}

/// The name without its module.
pub(crate) fn short(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}
