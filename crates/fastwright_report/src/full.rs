//! The full text of a review: for a person in a terminal, plain in a pipe.

use crate::appearance::Appearance;
use crate::excerpt::{Excerpt, FindingExcerpts};
use crate::place::Place;
use crate::preserve;
use crate::review_document::{Finding, ReviewDocument, ReviewReport};
use crate::summary::{Counts, hidden, sizes};
use crate::wrap::{char_width, counted, pad, truncate, visible, width, wrap};
use std::collections::HashMap;

/// The whole review: what the service does, findings with their anatomy, what is not known, summary.
pub(crate) fn render(report: &ReviewReport, appearance: &Appearance) -> String {
    let document = &report.document;
    let mut text = preserve::text(document, appearance);
    if !document.findings.is_empty() {
        text.push_str(&appearance.title("Findings"));
        let mut said = Said::default();
        for (finding, excerpts) in document.findings.iter().zip(&report.excerpts) {
            FindingText { document, appearance, finding, excerpts }.render(&mut text, &mut said);
            text.push('\n');
        }
    }
    text.push_str(&undecided(document, appearance));
    text.push_str(&problems(document, appearance));
    text.push_str(&summary(document, appearance));
    text
}

/// What was said about a rule before: findings of one rule share most of their explanation, and saying it
/// once keeps a review readable.
#[derive(Default)]
struct Said<'report> {
    texts: HashMap<(&'report str, &'static str), &'report str>,
}

impl<'report> Said<'report> {
    fn before(&mut self, rule: &'report str, part: &'static str, text: &'report str) -> bool {
        if text.len() < 80 {
            return false;
        }
        match self.texts.entry((rule, part)) {
            std::collections::hash_map::Entry::Occupied(entry) => *entry.get() == text,
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(text);
                false
            }
        }
    }
}

struct FindingText<'report> {
    document: &'report ReviewDocument,
    appearance: &'report Appearance,
    finding: &'report Finding,
    excerpts: &'report FindingExcerpts,
}

/// Columns of the names of the parts (`recommendation` and two spaces), and what stands left of them.
const PART_COLUMNS: usize = 16;
const PART_INDENT: usize = 2;

impl<'report> FindingText<'report> {
    fn render(&self, text: &mut String, said: &mut Said<'report>) {
        self.heading(text);
        self.trace(text);
        text.push('\n');
        let finding = self.finding;
        let mut repeated = Vec::new();
        for (part, content) in [
            ("why", &finding.why),
            ("recommendation", &finding.recommendation),
            ("example", &finding.example),
            ("trade-off", &finding.trade_off),
            ("contract", &finding.contract_effect),
        ] {
            if content.trim().is_empty() {
                continue;
            }
            if said.before(&finding.rule, part, content) {
                repeated.push(part);
            } else if part == "example" {
                self.code(text, content);
            } else {
                self.part(text, part, content);
            }
        }
        if !repeated.is_empty() {
            let list = repeated.join(", ");
            self.part(text, "as above", &format!("{list} (see the first `{}`)", finding.rule));
        }
        if let Some(fix) = &finding.fix {
            let option = match (fix.safety, fix.changes.is_empty()) {
                (crate::names::FixSafety::Safe, _) => "",
                (crate::names::FixSafety::Unsafe, true) => " --unsafe-fixes",
                (crate::names::FixSafety::Unsafe, false) => " --contract-fixes",
            };
            let title = if fix.title.is_empty() { String::new() } else { format!(": {}", fix.title) };
            let command = format!("`fastwright fix --select {}{option}`", finding.rule);
            self.part(text, "fix", &format!("{}{title}, {command}", fix.safety.name()));
        }
        self.part(text, "about", &self.classification());
    }

    /// `high[missing-ownership-check]: ...`
    fn heading(&self, text: &mut String) {
        let finding = self.finding;
        let severity = finding.severity.name();
        let tag = width(severity) + width(&finding.rule) + 4;
        // The message starts behind the tag; its later lines stand two columns in.
        let columns = self.appearance.text_width();
        let message = visible(&finding.message);
        let mut lines = wrap(&format!("{} {message}", "x".repeat(tag - 1)), columns).into_iter();
        let mut inside = false;
        let first = lines.next().unwrap_or_default();
        let first = first.get(tag - 1..).unwrap_or_default().trim_start();
        let severity = self.appearance.severity(finding.severity, severity);
        let rule = self.appearance.bold(&finding.rule);
        let first = self.appearance.inline_code(first, &mut inside);
        text.push_str(format!("{severity}[{rule}]: {first}").trim_end());
        text.push('\n');
        let rest: Vec<String> = lines.collect();
        for line in wrap(&rest.join(" "), columns - 2) {
            if !line.is_empty() {
                text.push_str(&format!("  {}\n", self.appearance.inline_code(&line, &mut inside)));
            }
        }
    }

    /// The primary place and each step of the evidence with its line of source.
    fn trace(&self, text: &mut String) {
        let finding = self.finding;
        let steps = finding.evidence.iter().zip(&self.excerpts.evidence);
        let shown_by_a_step = finding.evidence.iter().any(|step| {
            step.location.path == finding.location.path
                && step.location.start.line == finding.location.start.line
        });
        let last_line = finding.evidence.iter().map(|step| step.location.start.line);
        let last_line = last_line.chain([finding.location.start.line]).max().unwrap_or(1);
        let mut trace = Trace {
            document: self.document,
            appearance: self.appearance,
            gutter: last_line.to_string().len(),
            path: None,
            line: None,
        };
        if !shown_by_a_step {
            trace.step(text, &finding.location, &self.excerpts.primary, '^', "");
        }
        for (index, (step, excerpt)) in steps.enumerate() {
            let primary = step.location.path == finding.location.path
                && step.location.start.line == finding.location.start.line;
            let mark = if primary { '^' } else { '-' };
            trace.step(text, &step.location, excerpt, mark, &format!("{}. {}", index + 1, step.note));
        }
    }

    fn classification(&self) -> String {
        let finding = self.finding;
        let mut parts = vec![finding.area.name().to_owned(), finding.confidence.name().to_owned()];
        parts.extend(finding.cwe.iter().map(|number| format!("CWE-{number}")));
        parts.extend(finding.owasp.iter().map(|entry| format!("OWASP {entry}")));
        parts.join(", ")
    }

    /// A named part with its text beside the name, or below it where the terminal is narrow.
    fn part(&self, text: &mut String, name: &str, content: &str) {
        let columns = self.appearance.text_width();
        let beside = columns >= 64;
        let indent = if beside { PART_INDENT + PART_COLUMNS } else { PART_INDENT + 2 };
        let mut inside = false;
        let name = if beside { pad(name, PART_COLUMNS) } else { name.to_owned() };
        text.push_str(&format!("{}{}", " ".repeat(PART_INDENT), self.appearance.bold(&name)));
        for (index, line) in wrap(&visible(content), columns - indent).iter().enumerate() {
            if index > 0 || !beside {
                text.push('\n');
                if !line.is_empty() {
                    text.push_str(&" ".repeat(indent));
                }
            }
            text.push_str(&self.appearance.inline_code(line, &mut inside));
        }
        text.push('\n');
    }

    /// The example: code keeps its own lines.
    fn code(&self, text: &mut String, example: &str) {
        let beside = self.appearance.text_width() >= 64;
        let indent = " ".repeat(if beside { PART_INDENT + PART_COLUMNS } else { PART_INDENT + 2 });
        let name = if beside { pad("example", PART_COLUMNS) } else { "example".to_owned() };
        let line_end = if beside { "" } else { "\n" };
        text.push_str(&format!("{}{}{line_end}", " ".repeat(PART_INDENT), self.appearance.bold(&name)));
        for (index, line) in visible(example).trim_end().trim_start_matches('\n').lines().enumerate() {
            if (index > 0 || !beside) && !line.trim().is_empty() {
                text.push_str(&indent);
            }
            text.push_str(&self.appearance.code(line.trim_end()));
            text.push('\n');
        }
    }
}

/// Steps one under the other; the path is said again only when it changes.
struct Trace<'report> {
    document: &'report ReviewDocument,
    appearance: &'report Appearance,
    gutter: usize,
    path: Option<&'report str>,
    line: Option<u32>,
}

impl<'report> Trace<'report> {
    fn step(&mut self, text: &mut String, place: &'report Place, excerpt: &Excerpt, mark: char, note: &str) {
        let appearance = self.appearance;
        let bar = appearance.gutter("|");
        let empty = " ".repeat(self.gutter);
        if self.path != Some(&place.path) {
            let seen = self.document.seen_path(&place.path);
            let label = format!("{}:{}:{}", visible(&seen), place.start.line, place.start.column);
            let arrow = appearance.gutter("-->");
            let within = place.symbol.as_deref().map(|symbol| format!(" in {}", visible(symbol)));
            text.push_str(&format!(
                "{empty}{arrow} {}{}\n",
                appearance.link(&seen, &label),
                appearance.dim(&within.unwrap_or_default())
            ));
            text.push_str(&format!("{empty} {bar}\n"));
            self.path = Some(&place.path);
            self.line = None;
        }
        if self.line != Some(place.start.line) {
            // Steps far apart in one file: the gap is shown, as the excerpt is not one piece of code.
            if self.line.is_some_and(|line| place.start.line != line + 1) {
                text.push_str(&format!("{}\n", appearance.gutter(&format!("{empty} :"))));
            }
            let number = format!("{:>columns$}", place.start.line, columns = self.gutter);
            let source = match appearance.width {
                // A line that wraps tears its marks off; the marked part itself is never cut.
                Some(columns) if self.fits(excerpt) => {
                    truncate(&excerpt.text, columns.saturating_sub(self.gutter + 3))
                }
                _ => excerpt.text.clone(),
            };
            text.push_str(format!("{} {bar} {source}", appearance.gutter(&number)).trim_end());
            text.push('\n');
            self.line = Some(place.start.line);
        }
        self.mark(text, excerpt, mark, note);
    }

    fn fits(&self, excerpt: &Excerpt) -> bool {
        let marked = excerpt.text.chars().take(excerpt.start + excerpt.length);
        let columns = self.appearance.width.unwrap_or(usize::MAX);
        self.gutter + 4 + marked.map(char_width).sum::<usize>() <= columns
    }

    fn mark(&self, text: &mut String, excerpt: &Excerpt, mark: char, note: &str) {
        let appearance = self.appearance;
        let bar = appearance.gutter("|");
        let empty = " ".repeat(self.gutter);
        let before: usize = excerpt.text.chars().take(excerpt.start).map(char_width).sum();
        let part = excerpt.text.chars().skip(excerpt.start).take(excerpt.length);
        let marked = part.map(char_width).sum::<usize>().max(1);
        let mut marks = mark.to_string().repeat(marked);
        if excerpt.continues {
            marks.push_str("...");
        }
        let marks = if mark == '^' { appearance.warning(&marks) } else { appearance.gutter(&marks) };
        let used = self.gutter + 3 + before + marked + if excerpt.continues { 3 } else { 0 } + 1;
        let limit = appearance.text_width();
        let note = visible(note);
        let mut inside = false;
        if used + width(&note) <= limit.max(used.min(60) + 30) {
            let note = appearance.inline_code(&note, &mut inside);
            text.push_str(format!("{empty} {bar} {}{marks} {note}", " ".repeat(before)).trim_end());
            text.push('\n');
            return;
        }
        text.push_str(&format!("{empty} {bar} {}{marks}\n", " ".repeat(before)));
        // A long note stands below, as far right as its part when there is room.
        let indent = before.min(limit / 3);
        for line in wrap(&note, limit.saturating_sub(self.gutter + 3 + indent).max(20)) {
            let line = appearance.inline_code(&line, &mut inside);
            text.push_str(&format!("{empty} {bar} {}{line}\n", " ".repeat(indent)));
        }
    }
}

/// More undecided facts than this are counted; JSON has them all.
const MOST_UNDECIDED: usize = 20;

fn undecided(document: &ReviewDocument, appearance: &Appearance) -> String {
    if document.undecided.is_empty() {
        return String::new();
    }
    let mut text = appearance.title("Not decided");
    for undecided in document.undecided.iter().take(MOST_UNDECIDED) {
        if let Some(location) = &undecided.location {
            let seen = document.seen_path(&location.path);
            let label = format!("{}:{}:{}", seen, location.start.line, location.start.column);
            text.push_str(&format!("{}\n", appearance.link(&seen, &visible(&label))));
        }
        let indent = if undecided.location.is_some() { "  " } else { "" };
        let mut inside = false;
        for line in wrap(&visible(&undecided.reason), appearance.text_width() - 2) {
            text.push_str(&format!("{indent}{}\n", appearance.inline_code(&line, &mut inside)));
        }
    }
    if let Some(more) = document.undecided.len().checked_sub(MOST_UNDECIDED).filter(|&more| more > 0) {
        text.push_str(&format!("... and {more} more; `--output-format json` has them all\n"));
    }
    text.push('\n');
    text
}

fn problems(document: &ReviewDocument, appearance: &Appearance) -> String {
    if document.problems.is_empty() {
        return String::new();
    }
    let mut text = appearance.title("Not read");
    for problem in &document.problems {
        let seen = document.seen_path(&problem.location.display());
        let kind = appearance.warning(&problem.kind);
        text.push_str(&format!("{}: {kind}\n", visible(&seen)));
        for line in wrap(&visible(&problem.message), appearance.text_width() - 2) {
            text.push_str(&format!("  {line}\n"));
        }
    }
    text.push('\n');
    text
}

fn summary(document: &ReviewDocument, appearance: &Appearance) -> String {
    let counts = Counts::of(document);
    let mut text = appearance.title("Summary");
    let sentence = counts.sentence();
    text.push_str(&format!("{}\n", appearance.bold(&sentence)));
    if counts.areas.len() > 1 {
        table(&mut text, &counts, appearance);
    }
    let mut notes = Vec::new();
    notes.extend(hidden(document));
    if !document.undecided.is_empty() {
        let count = document.undecided.len();
        notes.push(format!("{} not decided.", counted(count, "thing is", "things are")));
    }
    if !document.findings.is_empty() {
        notes.push("`fastwright rule NAME` explains a rule.".to_owned());
    }
    for line in wrap(&notes.join(" "), appearance.text_width()) {
        if !line.is_empty() {
            text.push_str(&format!("{}\n", appearance.inline_code(&line, &mut false)));
        }
    }
    let milliseconds = document.statistics.milliseconds;
    text.push_str(&appearance.dim(&format!("{} in {milliseconds} ms", sizes(document))));
    text.push('\n');
    text
}

fn table(text: &mut String, counts: &Counts, appearance: &Appearance) {
    let first = counts.areas.iter().map(|(area, _)| area.name().len()).max().unwrap_or(0);
    text.push_str(&format!("\n  {}", " ".repeat(first)));
    for (_, severity) in counts.columns() {
        text.push_str("  ");
        text.push_str(&appearance.severity(severity, severity.name()));
    }
    text.push('\n');
    for (area, row) in &counts.areas {
        text.push_str(&format!("  {}", pad(area.name(), first)));
        for (column, severity) in counts.columns() {
            let count = match row[column] {
                0 => ".".to_owned(),
                count => count.to_string(),
            };
            text.push_str(&format!("  {count:>columns$}", columns = severity.name().len()));
        }
        text.push('\n');
    }
    text.push('\n');
}
