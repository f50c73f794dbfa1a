//! The person whom the agent works for: who is asked before anything is changed or run, and told what goes on.

use serde::{Deserialize, Serialize};

/// Something that needs the person's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What the agent wants to do, as one meaning: an answer holds for every question of the same meaning.
    pub meaning: Meaning,
    /// The question, a sentence or two.
    pub text: String,
    /// What the answer rests on: a diff, a command line.
    pub details: String,
}

/// What is asked for, without its wording: approvals are remembered by it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum Meaning {
    /// To follow a plan.
    FollowPlan,
    /// To write files that change nothing that callers or operators see.
    WriteFiles,
    /// To write files that change the contract in these kinds.
    ChangeContract {
        /// Kinds of changes, sorted, each as `kind@METHOD /path` where it is about one route.
        kinds: Vec<String>,
    },
    /// To write files of a protected kind, such as tests or continuous integration.
    WriteProtected {
        /// What protects them.
        protection: String,
        /// The path, relative to the project.
        path: String,
    },
    /// To run a command of the project.
    RunCommand {
        /// The command line, as it is run.
        command: String,
        /// Whether nothing but the person's word keeps it in bounds.
        unconfined: bool,
    },
    /// To send facts and excerpts of the project to a language model.
    SendToModel {
        /// Provider and address.
        destination: String,
    },
}

/// What the person is told while the agent works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// What the agent understood, in a sentence.
    Understood {
        /// The sentence.
        text: String,
    },
    /// The plan, step by step.
    Planned {
        /// The steps.
        steps: Vec<String>,
    },
    /// What is done now.
    Doing {
        /// In a few words.
        text: String,
    },
    /// What a language model says, as it comes.
    Said {
        /// A part of a text.
        text: String,
    },
    /// Something that the person should know.
    Note {
        /// One sentence.
        text: String,
    },
}

/// What a person says to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// They don't agree.
    No,
    /// They agree, this time.
    Once,
    /// They agree, and to whatever means the same in this project later.
    Always,
}

/// Whoever the agent works for.
pub trait Person {
    /// Whether the person agrees. Nobody there to ask means no.
    fn agrees(&mut self, question: &Question) -> bool;

    /// What the person says, for those who can also say that it counts for later.
    fn answer(&mut self, question: &Question) -> Answer {
        if self.agrees(question) { Answer::Once } else { Answer::No }
    }

    /// Tells what goes on.
    fn told(&mut self, event: &Event);

    /// Whether the person wants the agent to stop.
    fn wants_to_stop(&self) -> bool {
        false
    }
}

/// Nobody to ask: nothing is written or run, and nobody hears of it.
impl Person for () {
    fn agrees(&mut self, _: &Question) -> bool {
        false
    }

    fn told(&mut self, _: &Event) {}
}
