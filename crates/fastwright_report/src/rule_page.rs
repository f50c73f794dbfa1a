//! What a rule is about, for people: its page as text for the terminal, and the list of all rules.

use crate::appearance::Appearance;
use crate::markdown_text::untitled;
use crate::names::{Area, Severity};
use crate::table::{Cell, Column, Table};

/// A rule with its page.
#[derive(Debug, Clone, Copy)]
pub struct RuleDescription<'registry> {
    /// `missing-ownership-check`.
    pub name: &'registry str,
    /// Its area.
    pub area: Area,
    /// Severity where nothing of the application changes it.
    pub severity: Severity,
    /// One sentence.
    pub summary: &'registry str,
    /// The page in Markdown.
    pub page: &'registry str,
}

/// All rules in a table.
pub fn list(rules: &[RuleDescription<'_>], appearance: &Appearance) -> String {
    let mut table = Table::new(vec![
        Column::left("area"),
        Column::left("severity"),
        Column::left("rule"),
        Column::left("what it reports").ranked(0, 20),
    ]);
    let mut sorted: Vec<&RuleDescription<'_>> = rules.iter().collect();
    sorted.sort_by_key(|rule| (rule.area, std::cmp::Reverse(rule.severity), rule.name));
    for rule in sorted {
        table.row(vec![
            Cell::plain(rule.area.name()),
            Cell::severity(rule.severity),
            Cell::plain(rule.name),
            Cell::plain(rule.summary.replace('`', "")),
        ]);
    }
    table.render(appearance).text
}

/// One rule: its name, area and severity, then its page.
pub fn explain(rule: &RuleDescription<'_>, appearance: &Appearance) -> String {
    let severity = appearance.severity(rule.severity, rule.severity.name());
    let mut text = format!("{} ({}, {severity})\n\n", appearance.bold(rule.name), rule.area.name());
    text.push_str(&untitled(&rule.readable_page(), rule.name, appearance));
    text
}

impl RuleDescription<'_> {
    /// The page without the marks that make it a test: comments `# expect: ...` and `# ok` behind code.
    pub fn readable_page(&self) -> String {
        let mut in_code = false;
        let mut page = String::new();
        for line in self.page.lines() {
            if line.trim_start().starts_with("```") {
                in_code = !in_code;
            }
            let mut line = line;
            if in_code {
                line = line.find("# expect:").map_or(line, |at| line[..at].trim_end());
                line = line.strip_suffix("# ok").map_or(line, str::trim_end);
            }
            page.push_str(line);
            page.push('\n');
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_the_test_are_left_out() {
        let page = "```python\nprint(1)  # expect: loud \"print\"\nlog(1)  # ok\n```\nWrite `# ok`\n";
        let (area, severity) = (Area::Docs, Severity::Low);
        let rule = RuleDescription { name: "loud", area, severity, summary: "", page };
        assert_eq!(rule.readable_page(), "```python\nprint(1)\nlog(1)\n```\nWrite `# ok`\n");
    }
}
