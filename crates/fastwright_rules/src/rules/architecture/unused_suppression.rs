//! `unused-suppression`: a comment that silences nothing.

use crate::context::Context;
use crate::reporter::Reporter;

crate::declare_rule! {
    /// A suppression comment that silences nothing, is misspelt or names an unknown rule.
    UnusedSuppression {
        name: "unused-suppression",
        area: Architecture,
        severity: Low,
        confidence: Certain,
        summary: "suppression comment that silences nothing",
        why: "A comment that silences nothing today can hide a real fault tomorrow.",
        recommendation: "Remove the comment, or correct it.",
        trade_off: "None: nothing else reads the comment.",
        contract_effect: "none",
        cwe: [],
        owasp: [],
        profile: Default,
        page: "architecture/unused-suppression.md",
        references: [],
        check: check,
    }
}

/// The review itself reports these comments, when all other rules have run.
fn check(_context: &Context<'_>, _report: &mut Reporter<'_>) {}
