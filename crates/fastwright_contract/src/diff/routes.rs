//! Routes of two apps.

use super::change::{Changes, Found, Sides};
use super::kind::{Level, Subject};
use super::overlap::{names, overlap, template, without_converters};
use super::parameters::{self, Documents};
use super::{behaviour, guards, models, operations};
use crate::contract::document::{AppContract, Contract, RouteContract};
use rustc_hash::FxHashMap;
use serde_json::Value as Json;

/// A route under one of its methods.
#[derive(Debug, Clone, Copy)]
struct Operation<'c> {
    method: &'c str,
    route: &'c RouteContract,
    /// Its position in the routing table.
    position: usize,
}

impl Operation<'_> {
    fn key(&self) -> (String, String) {
        (self.method.to_owned(), template(&self.route.path))
    }

    fn text(&self) -> String {
        format!("{} {}", self.method, self.route.path)
    }
}

/// Operations in matching order: of two with the same path and method, the first answers.
fn operations_of(app: &AppContract) -> Vec<Operation<'_>> {
    let mut found: Vec<Operation<'_>> = Vec::new();
    let mut known: FxHashMap<(String, String), ()> = FxHashMap::default();
    for (position, route) in app.routes.iter().enumerate() {
        let methods: Vec<&str> = match route.kind.as_str() {
            "websocket" => vec!["WS"],
            "mount" => vec!["MOUNT"],
            "frontend" => vec!["FILES"],
            _ => route.methods.iter().map(String::as_str).collect(),
        };
        // HEAD comes with GET where Starlette makes the route.
        let has_get = methods.contains(&"GET");
        for method in methods.into_iter().filter(|method| !(has_get && *method == "HEAD")) {
            let operation = Operation { method, route, position };
            if known.insert(operation.key(), ()).is_none() {
                found.push(operation);
            }
        }
    }
    found
}

/// Both contracts with the app that is compared.
pub(crate) type Side<'c> = (&'c Contract, &'c AppContract);

/// Compares the routing tables of an app.
pub(crate) fn compare(changes: &mut Changes, old: Side<'_>, new: Side<'_>) {
    let (before, after) = (operations_of(old.1), operations_of(new.1));
    let new_keys: FxHashMap<(String, String), usize> =
        after.iter().enumerate().map(|(index, operation)| (operation.key(), index)).collect();
    let mut taken = vec![false; after.len()];
    let mut pairs: Vec<(Operation<'_>, Operation<'_>)> = Vec::new();
    let mut gone: Vec<Operation<'_>> = Vec::new();
    for operation in before {
        match new_keys.get(&operation.key()) {
            Some(&index) => {
                taken[index] = true;
                pairs.push((operation, after[index]));
            }
            None => gone.push(operation),
        }
    }
    let mut come: Vec<Operation<'_>> =
        after.iter().zip(&taken).filter(|(_, taken)| !**taken).map(|(operation, _)| *operation).collect();
    for operation in gone {
        match moved_to(operation, &come) {
            Some(index) => {
                let other = come.remove(index);
                moved(changes, operation, other);
                pairs.push((operation, other));
            }
            None => removed(changes, operation),
        }
    }
    for operation in come {
        added(changes, operation);
    }
    shadowed(changes, &pairs);
    for (before, after) in pairs {
        pair(changes, old, new, before, after);
    }
}

/// Where a route that is gone went: the same code under another path or method.
fn moved_to(gone: Operation<'_>, come: &[Operation<'_>]) -> Option<usize> {
    let same_code = |other: &&Operation<'_>| {
        other.route.kind == gone.route.kind
            && (other.route.handler == gone.route.handler
                || other.route.business.handler.is_some()
                    && other.route.business.fingerprint == gone.route.business.fingerprint)
    };
    let mut fitting = come.iter().enumerate().filter(|(_, other)| same_code(other));
    let by_method =
        come.iter().enumerate().find(|(_, other)| same_code(other) && other.method == gone.method);
    by_method.or_else(|| fitting.next()).map(|(index, _)| index)
}

fn moved(changes: &mut Changes, old: Operation<'_>, new: Operation<'_>) {
    let sides = Sides { method: new.method, old: Some(old.route), new: Some(new.route) };
    let change = if template(&old.route.path) != template(&new.route.path) {
        "path-changed"
    } else if old.method != new.method {
        "method-changed"
    } else {
        "kind-changed"
    };
    let found = Found::new(format!("`{}` is now `{}`", old.text(), new.text()));
    changes.add_to(sides, Subject::Route, change, found.old(old.text()).new_is(new.text()));
}

fn removed(changes: &mut Changes, operation: Operation<'_>) {
    let sides = Sides { method: operation.method, old: Some(operation.route), new: None };
    let change = if operation.route.deprecated { "removed-after-deprecation" } else { "removed" };
    let found = Found::new(format!("`{}` is gone", operation.text()));
    changes.add_to(sides, Subject::Route, change, found.old(operation.text()));
}

fn added(changes: &mut Changes, operation: Operation<'_>) {
    let sides = Sides { method: operation.method, old: None, new: Some(operation.route) };
    let open = matches!(operation.route.kind.as_str(), "http" | "websocket")
        && operation.route.guard.kind != "required"
        && (operation.method != "GET" || !operation.route.reads.is_empty());
    let (change, words) =
        if open { ("added-public", "is new, and anybody can call it") } else { ("added", "is new") };
    let found = Found::new(format!("`{}` {words}", operation.text()));
    changes.add_to(sides, Subject::Route, change, found.new_is(operation.text()));
}

/// Routes whose paths meet and whose order was turned round: another one answers.
fn shadowed(changes: &mut Changes, pairs: &[(Operation<'_>, Operation<'_>)]) {
    let mut by_method: FxHashMap<&str, Vec<&(Operation<'_>, Operation<'_>)>> = FxHashMap::default();
    for pair in pairs {
        by_method.entry(pair.0.method).or_default().push(pair);
    }
    let mut methods: Vec<_> = by_method.into_iter().collect();
    methods.sort_by_key(|(method, _)| *method);
    for (_, pairs) in methods {
        // In the same order nothing can have turned round.
        if pairs
            .windows(2)
            .all(|two| (two[0].0.position < two[1].0.position) == (two[0].1.position < two[1].1.position))
        {
            continue;
        }
        for (index, first) in pairs.iter().enumerate() {
            for second in &pairs[index + 1..] {
                let was_first = first.0.position < second.0.position;
                let is_first = first.1.position < second.1.position;
                if was_first == is_first || !overlap(&first.1.route.path, &second.1.route.path) {
                    continue;
                }
                let (winner, loser) = if is_first { (first, second) } else { (second, first) };
                let sides =
                    Sides { method: loser.1.method, old: Some(loser.0.route), new: Some(loser.1.route) };
                let message = format!(
                    "`{}` is now registered before `{}` and answers for it where both fit",
                    winner.1.text(),
                    loser.1.text()
                );
                changes.add_to(sides, Subject::Route, "shadowed", Found::new(message));
            }
        }
    }
}

fn pair(
    changes: &mut Changes,
    (old_contract, old_app): Side<'_>,
    (new_contract, new_app): Side<'_>,
    before: Operation<'_>,
    after: Operation<'_>,
) {
    let (old, new) = (before.route, after.route);
    let sides = Sides { method: after.method, old: Some(old), new: Some(new) };
    let start = changes.len();
    flags(changes, sides, old, new);
    guards::compare(changes, sides, &old.guard, &new.guard);
    let guard_changed = changes.any_since(start, |change| change.kind.starts_with("guard-"));
    let renamed: Vec<(String, String)> =
        names(&old.path).into_iter().zip(names(&new.path)).filter(|(old, new)| old != new).collect();
    let (old_operation, new_operation) = (operation(old_app, before), operation(new_app, after));
    match (old_operation, new_operation) {
        (Some((old_document, old_operation)), Some((new_document, new_operation))) => {
            let documents = Documents { old: old_document, new: new_document };
            operations::compare(changes, sides, documents, (old_operation, new_operation), &renamed);
        }
        _ => parameters::compare_plain(changes, sides, (old, new), &renamed),
    }
    // Code that does the same raises the same, however much of it could be followed.
    let same_business = old.business.fingerprint == new.business.fingerprint;
    if !same_business || !same_handlers(old_app, new_app) {
        statuses(changes, sides, guard_changed);
    }
    let start = changes.len();
    // What came or went with a guard is not told apart.
    let guard_replaced = old.guard.kind != new.guard.kind;
    behaviour::compare(changes, sides, old_contract, new_contract, guard_replaced);
    models::compare(changes, sides, old_contract, new_contract, guard_replaced);
    let told = changes.any_since(start, |change| change.level != Level::Compatible);
    if !same_business && !told && !guard_changed {
        let found = Found::new(format!("`{}` does something else", after.text())).part("behaviour");
        changes.add_to(sides, Subject::Behaviour, "changed", found);
    }
}

fn same_handlers(old: &AppContract, new: &AppContract) -> bool {
    let prints = |app: &AppContract| -> Vec<String> {
        app.exception_handlers.iter().map(|piece| piece.fingerprint.clone()).collect()
    };
    prints(old) == prints(new)
}

fn flags(changes: &mut Changes, sides: Sides<'_>, old: &RouteContract, new: &RouteContract) {
    match (old.deprecated, new.deprecated) {
        (false, true) => {
            changes.add_to(sides, Subject::Route, "deprecated", Found::new("it is deprecated"));
        }
        (true, false) => {
            let found = Found::new("it is no longer deprecated");
            changes.add_to(sides, Subject::Route, "no-longer-deprecated", found);
        }
        _ => {}
    }
    match (old.include_in_schema, new.include_in_schema) {
        (true, false) => {
            let found = Found::new("the document no longer shows it");
            changes.add_to(sides, Subject::Route, "hidden", found);
        }
        (false, true) => {
            changes.add_to(sides, Subject::Route, "shown", Found::new("the document shows it"));
        }
        _ => {}
    }
    if old.name != new.name {
        let found = Found::new("its name for `url_path_for` changed").part("name");
        let found = found.old(old.name.as_str()).new_is(new.name.as_str());
        changes.add_to(sides, Subject::Route, "name-changed", found);
    }
    let change = match (&old.conditional, &new.conditional) {
        (None, Some(_)) => "condition-added",
        (Some(_), None) => "condition-removed",
        (Some(before), Some(after)) if before != after => "condition-changed",
        _ => return,
    };
    let mut found = Found::new("the condition under which it exists changed").part("condition");
    (found.old, found.new) = (old.conditional.clone(), new.conditional.clone());
    changes.add_to(sides, Subject::Route, change, found);
}

/// The operation of a route in the document of the app that serves it.
fn operation<'c>(app: &'c AppContract, of: Operation<'_>) -> Option<(&'c Json, &'c Json)> {
    if !of.route.include_in_schema {
        return None;
    }
    let document = app
        .documents
        .iter()
        .filter(|document| of.route.path.starts_with(&document.mount))
        .max_by_key(|document| document.mount.len())?;
    let path = without_converters(&of.route.path[document.mount.len()..]);
    let item = document.document.get("paths")?.get(&path)?;
    Some((&document.document, item.get(of.method.to_ascii_lowercase())?))
}

/// Statuses that code raises: the document seldom shows them.
fn statuses(changes: &mut Changes, sides: Sides<'_>, guard_changed: bool) {
    let (Some(old), Some(new)) = (sides.old, sides.new) else { return };
    let told = |status: u16| status < 400 || status == 422 || guard_changed && matches!(status, 401 | 403);
    let place = |route: &RouteContract, status: u16| {
        route.raised.iter().find(|raised| raised.status == status).map(|raised| raised.at.clone())
    };
    for &status in old.statuses.iter().filter(|status| !new.statuses.contains(status) && !told(**status)) {
        let mut found = Found::new(format!("callers don't get {status} any more")).part("statuses");
        found.old_at = place(old, status);
        changes.add_to(sides, Subject::Status, "removed", found.old(status.to_string()));
    }
    for &status in new.statuses.iter().filter(|status| !old.statuses.contains(status) && !told(**status)) {
        let mut found = Found::new(format!("callers can get {status}")).part("statuses");
        found.new_at = place(new, status);
        changes.add_to(sides, Subject::Status, "added", found.new_is(status.to_string()));
    }
}
