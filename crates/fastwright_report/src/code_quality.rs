//! GitLab's code quality report: the subset of Code Climate's format that GitLab documents.

use crate::names::Severity;
use crate::review_document::ReviewDocument;
use serde::Serialize;
use std::collections::HashMap;

/// One entry of the report.
#[derive(Serialize)]
pub(crate) struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: IssueLocation,
}

#[derive(Serialize)]
struct IssueLocation {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

/// All findings; GitLab demands that fingerprints differ, so that equal ones are numbered.
pub(crate) fn report(document: &ReviewDocument) -> Vec<Issue> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut issues = Vec::with_capacity(document.findings.len());
    for finding in &document.findings {
        let times = seen.entry(&finding.fingerprint).or_insert(0);
        *times += 1;
        let fingerprint = match *times {
            1 => finding.fingerprint.clone(),
            times => format!("{}-{times}", finding.fingerprint),
        };
        issues.push(Issue {
            description: finding.message.clone(),
            check_name: finding.rule.clone(),
            fingerprint,
            severity: match finding.severity {
                Severity::Critical => "blocker",
                Severity::High => "critical",
                Severity::Medium => "major",
                Severity::Low => "minor",
                Severity::Info => "info",
            },
            location: IssueLocation {
                path: document.seen_path(&finding.location.path),
                lines: Lines { begin: finding.location.start.line, end: finding.location.end.line },
            },
        });
    }
    issues
}
