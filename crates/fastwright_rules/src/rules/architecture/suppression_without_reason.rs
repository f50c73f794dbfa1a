//! `suppression-without-reason`: a comment that silences a rule and does not say why.

use crate::context::Context;
use crate::reporter::Reporter;

crate::declare_rule! {
    /// A suppression comment without a reason.
    SuppressionWithoutReason {
        name: "suppression-without-reason",
        area: Architecture,
        severity: Info,
        confidence: Certain,
        summary: "suppression comment that does not say why",
        why: "A reader can't tell a decision from a silenced alarm, and nobody knows when it may go.",
        recommendation: "Write the reason behind the bracket.",
        trade_off: "A sentence to write for each comment.",
        contract_effect: "none",
        cwe: [],
        owasp: [],
        profile: Default,
        page: "architecture/suppression-without-reason.md",
        references: [],
        check: check,
    }
}

/// The review itself reports these comments, when all other rules have run.
fn check(_context: &Context<'_>, _report: &mut Reporter<'_>) {}
