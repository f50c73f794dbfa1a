//! The guard of every change: what must be as before once edits are made.

use crate::rounds::Permission;
use crate::state::State;
use fastwright_contract::contract::document::Contract;
use fastwright_contract::diff::{Change, ChangedRoute, Level, diff};
use fastwright_rules::event_loop::awaits;
use fastwright_rules::finding::Finding;
use fastwright_rules::rules::docs::undocumented_status::UndocumentedStatus;
use std::collections::BTreeMap;

/// Whether a change of a guard leaves it a guard of the same routes: its code changes, or it is made in another way.
fn stays_guarded(change: &Change, after: &Contract) -> bool {
    let still_there = |changed: &ChangedRoute| {
        let mut routes = after.apps.iter().flat_map(|app| &app.routes);
        routes.any(|route| {
            route.path == changed.path
                && route.handler == changed.handler
                && route.guard.by.iter().any(|guard| {
                    let name = guard.name.rsplit([':', '.']).next().unwrap_or(&guard.name);
                    change.message.contains(&format!("`{name}`"))
                })
        })
    };
    CODE_OF_GUARDS.contains(&change.kind.as_str())
        || change.kind == "guard-removed"
            && !change.routes.is_empty()
            && change.routes.iter().all(still_there)
}

/// What changes when the code of a guard does, and not who may pass.
const CODE_OF_GUARDS: [&str; 2] = ["access-check-changed", "guard-changed"];

/// Why a change is refused, in words.
pub type Reasons = Vec<String>;

/// Compares a project before and after edits that were made to remove some findings. Empty when the files parse
/// as well as before, the findings are gone, nothing new is found, and the contract differs in nothing but what is
/// permitted.
pub fn objections(before: &State, after: &State, fixed: &[&Finding], permission: Permission) -> Reasons {
    let mut reasons = Reasons::new();
    new_problems(before, after, &mut reasons);
    misplaced_awaits(before, after, &mut reasons);
    if reasons.is_empty() {
        findings(before, after, fixed, permission, &mut reasons);
        let guard = fixed.iter().any(|finding| finding.fix.as_ref().is_some_and(|fix| fix.guard));
        contract(&before.contract, &after.contract, (permission, guard), &mut reasons);
    }
    reasons
}

/// Files that parsed before parse now.
fn new_problems(before: &State, after: &State, reasons: &mut Reasons) {
    for problem in &after.review.problems {
        let known = |other: &&fastwright_rules::review::Problem| {
            other.kind == problem.kind && other.path == problem.path
        };
        if !before.review.problems.iter().any(|other| known(&other)) {
            reasons.push(format!("{}: {}", problem.path, problem.message));
        }
    }
}

/// Only coroutine functions await: Python parses others that do, and does not compile them.
fn misplaced_awaits(before: &State, after: &State, reasons: &mut Reasons) {
    for ((_, old), ((_, file), code)) in
        before.analysis.files.iter().zip(after.analysis.files.iter().zip(&after.analysis.codes))
    {
        if old.relative == file.relative && old.text == file.text {
            continue;
        }
        for function in code.functions.iter().filter(|function| !function.is_async && awaits(function)) {
            reasons
                .push(format!("{}: `{}` awaits, and is no coroutine function", file.relative, function.name));
        }
    }
}

/// A finding as it is known before and after: positions move.
type Key<'s> = (&'s str, &'s str, &'s str);

fn counts(state: &State) -> BTreeMap<Key<'_>, usize> {
    let mut counts = BTreeMap::new();
    for finding in &state.review.findings {
        *counts.entry(key(state, finding)).or_default() += 1;
    }
    counts
}

fn key<'s>(state: &'s State, finding: &'s Finding) -> Key<'s> {
    let path = &state.analysis.files.get(finding.location.file).relative;
    (finding.rule, path, &finding.symbol)
}

fn findings(
    before: &State,
    after: &State,
    fixed: &[&Finding],
    permission: Permission,
    reasons: &mut Reasons,
) {
    let mut allowed = counts(before);
    for finding in fixed {
        if let Some(count) = allowed.get_mut(&key(before, finding)) {
            *count = count.saturating_sub(1);
        }
    }
    for (key, count) in counts(after) {
        if allowed.get(&key).copied().unwrap_or(0) >= count {
            continue;
        }
        let (rule, path, symbol) = key;
        // What is answered now may still be missing from the document: that is the next fix.
        if permission == Permission::Contract && rule == UndocumentedStatus::METADATA.name {
            continue;
        }
        let was_fixed = fixed.iter().any(|finding| self::key(before, finding) == key);
        let place = if symbol.is_empty() { path.to_owned() } else { format!("{path}, `{symbol}`") };
        reasons.push(if was_fixed {
            format!("`{rule}` is still found ({place})")
        } else {
            format!("`{rule}` is found, which was not there before ({place})")
        });
    }
}

/// The contract: documents, routes, guards, statuses, effects, and what handlers compute and decide.
fn contract(
    before: &Contract,
    after: &Contract,
    (permission, guard): (Permission, bool),
    reasons: &mut Reasons,
) {
    // Apps that are called the same may be taken for each other: what a contract seems to change against itself is
    // no change. The documents are compared below, each with its own.
    let names = ("before", before);
    let confused = diff(names, names).changes;
    let known = |change: &Change| {
        confused.iter().any(|other| {
            (&other.kind, &other.message, &other.app) == (&change.kind, &change.message, &change.app)
        })
    };
    for change in diff(names, ("after", after)).changes.into_iter().filter(|change| !known(change)) {
        let permitted = match (permission, change.level) {
            (Permission::Safe, _) => false,
            (Permission::Unsafe, level) => level == Level::Business,
            (Permission::Contract, Level::Security) => guard && stays_guarded(&change, after),
            (Permission::Contract, _) => true,
        };
        if !permitted {
            let routes =
                change.routes.first().map(|route| format!("`{}`: ", route.text())).unwrap_or_default();
            reasons.push(format!("{routes}{} ({})", change.message, change.kind));
        }
    }
    if permission != Permission::Contract && reasons.is_empty() {
        for (old, new) in before.apps.iter().zip(&after.apps) {
            let same = old.documents.len() == new.documents.len()
                && old.documents.iter().zip(&new.documents).all(|(old, new)| old.document == new.document);
            if !same {
                reasons.push(format!("the OpenAPI document of `{}` differs", old.app));
            }
        }
    }
}
