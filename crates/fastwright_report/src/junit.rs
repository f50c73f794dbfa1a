//! JUnit's XML: a suite a file, a failed test a finding.

use crate::review_document::{Finding, ReviewDocument};

/// The report. Without findings there is one passed test, as an empty report counts as a failure in
/// several systems.
pub(crate) fn render(document: &ReviewDocument) -> String {
    let mut suites: Vec<(&str, Vec<&Finding>)> = Vec::new();
    for finding in &document.findings {
        match suites.iter_mut().find(|(path, _)| *path == finding.location.path) {
            Some((_, findings)) => findings.push(finding),
            None => suites.push((&finding.location.path, vec![finding])),
        }
    }
    let failures = document.findings.len();
    let tests = failures.max(1);
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str(&format!("<testsuites name=\"fastwright\" tests=\"{tests}\" failures=\"{failures}\">\n"));
    if suites.is_empty() {
        text.push_str("  <testsuite name=\"fastwright\" tests=\"1\" failures=\"0\">\n");
        text.push_str("    <testcase name=\"no findings\" classname=\"fastwright\"/>\n  </testsuite>\n");
    }
    for (path, findings) in suites {
        let path = document.seen_path(path);
        let count = findings.len();
        text.push_str(&format!(
            "  <testsuite name=\"{}\" tests=\"{count}\" failures=\"{count}\">\n",
            escaped(&path)
        ));
        for finding in findings {
            let start = finding.location.start;
            text.push_str(&format!(
                "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\">\n",
                escaped(&format!("{} at {}:{}", finding.rule, start.line, start.column)),
                escaped(&path),
                escaped(&path),
                start.line,
            ));
            text.push_str(&format!(
                "      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>\n",
                finding.severity.name(),
                escaped(&finding.message),
                escaped(&details(document, finding)),
            ));
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn details(document: &ReviewDocument, finding: &Finding) -> String {
    let mut text = String::new();
    for (index, step) in finding.evidence.iter().enumerate() {
        let path = document.seen_path(&step.location.path);
        text.push_str(&format!("{}. {path}:{}: {}\n", index + 1, step.location.start.line, step.note));
    }
    for (name, content) in [
        ("Why", &finding.why),
        ("Recommendation", &finding.recommendation),
        ("Trade-off", &finding.trade_off),
        ("Contract effect", &finding.contract_effect),
    ] {
        if !content.is_empty() {
            text.push_str(&format!("{name}: {content}\n"));
        }
    }
    text
}

/// Text for XML 1.0: its five special characters escaped, the characters that it can't hold replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\n' | '\t' => escaped.push(character),
            character if character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}') => {
                escaped.push('\u{fffd}');
            }
            character => escaped.push(character),
        }
    }
    escaped
}
