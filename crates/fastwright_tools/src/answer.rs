//! Shapes that several answers share.

use fastwright_contract::contract::document::At;
use fastwright_contract::diff::Change;
use fastwright_report::review_document::{Finding, Fix, RouteReference};
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

impl FindingLine {
    pub(crate) fn new(finding: &Finding) -> Self {
        Self {
            id: finding.id().to_owned(),
            rule: finding.rule.clone(),
            severity: finding.severity.name().to_owned(),
            confidence: finding.confidence.name().to_owned(),
            message: finding.message.clone(),
            route: finding.route.as_ref().map(RouteReference::text),
            at: finding.location.path_and_line(),
            fix: finding.fix.as_ref().map(Fix::permission),
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
