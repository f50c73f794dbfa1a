//! The person at the editor: told what goes on, and asked.

use super::Answer as Ending;
use agent_client_protocol::Client;
use agent_client_protocol::v1::ConnectionTo;
use agent_client_protocol::v1::schema::{
    ContentChunk, PermissionOption, PermissionOptionKind, Plan, PlanEntry, PlanEntryPriority,
    PlanEntryStatus, RequestPermissionOutcome, RequestPermissionRequest, SessionId, SessionNotification,
    SessionUpdate, ToolCall, ToolCallStatus, ToolCallUpdate, ToolCallUpdateFields, ToolKind,
};
use fastwright_agent::person::{Answer, Event, Meaning, Person, Question};
use std::collections::BTreeSet;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// How often somebody who waits for an answer looks whether the person wants to stop.
const PATIENCE: Duration = Duration::from_millis(100);

const ONCE: &str = "allow-once";
const ALWAYS: &str = "allow-always";
const NO: &str = "reject-once";

/// The person at the editor, during one task.
pub(super) struct Editor<'s> {
    connection: &'s ConnectionTo<Client>,
    session: &'s SessionId,
    /// What was agreed to for the whole session.
    agreed: &'s mut BTreeSet<Meaning>,
    stops: &'s dyn Fn() -> bool,
    plan: Vec<String>,
    /// What is done now.
    doing: Option<String>,
    /// Steps so far: each has a name of its own.
    count: usize,
}

impl<'s> Editor<'s> {
    pub(super) fn new(
        connection: &'s ConnectionTo<Client>,
        session: &'s SessionId,
        agreed: &'s mut BTreeSet<Meaning>,
        stops: &'s dyn Fn() -> bool,
    ) -> Self {
        Self { connection, session, agreed, stops, plan: Vec::new(), doing: None, count: 0 }
    }

    /// Says a paragraph.
    pub(super) fn say(&self, text: &str) {
        self.send(SessionUpdate::AgentMessageChunk(ContentChunk::new(format!("{text}\n\n").into())));
    }

    /// Tells how the task ended.
    pub(super) fn end(&mut self, ending: &Ending) {
        self.done(if ending.finished { ToolCallStatus::Completed } else { ToolCallStatus::Failed });
        if ending.finished && !self.plan.is_empty() {
            self.show_plan(&PlanEntryStatus::Completed);
        }
        self.say(&ending.text);
    }

    fn send(&self, update: SessionUpdate) {
        // An editor that is gone hears nothing; that ends the task by other means.
        let _ = self.connection.send_notification(SessionNotification::new(self.session.clone(), update));
    }

    fn show_plan(&self, status: &PlanEntryStatus) {
        let entries = self.plan.iter();
        let entries =
            entries.map(|step| PlanEntry::new(step.clone(), PlanEntryPriority::Medium, status.clone()));
        self.send(SessionUpdate::Plan(Plan::new(entries.collect())));
    }

    /// A name for a step.
    fn name(&mut self) -> String {
        self.count += 1;
        // Tasks of one session follow each other: what tells their steps apart is the number of the process's steps.
        format!("step-{}", STEPS.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
    }

    /// Ends what is done now.
    fn done(&mut self, status: ToolCallStatus) {
        if let Some(step) = self.doing.take() {
            self.send(SessionUpdate::ToolCallUpdate(ToolCallUpdate::new(
                step,
                ToolCallUpdateFields::new().status(status),
            )));
        }
    }

    /// Asks, and waits for the answer.
    fn ask(&mut self, question: &Question) -> Answer {
        let step = self.name();
        let call = ToolCall::new(step.clone(), question.text.clone())
            .kind(kind(&question.meaning))
            .status(ToolCallStatus::Pending)
            .content(details(question));
        self.send(SessionUpdate::ToolCall(call));
        let mut options = vec![PermissionOption::new(ONCE, "Yes", PermissionOptionKind::AllowOnce)];
        if lasts(&question.meaning) {
            options.push(PermissionOption::new(
                ALWAYS,
                "Yes, and the same for the rest of this session",
                PermissionOptionKind::AllowAlways,
            ));
        }
        options.push(PermissionOption::new(NO, "No", PermissionOptionKind::RejectOnce));
        let fields = ToolCallUpdateFields::new()
            .title(question.text.clone())
            .kind(kind(&question.meaning))
            .status(ToolCallStatus::Pending)
            .content(details(question));
        let request = RequestPermissionRequest::new(
            self.session.clone(),
            ToolCallUpdate::new(step.clone(), fields),
            options,
        );
        let (sender, answered) = channel();
        let asked = self.connection.prepare_request(request).on_receiving_result(async move |result| {
            // Whoever asked may have stopped waiting.
            let _ = sender.send(result);
            Ok(())
        });
        let outcome = loop {
            if asked.is_err() {
                break None;
            }
            match answered.recv_timeout(PATIENCE) {
                Ok(result) => break result.ok().map(|response| response.outcome),
                Err(RecvTimeoutError::Timeout) if !(self.stops)() => {}
                Err(_) => break None,
            }
        };
        let answer = match outcome {
            Some(RequestPermissionOutcome::Selected(chosen)) => match chosen.option_id.0.as_ref() {
                ONCE => Answer::Once,
                ALWAYS if lasts(&question.meaning) => Answer::Always,
                // What was not offered is no agreement.
                _ => Answer::No,
            },
            _ => Answer::No,
        };
        let status = if answer == Answer::No { ToolCallStatus::Failed } else { ToolCallStatus::Completed };
        let fields = ToolCallUpdateFields::new().status(status);
        self.send(SessionUpdate::ToolCallUpdate(ToolCallUpdate::new(step, fields)));
        answer
    }
}

static STEPS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);

impl Person for Editor<'_> {
    fn agrees(&mut self, question: &Question) -> bool {
        self.answer(question) != Answer::No
    }

    fn answer(&mut self, question: &Question) -> Answer {
        if self.agreed.contains(&question.meaning) {
            return Answer::Once;
        }
        if (self.stops)() {
            return Answer::No;
        }
        self.done(ToolCallStatus::Completed);
        match self.ask(question) {
            Answer::Always => {
                self.agreed.insert(question.meaning.clone());
                // For this session: nobody said that it counts for later ones.
                Answer::Once
            }
            answer => answer,
        }
    }

    fn told(&mut self, event: &Event) {
        match event {
            Event::Understood { text } | Event::Note { text } => self.say(text),
            Event::Planned { steps } => {
                self.plan.clone_from(steps);
                self.show_plan(&PlanEntryStatus::Pending);
            }
            Event::Doing { text } => {
                self.done(ToolCallStatus::Completed);
                let step = self.name();
                let call = ToolCall::new(step.clone(), text.clone())
                    .kind(ToolKind::Think)
                    .status(ToolCallStatus::InProgress);
                self.send(SessionUpdate::ToolCall(call));
                self.doing = Some(step);
            }
            Event::Said { text } => {
                self.send(SessionUpdate::AgentMessageChunk(ContentChunk::new(text.clone().into())));
            }
        }
    }

    fn wants_to_stop(&self) -> bool {
        (self.stops)() || self.connection.is_incoming_closed()
    }
}

/// What the editor shows a question as.
fn kind(meaning: &Meaning) -> ToolKind {
    match meaning {
        Meaning::FollowPlan => ToolKind::Think,
        Meaning::WriteFiles | Meaning::ChangeContract { .. } | Meaning::WriteProtected { .. } => {
            ToolKind::Edit
        }
        Meaning::RunCommand { .. } => ToolKind::Execute,
        Meaning::SendToModel { .. } => ToolKind::Fetch,
    }
}

/// Whether agreeing once may count for the rest of a session: not for what is dangerous each time anew.
fn lasts(meaning: &Meaning) -> bool {
    match meaning {
        Meaning::FollowPlan | Meaning::WriteFiles | Meaning::SendToModel { .. } => true,
        Meaning::RunCommand { unconfined, .. } => !unconfined,
        Meaning::ChangeContract { .. } | Meaning::WriteProtected { .. } => false,
    }
}

/// What an answer rests on.
fn details(question: &Question) -> Vec<agent_client_protocol::v1::schema::ToolCallContent> {
    if question.details.is_empty() {
        return Vec::new();
    }
    // Longer than every row of backticks in it.
    let longest = question.details.split(|letter| letter != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    let language = if question.details.contains("\n@@ ") { "diff" } else { "" };
    vec![format!("{fence}{language}\n{}\n{fence}", question.details.trim_end()).into()]
}
