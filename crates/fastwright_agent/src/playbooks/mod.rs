//! Plans of the engine's tools that need no language model: each says what it understood, shows its plan, follows it,
//! and reports with proof.

mod changes;
mod explaining;
pub(crate) mod facts;
mod improving;
mod protecting;
mod reviewing;

use crate::person::{Event, Person};
use crate::report::{Outcome, Report};
use crate::request::{Playbook, Request, Understanding, understand};
use fastwright_engine::rules::rule_descriptions;
use fastwright_tools::{Caller, Service, ToolError};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// What the person decided at the start, beside the task.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What fixes may change: `safe` (the contract stays equal), `unsafe` or `contract`; none is `safe`.
    pub permission: Option<String>,
    /// The command that runs the project's tests, before and after a change.
    pub verify: Option<String>,
}

/// Follows a task without a language model. It is for the thread with the deep stack that evaluation needs.
///
/// # Errors
/// When the project can't be read, or files can't be written.
pub fn follow(
    task: &str,
    service: &mut Service,
    options: &Options,
    person: &mut dyn Person,
) -> Result<Report, ToolError> {
    let rules: BTreeSet<&str> = rule_descriptions().iter().map(|rule| rule.name).collect();
    let request = match understand(task, &rules) {
        Understanding::Clear(request) => request,
        other => return Ok(not_understood(task, &other)),
    };
    let run = Run { request: &request, service, options, person: &RefCell::new(person) };
    match request.playbook {
        Playbook::Review => reviewing::review(run),
        Playbook::Secure | Playbook::Faster | Playbook::Document | Playbook::Improve => {
            improving::improve(run)
        }
        Playbook::Protect => protecting::protect(run),
        Playbook::Explain => explaining::explain(run),
        Playbook::CheckChange => changes::check(run),
        Playbook::PullRequest => changes::pull_request(run),
    }
}

/// One task on its way.
struct Run<'r> {
    request: &'r Request,
    service: &'r mut Service,
    options: &'r Options,
    person: &'r RefCell<&'r mut dyn Person>,
}

/// Tells the person what a tool does.
struct Telling<'r>(&'r RefCell<&'r mut dyn Person>);

impl Caller for Telling<'_> {
    fn is_cancelled(&self) -> bool {
        self.0.try_borrow().is_ok_and(|person| person.wants_to_stop())
    }

    fn progress(&self, what: &str) {
        if let Ok(mut person) = self.0.try_borrow_mut() {
            person.told(&Event::Doing { text: what.to_owned() });
        }
    }
}

impl Run<'_> {
    /// A report with what is known at the start; the person hears it.
    fn report(&self, understood: String, plan: &[&str]) -> Report {
        let plan: Vec<String> = plan.iter().map(|step| (*step).to_owned()).collect();
        let mut person = self.person.borrow_mut();
        person.told(&Event::Understood { text: understood.clone() });
        person.told(&Event::Planned { steps: plan.clone() });
        Report { version: 1, task: self.request.task.clone(), understood, plan, ..Report::default() }
    }
}

/// What is said of a task that is none of the playbooks.
fn not_understood(task: &str, understanding: &Understanding) -> Report {
    let (understood, offers) = match understanding {
        Understanding::Elsewhere(instead) => ((*instead).to_owned(), Playbook::ALL.to_vec()),
        Understanding::Ambiguous(several) => {
            ("This may mean several things. Which one?".to_owned(), several.clone())
        }
        Understanding::Clear(_) | Understanding::Unknown => (
            "I can't map this to anything that I can do without a language model.".to_owned(),
            Playbook::ALL.to_vec(),
        ),
    };
    Report {
        version: 1,
        task: task.to_owned(),
        outcome: Outcome::NotUnderstood,
        understood,
        next: offers
            .into_iter()
            .map(|playbook| format!("fastwright agent \"{}\"", playbook.offer()))
            .collect(),
        ..Report::default()
    }
}
