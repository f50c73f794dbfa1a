//! `check_project`: the findings, and what was looked at.

use crate::answer::FindingLine;
use crate::error::ToolError;
use crate::knowledge::Knowledge;
use crate::paging::Page;
use crate::service::Caller;
use fastwright_report::names::{Area, Severity};
use fastwright_report::review_document::{Finding, ReviewDocument};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    /// `default` (precise), `strict` (opinions and hygiene too) or `audit` (everything possible); else the project's.
    #[serde(default)]
    profile: Option<String>,
    /// Least severity: `info`, `low`, `medium`, `high` or `critical`.
    #[serde(default)]
    severity: Option<String>,
    /// Only this area, such as `auth` or `database`.
    #[serde(default)]
    area: Option<String>,
    /// Only this rule.
    #[serde(default)]
    rule: Option<String>,
    /// Only findings in files whose path begins like this.
    #[serde(default)]
    path: Option<String>,
    /// `next_cursor` of the answer before.
    #[serde(default)]
    cursor: Option<String>,
    /// Findings in this answer at most.
    #[serde(default)]
    limit: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Output {
    /// What the answer comes to, in a sentence.
    summary: String,
    coverage: Coverage,
    /// Findings by severity, of those that fit the filter.
    counts: BTreeMap<String, usize>,
    findings: Vec<FindingLine>,
    next_cursor: Option<String>,
    /// What could not be decided; on the first page.
    undecided: Vec<String>,
    /// Files that could not be read or parsed; on the first page.
    problems: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Coverage {
    apps: Vec<String>,
    routes: usize,
    files: usize,
    lines: usize,
    fastapi: Option<String>,
    pydantic: Option<String>,
    undecided: usize,
    problems: usize,
    /// Findings that comments, configuration or a baseline hide.
    suppressed: usize,
}

/// Points and problems that an answer lists.
const MOST_NOTES: usize = 10;

impl Coverage {
    pub(crate) fn of(document: &ReviewDocument) -> Self {
        let project = document.projects.first();
        Self {
            apps: document.projects.iter().flat_map(|project| project.apps.clone()).collect(),
            routes: document.statistics.routes,
            files: document.statistics.files,
            lines: document.statistics.lines,
            fastapi: project.and_then(|project| project.fastapi.clone()),
            pydantic: project.and_then(|project| project.pydantic.clone()),
            undecided: document.undecided.len(),
            problems: document.problems.len(),
            suppressed: document.statistics.suppressed,
        }
    }
}

struct Filter {
    severity: Option<Severity>,
    area: Option<Area>,
    rule: Option<String>,
    path: Option<String>,
}

impl Filter {
    fn of(input: &Input) -> Result<Self, ToolError> {
        let words = |all: Vec<&str>| all.join("`, `");
        let severity = match &input.severity {
            Some(word) => Some(Severity::from_name(word).ok_or_else(|| {
                let known = words(Severity::ALL.iter().map(|entry| entry.name()).collect());
                ToolError::arguments(format!("`{word}` is no severity: `{known}`"))
            })?),
            None => None,
        };
        let area = match &input.area {
            Some(word) => Some(Area::from_name(word).ok_or_else(|| {
                let known = words(Area::ALL.iter().map(|entry| entry.name()).collect());
                ToolError::arguments(format!("`{word}` is no area: `{known}`"))
            })?),
            None => None,
        };
        if let Some(rule) = &input.rule {
            fastwright_engine::rules::rule_description(rule)?;
        }
        Ok(Self { severity, area, rule: input.rule.clone(), path: input.path.clone() })
    }

    fn accepts(&self, finding: &Finding) -> bool {
        self.severity.is_none_or(|least| finding.severity >= least)
            && self.area.is_none_or(|area| finding.area == area)
            && self.rule.as_ref().is_none_or(|rule| finding.rule == *rule)
            && self.path.as_ref().is_none_or(|path| finding.location.path.starts_with(path.as_str()))
    }
}

pub(crate) fn answer(
    knowledge: &mut Knowledge,
    input: Input,
    caller: &dyn Caller,
) -> Result<Output, ToolError> {
    let page = Page::of(input.cursor.as_deref(), input.limit)?;
    let filter = Filter::of(&input)?;
    caller.progress("reviewing the project");
    let document = &knowledge.survey(input.profile.as_deref())?.review.document;
    let fitting: Vec<&Finding> = document.findings.iter().filter(|finding| filter.accepts(finding)).collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for finding in &fitting {
        *counts.entry(finding.severity.name().to_owned()).or_default() += 1;
    }
    let part = page.take(fitting.iter().map(|finding| FindingLine::new(finding)).collect());
    let is_first = input.cursor.as_deref().is_none_or(str::is_empty);
    let notes = |texts: Vec<String>| if is_first { texts } else { Vec::new() };
    Ok(Output {
        summary: summary(document, part.total),
        coverage: Coverage::of(document),
        counts,
        findings: part.items,
        next_cursor: part.next,
        undecided: notes(
            document.undecided.iter().take(MOST_NOTES).map(|point| point.reason.clone()).collect(),
        ),
        problems: notes(
            document
                .problems
                .iter()
                .take(MOST_NOTES)
                .map(|problem| format!("{}: {}", problem.location.display(), problem.message))
                .collect(),
        ),
    })
}

fn summary(document: &ReviewDocument, total: usize) -> String {
    let statistics = &document.statistics;
    if document.projects.iter().all(|project| project.apps.is_empty()) {
        return format!("No FastAPI application found in {} Python files.", statistics.files);
    }
    let found = match total {
        0 => "Nothing found".to_owned(),
        1 => "1 finding".to_owned(),
        count => format!("{count} findings"),
    };
    format!(
        "{found} in {} routes, {} files; {} points could not be decided.",
        statistics.routes,
        statistics.files,
        document.undecided.len()
    )
}
