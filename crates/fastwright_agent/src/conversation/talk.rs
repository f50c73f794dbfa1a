//! The loop: the model is asked, its calls are carried out within the limits, until it finishes or a limit ends it.

use super::agreed_plan::Plan;
use super::judging::Judge;
use super::testing::Tests;
use super::tools::{self, only_reads};
use super::{AgentError, Task, data, opening};
use crate::person::{Event, Meaning, Person, Question};
use crate::playbooks::facts::preserved;
use crate::report::Report;
use crate::secrets::Secrets;
use crate::session::Session;
use crate::statements::Claim;
use crate::visible;
use crate::wishes::Wishes;
use crate::workspace::Workspace;
use fastwright_engine::{Settings, change};
use fastwright_language_model::{
    Answer, Arguments, LanguageModel, Message, ModelError, Progress, Request, ToolCall, ToolResult, Usage,
};
use fastwright_report::review_document::ReviewReport;
use fastwright_report::routes_document::RoutesDocument;
use fastwright_tools::Service;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What the engine knows of the project at one moment.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) review: ReviewReport,
    pub(super) routes: RoutesDocument,
}

/// How a conversation ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// Nothing has to be written.
    Done,
    /// Everything holds, and the person agreed: the edits are written.
    Write,
    /// The person has not agreed.
    NotAgreed(String),
    /// The edits were refused.
    Refused(String),
    /// It ended early.
    Stopped(String),
}

/// What comes of a call.
pub(super) enum Step {
    /// The model is told this.
    Say(String),
    /// It is over.
    End(Ending),
}

impl Step {
    pub(super) fn say(text: impl Into<String>) -> Self {
        Self::Say(text.into())
    }
}

/// One task on its way.
pub(super) struct Talk<'t> {
    pub(super) task: &'t Task,
    pub(super) service: &'t mut Service,
    pub(super) person: &'t mut dyn Person,
    pub(super) session: &'t mut Session,
    pub(super) settings: Settings,
    pub(super) secrets: Secrets,
    pub(super) wishes: Wishes,
    pub(super) workspace: Workspace,
    pub(super) facts: Facts,
    pub(super) report: Report,
    pub(super) plan: Option<Plan>,
    pub(super) judge: Option<Judge>,
    pub(super) tests: Tests,
    pub(super) claims: Vec<Claim>,
    pub(super) other_findings: BTreeMap<String, String>,
    pub(super) summary: String,
    pub(super) usage: Usage,
    pub(super) answers: usize,
    pub(super) refusals: usize,
    /// Whether the model was told which of its cites are false: it is told once.
    pub(super) told_refuted: bool,
    /// Whether the model was told that it changes more of the contract than its plan says.
    pub(super) told_contract: bool,
    pub(super) failed_attempts: usize,
    request: Request,
    calls: usize,
    bytes: usize,
    last_call: Option<(String, Arguments)>,
    repeated: usize,
    started: Instant,
}

impl<'t> Talk<'t> {
    /// Looks at the project and makes the first request.
    pub(super) fn begin(
        task: &'t Task,
        service: &'t mut Service,
        person: &'t mut dyn Person,
        session: &'t mut Session,
    ) -> Result<Self, AgentError> {
        let settings = service.settings(None)?;
        let folder = change::folder_of(&settings);
        let opened = |error| AgentError::Project(format!("{} can't be opened: {error}", folder.display()));
        let workspace = Workspace::open(&folder, task.limits.edits).map_err(opened)?;
        let secrets = Secrets::of_project(workspace.root());
        let survey = service.survey(None)?;
        let preserved = preserved(survey);
        let facts = Facts { review: survey.review.clone(), routes: survey.routes.clone() };
        let request = opening::request(task, &facts, &preserved, &secrets);
        let report =
            Report { version: 1, task: secrets.hide(task.text.trim()), preserved, ..Report::default() };
        Ok(Self {
            task,
            service,
            person,
            session,
            settings,
            secrets,
            wishes: Wishes::of(&task.text),
            workspace,
            facts,
            report,
            plan: None,
            judge: None,
            tests: Tests::default(),
            claims: Vec::new(),
            other_findings: BTreeMap::new(),
            summary: String::new(),
            usage: Usage::default(),
            answers: 0,
            refusals: 0,
            told_refuted: false,
            told_contract: false,
            failed_attempts: 0,
            bytes: request.messages.iter().map(length).sum(),
            request,
            calls: 0,
            last_call: None,
            repeated: 0,
            started: Instant::now(),
        })
    }

    /// The request that comes next.
    pub(super) fn request(&self) -> &Request {
        &self.request
    }

    /// Talks to the model until it is over.
    pub(super) fn hold(&mut self, model: &dyn LanguageModel) -> Result<Ending, AgentError> {
        if let Some(ending) = self.may_send()? {
            return Ok(ending);
        }
        loop {
            if let Some(reason) = self.exhausted() {
                return Ok(Ending::Stopped(reason));
            }
            let answer = match self.ask(model)? {
                Ok(answer) => answer,
                Err(error) => match self.failed(error) {
                    Some(ending) => return Ok(ending),
                    None => continue,
                },
            };
            self.count(&answer);
            let calls = answer.message.tool_calls.clone();
            self.push(Message::Assistant(answer.message));
            if calls.is_empty() {
                self.failed_attempts += 1;
                if self.failed_attempts > self.task.limits.failed_attempts {
                    return Ok(Ending::Stopped("the model talks and does nothing".to_owned()));
                }
                let next = if self.plan.is_none() { "propose_plan" } else { "finish" };
                self.push(Message::user(format!(
                    "Words alone do nothing here. Call {next}, or another tool."
                )));
            }
            for (index, call) in calls.iter().enumerate() {
                match self.carry_out(index, call)? {
                    Step::Say(content) => {
                        let result = self.session.result(ToolResult::of(call, content))?;
                        self.push(Message::Tool(result));
                    }
                    Step::End(ending) => return Ok(ending),
                }
            }
        }
    }

    /// Whether anything may be sent at all.
    fn may_send(&mut self) -> Result<Option<Ending>, AgentError> {
        let Some(destination) = self.task.destination.clone() else { return Ok(None) };
        let question = Question {
            meaning: Meaning::SendToModel { destination: destination.clone() },
            text: format!("Send facts and excerpts of this project, without its secrets, to {destination}?"),
            details: String::new(),
        };
        let agrees = self.agrees(&question)?;
        Ok((!agrees).then(|| Ending::NotAgreed(format!("nothing was sent to {destination}"))))
    }

    /// Asks the person, or takes what they said before the session was interrupted.
    pub(super) fn agrees(&mut self, question: &Question) -> Result<bool, AgentError> {
        let Self { session, person, secrets, .. } = self;
        let shown = |text: &str| visible::text(&secrets.hide(text));
        let question = Question {
            meaning: question.meaning.clone(),
            text: shown(&question.text),
            details: shown(&question.details),
        };
        Ok(session.decision(&question, |question| person.agrees(question))?)
    }

    pub(super) fn tell(&mut self, event: &Event) {
        self.person.told(event);
    }

    fn exhausted(&self) -> Option<String> {
        let limits = &self.task.limits;
        if self.person.wants_to_stop() {
            return Some("you stopped it".to_owned());
        }
        if self.answers >= limits.turns {
            return Some(format!("the model has used all of its {} turns", limits.turns));
        }
        if self.calls >= limits.calls {
            return Some(format!("the model has used all of its {} calls of tools", limits.calls));
        }
        if self.bytes > limits.conversation {
            return Some(format!("the conversation has more than {} bytes", limits.conversation));
        }
        if self.started.elapsed() > limits.time {
            return Some(format!("it took longer than {} s", limits.time.as_secs()));
        }
        None
    }

    fn ask(&mut self, model: &dyn LanguageModel) -> Result<Result<Answer, ModelError>, AgentError> {
        let left = self.task.limits.time.saturating_sub(self.started.elapsed());
        self.request.limits.time = Some(left.max(Duration::from_secs(1)));
        let Self { session, person, request, secrets, .. } = self;
        let cancellation = request.limits.cancellation.clone();
        let ask = || {
            let mut observer = |progress: Progress<'_>| {
                match progress {
                    Progress::Text(text) => person.told(&Event::Said { text: visible::text(text) }),
                    Progress::Retry { reason, after, .. } => person.told(&Event::Note {
                        text: format!("{reason}; trying again in {} s", after.as_secs().max(1)),
                    }),
                    _ => {}
                }
                if person.wants_to_stop() {
                    cancellation.cancel();
                }
            };
            model.answer(request, &mut observer).map(|answer| hidden(answer, secrets))
        };
        Ok(session.answer(request, ask)?)
    }

    fn failed(&mut self, error: ModelError) -> Option<Ending> {
        match error {
            ModelError::CutOff { answer } => {
                self.count(&answer);
                self.failed_attempts += 1;
                if self.failed_attempts > self.task.limits.failed_attempts {
                    return Some(Ending::Stopped(
                        "the answers of the model are cut off each time".to_owned(),
                    ));
                }
                self.push(Message::user(
                    "Your answer was cut off, so nothing of it was done. Do less in one answer.",
                ));
                None
            }
            ModelError::Cancelled => Some(Ending::Stopped("you stopped it".to_owned())),
            ModelError::Declined { ref answer, .. } => {
                self.count(answer);
                Some(Ending::Stopped(error.to_string()))
            }
            error => Some(Ending::Stopped(error.to_string())),
        }
    }

    fn count(&mut self, answer: &Answer) {
        self.answers += 1;
        self.usage.input_tokens += answer.usage.input_tokens;
        self.usage.cached_input_tokens += answer.usage.cached_input_tokens;
        self.usage.cache_written_tokens += answer.usage.cache_written_tokens;
        self.usage.output_tokens += answer.usage.output_tokens;
    }

    fn push(&mut self, message: Message) {
        self.bytes += length(&message);
        self.request.messages.push(message);
    }

    /// Goes from planning to acting: files can be read, and the plan's files edited.
    pub(super) fn act(&mut self, plan: Plan) {
        self.request.tools = tools::acting(self.task.verification.is_some());
        self.workspace.allow(&plan.files, plan.named.clone());
        self.plan = Some(plan);
    }

    fn carry_out(&mut self, index: usize, call: &ToolCall) -> Result<Step, AgentError> {
        let limits = &self.task.limits;
        self.calls += 1;
        if index >= limits.calls_at_once || self.calls > limits.calls {
            return Ok(Step::say("not done: too many calls"));
        }
        if answer_length(call) > limits.answer {
            return Ok(Step::End(Ending::Stopped(format!(
                "a call of the model has more than {} bytes",
                limits.answer
            ))));
        }
        let this = (call.name.clone(), call.arguments.clone());
        self.repeated = if self.last_call.as_ref() == Some(&this) { self.repeated + 1 } else { 1 };
        self.last_call = Some(this);
        // Whoever finishes again and again without a change is refused by the gate as often as that may be.
        let may_repeat = call.name == "finish" && self.plan.is_some();
        if self.repeated > limits.repeated_calls * 2 && !may_repeat {
            let name = visible::line(&call.name, 60);
            return Ok(Step::End(Ending::Stopped(format!("the model calls `{name}` again and again"))));
        }
        if self.repeated > limits.repeated_calls && !may_repeat {
            return Ok(Step::say("not done: this is the same call as before. Do something else, or finish"));
        }
        if !self.request.tools.iter().any(|tool| tool.name == call.name) {
            return Ok(Step::Say(self.no_such_tool(&call.name)));
        }
        let Arguments::Object(arguments) = &call.arguments else {
            return Ok(Step::say("the arguments are no JSON object: nothing was done"));
        };
        if only_reads(&call.name)
            && let Some(content) = self.session.known_result(call)
        {
            return Ok(Step::Say(content));
        }
        self.tell(&Event::Doing { text: doing(call) });
        self.dispatch(&call.name, Json::Object(arguments.clone()))
    }

    fn no_such_tool(&self, name: &str) -> String {
        let name = visible::line(name, 60);
        let later = tools::acting(true).iter().any(|tool| tool.name == name);
        if self.plan.is_none() && later {
            format!("`{name}` can be used once the plan is agreed to: call propose_plan")
        } else if name == "propose_plan" {
            "the plan is fixed and can't be changed any more".to_owned()
        } else {
            format!("there is no tool `{name}`")
        }
    }

    fn dispatch(&mut self, name: &str, arguments: Json) -> Result<Step, AgentError> {
        macro_rules! with {
            ($function:ident) => {
                match parsed(arguments) {
                    Ok(input) => self.$function(input),
                    Err(step) => Ok(step),
                }
            };
        }
        match name {
            "propose_plan" => with!(propose_plan),
            "read_file" => with!(read_file),
            "search" => with!(search),
            "list_files" => with!(list_files),
            "edit_file" => with!(edit_file),
            "create_file" => with!(create_file),
            "delete_file" => with!(delete_file),
            "fix" => with!(fix),
            "gate" => self.gate(),
            "run_tests" => self.run_tests(),
            "finish" => with!(finish),
            name => Ok(self.ask_engine(name, arguments)),
        }
    }

    fn ask_engine(&mut self, name: &str, arguments: Json) -> Step {
        match self.service.call(name, arguments, &()) {
            Ok(value) => {
                let value = if self.plan.is_none() { data::without_sources(value) } else { value };
                Step::Say(self.data_json(name, value))
            }
            Err(error) => Step::Say(self.data(name, &error.to_string())),
        }
    }

    /// Text of the project for the model.
    pub(super) fn data(&self, tool: &str, text: &str) -> String {
        data::wrapped(tool, text, &self.secrets, self.task.limits.tool_output)
    }

    /// JSON about the project for the model.
    pub(super) fn data_json(&self, tool: &str, value: Json) -> String {
        data::wrapped_json(tool, value, &self.secrets, self.task.limits.tool_output)
    }
}

fn parsed<T: DeserializeOwned>(arguments: Json) -> Result<T, Step> {
    serde_json::from_value(arguments).map_err(|error| {
        Step::Say(format!("these arguments don't fit: {}", visible::line(&error.to_string(), 300)))
    })
}

/// What a call does, for the person.
fn doing(call: &ToolCall) -> String {
    let about = match &call.arguments {
        Arguments::Object(map) => ["path", "text", "route", "finding", "rule", "folder"]
            .iter()
            .find_map(|key| map.get(*key)?.as_str())
            .unwrap_or_default(),
        Arguments::Malformed(_) => "",
    };
    format!("{} {}", call.name, visible::line(about, 80)).trim_end().to_owned()
}

/// An answer without secrets: nothing that a model writes carries one on, to a server, a file or a report. Thoughts
/// that a provider has signed are its own words, and stay.
fn hidden(mut answer: Answer, secrets: &Secrets) -> Answer {
    answer.message.text = secrets.hide(&answer.message.text);
    for thought in &mut answer.message.reasoning {
        if let fastwright_language_model::Reasoning::Open { text } = thought {
            *text = secrets.hide(text);
        }
    }
    for call in &mut answer.message.tool_calls {
        if !is_name(&call.name) || secrets.hide(&call.name) != call.name {
            // It is sent back with the next request, where servers take no other names.
            call.name = "unknown_tool".to_owned();
        }
        match &mut call.arguments {
            Arguments::Malformed(text) => *text = secrets.hide(text),
            Arguments::Object(map) => {
                let value = secrets.hide_in(Json::Object(std::mem::take(map)));
                if let Json::Object(hidden) = value {
                    *map = hidden;
                }
            }
        }
    }
    answer
}

fn is_name(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !name.is_empty() && name.len() <= 64 && name.bytes().all(is_letter)
}

fn length(message: &Message) -> usize {
    match message {
        Message::User { text } => text.len(),
        Message::Tool(result) => result.content.len(),
        Message::Assistant(message) => {
            message.text.len() + message.tool_calls.iter().map(answer_length).sum::<usize>()
        }
    }
}

fn answer_length(call: &ToolCall) -> usize {
    match &call.arguments {
        Arguments::Malformed(text) => text.len(),
        Arguments::Object(map) => serde_json::to_string(map).map_or(0, |text| text.len()),
    }
}
