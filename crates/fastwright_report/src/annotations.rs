//! Workflow commands that GitHub shows as annotations on the changed files.
//! Escaping follows GitHub's documentation of workflow commands.

use crate::names::Severity;
use crate::review_document::ReviewDocument;
use crate::summary::Counts;

/// GitHub shows ten annotations of a step and drops the others without a word.
const MOST_ANNOTATIONS: usize = 10;

/// At most ten annotations, the worst first; the summary says how many are not among them.
pub(crate) fn render(document: &ReviewDocument) -> String {
    let mut text = String::new();
    for finding in document.findings.iter().take(MOST_ANNOTATIONS) {
        let command = match finding.severity {
            Severity::Critical | Severity::High => "error",
            Severity::Medium => "warning",
            Severity::Low | Severity::Info => "notice",
        };
        let place = &finding.location;
        // Columns count only within one line.
        let columns = if place.start.line == place.end.line {
            format!(",col={},endColumn={}", place.start.column, place.end.column)
        } else {
            String::new()
        };
        let title = format!("{} ({})", finding.rule, finding.severity.name());
        let mut message = finding.message.clone();
        if !finding.recommendation.is_empty() {
            message.push_str("\n\n");
            message.push_str(&finding.recommendation);
        }
        text.push_str(&format!(
            "::{command} file={},line={},endLine={}{columns},title={}::{}\n",
            property(&document.seen_path(&place.path)),
            place.start.line,
            place.end.line,
            property(&title),
            data(&message),
        ));
    }
    text.push_str(&format!("fastwright: {}", Counts::of(document).sentence()));
    if let Some(more) = document.findings.len().checked_sub(MOST_ANNOTATIONS).filter(|&more| more > 0) {
        text.push_str(&format!(
            "; {more} of them without an annotation, as GitHub shows {MOST_ANNOTATIONS} a step"
        ));
    }
    if !document.problems.is_empty() {
        text.push_str(&format!("; {} not read", document.problems.len()));
    }
    text.push('\n');
    text
}

pub(crate) fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

pub(crate) fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
