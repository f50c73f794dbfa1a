//! One line a finding: for editors, `grep` and short attention.

use crate::appearance::Appearance;
use crate::review_document::ReviewReport;
use crate::summary::{Counts, hidden};
use crate::wrap::visible;

/// `path:line:column: severity[rule] message`, then one line of summary.
pub(crate) fn render(report: &ReviewReport, appearance: &Appearance) -> String {
    let document = &report.document;
    let mut text = String::new();
    for finding in &document.findings {
        let seen = document.seen_path(&finding.location.path);
        let start = finding.location.start;
        let place = visible(&format!("{seen}:{}:{}", start.line, start.column)).replace('\n', " ");
        let message = visible(&finding.message).replace('\n', " ");
        text.push_str(&format!(
            "{}: {}[{}] {}\n",
            appearance.link(&seen, &place),
            appearance.severity(finding.severity, finding.severity.name()),
            appearance.bold(&finding.rule),
            appearance.inline_code(&message, &mut false),
        ));
    }
    for problem in &document.problems {
        let place = visible(&document.seen_path(&problem.location.display())).into_owned();
        let message = visible(&problem.message).replace('\n', " ");
        text.push_str(&format!("{place}: {} {message}\n", appearance.warning(&problem.kind)));
    }
    let sentence = Counts::of(document).sentence();
    let hidden = hidden(document).map(|sentence| format!("; {}", sentence.trim_end_matches('.')));
    text.push_str(&format!("{sentence}{}\n", hidden.unwrap_or_default()));
    text
}
