//! How often each rule reports: the first look at a project that was never reviewed.

use crate::appearance::Appearance;
use crate::names::{Area, Severity};
use crate::review_document::ReviewDocument;
use crate::table::{Cell, Column, Table};
use serde::Serialize;

/// One rule with its number of findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleCount {
    /// Name of the rule.
    pub rule: String,
    /// Its area.
    pub area: Area,
    /// The worst severity among its findings.
    pub severity: Severity,
    /// How many.
    pub count: usize,
}

/// Rules with findings, the most frequent first, then by name.
pub fn rule_counts(document: &ReviewDocument) -> Vec<RuleCount> {
    let mut counts: Vec<RuleCount> = Vec::new();
    for finding in &document.findings {
        match counts.iter_mut().find(|entry| entry.rule == finding.rule) {
            Some(entry) => {
                entry.count += 1;
                entry.severity = entry.severity.max(finding.severity);
            }
            None => counts.push(RuleCount {
                rule: finding.rule.clone(),
                area: finding.area,
                severity: finding.severity,
                count: 1,
            }),
        }
    }
    counts.sort_by(|left, right| right.count.cmp(&left.count).then_with(|| left.rule.cmp(&right.rule)));
    counts
}

/// The counts as a table, then a line of summary.
pub fn text(document: &ReviewDocument, appearance: &Appearance) -> String {
    let mut table = Table::new(vec![
        Column::right("count"),
        Column::left("severity"),
        Column::left("area"),
        Column::left("rule"),
    ]);
    for entry in rule_counts(document) {
        table.row(vec![
            Cell::plain(entry.count.to_string()),
            Cell::severity(entry.severity),
            Cell::plain(entry.area.name()),
            Cell::plain(entry.rule),
        ]);
    }
    let mut text = String::new();
    if !table.is_empty() {
        text = table.render(appearance).text;
        text.push('\n');
    }
    text.push_str(&crate::summary::Counts::of(document).sentence());
    text.push('\n');
    text
}

/// The counts as JSON.
pub fn json(document: &ReviewDocument) -> String {
    crate::output::json(&rule_counts(document))
}
