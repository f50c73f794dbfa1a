//! Facts of the engine as the report has them.

use crate::report::{Found, Preserved, Report};
use fastwright_engine::questions::Survey;
use fastwright_report::review_document::{Finding, PreservedResource, ReviewReport, RouteReference};
use std::collections::BTreeMap;

/// Findings that a report shows in full.
pub(crate) const MOST_FOUND: usize = 12;
/// Resources that a report lists.
const MOST_RESOURCES: usize = 24;

/// What the service does.
pub(crate) fn preserved(survey: &Survey) -> Preserved {
    let document = &survey.review.document;
    let mut guards: BTreeMap<String, usize> = BTreeMap::new();
    for app in survey.routes.apps.iter().filter(|app| !app.mounted) {
        for route in app.routes.iter().filter(|route| matches!(route.kind.name(), "http" | "websocket")) {
            *guards.entry(route.guard.kind.name().to_owned()).or_default() += 1;
        }
    }
    let mut resources: Vec<String> = document.preserve.iter().take(MOST_RESOURCES).map(resource).collect();
    if let Some(more) = document.preserve.len().checked_sub(MOST_RESOURCES).filter(|more| *more > 0) {
        resources.push(format!("{more} more; `fastwright routes` lists each route"));
    }
    Preserved {
        apps: document.projects.iter().flat_map(|project| project.apps.clone()).collect(),
        routes: document.statistics.routes,
        guards,
        resources,
        undecided: document.undecided.len(),
    }
}

/// `orders: 5 operations (GET, POST, PATCH); signed-in user, admin; writes orders`.
fn resource(resource: &PreservedResource) -> String {
    let mut methods: Vec<&str> = Vec::new();
    let mut who: Vec<&str> = Vec::new();
    let mut effects: Vec<&str> = Vec::new();
    for operation in &resource.operations {
        let lists: [(&mut Vec<&str>, Vec<&str>); 3] = [
            (&mut methods, vec![operation.method.as_str()]),
            (&mut who, vec![operation.who.as_str()]),
            (&mut effects, operation.effects.iter().map(String::as_str).collect()),
        ];
        for (known, more) in lists {
            for word in more {
                if !known.contains(&word) {
                    known.push(word);
                }
            }
        }
    }
    let count = resource.operations.len();
    let noun = if count == 1 { "operation" } else { "operations" };
    let mut text =
        format!("{}: {count} {noun} ({}); {}", resource.resource, methods.join(", "), who.join(", "));
    if !effects.is_empty() {
        let shown = 6.min(effects.len());
        text.push_str(&format!("; {}", effects[..shown].join(", ")));
        if effects.len() > shown {
            text.push_str(&format!(" and {} more effects", effects.len() - shown));
        }
    }
    text
}

/// The findings of a report that pass, the worst first, put into the agent's report.
pub(crate) fn found(report: &mut Report, review: &ReviewReport, passes: impl Fn(&Finding) -> bool) {
    let fitting: Vec<&Finding> = review.document.findings.iter().filter(|finding| passes(finding)).collect();
    for finding in &fitting {
        *report.counts.entry(finding.severity.name().to_owned()).or_default() += 1;
    }
    report.found = fitting.iter().take(MOST_FOUND).map(|finding| one(finding)).collect();
    report.more_found = fitting.len().saturating_sub(MOST_FOUND);
}

/// One finding.
pub(crate) fn one(finding: &Finding) -> Found {
    Found {
        id: finding.id().to_owned(),
        rule: finding.rule.clone(),
        severity: finding.severity.name().to_owned(),
        confidence: finding.confidence.name().to_owned(),
        message: finding.message.clone(),
        route: finding.route.as_ref().map(RouteReference::text),
        at: finding.location.path_and_line(),
        evidence: finding
            .evidence
            .iter()
            .map(|step| format!("{} {}", step.location.path_and_line(), step.note))
            .collect(),
        why: finding.why.clone(),
        recommendation: finding.recommendation.clone(),
        example: finding.example.clone(),
        trade_off: finding.trade_off.clone(),
        fix: finding.fix.as_ref().map(|fix| fix.permission().to_owned()),
    }
}

/// `2 critical, 3 high`.
pub(crate) fn counted(counts: &BTreeMap<String, usize>) -> String {
    let parts: Vec<String> = ["critical", "high", "medium", "low", "info"]
        .iter()
        .filter_map(|word| counts.get(*word).map(|count| format!("{count} {word}")))
        .collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

/// Whether there is an application at all; else the report says so.
pub(crate) fn has_app(report: &mut Report, survey: &Survey) -> bool {
    let document = &survey.review.document;
    if document.projects.iter().any(|project| !project.apps.is_empty()) {
        return true;
    }
    report.answer = format!(
        "There is no FastAPI application in the {} Python files of this project. If there is one, name it: \
         `--app module:attribute`.",
        document.statistics.files
    );
    false
}
