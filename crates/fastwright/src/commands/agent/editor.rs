//! `fastwright acp`: the same agent, hosted by an editor.

use super::model;
use crate::arguments::{AcpArguments, AgentArguments, AgentFormat, ComparedArguments};
use crate::commands::ModelArguments;
use crate::ending::Ending;
use fastwright_agent::markdown::markdown;
use fastwright_agent::person::{Answer, Event, Meaning, Person, Question};
use fastwright_agent::playbooks::{Options, follow};
use fastwright_agent::report::Outcome;
use fastwright_engine::Failure;
use fastwright_serve::acp::{self, Agent, serve_stdio};
use fastwright_tools::{Service, Start};
use std::path::Path;

/// Serves until the editor is gone. Nothing but the protocol is written to standard output.
///
/// # Errors
/// When the connection fails.
pub(crate) fn acp(arguments: &AcpArguments) -> Result<Ending, Failure> {
    serve_stdio(|folder| Ok(Box::new(EditorAgent::new(arguments, folder)?)))?;
    Ok(Ending::Clean)
}

/// The agent of one session.
struct EditorAgent {
    arguments: AgentArguments,
    service: Service,
}

impl EditorAgent {
    /// An agent for the project of the command line, or else for the folder of the editor.
    fn new(arguments: &AcpArguments, folder: &Path) -> Result<Self, Failure> {
        let project = arguments.path.clone().unwrap_or_else(|| folder.to_path_buf());
        let start = Start {
            path: project.clone(),
            overrides: arguments.settings.overrides(),
            allow_write: true,
            allow_dirty: arguments.changes.allow_dirty,
        };
        let service = Service::new(start).map_err(|error| Failure::new(error.to_string()))?;
        let arguments = AgentArguments {
            task: Vec::new(),
            compared: ComparedArguments {
                project,
                settings: arguments.settings.clone(),
                output_file: None,
                no_progress: true,
            },
            apply: false,
            changes: arguments.changes.clone(),
            language_model: ModelArguments {
                choice: arguments.language_model.clone(),
                ..ModelArguments::default()
            },
            output_format: AgentFormat::Markdown,
        };
        Ok(Self { arguments, service })
    }
}

impl Agent for EditorAgent {
    fn follow(&mut self, task: &str, person: &mut dyn Person) -> Result<acp::Answer, Failure> {
        let arguments = &self.arguments;
        let mut person = AtEditor { person, named_model: arguments.language_model.choice.model.is_some() };
        let report = match model::turn(arguments, task, &mut self.service, &mut person)? {
            model::Turn::Report(report) => *report,
            model::Turn::NoModel | model::Turn::Said => {
                let changes = &arguments.changes;
                let options =
                    Options { permission: Some(changes.permission.clone()), verify: changes.verify.clone() };
                follow(task, &mut self.service, &options, &mut person)
                    .map_err(|error| Failure::new(error.to_string()))?
            }
        };
        Ok(acp::Answer {
            // What is written can be read in the files; what is only planned is shown.
            text: markdown(&report, !report.proof.written),
            finished: report.outcome == Outcome::Done,
        })
    }
}

/// The person at the editor, who said some things already when they configured the agent there.
struct AtEditor<'p> {
    person: &'p mut dyn Person,
    /// Whether the model was named: who names it wants it to be asked.
    named_model: bool,
}

impl Person for AtEditor<'_> {
    fn agrees(&mut self, question: &Question) -> bool {
        self.answer(question) != Answer::No
    }

    fn answer(&mut self, question: &Question) -> Answer {
        match &question.meaning {
            // The command was given as an option, and something confines it.
            Meaning::RunCommand { unconfined: false, .. } => Answer::Once,
            Meaning::SendToModel { .. } if self.named_model => Answer::Once,
            _ => self.person.answer(question),
        }
    }

    fn told(&mut self, event: &Event) {
        self.person.told(event);
    }

    fn wants_to_stop(&self) -> bool {
        self.person.wants_to_stop()
    }
}
