//! A program at one side of a change.

use fastwright_contract::contract::document::{At, Contract};
use fastwright_python::location::Files;
use fastwright_rules::review::Review;

/// What is known of the program at one side of a change.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Its contract, with the functions of the changed files that no route reaches.
    pub contract: Contract,
    /// What a review finds.
    pub findings: Vec<KnownFinding>,
}

/// A finding, as far as the gate needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFinding {
    /// Name of the rule.
    pub rule: String,
    /// Identity across commits.
    pub fingerprint: String,
    /// One sentence.
    pub message: String,
    /// `METHOD /path`, where it is about a route.
    pub route: Option<String>,
    /// The function, class or variable that holds the place.
    pub symbol: String,
    /// Where.
    pub at: At,
}

impl Snapshot {
    /// A snapshot from a contract and a review of the same program.
    pub fn new(contract: Contract, review: &Review, files: &Files) -> Self {
        let findings = review
            .findings
            .iter()
            .map(|finding| {
                let file = files.get(finding.location.file);
                KnownFinding {
                    rule: finding.rule.to_owned(),
                    fingerprint: finding.fingerprint.clone(),
                    message: finding.message.clone(),
                    route: finding.route.as_ref().map(|route| format!("{} {}", route.method, route.path)),
                    symbol: finding.symbol.clone(),
                    at: At {
                        path: file.relative.clone(),
                        line: file.position(finding.location.span.start).line,
                    },
                }
            })
            .collect();
        Self { contract, findings }
    }
}
