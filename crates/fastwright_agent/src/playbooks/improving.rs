//! The playbooks that change code: fixes are made in memory, judged by the gate, shown, tested, written, and compared.

use super::facts::{counted, found, has_app, preserved};
use super::{Run, Telling};
use crate::person::{Meaning, Question};
use crate::report::{Changed, Outcome, Report};
use crate::request::Playbook;
use fastwright_contract::diff::diff;
use fastwright_edit::rounds::Told;
use fastwright_edit::writing::Journal;
use fastwright_engine::change::{self, Change, Question as GateQuestion};
use fastwright_engine::fixing;
use fastwright_engine::inputs::project_root;
use fastwright_report::review_document::Finding;
use fastwright_tools::{Caller as _, FixChoice, MadeFixes, ToolError};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

pub(super) fn improve(mut run: Run<'_>) -> Result<Report, ToolError> {
    let request = run.request;
    let permission = run.options.permission.as_deref().unwrap_or("safe").to_owned();
    let what = match request.playbook {
        Playbook::Secure => "Make the service more secure",
        Playbook::Faster => "Make the service faster",
        Playbook::Document => "Complete the documentation of the API",
        _ => "Improve the service",
    };
    let bounds = match permission.as_str() {
        "contract" => "changes of the contract are shown and need your word",
        "unsafe" => "routes, document and guards stay equal",
        _ => "what callers and operators see stays equal",
    };
    let understood = if request.wants_change {
        format!("{what}; {bounds}.")
    } else {
        format!("{what}: say what there is to do, and change nothing.")
    };
    let mut plan = vec![
        "list_routes: what the service does, which any change must preserve",
        "check_project: what is wrong, with proof",
    ];
    if request.wants_change {
        plan.extend([
            "plan_fix: make the fixes in memory, each held against the contract",
            "gate_patch: judge the whole change",
            "show it and ask",
        ]);
        if run.options.verify.is_some() {
            plan.push("run the project's tests on copies, before and after");
        }
        plan.push("write all files or none, and compare the contract again");
    }
    let mut report = run.report(understood, &plan);
    Telling(run.person).progress("reviewing the project");
    // Named areas and rules choose; a rule of another profile is found by its name.
    let wanted: BTreeSet<String> = if request.rules.is_empty() {
        let areas = request.playbook.areas().iter().map(|area| (*area).to_owned());
        areas.chain(request.areas.iter().cloned()).collect()
    } else {
        request.rules.iter().cloned().collect()
    };
    let survey = run.service.survey(None)?;
    report.preserved = preserved(survey);
    if !has_app(&mut report, survey) {
        return Ok(report);
    }
    let ids = &request.findings;
    let passes = |finding: &Finding| {
        if !ids.is_empty() {
            return ids.iter().any(|id| finding.fingerprint.starts_with(id.as_str()));
        }
        wanted.is_empty() || wanted.contains(finding.area.name()) || wanted.contains(&finding.rule)
    };
    found(&mut report, &survey.review, passes);
    if !request.wants_change {
        report.answer = format!("Found: {}.", counted(&report.counts));
        report
            .next
            .push("say `fix` instead of `find`, and the agent makes the fixes that are safe".to_owned());
        return Ok(report);
    }
    let choice = FixChoice {
        findings: request.findings.clone(),
        rules: if request.findings.is_empty() { wanted.into_iter().collect() } else { Vec::new() },
        permission: Some(permission.clone()),
    };
    let made = run.service.make_fixes(&choice, &Telling(run.person))?;
    change_files(&mut run, &mut report, &made, &permission)?;
    after(&mut report, &made);
    Ok(report)
}

/// What is left, and what to do about it.
fn after(report: &mut Report, made: &MadeFixes) {
    let count = |option: &str| {
        made.document.left.iter().filter(|finding| finding.needs.as_deref() == Some(option)).count()
    };
    let (with_unsafe, with_contract) = (count("--unsafe-fixes"), count("--contract-fixes"));
    if with_unsafe > 0 {
        report.next.push(format!(
            "`--permission unsafe`: {with_unsafe} more fixes that change what the code does, while routes, document and guards stay"
        ));
    }
    if with_contract > 0 {
        report.next.push(format!(
            "`--permission contract`: {with_contract} more fixes that change what callers see, as each names it"
        ));
    }
    let by_hand = made.document.left.iter().filter(|finding| finding.needs.is_none()).count();
    if by_hand > 0 {
        report.next.push(format!(
            "{by_hand} findings need a decision and have no fix: `fastwright review` shows each with a recommendation"
        ));
    }
}

/// Takes fixes from memory to the disk, with everything that has to hold on the way.
pub(super) fn change_files(
    run: &mut Run<'_>,
    report: &mut Report,
    made: &MadeFixes,
    permission: &str,
) -> Result<(), ToolError> {
    report.refused = made
        .document
        .refused
        .iter()
        .map(|refused| {
            format!(
                "{} at {}:{}: {}",
                refused.fix.rule,
                refused.fix.path,
                refused.fix.line,
                refused.reasons.join("; ")
            )
        })
        .collect();
    report.changed = made.outcome.applied.iter().map(changed).collect();
    report.proof.files = made.document.files.clone();
    report.proof.diff = made.document.diff.clone();
    if made.outcome.files.is_empty() {
        report.answer = if report.counts.is_empty() {
            "Nothing was found that this is about, so there is nothing to change.".to_owned()
        } else {
            format!(
                "Found: {}. None of it has a fix of this kind; nothing was changed.",
                counted(&report.counts)
            )
        };
        return Ok(());
    }
    let settings = run.service.settings(None)?;
    let folder = change::folder_of(&settings);
    let texts: BTreeMap<PathBuf, Option<Vec<u8>>> =
        made.outcome.files.iter().map(|file| (file.path.clone(), Some(file.after.clone()))).collect();
    let change = Change::of_texts(&folder, &texts);

    Telling(run.person).progress("judging the change");
    let sides = change::compare(&settings, &change)?;
    let verdict = sides.judge(GateQuestion::default(), None);
    let kinds: BTreeSet<String> = verdict.reasons.iter().filter_map(|reason| reason.allow.clone()).collect();
    let not_allowable: Vec<&str> = verdict
        .reasons
        .iter()
        .filter(|reason| reason.allow.is_none())
        .map(|reason| reason.message.as_str())
        .collect();
    if !not_allowable.is_empty() || (!verdict.accepted && permission == "safe") {
        report.outcome = Outcome::Refused;
        let reasons: Vec<&str> = verdict.reasons.iter().map(|reason| reason.message.as_str()).collect();
        report.proof.gate = Some(format!("refused: {}", reasons.join("; ")));
        report.answer =
            "The gate refuses the change, so nothing was written. This is a fault of fastwright: \
                         fixes must not do this. Please report it."
                .to_owned();
        return Ok(());
    }
    report.proof.gate = Some(if verdict.accepted {
        "accepted: nothing but the findings is different".to_owned()
    } else {
        format!("needs your word for: {}", kinds.iter().cloned().collect::<Vec<_>>().join(", "))
    });
    report.proof.contract = verdict.reasons.iter().map(|reason| reason.message.clone()).collect();
    report.proof.contract_compared = true;

    if let Some(command) = &run.options.verify {
        let question = Question {
            meaning: Meaning::RunCommand { command: command.clone(), unconfined: true },
            text: format!("Run `{command}` on copies of the project, before and after the change?"),
            details: String::new(),
        };
        if !run.person.borrow_mut().agrees(&question) {
            report.outcome = Outcome::Planned;
            report.answer = "The tests may not be run, so nothing was written.".to_owned();
            return Ok(());
        }
        Telling(run.person).progress("running the project's tests before and after the change");
        let outcome = change::tests(&settings, &change, command)?;
        report.proof.tests = Some(format!("`{command}`: {}", outcome.summary));
        if !outcome.broken.is_empty() || outcome.failure.is_some() {
            report.outcome = Outcome::Refused;
            let broken = outcome
                .failure
                .unwrap_or_else(|| format!("these tests break: {}", outcome.broken.join(", ")));
            report.answer = format!("Nothing was written: {broken}.");
            return Ok(());
        }
    }
    let meaning = if verdict.accepted {
        Meaning::WriteFiles
    } else {
        Meaning::ChangeContract { kinds: kinds.into_iter().collect() }
    };
    let count = made.outcome.files.len();
    let question = Question {
        meaning,
        text: format!("Write this change to {count} {}?", if count == 1 { "file" } else { "files" }),
        details: made.document.diff.clone(),
    };
    if !run.person.borrow_mut().agrees(&question) {
        report.outcome = Outcome::Planned;
        report.answer = "Nothing was written yet; `--apply` makes this change.".to_owned();
        return Ok(());
    }
    write(run, report, made)
}

fn write(run: &mut Run<'_>, report: &mut Report, made: &MadeFixes) -> Result<(), ToolError> {
    let before = run.service.contract()?.clone();
    let root = project_root(&made.settings.path).to_path_buf();
    fixing::refuse_interrupted(&root)?;
    if !run.service.start().allow_dirty {
        fixing::refuse_uncommitted(&root, &made.outcome.files)?;
    }
    Telling(run.person).progress("writing the files");
    let journal = Journal::open(&root).map_err(fixing::failure)?;
    journal.write(&made.outcome.files).map_err(fixing::failure)?;
    let after = run.service.contract()?;
    let changes = diff(("before", &before), ("after", after)).changes;
    report.proof.contract = changes.iter().map(|change| change.message.clone()).collect();
    report.proof.written = true;
    report.proof.undo = Some("fastwright fix --undo".to_owned());
    let fixes = report.changed.len();
    report.answer = format!(
        "{fixes} {} made in {} {}.",
        if fixes == 1 { "fix was" } else { "fixes were" },
        report.proof.files.len(),
        if report.proof.files.len() == 1 { "file" } else { "files" }
    );
    Ok(())
}

fn changed(told: &Told) -> Changed {
    let fix = told.finding.fix.as_ref();
    Changed {
        at: format!("{}:{}", told.path, told.line),
        what: fix.map(|fix| fix.title.clone()).unwrap_or_default(),
        why: format!("{}: {}", told.finding.rule, told.finding.message),
        trade_off: told.finding.trade_off.clone(),
        callers: fix.map(|fix| fix.changes.clone()).unwrap_or_default(),
    }
}
