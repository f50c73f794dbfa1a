//! The person at the terminal.

use crate::terminal;
use fastwright_agent::person::{Event, Meaning, Person, Question};
use std::collections::BTreeSet;
use std::io::{BufRead as _, IsTerminal as _, Write as _};

/// Asks on standard error and reads from standard input, where both are a terminal.
pub(super) struct TerminalPerson {
    /// Whether everything that the plan shows was agreed to on the command line.
    applies: bool,
    shows_progress: bool,
    agreed: BTreeSet<Meaning>,
}

impl TerminalPerson {
    pub(super) fn new(applies: bool, shows_progress: bool) -> Self {
        Self {
            applies,
            shows_progress: shows_progress && std::io::stderr().is_terminal(),
            agreed: BTreeSet::new(),
        }
    }
}

impl Person for TerminalPerson {
    fn agrees(&mut self, question: &Question) -> bool {
        match &question.meaning {
            // The command was given as an option.
            Meaning::RunCommand { .. } => return true,
            Meaning::FollowPlan | Meaning::WriteFiles | Meaning::ChangeContract { .. } if self.applies => {
                return true;
            }
            meaning if self.agreed.contains(meaning) => return true,
            _ => {}
        }
        if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
            return false;
        }
        if !question.details.is_empty() {
            terminal::tell(&question.details);
        }
        loop {
            terminal::tell(&format!("{} [y]es, [n]o, [a]lways for this", question.text));
            let mut line = String::new();
            let read = std::io::stdin().lock().read_line(&mut line);
            match line.trim().to_lowercase().as_str() {
                "y" | "yes" => return true,
                "a" | "always" => {
                    self.agreed.insert(question.meaning.clone());
                    return true;
                }
                "n" | "no" => return false,
                _ if !matches!(read, Ok(bytes) if bytes > 0) => return false,
                _ => {}
            }
        }
    }

    fn told(&mut self, event: &Event) {
        if !self.shows_progress {
            return;
        }
        match event {
            Event::Understood { text } | Event::Note { text } => terminal::tell(text),
            Event::Planned { steps } => {
                for (index, step) in steps.iter().enumerate() {
                    terminal::tell(&format!("  {}. {step}", index + 1));
                }
            }
            Event::Doing { text } => terminal::tell(&format!("  ... {text}")),
            Event::Said { text } => {
                let mut output = std::io::stderr();
                let _ = output.write_all(text.as_bytes());
                let _ = output.flush();
            }
        }
    }
}
