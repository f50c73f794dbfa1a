//! What a review finds after a change and did not find before; and whether what was to be solved is solved.

use crate::judgement::Reasons;
use crate::snapshot::{KnownFinding, Snapshot};
use crate::verdict::{NEVER_FOUND, NEW_FINDING, NOT_SOLVED};
use fastwright_rules::fingerprint::SHORT;

pub(crate) fn check(reasons: &mut Reasons<'_>, old: &Snapshot, new: &Snapshot, solves: &[String]) {
    for finding in new_findings(&old.findings, &new.findings) {
        let route = finding.route.as_deref().map(|route| format!(" ({route})")).unwrap_or_default();
        let message = format!("`{}` is found: {}{route}", finding.rule, finding.message);
        reasons.add(NEW_FINDING, message, Some(finding.at.clone()));
    }
    for claim in solves {
        let before = old.findings.iter().filter(|finding| is_meant(claim, finding)).count();
        let mut after = new.findings.iter().filter(|finding| is_meant(claim, finding));
        if before == 0 {
            let message = format!("the change says that it solves `{claim}`, which was not found before");
            reasons.add(NEVER_FOUND, message, None);
        } else if let Some(left) = after.next() {
            let message = format!("`{claim}` is still found: {}", left.message);
            reasons.add(NOT_SOLVED, message, Some(left.at.clone()));
        }
    }
}

/// Whether a claim is about a finding: its fingerprint or the beginning of it, its rule, or its rule at one route.
fn is_meant(claim: &str, finding: &KnownFinding) -> bool {
    match claim.split_once('@') {
        Some((rule, route)) => finding.rule == rule && finding.route.as_deref() == Some(route),
        None => {
            let begins = claim.len() >= SHORT && finding.fingerprint.starts_with(claim);
            finding.fingerprint == claim || begins || finding.rule == claim
        }
    }
}

/// Findings that have no counterpart before. A change that renames or moves code gives a finding another
/// fingerprint: then the route, the symbol or the words say that it is the same.
fn new_findings<'f>(old: &[KnownFinding], new: &'f [KnownFinding]) -> Vec<&'f KnownFinding> {
    let same: [fn(&KnownFinding, &KnownFinding) -> bool; 5] = [
        |old, new| old.fingerprint == new.fingerprint,
        |old, new| old.rule == new.rule && old.route.is_some() && old.route == new.route,
        |old, new| old.rule == new.rule && old.message == new.message,
        |old, new| old.rule == new.rule && old.symbol == new.symbol && old.route == new.route,
        // What many routes reach is told of one: of another, once that one is repaired.
        |old, new| old.rule == new.rule && old.symbol == new.symbol && old.at.path == new.at.path,
    ];
    let mut left: Vec<&KnownFinding> = old.iter().collect();
    let mut found: Vec<&KnownFinding> = new.iter().collect();
    for is_same in same {
        found.retain(|finding| match left.iter().position(|known| is_same(known, finding)) {
            Some(position) => {
                left.remove(position);
                false
            }
            None => true,
        });
    }
    found
}
