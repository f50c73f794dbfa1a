//! Markdown of a review, for a comment on a pull request: everything folded except what is wrong.

use crate::preserve;
use crate::review_document::{Finding, ReviewDocument};
use crate::summary::{Counts, hidden, sizes};

/// GitHub takes comments of 65,536 characters; the rest of them is for the parts that are always there.
const LONGEST_COMMENT: usize = 60_000;

/// The comment.
pub(crate) fn render(document: &ReviewDocument) -> String {
    let mut text = String::from("## fastwright review\n\n");
    text.push_str(&format!("**{}** in {}.\n", Counts::of(document).sentence(), sizes(document)));
    if let Some(hidden) = hidden(document) {
        text.push_str(&format!("{hidden}\n"));
    }
    preserve_table(&mut text, document);
    let mut shown = 0;
    let tail = tail(document);
    for finding in &document.findings {
        let section = finding_section(document, finding);
        if text.len() + section.len() + tail.len() > LONGEST_COMMENT {
            break;
        }
        text.push_str(&section);
        shown += 1;
    }
    let left_out = document.findings.len() - shown;
    if left_out > 0 {
        let verb = if left_out == 1 { "finding does" } else { "findings do" };
        text.push_str(&format!("\n{left_out} more {verb} not fit in a comment.\n"));
    }
    text.push_str(&tail);
    text
}

fn preserve_table(text: &mut String, document: &ReviewDocument) {
    let operations = preserve::operation_count(&document.preserve);
    if operations == 0 {
        return;
    }
    text.push_str(&format!(
        "\n<details><summary>What this service does, and what any change must preserve \
         ({operations} operations)</summary>\n\n"
    ));
    if preserve::is_long(&document.preserve) {
        text.push_str("| resource | operations | who and effects |\n|---|---|---|\n");
        for resource in &document.preserve {
            text.push_str(&format!(
                "| {} | {} | {} |\n",
                cell(&resource.resource),
                cell(&preserve::methods(&resource.operations)),
                cell(&preserve::summary(&resource.operations)),
            ));
        }
    } else {
        text.push_str("| resource | operation | who | effects |\n|---|---|---|---|\n");
        for resource in &document.preserve {
            for (index, operation) in resource.operations.iter().enumerate() {
                let name = if index == 0 { cell(&resource.resource) } else { String::new() };
                text.push_str(&format!(
                    "| {name} | {} | {} | {} |\n",
                    code_cell(&format!("{} {}", operation.method, operation.path)),
                    cell(&operation.who),
                    cell(&preserve::effects(&operation.effects)),
                ));
            }
        }
    }
    text.push_str("\n</details>\n");
}

fn finding_section(document: &ReviewDocument, finding: &Finding) -> String {
    let mut text = format!(
        "\n<details><summary><b>{}</b> {}</summary>\n\n",
        finding.severity.name(),
        html(&finding.message)
    );
    let mut about =
        vec![code(&finding.rule), finding.area.name().to_owned(), finding.confidence.name().to_owned()];
    for number in &finding.cwe {
        about.push(format!("[CWE-{number}](https://cwe.mitre.org/data/definitions/{number}.html)"));
    }
    about.extend(finding.owasp.iter().map(|entry| format!("OWASP {}", escaped(entry))));
    let start = finding.location.start;
    let place = format!("{}:{}:{}", document.seen_path(&finding.location.path), start.line, start.column);
    text.push_str(&format!("{} at {}\n\n", about.join(", "), code(&place)));
    for (index, step) in finding.evidence.iter().enumerate() {
        let path = document.seen_path(&step.location.path);
        let place = code(&format!("{path}:{}", step.location.start.line));
        text.push_str(&format!("{}. {place}: {}\n", index + 1, escaped(&step.note)));
    }
    for (name, content) in [("Why", &finding.why), ("Recommendation", &finding.recommendation)] {
        if !content.is_empty() {
            text.push_str(&format!("\n**{name}:** {}\n", escaped(content)));
        }
    }
    if !finding.example.is_empty() {
        let fence = fence(&finding.example);
        text.push_str(&format!("\n{fence}python\n{}\n{fence}\n", finding.example.trim_end()));
    }
    for (name, content) in [("Trade-off", &finding.trade_off), ("Contract effect", &finding.contract_effect)]
    {
        if !content.is_empty() {
            text.push_str(&format!("\n**{name}:** {}\n", escaped(content)));
        }
    }
    text.push_str("\n</details>\n");
    text
}

/// What is not known: the first of each, as a comment is no archive.
fn tail(document: &ReviewDocument) -> String {
    const MOST: usize = 20;
    let mut lines = Vec::new();
    for problem in &document.problems {
        let place = code(&document.seen_path(&problem.location.display()));
        lines.push(format!("- {place}: {}, {}\n", escaped(&problem.kind), escaped(&problem.message)));
    }
    for undecided in &document.undecided {
        let place = undecided.location.as_ref().map(|place| {
            let path = document.seen_path(&place.path);
            format!("{}: ", code(&format!("{path}:{}", place.start.line)))
        });
        lines.push(format!("- {}{}\n", place.unwrap_or_default(), escaped(&undecided.reason)));
    }
    if lines.is_empty() {
        return String::new();
    }
    let count = lines.len();
    let mut text = format!("\n<details><summary>Not read or not decided ({count})</summary>\n\n");
    lines.iter().take(MOST).for_each(|line| text.push_str(line));
    if count > MOST {
        text.push_str(&format!("- and {} more\n", count - MOST));
    }
    text.push_str("\n</details>\n");
    text
}

/// Text whose code stands in backquotes, so that nothing of the rest is taken for Markdown or HTML.
pub(crate) fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let balanced = text.matches('`').count().is_multiple_of(2);
    for (index, part) in text.split('`').enumerate() {
        if index > 0 {
            result.push_str(if balanced { "`" } else { "\\`" });
        }
        if balanced && index % 2 == 1 {
            result.push_str(part);
            continue;
        }
        for character in part.chars() {
            if matches!(character, '<' | '>' | '*' | '_' | '[' | ']' | '\\' | '~' | '#') {
                result.push('\\');
            }
            result.push(character);
        }
    }
    result
}

/// Text for a cell of a table.
pub(crate) fn cell(text: &str) -> String {
    escaped(text).replace('|', "\\|").replace('\n', " ")
}

/// Code for a cell of a table: there a bar ends the cell even inside code.
pub(crate) fn code_cell(text: &str) -> String {
    if text.is_empty() { String::new() } else { code(text).replace('|', "\\|").replace('\n', " ") }
}

/// Text as inline code, with enough backquotes around.
fn code(text: &str) -> String {
    let marks = "`".repeat(longest_run(text) + 1);
    let space = if text.contains('`') { " " } else { "" };
    format!("{marks}{space}{text}{space}{marks}")
}

fn fence(text: &str) -> String {
    "`".repeat((longest_run(text) + 1).max(3))
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

/// Text for HTML, with code in backquotes as elements: Markdown is not read inside `<summary>`.
fn html(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', " ");
    let parts: Vec<&str> = escaped.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return escaped;
    }
    let mut result = String::new();
    for (index, part) in parts.iter().enumerate() {
        if index % 2 == 1 {
            result.push_str(&format!("<code>{part}</code>"));
        } else {
            result.push_str(part);
        }
    }
    result
}
