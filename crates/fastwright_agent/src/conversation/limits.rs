//! How much a session may use, beside the budget of tokens and money that stands in front of the model.

use crate::workspace::EditLimits;
use std::time::Duration;

/// Limits of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Answers of the model.
    pub turns: usize,
    /// Calls of tools.
    pub calls: usize,
    /// Calls in one answer.
    pub calls_at_once: usize,
    /// The same call in a row; twice as often ends the session.
    pub repeated_calls: usize,
    /// Bytes of what one call of a tool says.
    pub tool_output: usize,
    /// Bytes of one answer of the model.
    pub answer: usize,
    /// Bytes of the whole conversation.
    pub conversation: usize,
    /// Plans that are not valid, and answers that call nothing.
    pub failed_attempts: usize,
    /// How often the gate or the tests may refuse before the session ends.
    pub refusals: usize,
    /// Time.
    pub time: Duration,
    /// What may be edited.
    pub edits: EditLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            turns: 80,
            calls: 250,
            calls_at_once: 16,
            repeated_calls: 3,
            tool_output: 24_000,
            answer: 600_000,
            conversation: 2_000_000,
            failed_attempts: 4,
            refusals: 5,
            time: Duration::from_secs(30 * 60),
            edits: EditLimits::default(),
        }
    }
}
