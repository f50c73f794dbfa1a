//! The playbooks about a change that somebody made: is it acceptable, and what does a pull request say of it.

use super::facts::{found, preserved};
use super::{Run, Telling};
use crate::report::{Outcome, Report};
use fastwright_contract::diff::{Change as ContractChange, Diff, Level, diff};
use fastwright_engine::change::{self, Change, Question};
use fastwright_engine::questions;
use fastwright_engine::sides::Side;
use fastwright_report::review_document::Finding;
use fastwright_tools::{Caller as _, ToolError};
use std::collections::BTreeSet;

/// What differs between a revision and the working tree.
struct Difference {
    base: String,
    diff: Diff,
    solved: Vec<Finding>,
    new: BTreeSet<String>,
    files: Vec<String>,
}

fn difference(run: &mut Run<'_>, base: &str) -> Result<Difference, ToolError> {
    let telling = Telling(run.person);
    let settings = run.service.settings(None)?;
    let folder = change::folder_of(&settings);
    let files = Change::of_working_tree(&folder, base)?.files.into_iter().map(|file| file.path).collect();
    telling.progress("reviewing before and after");
    let before = questions::review_at(&settings, base)?.document.findings;
    let after = &run.service.survey(None)?.review.document.findings;
    let known: BTreeSet<&str> = before.iter().map(|finding| finding.fingerprint.as_str()).collect();
    let left: BTreeSet<&str> = after.iter().map(|finding| finding.fingerprint.as_str()).collect();
    let new = left.difference(&known).map(|fingerprint| (*fingerprint).to_owned()).collect();
    let solved =
        before.iter().filter(|finding| !left.contains(finding.fingerprint.as_str())).cloned().collect();
    telling.progress("comparing the contract");
    let start = run.service.start().clone();
    let old = Side::Revision(base.to_owned()).contract(&start.path, &start.overrides)?;
    let diff = diff((base, &old), ("the working tree", run.service.contract()?));
    Ok(Difference { base: base.to_owned(), diff, solved, new, files })
}

pub(super) fn check(mut run: Run<'_>) -> Result<Report, ToolError> {
    let base = run.request.base.clone().unwrap_or_else(|| "HEAD".to_owned());
    let mut report = run.report(
        format!("Check the change in the working tree against `{base}`; change nothing."),
        &[
            "review_changes: which findings are new, which are gone",
            "diff_contract: what callers, operators and the business see of it",
            "gate_patch: whether anything speaks against it that nobody asked for",
        ],
    );
    let difference = difference(&mut run, &base)?;
    let settings = run.service.settings(None)?;
    let the_change = Change::of_working_tree(&change::folder_of(&settings), &base)?;
    Telling(run.person).progress("judging the change");
    let sides = change::compare(&settings, &the_change)?;
    let tests = match &run.options.verify {
        Some(command) => {
            Telling(run.person).progress("running the project's tests before and after the change");
            let outcome = change::tests(&settings, &the_change, command)?;
            report.proof.tests = Some(format!("`{command}`: {}", outcome.summary));
            Some(outcome)
        }
        None => None,
    };
    let verdict = sides.judge(Question::default(), tests.as_ref());
    let survey = run.service.survey(None)?;
    report.preserved = preserved(survey);
    found(&mut report, &survey.review, |finding| difference.new.contains(&finding.fingerprint));
    report.proof.files = difference.files.clone();
    report.proof.contract = messages(&difference.diff);
    report.proof.contract_compared = true;
    report.proof.gate = Some(if verdict.accepted { "accepted".to_owned() } else { "refused".to_owned() });
    let mut text = if difference.files.is_empty() {
        format!("Nothing differs from `{base}`.")
    } else if verdict.accepted {
        format!(
            "**Acceptable.** Nothing is different that callers or operators see; nothing new is found ({} files).",
            difference.files.len()
        )
    } else {
        report.outcome = Outcome::Refused;
        let count = verdict.reasons.len();
        format!(
            "**Not acceptable as it is**, for {count} {}. What was asked for can be allowed.\n",
            if count == 1 { "reason" } else { "reasons" }
        )
    };
    for reason in &verdict.reasons {
        let at = reason.at.as_ref().map(|at| format!("{}: ", at.text())).unwrap_or_default();
        text.push_str(&format!("\n- {at}{}", reason.message));
        if let Some(change) = &reason.change {
            text.push_str(&format!(". {}", change.effect));
        }
        if let Some(allow) = &reason.allow {
            text.push_str(&format!(" (`--allow {allow}`)"));
        }
    }
    if !difference.solved.is_empty() {
        text.push_str(&format!("\n\nSolved: {}", solved(&difference)));
    }
    report.answer = text;
    if !verdict.accepted {
        report.next.push("`fastwright gate --allow KIND`: accept it with what was asked for".to_owned());
    }
    Ok(report)
}

pub(super) fn pull_request(mut run: Run<'_>) -> Result<Report, ToolError> {
    let base = match &run.request.base {
        Some(base) => base.clone(),
        None => usual_base(&run),
    };
    let mut report = run.report(
        format!("Write the text of a pull request against `{base}`; nothing is committed, pushed or sent."),
        &[
            "review_changes: which findings are new, which are gone",
            "diff_contract: what callers, operators and the business see of it",
            "write it down",
        ],
    );
    let difference = difference(&mut run, &base)?;
    let survey = run.service.survey(None)?;
    report.preserved = preserved(survey);
    found(&mut report, &survey.review, |finding| difference.new.contains(&finding.fingerprint));
    report.proof.files = difference.files.clone();
    report.proof.contract = messages(&difference.diff);
    report.proof.contract_compared = true;
    if difference.files.is_empty() {
        report.answer = format!("Nothing differs from `{base}`: there is nothing to write about.");
        return Ok(report);
    }
    report.answer = description(&difference, &report);
    Ok(report)
}

/// The branch that a pull request would go to.
fn usual_base(run: &Run<'_>) -> String {
    let start = run.service.start();
    let exists = |revision: &str| fastwright_git::RevisionTree::open(&start.path, revision).is_ok();
    ["origin/HEAD", "origin/main", "origin/master", "main", "master"]
        .into_iter()
        .find(|revision| exists(revision))
        .unwrap_or("HEAD")
        .to_owned()
}

fn messages(diff: &Diff) -> Vec<String> {
    diff.changes.iter().map(|change| format!("{}: {}", change.level.name(), change.message)).collect()
}

fn solved(difference: &Difference) -> String {
    let parts: Vec<String> = difference
        .solved
        .iter()
        .take(20)
        .map(|finding| format!("`{}` at {}", finding.rule, finding.location.path_and_line()))
        .collect();
    parts.join(", ")
}

/// The text of the pull request, in Markdown.
fn description(difference: &Difference, report: &Report) -> String {
    let of = |level: Level| -> Vec<&ContractChange> {
        difference.diff.changes.iter().filter(|change| change.level == level).collect()
    };
    let mut text = String::from("## What changes for callers\n\n");
    if difference.diff.changes.is_empty() {
        text.push_str("Nothing: requests, responses, guards, statuses, effects and behaviour are equal.\n");
    }
    for (level, title) in [
        (Level::Security, "Security"),
        (Level::Breaking, "Breaking"),
        (Level::Business, "Other behaviour behind the same interface"),
        (Level::Compatible, "Compatible"),
    ] {
        let changes = of(level);
        if changes.is_empty() {
            continue;
        }
        text.push_str(&format!("**{title}**\n\n"));
        for change in changes.iter().take(30) {
            let routes: Vec<String> =
                change.routes.iter().take(3).map(|route| format!("`{}`", route.text())).collect();
            let more = change.routes.len().saturating_sub(3);
            let at = match (routes.is_empty(), more) {
                (true, _) => String::new(),
                (false, 0) => format!("{}: ", routes.join(", ")),
                (false, more) => format!("{} and {more} more: ", routes.join(", ")),
            };
            text.push_str(&format!("- {at}{}. {}\n", change.message, change.effect));
        }
        if changes.len() > 30 {
            text.push_str(&format!(
                "- {} more; `fastwright diff {}` lists all\n",
                changes.len() - 30,
                difference.base
            ));
        }
        text.push('\n');
    }
    text.push_str("## Review\n\n");
    let new = report.found.len() + report.more_found;
    text.push_str(&match new {
        0 => "- nothing new is found\n".to_owned(),
        1 => "- 1 finding is new\n".to_owned(),
        count => format!("- {count} findings are new\n"),
    });
    for finding in &report.found {
        text.push_str(&format!(
            "  - {} `{}` at {}: {}\n",
            finding.severity, finding.rule, finding.at, finding.message
        ));
    }
    if !difference.solved.is_empty() {
        text.push_str(&format!("- solved: {}\n", solved(difference)));
    }
    if !difference.diff.undecided.is_empty() {
        text.push_str(&format!(
            "- {} points could not be decided: a change there is not seen\n",
            difference.diff.undecided.len()
        ));
    }
    text.push_str(&format!(
        "\n## Files\n\n{}\n",
        difference.files.iter().take(50).map(|file| format!("- `{file}`")).collect::<Vec<_>>().join("\n")
    ));
    text.trim_end().to_owned()
}
