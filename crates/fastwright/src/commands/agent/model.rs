//! `fastwright agent` with a language model: which one, within which budget, in which session.

use super::terminal_person::TerminalPerson;
use crate::arguments::AgentArguments;
use crate::terminal;
use clap::{Args, ValueEnum};
use fastwright_agent::approvals::{Approvals, Remembering};
use fastwright_agent::conversation::{AgentError, Limits, Task, Verification, converse, first_request};
use fastwright_agent::person::{Answer, Event, Meaning, Person, Question};
use fastwright_agent::report::{Outcome, Report};
use fastwright_agent::session::{self, Session, Started};
use fastwright_agent::state::state_folder;
use fastwright_engine::Failure;
use fastwright_language_model::{
    Budget, Choice, Metered, Model, Money, Provider, Recorded, Remote, Spent, forget_key, keep_key, kept_key,
    user_configuration_path,
};
use fastwright_sandbox::run::{Helper, Sandbox};
use fastwright_tools::Service;
use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Which language model, and what it may use.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ModelChoiceArguments {
    /// Work with a language model: `anthropic:NAME`, `openai:NAME`, `ollama:NAME`, or `NAME` of the server at
    /// --model-url; `none` for none. Else `FASTWRIGHT_MODEL`, or the model in your own configuration file.
    #[arg(long, value_name = "MODEL", help_heading = "Language model")]
    pub(crate) model: Option<String>,

    /// The address of the model's server, if it is not the provider's own.
    #[arg(long, value_name = "URL", help_heading = "Language model")]
    pub(crate) model_url: Option<String>,

    /// What a million tokens of input cost, in dollars, where that is not known.
    #[arg(long, value_name = "DOLLARS", requires = "price_output", help_heading = "Language model")]
    pub(crate) price_input: Option<Money>,

    /// What a million tokens of output cost, in dollars.
    #[arg(long, value_name = "DOLLARS", requires = "price_input", help_heading = "Language model")]
    pub(crate) price_output: Option<Money>,

    /// End when so many tokens are used.
    #[arg(long, value_name = "TOKENS", help_heading = "Language model")]
    pub(crate) budget_tokens: Option<u64>,

    /// End when so much money is used, in dollars.
    #[arg(long, value_name = "DOLLARS", help_heading = "Language model")]
    pub(crate) budget_money: Option<Money>,

    /// End after so many seconds.
    #[arg(long, value_name = "SECONDS", help_heading = "Language model")]
    pub(crate) budget_time: Option<u64>,
}

/// A language model, and sessions with it.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ModelArguments {
    #[command(flatten)]
    pub(crate) choice: ModelChoiceArguments,

    /// Print what would be sent first, byte by byte, and send nothing.
    #[arg(long, help_heading = "Language model")]
    pub(crate) show_prompt: bool,

    /// Go on with a session that was interrupted.
    #[arg(long, value_name = "ID", conflicts_with_all = ["task", "replay"], help_heading = "Sessions")]
    pub(crate) resume: Option<String>,

    /// Run a session again as it was recorded: nothing is sent or written, and the reports are compared.
    #[arg(long, value_name = "ID", conflicts_with = "task", help_heading = "Sessions")]
    pub(crate) replay: Option<String>,

    /// List the sessions.
    #[arg(long, conflicts_with_all = ["task", "resume", "replay"], help_heading = "Sessions")]
    pub(crate) sessions: bool,

    /// Keep the key of a provider in your keyring. It is read from standard input, or asked for.
    #[arg(long, value_name = "PROVIDER", conflicts_with_all = ["task", "resume", "replay", "sessions"], help_heading = "Language model")]
    pub(crate) save_key: Option<KeyOf>,

    /// Take the key of a provider out of your keyring.
    #[arg(long, value_name = "PROVIDER", conflicts_with_all = ["task", "resume", "replay", "sessions", "save_key"], help_heading = "Language model")]
    pub(crate) forget_key: Option<KeyOf>,
}

/// Whose key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyOf {
    /// Anthropic.
    Anthropic,
    /// OpenAI.
    Openai,
    /// The server of `--model-url`.
    Own,
}

impl KeyOf {
    fn provider(self) -> Provider {
        match self {
            Self::Anthropic => Provider::Anthropic,
            Self::Openai => Provider::OpenAi,
            Self::Own => Provider::Own,
        }
    }
}

/// What comes of the arguments about models.
pub(super) enum Turn {
    /// There is no model: playbooks do it.
    NoModel,
    /// Everything is said.
    Said,
    /// A report.
    Report(Box<Report>),
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(error.to_string())
}

/// Does what the arguments about models ask for; `task` may be empty. The person is asked what needs their word.
///
/// # Errors
/// When the model can't be used, the project can't be read, or the session can't be kept.
pub(super) fn turn(
    arguments: &AgentArguments,
    task: &str,
    service: &mut Service,
    person: &mut dyn Person,
) -> Result<Turn, Failure> {
    let wanted = &arguments.language_model;
    if let Some(of) = wanted.save_key {
        save_key(of.provider())?;
        return Ok(Turn::Said);
    }
    if let Some(of) = wanted.forget_key {
        forget_key(of.provider()).map_err(failed)?;
        terminal::tell(&format!("the keyring has no key of {} any more", of.provider()));
        return Ok(Turn::Said);
    }
    let project = project_of(service)?;
    let state = state_folder(&|name| std::env::var_os(name).map(PathBuf::from), &project);
    if wanted.sessions {
        list(&state.map_err(Failure::new)?)?;
        return Ok(Turn::Said);
    }
    if let Some(id) = &wanted.replay {
        return replay(&state.map_err(Failure::new)?, id, arguments, service);
    }
    let Some(model) = chosen(&wanted.choice, &project)? else {
        return if wanted.resume.is_some() || wanted.show_prompt {
            Err(Failure::new("there is no model: name one with `--model`"))
        } else {
            Ok(Turn::NoModel)
        };
    };
    if task.is_empty() && wanted.resume.is_none() {
        return Ok(Turn::NoModel);
    }
    let remote = Remote::new(model.clone()).map_err(failed)?;
    let mut task = Task {
        text: task.to_owned(),
        model: model.to_string(),
        destination: (!model.is_of_this_machine()).then(|| model.to_string()),
        verification: verification(arguments.changes.verify.as_deref(), arguments)?,
        limits: Limits::default(),
    };
    if wanted.show_prompt {
        let request = first_request(&task, service).map_err(failed)?;
        terminal::print(&remote.preview(&request).map_err(failed)?)?;
        return Ok(Turn::Said);
    }
    let budget = Budget {
        tokens: wanted.choice.budget_tokens,
        money: wanted.choice.budget_money,
        time: wanted.choice.budget_time.map(Duration::from_secs),
    };
    let name = model.name().to_owned();
    let mut session = match (&wanted.resume, &state) {
        (Some(id), Ok(state)) => {
            let (session, started) = Session::resume(state, id).map_err(failed)?;
            if started.project != project {
                return Err(Failure::new(format!("that session is about {}", started.project.display())));
            }
            if started.destination != task.destination {
                let known = started.destination.as_deref().unwrap_or("this machine");
                return Err(Failure::new(format!(
                    "that session sends to {known}, and you agreed to that only: name the same model"
                )));
            }
            task.text = started.task;
            task.verification = verification(started.verify.as_deref(), arguments)?;
            session
        }
        (Some(_), Err(reason)) => return Err(Failure::new(reason.clone())),
        (None, Ok(state)) => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
            let started = Started {
                version: 1,
                id: String::new(),
                at: now,
                task: task.text.clone(),
                project: project.clone(),
                model: task.model.clone(),
                destination: task.destination.clone(),
                verify: arguments.changes.verify.clone(),
            };
            Session::start(state, started).map_err(failed)?
        }
        (None, Err(reason)) => {
            terminal::tell(&format!("the session is not kept: {reason}"));
            Session::unsaved()
        }
    };
    if session.is_saved() {
        terminal::tell(&format!("session {}", session.id()));
    }
    // A budget is that of the session, however often it goes on.
    let spent = Spent::before(&session.used_before(), model.price());
    let metered = Metered::resume(remote, &name, budget, model.price(), spent).map_err(failed)?;
    let mut approvals = match &state {
        Ok(state) => Approvals::of(state, &project),
        Err(_) => Approvals::forgetful(),
    };
    let mut remembering = Remembering::new(person, &mut approvals, &project);
    let result = converse(&task, service, &metered, &mut remembering, &mut session);
    let spent = metered.spent();
    let mut report = result.map_err(|error| told(&error, &session))?;
    if let (Some(cost), Some(money)) = (&mut report.cost, spent.cost) {
        cost.dollars = Some(format!("{:.4}", money.dollars()));
    }
    terminal::tell(&spent.to_string());
    if session.is_saved() && matches!(report.outcome, Outcome::Stopped) {
        report.next.push(format!("fastwright agent --resume {}", session.id()));
    }
    Ok(Turn::Report(Box::new(report)))
}

fn told(error: &AgentError, session: &Session) -> Failure {
    match error {
        AgentError::Project(_) if session.is_saved() => {
            Failure::new(format!("{error}\n`fastwright agent --resume {}` goes on", session.id()))
        }
        error => failed(error),
    }
}

fn project_of(service: &Service) -> Result<PathBuf, Failure> {
    let settings = service.settings(None).map_err(failed)?;
    let folder = fastwright_engine::change::folder_of(&settings);
    Ok(folder.canonicalize().unwrap_or(folder))
}

/// The model that was chosen: on the command line, in the environment, or in the person's own configuration.
fn chosen(wanted: &ModelChoiceArguments, project: &Path) -> Result<Option<Model>, Failure> {
    if wanted.model.as_deref() == Some("none") {
        return Ok(None);
    }
    let environment = |name: &str| std::env::var(name).ok();
    let said = Choice {
        name: wanted.model.clone(),
        url: wanted.model_url.clone(),
        price_input: wanted.price_input,
        price_output: wanted.price_output,
    };
    let of_user = match user_configuration_path(&environment) {
        Some(path) => Choice::from_user_file(&path, project).map_err(failed)?,
        None => Choice::default(),
    };
    let choice = said.or(Choice::from_environment(&environment)).or(of_user);
    Model::choose(&choice, &environment, &kept_key).map_err(failed)
}

/// Puts a key into the keyring. It is never an argument, which other users of the machine could read.
fn save_key(provider: Provider) -> Result<(), Failure> {
    let mut key = String::new();
    if std::io::stdin().is_terminal() {
        let question = format!("key of {provider} (it is not shown): ");
        key = rpassword::prompt_password(question).map_err(failed)?;
    } else {
        std::io::stdin().read_line(&mut key).map_err(failed)?;
    }
    keep_key(provider, &key).map_err(failed)?;
    terminal::tell(&format!("the keyring keeps the key of {provider}; `--forget-key` takes it out again"));
    Ok(())
}

fn verification(command: Option<&str>, arguments: &AgentArguments) -> Result<Option<Verification>, Failure> {
    let Some(command) = command else { return Ok(None) };
    let helper = Helper::this_program().map_err(failed)?;
    Ok(Some(Verification {
        command: command.to_owned(),
        sandbox: Sandbox::new(helper),
        python_env: arguments.compared.overrides().python_env,
    }))
}

fn list(state: &Path) -> Result<(), Failure> {
    let lines: Vec<String> = session::list(state)
        .into_iter()
        .map(|entry| {
            let ended = match entry.ended {
                Some(outcome) => format!("{outcome:?}").to_lowercase(),
                None => "can be resumed".to_owned(),
            };
            let started = entry.started;
            let task: String = started.task.split_whitespace().collect::<Vec<_>>().join(" ");
            format!("{}  {ended}  {}  {task}\n", started.id, started.project.display())
        })
        .collect();
    if lines.is_empty() {
        terminal::tell("there are no sessions");
        return Ok(());
    }
    terminal::print(&lines.concat())
}

fn replay(
    state: &Path,
    id: &str,
    arguments: &AgentArguments,
    service: &mut Service,
) -> Result<Turn, Failure> {
    let replay = Session::replay(state, id).map_err(failed)?;
    let task = Task {
        text: replay.started.task.clone(),
        // A session may have gone on with another model.
        model: replay
            .report
            .as_ref()
            .and_then(|report| Some(report.cost.as_ref()?.model.clone()))
            .unwrap_or_else(|| replay.started.model.clone()),
        // It was asked about then; nothing is sent now.
        destination: replay.started.destination.clone(),
        verification: verification(replay.started.verify.as_deref(), arguments)?,
        limits: Limits::default(),
    };
    let mut session = replay.session;
    let report =
        converse(&task, service, &Recorded::new(replay.exchanges), &mut (), &mut session).map_err(failed)?;
    match replay.report {
        Some(known) if known == report => terminal::tell("the replay ends in the same report"),
        Some(known) => {
            return Err(Failure::new(format!(
                "the replay ends in another report, as the project or fastwright changed. These parts differ: {}. {}",
                differing(&known, &report).join(", "),
                report.answer
            )));
        }
        None => terminal::tell("the session never ended, so there is no report to compare"),
    }
    Ok(Turn::Report(Box::new(report)))
}

/// The parts of two reports that differ.
fn differing(one: &Report, other: &Report) -> Vec<String> {
    let fields = |report: &Report| match serde_json::to_value(report) {
        Ok(serde_json::Value::Object(map)) => map,
        _ => serde_json::Map::new(),
    };
    let (one, other) = (fields(one), fields(other));
    one.iter().filter(|(name, value)| other.get(*name) != Some(value)).map(|(name, _)| name.clone()).collect()
}

/// The person at the terminal, asked about what `--apply` does not cover: changes of the contract, protected files, and
/// commands that nothing confines.
pub(super) struct CarefulPerson {
    usual: TerminalPerson,
    /// Whether the model was named in this very command: who names it wants it to be asked.
    named_model: bool,
}

impl CarefulPerson {
    pub(super) fn new(arguments: &AgentArguments) -> Self {
        Self {
            usual: TerminalPerson::new(arguments.apply, !arguments.compared.no_progress),
            named_model: arguments.language_model.choice.model.is_some(),
        }
    }
}

impl Person for CarefulPerson {
    fn agrees(&mut self, question: &Question) -> bool {
        self.answer(question) != Answer::No
    }

    fn answer(&mut self, question: &Question) -> Answer {
        match &question.meaning {
            Meaning::FollowPlan | Meaning::WriteFiles | Meaning::RunCommand { unconfined: false, .. } => {
                if self.usual.agrees(question) {
                    Answer::Once
                } else {
                    Answer::No
                }
            }
            Meaning::SendToModel { .. } if self.named_model => Answer::Once,
            // A model writes what it is asked to write: what `--apply` agrees to is not known in advance.
            Meaning::ChangeContract { .. }
            | Meaning::WriteProtected { .. }
            | Meaning::RunCommand { unconfined: true, .. }
            | Meaning::SendToModel { .. } => ask(question),
        }
    }

    fn told(&mut self, event: &Event) {
        self.usual.told(event);
    }
}

fn ask(question: &Question) -> Answer {
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return Answer::No;
    }
    if !question.details.is_empty() {
        terminal::tell(&question.details);
    }
    let can_last = fastwright_agent::approvals::can_be_remembered(&question.meaning);
    let always = if can_last { ", [a]lways in this project" } else { "" };
    loop {
        terminal::tell(&format!("{} [y]es, [n]o{always}", question.text));
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        match line.trim().to_lowercase().as_str() {
            "y" | "yes" => return Answer::Once,
            "a" | "always" if can_last => return Answer::Always,
            "n" | "no" => return Answer::No,
            _ if !matches!(read, Ok(bytes) if bytes > 0) => return Answer::No,
            _ => {}
        }
    }
}
