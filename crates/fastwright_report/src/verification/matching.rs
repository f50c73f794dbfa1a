//! Which finding of a report is which finding of the review made again.

use super::differences::without_positions;
use serde_json::Value;

/// For each finding of the report, the finding of the review that it is; no finding of the review is given twice.
///
/// The best ones first: equal in everything, then equal but for the lines, then with the same fingerprint. What is left
/// may have a forged fingerprint: it is recognized by its rule, its place and its route.
pub(super) fn pairs(reported: &[Value], derived: &[Value]) -> Vec<Option<usize>> {
    let reported: Vec<Features> = reported.iter().map(Features::of).collect();
    let derived: Vec<Features> = derived.iter().map(Features::of).collect();
    let mut found = vec![None; reported.len()];
    let mut taken = vec![false; derived.len()];
    let same: [fn(&Features<'_>, &Features<'_>) -> bool; 4] = [
        |one, other| one.value == other.value,
        |one, other| one.fingerprint == other.fingerprint && one.unplaced == other.unplaced,
        |one, other| one.fingerprint == other.fingerprint,
        |one, other| {
            one.value.get("rule") == other.value.get("rule")
                && one.value.get("location") == other.value.get("location")
                && one.value.get("route") == other.value.get("route")
        },
    ];
    for same in same {
        for (finding, pair) in reported.iter().zip(&mut found).filter(|(_, pair)| pair.is_none()) {
            let other = (0..derived.len()).find(|&at| !taken[at] && same(finding, &derived[at]));
            if let Some(at) = other {
                taken[at] = true;
                *pair = Some(at);
            }
        }
    }
    found
}

struct Features<'value> {
    value: &'value Value,
    unplaced: Value,
    fingerprint: Option<&'value str>,
}

impl<'value> Features<'value> {
    fn of(value: &'value Value) -> Self {
        let fingerprint = value.get("fingerprint").and_then(Value::as_str);
        Self { value, unplaced: without_positions(value), fingerprint }
    }
}
