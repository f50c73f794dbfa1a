//! The playbook of a review: nothing is changed.

use super::facts::{counted, found, has_app, preserved};
use super::{Run, Telling};
use crate::report::Report;
use fastwright_report::review_document::Finding;
use fastwright_tools::{Caller as _, ToolError};
use std::collections::BTreeMap;

pub(super) fn review(run: Run<'_>) -> Result<Report, ToolError> {
    let request = run.request;
    let about =
        if request.areas.is_empty() { "the whole service".to_owned() } else { request.areas.join(" and ") };
    let profile = request.thorough.then_some("audit");
    let mut report = run.report(
        format!(
            "Review {about} for production readiness{}; change nothing.",
            if request.thorough { ", with everything that is possible" } else { "" }
        ),
        &[
            "list_routes: what the service does, which any change must preserve",
            "check_project: what is wrong with it, with proof",
            "say whether it is ready, and what to do first",
        ],
    );
    Telling(run.person).progress("reviewing the project");
    let survey = run.service.survey(profile)?;
    report.preserved = preserved(survey);
    if !has_app(&mut report, survey) {
        return Ok(report);
    }
    let areas = &request.areas;
    let passes = |finding: &Finding| areas.is_empty() || areas.iter().any(|area| area == finding.area.name());
    found(&mut report, &survey.review, passes);
    report.answer = verdict(&report, &survey.review.document.findings, passes);
    let fixable = |permission: &str| {
        let findings = survey.review.document.findings.iter().filter(|finding| passes(finding));
        findings.map(super::facts::one).filter(|found| found.fix.as_deref() == Some(permission)).count()
    };
    let (safe, contract) = (fixable("safe"), fixable("unsafe") + fixable("contract"));
    if safe > 0 {
        report.next.push(format!(
            "`fastwright agent \"fix everything that is safe to fix\"`: {safe} of these have a fix that changes nothing for callers"
        ));
    }
    if contract > 0 {
        report.next.push(format!(
            "`fastwright fix --contract-fixes --interactive`: {contract} have a fix that changes what it names"
        ));
    }
    if let Some(first) = report.found.first() {
        report.next.push(format!("`fastwright agent \"explain {}\"`: the worst one in full", first.id));
    }
    Ok(report)
}

/// Whether it is ready, in a few lines, by area.
fn verdict(report: &Report, findings: &[Finding], passes: impl Fn(&Finding) -> bool) -> String {
    let serious = ["critical", "high"].iter().filter_map(|word| report.counts.get(*word)).sum::<usize>();
    let mut text = match serious {
        0 if report.counts.is_empty() => format!(
            "**Nothing was found** in {} routes. That is a result: every rule ran, and what could not be decided \
             is counted above.",
            report.preserved.routes
        ),
        0 => format!("**Nothing at `high` or above.** Found: {}.", counted(&report.counts)),
        1 => format!("**Not ready: one finding at `high` or above.** Found: {}.", counted(&report.counts)),
        _ => format!(
            "**Not ready: {serious} findings at `high` or above.** Found: {}.",
            counted(&report.counts)
        ),
    };
    let mut areas: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| passes(finding)) {
        let counts = areas.entry(finding.area.name()).or_default();
        *counts.entry(finding.severity.name().to_owned()).or_default() += 1;
    }
    if areas.len() > 1 {
        text.push_str("\n\n| area | found |\n|---|---|\n");
        for (area, counts) in areas {
            text.push_str(&format!("| {area} | {} |\n", counted(&counts)));
        }
    }
    text
}
