//! `finish`, and what follows: the gate, the tests, the person, the disk, the report. In this order, and nothing is
//! skipped because a model says so.

use super::AgentError;
use super::judging::verdict_json;
use super::talk::{Ending, Facts, Step, Talk};
use super::testing::Tested;
use crate::person::{Event, Meaning, Question};
use crate::playbooks::facts;
use crate::report::{Changed, Cost, Outcome, Report};
use crate::session::{Session, WrittenFile};
use crate::statements::{Claim, check};
use crate::visible::{self, line};
use fastwright_edit::writing::{Journal, JournalError};
use fastwright_engine::inputs::project_root;
use fastwright_engine::{fixing, questions};
use fastwright_gate::{Allowance, Reason, Verdict};
use fastwright_sandbox::files::ProjectFiles;
use fastwright_tools::Service;
use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Finish {
    summary: String,
    #[serde(default)]
    statements: Vec<Claim>,
}

/// The model's summary is cut here.
const LONGEST_SUMMARY: usize = 3_000;
/// Reasons that the report lists.
const MOST_REASONS: usize = 20;

impl Talk<'_> {
    pub(super) fn finish(&mut self, input: Finish) -> Result<Step, AgentError> {
        self.summary = visible::cut(&visible::text(&input.summary), LONGEST_SUMMARY).0.trim().to_owned();
        self.claims = input.statements;
        self.look_for_others();
        let after = self.facts_after()?;
        if !self.told_refuted {
            let (statements, _) = check(&self.claims, &self.looked_up(after.as_ref()));
            let false_cites: Vec<String> =
                statements.into_iter().flat_map(|statement| statement.refuted).collect();
            if !false_cites.is_empty() {
                self.told_refuted = true;
                let said = format!(
                    "These cites are false: {}. Correct or drop them and finish again; what is still false then is \
                     reported as refuted.",
                    false_cites.join("; ")
                );
                return Ok(Step::Say(self.data("finish", &said)));
            }
        }
        if self.workspace.is_unchanged() {
            return Ok(Step::End(Ending::Done));
        }
        let mut verdict = self.verdict()?;
        if !verdict.accepted && self.asks_beyond_plan(&verdict)? {
            verdict = self.verdict()?;
        }
        if verdict.accepted { self.test_and_write(&verdict) } else { self.refused_by_gate(&verdict) }
    }

    /// What the engine knows once the edits are made; nothing where there are none.
    fn facts_after(&self) -> Result<Option<Facts>, AgentError> {
        if self.workspace.is_unchanged() {
            return Ok(None);
        }
        let (review, routes) = questions::examine(self.edited_tree(), &self.settings)?;
        Ok(Some(Facts { review, routes }))
    }

    /// Whether nothing but changes of the contract speaks against the edits, the model knows of them, and the person
    /// agrees to them. Where they don't, that is the end.
    fn asks_beyond_plan(&mut self, verdict: &Verdict) -> Result<bool, AgentError> {
        let changes: Vec<&Reason> = verdict.reasons.iter().filter(|reason| reason.change.is_some()).collect();
        if changes.len() != verdict.reasons.len() || !self.told_contract {
            return Ok(false);
        }
        let kinds: BTreeSet<String> = changes.iter().filter_map(|reason| reason.allow.clone()).collect();
        let allowed: Vec<Allowance> = kinds.iter().filter_map(|word| Allowance::parse(word).ok()).collect();
        let lines: Vec<String> = changes
            .iter()
            .filter_map(|reason| {
                let change = reason.change.as_ref()?;
                Some(format!("{}: {} {}", change.level.name(), reason.message, change.effect))
            })
            .collect();
        let question = Question {
            meaning: Meaning::ChangeContract { kinds: kinds.into_iter().collect() },
            text: "The edits change more than the plan says. Is that what you want?".to_owned(),
            details: format!("{}\n\n{}", lines.join("\n"), self.workspace.diff()),
        };
        let agrees = self.agrees(&question)?;
        if let (true, Some(judge)) = (agrees, &mut self.judge) {
            judge.beyond_plan.extend(allowed);
        } else {
            self.refusals = self.task.limits.refusals;
        }
        Ok(agrees)
    }

    fn refused_by_gate(&mut self, verdict: &Verdict) -> Result<Step, AgentError> {
        self.refusals += 1;
        self.told_contract |= verdict.reasons.iter().any(|reason| reason.change.is_some());
        let reasons: Vec<String> = verdict
            .reasons
            .iter()
            .take(MOST_REASONS)
            .map(|reason| line(&self.hidden(&reason.message), 300))
            .collect();
        self.report.proof.gate = Some(format!("refused: {}", reasons.join("; ")));
        if self.refusals > self.task.limits.refusals {
            return Ok(Step::End(Ending::Refused("the gate refuses the edits".to_owned())));
        }
        Ok(Step::Say(self.data_json("finish", verdict_json(verdict))))
    }

    fn test_and_write(&mut self, verdict: &Verdict) -> Result<Step, AgentError> {
        let changes: Vec<String> =
            verdict.allowed.iter().map(|change| line(&self.hidden(&change.message), 300)).collect();
        self.report.proof.contract.clone_from(&changes);
        self.report.proof.contract_compared = true;
        self.report.proof.gate = Some(if changes.is_empty() {
            "accepted: nothing but what was asked for is different".to_owned()
        } else {
            format!("accepted with what you agreed to: {}", changes.join("; "))
        });
        if let Some(verification) = &self.task.verification {
            let command = verification.command.clone();
            let Some(tested) = self.tested()? else {
                return Ok(Step::End(Ending::Refused(format!(
                    "`{command}` may not be run, so nothing is proven"
                ))));
            };
            self.report.proof.tests = Some(format!("`{command}`: {}", tested.summary));
            if !tested.holds() {
                return Ok(self.refused_by_tests(&tested));
            }
        }
        let mut kinds: BTreeSet<String> = verdict
            .allowed
            .iter()
            .flat_map(|change| {
                let routes = change.routes.iter().map(|route| format!("{}@{}", change.kind, route.text()));
                let bare = change.routes.is_empty().then(|| change.kind.clone());
                routes.chain(bare).collect::<Vec<_>>()
            })
            .collect();
        // What the plan allows beside the contract has no place in the verdict.
        let beside = self.plan.iter().flat_map(|plan| &plan.contract_changes);
        kinds.extend(beside.filter(|word| !word.contains('@')).cloned());
        if !self.service.start().allow_write {
            return Ok(Step::End(Ending::NotAgreed("files may not be written here".to_owned())));
        }
        let count = self.workspace.changed_paths().len();
        let files = if count == 1 { "file" } else { "files" };
        let (meaning, text) = if kinds.is_empty() {
            (Meaning::WriteFiles, format!("Write this change to {count} {files}?"))
        } else {
            let kinds = kinds.into_iter().collect();
            (
                Meaning::ChangeContract { kinds },
                format!(
                    "Write this change to {count} {files}? It changes what callers see or what is checked."
                ),
            )
        };
        let diff = self.workspace.diff();
        let details = if changes.is_empty() { diff } else { format!("{}\n\n{diff}", changes.join("\n")) };
        let agrees = self.agrees(&Question { meaning, text, details })?;
        Ok(Step::End(if agrees {
            Ending::Write
        } else {
            Ending::NotAgreed("you have not agreed to the change".to_owned())
        }))
    }

    fn refused_by_tests(&mut self, tested: &Tested) -> Step {
        self.refusals += 1;
        let reason = match &tested.failure {
            Some(failure) => failure.clone(),
            None => format!("these tests break: {}", tested.broken.join(", ")),
        };
        let reason = line(&self.hidden(&reason), 600);
        if self.refusals > self.task.limits.refusals {
            return Step::End(Ending::Refused(reason));
        }
        Step::Say(self.data("finish", &format!("Refused: {reason}\n{}", tested.output)))
    }

    fn hidden(&self, text: &str) -> String {
        self.secrets.hide(text)
    }

    /// Writes what is to be written, and reports.
    pub(super) fn end(mut self, ending: Ending) -> Result<Report, AgentError> {
        let writes = ending == Ending::Write;
        let edited = !self.workspace.is_unchanged();
        // Edits that are not written are no part of the project.
        let after = if writes { self.facts_after()? } else { None };
        let (statements, left_out) = check(&self.claims, &self.looked_up(after.as_ref()));
        self.report.statements = statements;
        let now = after.as_ref().unwrap_or(&self.facts);
        let mut report = std::mem::take(&mut self.report);
        facts::found(&mut report, &now.review, |_| true);
        if edited {
            report.changed = self.changed();
            report.proof.files = self.workspace.changed_paths();
            report.proof.diff = visible::text(&self.hidden(&self.workspace.diff()));
        }
        let reason = match &ending {
            Ending::Done | Ending::Write => String::new(),
            Ending::NotAgreed(reason) | Ending::Refused(reason) | Ending::Stopped(reason) => {
                line(&self.hidden(reason), 600)
            }
        };
        report.outcome = match ending {
            Ending::Done | Ending::Write => Outcome::Done,
            Ending::NotAgreed(_) => Outcome::Planned,
            Ending::Refused(_) => Outcome::Refused,
            Ending::Stopped(_) => Outcome::Stopped,
        };
        report.proof.written = writes;
        report.proof.undo = writes.then(|| "fastwright fix --undo".to_owned());
        report.answer = answer(&report, &reason, &self.summary, edited && !writes, left_out);
        report.cost = Some(Cost {
            model: self.task.model.clone(),
            input_tokens: self.usage.input_tokens,
            output_tokens: self.usage.output_tokens,
            dollars: None,
            calls: self.answers,
        });
        if writes && let Some(reason) = self.write(&report)? {
            report.outcome = Outcome::Refused;
            report.proof.written = false;
            report.proof.undo = None;
            report.counts.clear();
            facts::found(&mut report, &self.facts.review, |_| true);
            report.statements = check(&self.claims, &self.looked_up(None)).0;
            report.answer = answer(&report, &reason, &self.summary, true, left_out);
        }
        self.tell(&Event::Note { text: first_line(&report.answer) });
        self.session.ended(&report)?;
        Ok(report)
    }

    fn changed(&self) -> Vec<Changed> {
        let plan = self.plan.as_ref();
        let why = plan.map(|plan| plan.understanding.clone()).unwrap_or_default();
        self.workspace
            .both()
            .map(|(path, before, after)| Changed {
                at: path.to_owned(),
                what: match (before, after) {
                    (None, _) => "made".to_owned(),
                    (_, None) => "deleted".to_owned(),
                    _ => "edited".to_owned(),
                },
                why: why.clone(),
                trade_off: String::new(),
                callers: self.report.proof.contract.join("; "),
            })
            .collect()
    }

    /// Writes the edits; gives the reason where that can't be done, and nothing is written then.
    fn write(&mut self, report: &Report) -> Result<Option<String>, AgentError> {
        let writes = self.workspace.writes();
        let files = writes.files();
        let hash = |bytes: Option<&[u8]>| bytes.map(|bytes| blake3::hash(bytes).to_hex().to_string());
        let written = files
            .iter()
            .map(|file| WrittenFile {
                path: file.relative.to_owned(),
                before: hash(file.before),
                after: hash(file.after),
            })
            .collect();
        if self.session.is_replay() {
            return Ok(None);
        }
        // The last look before the disk: links and other names may have come since the edits were made.
        for path in self.workspace.changed_paths() {
            if let Err(refusal) = self.workspace.may_edit(&path) {
                return Ok(Some(refusal.0));
            }
        }
        let root = project_root(&self.settings.path).to_path_buf();
        let before_journal = |failure: fastwright_engine::Failure| Ok(Some(failure.to_string()));
        if let Err(failure) = fixing::refuse_interrupted(&root) {
            return before_journal(failure);
        }
        self.session.writing(written, report)?;
        match Journal::open(&root).and_then(|journal| journal.write_files(&files)) {
            Ok(()) => {}
            Err(JournalError::Changed(path)) => {
                return Ok(Some(format!("{path} changed meanwhile: nothing was written")));
            }
            Err(error) => return Ok(Some(fixing::failure(error).to_string())),
        }
        self.session.written()?;
        Ok(None)
    }
}

/// The answer in Markdown: how it ended, what is confirmed, what the model says beside.
fn answer(report: &Report, reason: &str, summary: &str, unwritten: bool, left_out: usize) -> String {
    let mut parts = Vec::new();
    match report.outcome {
        Outcome::Done if report.proof.written => {
            parts.push(format!("Written: {}.", report.proof.files.join(", ")));
        }
        Outcome::Done | Outcome::NotUnderstood => {}
        Outcome::Planned => parts.push(format!("Nothing was written: {reason}.")),
        Outcome::Refused => parts.push(format!("Refused, and nothing was written: {reason}.")),
        Outcome::Stopped => parts.push(format!("Stopped: {reason}. Nothing was written.")),
    }
    if unwritten {
        parts.push("The change below is the model's, and it is not in the files.".to_owned());
    }
    if !summary.is_empty() {
        let quoted: Vec<String> = summary.lines().map(|line| format!("> {line}")).collect();
        parts.push(format!("The model says, and nothing of it is checked:\n\n{}", quoted.join("\n")));
    }
    if left_out > 0 {
        parts.push(format!("{left_out} more statements of the model are left out."));
    }
    parts.join("\n\n")
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or("Done.").to_owned()
}

/// The report of a session that was interrupted while or after it wrote its files, if they are all written.
///
/// # Errors
/// When only some of them are, or they are neither what they were nor what they were to become.
pub(super) fn written_before(service: &Service, session: &mut Session) -> Result<Option<Report>, AgentError> {
    let Some((files, report)) = session.was_writing() else { return Ok(None) };
    let settings = service.settings(None)?;
    let folder = fastwright_engine::change::folder_of(&settings);
    let root = project_root(&settings.path);
    if Journal::has_interrupted(root) {
        return Err(AgentError::Project(
            "the session ended while it wrote its files: `fastwright fix --finish` completes that, `fastwright fix \
             --undo` takes it back. Then resume it"
                .to_owned(),
        ));
    }
    let opened = ProjectFiles::open(&folder).map_err(|error| AgentError::Project(error.to_string()))?;
    let now: Vec<Option<String>> = files.iter().map(|file| hash_of(&opened, &file.path)).collect();
    let all = |side: fn(&WrittenFile) -> &Option<String>| {
        files.iter().zip(&now).all(|(file, now)| side(file) == now)
    };
    if all(|file| &file.after) {
        return Ok(Some(report.clone()));
    }
    if all(|file| &file.before) {
        // It ended before the first file: everything is derived again, and written.
        return Ok(None);
    }
    Err(AgentError::Project(format!(
        "the files of this session are neither as they were nor as it wrote them: {}. Start a new one",
        files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>().join(", ")
    )))
}

fn hash_of(files: &ProjectFiles, path: &str) -> Option<String> {
    let text = files.read(path).ok()?.text;
    Some(blake3::hash(text.as_bytes()).to_hex().to_string())
}
