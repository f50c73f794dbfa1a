//! Differences of the contract that were not asked for.

use crate::allowance::covers;
use crate::judgement::Reasons;
use crate::snapshot::Snapshot;
use crate::verdict::{ANALYSIS_LOST, CONTRACT_CHANGED, DOES_NOT_PARSE, Reason, UNREACHED_CODE_CHANGED};
use fastwright_contract::contract::document::{At, Contract, Undecided};
use fastwright_contract::diff::{Change, diff};

/// Compares the contracts; what was asked for comes back.
pub(crate) fn check(reasons: &mut Reasons<'_>, old: &Snapshot, new: &Snapshot) -> Vec<Change> {
    problems(reasons, &old.contract, &new.contract);
    let differences = diff(("before", &old.contract), ("after", &new.contract));
    let mut allowed = Vec::new();
    for change in differences.changes {
        if covers(reasons.allowed, &change) {
            allowed.push(change);
            continue;
        }
        let routes: Vec<String> = change.routes.iter().take(3).map(|route| route.text()).collect();
        let more = change.routes.len().saturating_sub(routes.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let subject =
            if routes.is_empty() { String::new() } else { format!(" ({}{more})", routes.join(", ")) };
        reasons.push(Reason {
            kind: CONTRACT_CHANGED.name.to_owned(),
            message: format!("{}: {}{subject}", change.level.name(), change.message),
            at: change.new_at.clone().or_else(|| change.old_at.clone()),
            allow: Some(change.kind.clone()),
            change: Some(change),
        });
    }
    unreached(reasons, &old.contract, &new.contract);
    allowed
}

/// What could be read and decided before, and can't be any more.
fn problems(reasons: &mut Reasons<'_>, old: &Contract, new: &Contract) {
    let known = |list: &[Undecided], entry: &Undecided| list.iter().any(|known| known.reason == entry.reason);
    for problem in new.problems.iter().filter(|problem| !known(&old.problems, problem)) {
        reasons.add(DOES_NOT_PARSE, problem.reason.clone(), problem.at.clone());
    }
    let all = |contract: &Contract| -> Vec<Undecided> {
        let of_apps = contract.apps.iter().flat_map(|app| {
            app.undecided.iter().chain(app.documents.iter().flat_map(|document| &document.doubts))
        });
        contract.undecided.iter().chain(of_apps).cloned().collect()
    };
    let (before, after) = (all(old), all(new));
    if after.len() > before.len() {
        for entry in after.iter().filter(|entry| !known(&before, entry)) {
            let message = format!("this can't be decided any more: {}", entry.reason);
            reasons.add(ANALYSIS_LOST, message, entry.at.clone());
        }
    }
    if !old.apps.is_empty() && new.apps.is_empty() {
        reasons.add(ANALYSIS_LOST, "no application is found any more".to_owned(), None);
    }
}

/// Functions that no route reaches. One that was moved or renamed is known by what it does, one that came is
/// no difference for anybody.
fn unreached(reasons: &mut Reasons<'_>, old: &Contract, new: &Contract) {
    for (name, fingerprint) in &old.functions {
        let (path, qualname) = name.split_once(':').unwrap_or((name, ""));
        match new.functions.get(name) {
            Some(other) if other == fingerprint => continue,
            None if new.functions.values().any(|other| other == fingerprint) => continue,
            // What a route reaches now is compared there.
            None if qualname != "<module>" && is_reached(new, qualname) => continue,
            _ => {}
        }
        let at = Some(At { path: path.to_owned(), line: 1 });
        let message = if qualname == "<module>" {
            "what the file does when it is imported is different".to_owned()
        } else if new.functions.contains_key(name) {
            format!("`{qualname}` does something else, and no route reaches it")
        } else {
            format!("`{qualname}` is gone, and no route reached it")
        };
        reasons.add(UNREACHED_CODE_CHANGED, message, at);
    }
}

fn is_reached(contract: &Contract, qualname: &str) -> bool {
    let ends = |name: &str| name.rsplit(':').next() == Some(qualname);
    contract.apps.iter().flat_map(|app| &app.routes).any(|route| {
        ends(&route.handler)
            || route.business.dependencies.iter().any(|piece| ends(&piece.name))
            || route.raised.iter().any(|raised| ends(&raised.by))
    })
}
