//! The judgement: all checks, and what they say.

use crate::allowance::Allowance;
use crate::changed_files::ChangedFile;
use crate::snapshot::Snapshot;
use crate::verdict::{Checked, Reason, ReasonKind, TESTS_FAIL, Verdict};
use crate::{contract_changes, findings, suppressions, test_files, tool_files};
use fastwright_contract::contract::document::{At, Tool};

/// A change that is to be judged.
#[derive(Debug)]
pub struct Request<'r> {
    /// The program before.
    pub old: &'r Snapshot,
    /// The program after.
    pub new: &'r Snapshot,
    /// The files that changed.
    pub files: &'r [ChangedFile],
    /// What is allowed beside what nobody can tell.
    pub allowed: &'r [Allowance],
    /// What the change says it solves: fingerprints, rules, or `rule@METHOD /path`.
    pub solves: &'r [String],
    /// The outcome of the project's tests, where they were run.
    pub tests: Option<&'r TestOutcome>,
}

/// What the project's tests said before and after.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TestOutcome {
    /// Tests that passed before and don't pass any more.
    pub broken: Vec<String>,
    /// Why the comparison could not be made, if it couldn't.
    pub failure: Option<String>,
    /// What both runs said, in a few words.
    pub summary: String,
}

/// What speaks against a change so far.
pub(crate) struct Reasons<'r> {
    pub(crate) allowed: &'r [Allowance],
    found: Vec<Reason>,
}

impl Reasons<'_> {
    /// Adds a reason unless it is allowed.
    pub(crate) fn add(&mut self, kind: ReasonKind, message: String, at: Option<At>) {
        if kind.can_be_allowed && self.allowed.iter().any(|allowance| allowance.covers_reason(kind.name)) {
            return;
        }
        self.push(Reason {
            kind: kind.name.to_owned(),
            message,
            at,
            allow: kind.can_be_allowed.then(|| kind.name.to_owned()),
            change: None,
        });
    }

    pub(crate) fn push(&mut self, reason: Reason) {
        if !self.found.contains(&reason) {
            self.found.push(reason);
        }
    }
}

/// Judges a change.
pub fn judge(request: &Request<'_>) -> Verdict {
    let mut reasons = Reasons { allowed: request.allowed, found: Vec::new() };
    tool_files::check(&mut reasons, request.files);
    test_files::check(&mut reasons, request.files);
    suppressions::check(&mut reasons, request.files);
    let allowed = contract_changes::check(&mut reasons, request.old, request.new);
    findings::check(&mut reasons, request.old, request.new, request.solves);
    if let Some(tests) = request.tests {
        if let Some(failure) = &tests.failure {
            reasons.add(TESTS_FAIL, failure.clone(), None);
        }
        for test in &tests.broken {
            reasons.add(TESTS_FAIL, format!("`{test}` passed before and does not any more"), None);
        }
    }
    let undecided = |snapshot: &Snapshot| {
        let contract = &snapshot.contract;
        contract.undecided.len() + contract.apps.iter().map(|app| app.undecided.len()).sum::<usize>()
    };
    Verdict {
        version: 1,
        tool: Tool { name: "fastwright".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        accepted: reasons.found.is_empty(),
        reasons: reasons.found,
        allowed,
        checked: Checked {
            files: request.files.len(),
            routes: request.new.contract.apps.iter().map(|app| app.routes.len()).sum(),
            findings_before: request.old.findings.len(),
            findings_after: request.new.findings.len(),
            undecided: undecided(request.old).max(undecided(request.new)),
            tests: request.tests.is_some(),
        },
    }
}
