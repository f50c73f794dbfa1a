//! `# fastwright: ignore[rule] reason` comments: reading them, applying them, and reporting those that
//! do nothing.

use crate::comments::{Comments, scan};
use crate::finding::{Evidence, Finding, Fix};
use crate::registry;
use crate::reporter::{Draft, ReportedFinding, Reporter};
use crate::rules::architecture::suppression_without_reason::SuppressionWithoutReason;
use crate::rules::architecture::unused_suppression::UnusedSuppression;
use fastwright_model::analysis::NAMES_THIS_PROGRAM;
use fastwright_python::location::{File, FileId, Files, Location, Span};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// What a comment silences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Findings at its line.
    Line,
    /// Findings of the whole file.
    File,
}

/// One comment that names rules.
#[derive(Debug)]
struct Suppression {
    location: Location,
    line: u32,
    alone: bool,
    reach: Reach,
    /// Names as written, with whether they have silenced something.
    rules: Vec<(String, bool)>,
    has_reason: bool,
    misplaced: bool,
}

/// A comment that was probably meant to silence something and does not.
#[derive(Debug)]
struct NearMiss {
    location: Location,
    problem: String,
}

/// The comments of one file.
#[derive(Debug, Default)]
struct FileSuppressions {
    comments: Comments,
    suppressions: Vec<Suppression>,
}

/// All suppression comments of a project.
#[derive(Debug, Default)]
pub struct Suppressions {
    files: FxHashMap<FileId, FileSuppressions>,
    near_misses: Vec<NearMiss>,
}

/// A comment understood, or what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
enum Reading<'a> {
    Suppression { file: bool, rules: Vec<&'a str>, reason: &'a str },
    NearMiss(String),
}

impl Suppressions {
    /// Reads the comments of the project's own files.
    pub fn read(files: &Files) -> Self {
        let mut found = Self::default();
        for (id, file) in files.iter().filter(|(_, file)| file.first_party) {
            // Nearly no file has such a comment: don't scan the others.
            if file.may_hold(NAMES_THIS_PROGRAM) {
                found.read_file(id, file);
            }
        }
        found
    }

    fn read_file(&mut self, id: FileId, file: &File) {
        let comments = scan(&file.text);
        let mut suppressions = Vec::new();
        for &span in &comments.spans {
            let location = Location { file: id, span };
            match read_comment(file.slice(span)) {
                None => {}
                Some(Reading::NearMiss(problem)) => self.near_misses.push(NearMiss { location, problem }),
                Some(Reading::Suppression { file: whole_file, rules, reason }) => {
                    let line = file.line_of(span.start);
                    let first_code = comments.first_code.unwrap_or(u32::MAX);
                    suppressions.push(Suppression {
                        location,
                        line,
                        alone: file.line_text(line).trim_start().starts_with('#'),
                        reach: if whole_file { Reach::File } else { Reach::Line },
                        rules: rules.into_iter().map(|rule| (rule.to_owned(), false)).collect(),
                        has_reason: !reason.is_empty(),
                        misplaced: whole_file && span.start > first_code,
                    });
                }
            }
        }
        self.files.insert(id, FileSuppressions { comments, suppressions });
    }

    /// Whether a comment silences this finding; the comment counts as used from then on.
    pub fn silence(&mut self, finding: &Finding, files: &Files) -> bool {
        let mut silenced = false;
        // Nearly no file has such comments: ask for lines only in those that have.
        let mut places: Vec<(FileId, BTreeSet<u32>)> = Vec::new();
        if self.files.contains_key(&finding.location.file) {
            places.push((finding.location.file, self.lines_of_finding(finding, files)));
        }
        for Evidence { location, .. } in &finding.evidence {
            if self.files.contains_key(&location.file) {
                let line = files.get(location.file).line_of(location.span.start);
                places.push((location.file, BTreeSet::from([line])));
            }
        }
        for (id, lines) in places {
            let Some(in_file) = self.files.get_mut(&id) else { continue };
            let whole_file_counts = id == finding.location.file;
            let alone_lines: BTreeSet<u32> =
                in_file.suppressions.iter().filter(|one| one.alone).map(|one| one.line).collect();
            for suppression in &mut in_file.suppressions {
                let reaches = match suppression.reach {
                    Reach::File => whole_file_counts && !suppression.misplaced,
                    Reach::Line if suppression.alone => {
                        // Several comments may stand above each other.
                        let below = (suppression.line + 1..).find(|line| !alone_lines.contains(line));
                        below.is_some_and(|line| lines.contains(&line))
                    }
                    Reach::Line => lines.contains(&suppression.line),
                };
                if !reaches {
                    continue;
                }
                for (rule, used) in &mut suppression.rules {
                    if rule == finding.rule {
                        *used = true;
                        silenced = true;
                    }
                }
            }
        }
        silenced
    }

    /// The first and last line of a finding, and the `def` or `class` line of its symbol with the
    /// decorators above.
    fn lines_of_finding(&self, finding: &Finding, files: &Files) -> BTreeSet<u32> {
        let file = files.get(finding.location.file);
        let span = finding.location.span;
        let first = file.line_of(span.start);
        let last = file.line_of(span.end.saturating_sub(1).max(span.start));
        let mut lines = BTreeSet::from([first, last]);
        if let Some(in_file) = self.files.get(&finding.location.file) {
            lines.extend(definition_lines(file, &in_file.comments, &finding.symbol, span));
        }
        lines
    }

    /// Reports comments that silence nothing. `checked` are the rules that have run to their end: a
    /// comment for another rule may still be needed.
    pub fn report_unused(&self, files: &Files, checked: &BTreeSet<&str>) -> Vec<ReportedFinding> {
        let metadata = UnusedSuppression::METADATA;
        let mut report = Reporter::new(&metadata);
        for near_miss in &self.near_misses {
            report.report(unused(near_miss.location, near_miss.problem.clone(), "near-miss"));
        }
        for suppression in self.in_order(files) {
            for (rule, used) in &suppression.rules {
                let problem = if registry::by_name(rule).is_none() {
                    let hint = registry::nearest_name(rule)
                        .map(|nearest| format!("; did you mean `{nearest}`?"))
                        .unwrap_or_default();
                    format!("there is no rule `{rule}`{hint}")
                } else if suppression.misplaced {
                    "an `ignore-file` comment must stand before the first statement of the file".to_owned()
                } else if !used && checked.contains(rule.as_str()) {
                    format!("this comment silences nothing: `{rule}` reports nothing here")
                } else {
                    continue;
                };
                let mut draft = unused(suppression.location, problem, rule);
                if !suppression.misplaced && suppression.rules.len() == 1 {
                    let edit = removal(files.get(suppression.location.file), suppression.location);
                    draft = draft.fix(Fix::safe("remove the comment").edit(edit));
                }
                report.report(draft);
            }
        }
        report.finish().findings
    }

    /// Reports comments that do not say why.
    pub fn report_without_reason(&self, files: &Files) -> Vec<ReportedFinding> {
        let metadata = SuppressionWithoutReason::METADATA;
        let mut report = Reporter::new(&metadata);
        for suppression in self.in_order(files).filter(|one| !one.has_reason) {
            let names: Vec<&str> = suppression.rules.iter().map(|(rule, _)| rule.as_str()).collect();
            report.report(
                Draft::new(
                    suppression.location,
                    "",
                    format!("the suppression of `{}` does not say why", names.join("`, `")),
                )
                .evidence("nothing follows the closing bracket", suppression.location)
                .example(format!("# fastwright: ignore[{}] why this is right here", names.join(", ")))
                .discriminator(names.join(",")),
            );
        }
        report.finish().findings
    }

    fn in_order(&self, files: &Files) -> impl Iterator<Item = &Suppression> {
        files.iter().filter_map(|(id, _)| self.files.get(&id)).flat_map(|in_file| &in_file.suppressions)
    }
}

fn unused(location: Location, problem: String, discriminator: &str) -> Draft {
    Draft::new(location, "", problem).evidence("the comment", location).discriminator(discriminator)
}

/// Removes a comment with the white space before it; a line of its own goes as a whole.
fn removal(file: &File, location: Location) -> crate::finding::Edit {
    let start = location.span.start as usize;
    let kept = file.text[..start].trim_end_matches([' ', '\t']).len();
    let own_line = kept == 0 || file.text[..kept].ends_with('\n');
    let mut end = location.span.end as usize;
    if own_line {
        end += file.text[end..].bytes().take_while(|byte| matches!(byte, b'\r' | b'\n')).take(1).count();
        if file.text[..end].ends_with('\r') && file.text[end..].starts_with('\n') {
            end += 1;
        }
    }
    let span = Span::new(kept as u32, end as u32);
    crate::finding::Edit { location: Location { file: location.file, span }, text: String::new() }
}

/// Reads one comment, its `#` included. Other tools' comments may stand before or behind ours.
fn read_comment(comment: &str) -> Option<Reading<'_>> {
    let part = comment
        .split('#')
        .map(str::trim)
        .find(|part| part.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("fastwright")))?;
    let rest = &part[10..];
    let word = rest.trim_start_matches([':', ' ', '\t', '-']);
    let lower = word.to_ascii_lowercase();
    let wrong = |problem: &str| {
        Some(Reading::NearMiss(format!("{problem}: write `# fastwright: ignore[rule-name] reason`")))
    };
    if !["ignore", "noqa", "disable", "nosec", "skip", "allow"].iter().any(|verb| lower.starts_with(verb)) {
        // A comment about fastwright, not for it.
        return rest.starts_with(':').then(|| {
            Reading::NearMiss(format!(
                "`{}` is not understood: write `# fastwright: ignore[rule-name] reason`",
                part.chars().take(40).collect::<String>()
            ))
        });
    }
    if !lower.starts_with("ignore") {
        return wrong("the word is `ignore`");
    }
    if !part.starts_with("fastwright:") || !word.starts_with("ignore") {
        let meant = word.len() == 6 || !word.as_bytes()[6].is_ascii_alphabetic() && word.contains('[');
        return if meant { wrong("this comment has no effect") } else { None };
    }
    let (file, list) = match word.strip_prefix("ignore-file") {
        Some(list) => (true, list.trim_start()),
        None => (false, word["ignore".len()..].trim_start()),
    };
    let Some(list) = list.strip_prefix('[') else {
        return wrong("this comment has no effect because it names no rule");
    };
    let Some((names, reason)) = list.split_once(']') else {
        return wrong("this comment has no effect because its bracket is not closed");
    };
    let rules: Vec<&str> = names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if rules.is_empty() {
        return wrong("this comment has no effect because it names no rule");
    }
    let reason = reason.trim_start_matches([':', '-', ' ', '\t']).trim();
    Some(Reading::Suppression { file, rules, reason })
}

/// The line of the nearest `def` or `class` of `symbol` at or above the finding (or right below its
/// decorators), with the lines of its decorators.
fn definition_lines(file: &File, comments: &Comments, symbol: &str, span: Span) -> Vec<u32> {
    let name = symbol.rsplit('.').next().unwrap_or(symbol);
    if name.is_empty() {
        return Vec::new();
    }
    let starts = &comments.logical_lines;
    let defines = |at: u32| {
        let line = &file.text[at as usize..];
        let line = line.strip_prefix("async").map_or(line, str::trim_start);
        let rest = line.strip_prefix("def ").or_else(|| line.strip_prefix("class "));
        rest.map(str::trim_start)
            .and_then(|rest| rest.strip_prefix(name))
            .is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
    };
    let behind = starts.partition_point(|&at| at <= span.start);
    let above = starts[..behind].iter().rposition(|&at| defines(at));
    let below = || {
        let decorators =
            starts[behind..].iter().take_while(|&&at| file.text[at as usize..].starts_with('@')).count();
        starts.get(behind + decorators).filter(|&&at| defines(at)).map(|_| behind + decorators)
    };
    // On a decorator, the definition below is meant, not an equal name above.
    let on_decorator = behind > 0 && file.text[starts[behind - 1] as usize..].starts_with('@');
    let Some(index) = (if on_decorator { below() } else { None }).or(above) else { return Vec::new() };
    let mut lines = vec![file.line_of(starts[index])];
    for &at in starts[..index].iter().rev() {
        if !file.text[at as usize..].starts_with('@') {
            break;
        }
        lines.push(file.line_of(at));
    }
    lines
}

#[cfg(test)]
mod tests;
