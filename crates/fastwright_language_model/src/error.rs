//! What goes wrong between a caller and a language model, in words for people.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::budget::Money;
use crate::conversation::Answer;

/// Why there is no whole answer. Texts of servers in here are shortened, and keys are taken out of them.
#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ModelError {
    /// The server can't be reached, or the connection broke before an answer began.
    #[error("{host} can't be reached: {reason}{}", after(*attempts))]
    Unreachable {
        /// The server.
        host: String,
        /// What the network said.
        reason: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// 401: the key is missing or wrong.
    #[error("{host} does not accept {key}: {message}. Check the variable and the address")]
    KeyRefused {
        /// The server.
        host: String,
        /// Where the key came from.
        key: String,
        /// What the server said.
        message: String,
    },
    /// 403: the key is known and may not do this.
    #[error("{host} does not allow this: {message}")]
    Forbidden {
        /// The server.
        host: String,
        /// What the server said.
        message: String,
    },
    /// 404: no such model, or no such address.
    #[error("{host} knows no model `{name}` here: {message}. Check the name of the model and the address")]
    UnknownModel {
        /// The server.
        host: String,
        /// The name that was asked for.
        name: String,
        /// What the server said.
        message: String,
    },
    /// The account has no money left.
    #[error("the account at {host} has no credit left: {message}")]
    NoCredit {
        /// The server.
        host: String,
        /// What the server said.
        message: String,
    },
    /// 429: too many requests.
    #[error("{host} asks to slow down: {message}{}{}", retry_after.map(|time| format!("; try again in {}", seconds(time))).unwrap_or_default(), after(*attempts))]
    RateLimited {
        /// The server.
        host: String,
        /// What the server said.
        message: String,
        /// How long it wants to be left alone.
        retry_after: Option<Duration>,
        /// How often it was tried.
        attempts: u32,
    },
    /// 5xx and 529: a fault of the server.
    #[error("{host} failed with status {status}: {message}{}", after(*attempts))]
    ServerFailure {
        /// The server.
        host: String,
        /// The status, or the one that an error in a stream stands for.
        status: u16,
        /// What the server said.
        message: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// Nothing came for too long.
    #[error("{host} took longer than {} {phase}{}", seconds(*limit), after(*attempts))]
    TimedOut {
        /// The server.
        host: String,
        /// What was waited for.
        phase: Phase,
        /// The limit.
        limit: Duration,
        /// How often it was tried.
        attempts: u32,
    },
    /// The answer is not what the protocol says.
    #[error("{host} answers in a way that can't be understood: {reason}{}", after(*attempts))]
    BrokenAnswer {
        /// The server.
        host: String,
        /// What is wrong with it.
        reason: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// The answer began and did not end.
    #[error("the answer of {host} broke off: {reason}{}", after(*attempts))]
    BrokenStream {
        /// The server.
        host: String,
        /// How it broke off.
        reason: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// The answer reached the most tokens that it may have. Calls of tools in it may lack a part.
    #[error("the answer was cut off after {} tokens. Ask for less at once, or allow longer answers", answer.usage.output_tokens)]
    CutOff {
        /// What there is of it.
        answer: Box<Answer>,
    },
    /// The model or its provider declined to answer.
    #[error("the model declined to answer ({reason})")]
    Declined {
        /// The provider's word for it.
        reason: String,
        /// What was said before.
        answer: Box<Answer>,
    },
    /// The conversation is longer than the model can read.
    #[error("the conversation is too long for the model: {message}")]
    ContextTooLong {
        /// What the server said.
        message: String,
    },
    /// Another refusal, mostly of a request that the server does not understand.
    #[error("{host} refuses the request with status {status}: {message}")]
    Rejected {
        /// The server.
        host: String,
        /// The status.
        status: u16,
        /// What the server said.
        message: String,
    },
    /// The budget does not allow another request.
    #[error("the budget is used up: {limit}")]
    BudgetSpent {
        /// Which part of it.
        limit: BudgetLimit,
    },
    /// A budget of money was set, and nobody knows what the model costs.
    #[error(
        "what `{name}` costs is not known, so a budget of money can't be kept. Say it with --price-input and \
         --price-output (dollars for a million tokens), or set a budget of tokens instead"
    )]
    PriceUnknown {
        /// Name of the model.
        name: String,
    },
    /// The caller has stopped waiting.
    #[error("cancelled")]
    Cancelled,
    /// A replay does not go as it was recorded.
    #[error("the replay differs from what was recorded: {difference}")]
    Replay {
        /// What differs, and where.
        difference: String,
    },
    /// Something that should not happen on a working machine.
    #[error("{reason}")]
    Machine {
        /// What is not as it should be.
        reason: String,
    },
}

/// What was waited for when the time was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The connection.
    Connect,
    /// The beginning of the answer.
    Begin,
    /// The next piece of the answer.
    Idle,
    /// The whole answer.
    Whole,
}

/// A part of a budget that is used up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum BudgetLimit {
    /// Tokens.
    Tokens {
        /// What may be used.
        allowed: u64,
        /// What is used already.
        spent: u64,
        /// What the next request needs at least.
        needed: u64,
    },
    /// Money.
    Money {
        /// What may be used.
        allowed: Money,
        /// What is used already.
        spent: Money,
        /// What the next request needs at least.
        needed: Money,
    },
    /// Time.
    Time {
        /// What may be used.
        allowed: Duration,
    },
}

impl std::fmt::Display for Phase {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Connect => "to connect",
            Self::Begin => "to begin its answer",
            Self::Idle => "to go on with its answer",
            Self::Whole => "for the whole answer",
        })
    }
}

impl std::fmt::Display for BudgetLimit {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tokens { allowed, spent, needed } => write!(
                formatter,
                "{spent} of {allowed} tokens are spent, and the next request needs about {needed}"
            ),
            Self::Money { allowed, spent, needed } => {
                write!(formatter, "{spent} of {allowed} are spent, and the next request needs about {needed}")
            }
            Self::Time { allowed } => write!(formatter, "{} are over", seconds(*allowed)),
        }
    }
}

/// `12 s`, or `0.25 s` for what is short.
fn seconds(time: Duration) -> String {
    if time.as_secs() >= 10 || time.subsec_millis() == 0 {
        format!("{} s", time.as_secs())
    } else {
        format!("{} s", (time.as_secs_f64() * 100.0).round() / 100.0)
    }
}

/// ` (tried 3 times)`, if it was more than once.
fn after(attempts: u32) -> String {
    if attempts > 1 { format!(" (tried {attempts} times)") } else { String::new() }
}
