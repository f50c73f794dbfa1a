//! Shapes that several answers share.

use fastwright_contract::contract::document::At;
use fastwright_contract::diff::Change;
use fastwright_report::place::Place;
use fastwright_report::review_document::{Finding, RouteReference};
use schemars::JsonSchema;
use serde::Serialize;

/// A finding in a list.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FindingLine {
    /// Name it to get_finding, plan_fix, gate_patch.
    pub(crate) id: String,
    pub(crate) rule: String,
    pub(crate) severity: String,
    pub(crate) confidence: String,
    pub(crate) message: String,
    /// `GET /orders/{order_id}`.
    pub(crate) route: Option<String>,
    /// `path:line`.
    pub(crate) at: String,
    /// `safe` keeps the contract equal, `unsafe` changes what the code does, `contract` what callers see.
    pub(crate) fix: Option<&'static str>,
}

/// A change of the contract in a list.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ChangeLine {
    /// `breaking`, `security`, `business` or `compatible`.
    pub(crate) level: String,
    pub(crate) kind: String,
    pub(crate) message: String,
    /// What clients, callers or operators see.
    pub(crate) effect: String,
    pub(crate) routes: Vec<String>,
    pub(crate) old: Option<String>,
    pub(crate) new: Option<String>,
    /// `path:line` before.
    pub(crate) old_at: Option<String>,
    /// `path:line` after.
    pub(crate) new_at: Option<String>,
}

/// Digits of a fingerprint that make an id: enough for hundreds of thousands of findings.
const ID_DIGITS: usize = 12;

/// The id of a finding: the beginning of its fingerprint.
pub(crate) fn id(fingerprint: &str) -> String {
    fingerprint.get(..ID_DIGITS).unwrap_or(fingerprint).to_owned()
}

/// `GET /orders`.
pub(crate) fn route_text(route: &RouteReference) -> String {
    format!("{} {}", route.method, route.path)
}

/// `path:line`.
pub(crate) fn place_text(place: &Place) -> String {
    format!("{}:{}", place.path, place.start.line)
}

/// What a fix may change, as one word.
pub(crate) fn permission(fix: &fastwright_report::review_document::Fix) -> &'static str {
    use fastwright_report::names::FixSafety;
    match fix.safety {
        FixSafety::Safe => "safe",
        FixSafety::Unsafe if fix.changes.is_empty() => "unsafe",
        FixSafety::Unsafe => "contract",
    }
}

impl FindingLine {
    pub(crate) fn new(finding: &Finding) -> Self {
        Self {
            id: id(&finding.fingerprint),
            rule: finding.rule.clone(),
            severity: finding.severity.name().to_owned(),
            confidence: finding.confidence.name().to_owned(),
            message: finding.message.clone(),
            route: finding.route.as_ref().map(route_text),
            at: place_text(&finding.location),
            fix: finding.fix.as_ref().map(permission),
        }
    }
}

impl ChangeLine {
    pub(crate) fn new(change: &Change) -> Self {
        let at = |at: &Option<At>| at.as_ref().map(At::text);
        Self {
            level: change.level.name().to_owned(),
            kind: change.kind.clone(),
            message: change.message.clone(),
            effect: change.effect.clone(),
            routes: change.routes.iter().map(|route| route.text()).collect(),
            old: change.old.as_deref().map(short),
            new: change.new.as_deref().map(short),
            old_at: at(&change.old_at),
            new_at: at(&change.new_at),
        }
    }
}

/// Longer values are cut: who needs all of one reads the file.
const LONGEST_VALUE: usize = 300;

/// A value that may be very long, cut.
pub(crate) fn short(text: &str) -> String {
    if text.chars().count() <= LONGEST_VALUE {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(LONGEST_VALUE).collect();
    cut.push('…');
    cut
}
