//! Replaying what was recorded.

mod difference;

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::conversation::{Answer, Request};
use crate::error::ModelError;
use crate::model::{LanguageModel, Progress};

/// A request and what came of it: an entry of a transcript.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Exchange {
    /// What was asked.
    pub request: Request,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a request.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// An answer.
    Answer(Answer),
    /// An error, which a replay gives again.
    Failure(ModelError),
}

/// A model that gives recorded answers. The requests must come as they were recorded, one after the other.
#[derive(Debug)]
pub struct Recorded {
    exchanges: Mutex<Remaining>,
}

#[derive(Debug)]
struct Remaining {
    exchanges: VecDeque<Exchange>,
    played: usize,
}

impl Exchange {
    /// An entry of a transcript, from what a model was asked and said.
    pub fn new(request: &Request, result: &Result<Answer, ModelError>) -> Self {
        let outcome = match result {
            Ok(answer) => Outcome::Answer(answer.clone()),
            Err(error) => Outcome::Failure(error.clone()),
        };
        Self { request: request.clone(), outcome }
    }
}

impl Recorded {
    /// Replays these, in this order.
    pub fn new(exchanges: impl IntoIterator<Item = Exchange>) -> Self {
        let exchanges = exchanges.into_iter().collect();
        Self { exchanges: Mutex::new(Remaining { exchanges, played: 0 }) }
    }

    /// How many are still to come.
    pub fn remaining(&self) -> usize {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).exchanges.len()
    }
}

impl LanguageModel for Recorded {
    fn answer(
        &self,
        request: &Request,
        observer: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Answer, ModelError> {
        let mut remaining = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        let number = remaining.played + 1;
        let Some(exchange) = remaining.exchanges.front() else {
            let difference = format!("request {number} comes, and only {} were recorded", remaining.played);
            return Err(ModelError::Replay { difference });
        };
        if let Some(difference) = difference::between(&exchange.request, request) {
            return Err(ModelError::Replay { difference: format!("request {number}, {difference}") });
        }
        let Some(exchange) = remaining.exchanges.pop_front() else {
            // It was there a line ago.
            return Err(ModelError::Replay { difference: format!("request {number} is gone") });
        };
        remaining.played += 1;
        drop(remaining);
        match exchange.outcome {
            Outcome::Failure(error) => Err(error),
            Outcome::Answer(answer) => {
                if !answer.message.text.is_empty() {
                    observer(Progress::Text(&answer.message.text));
                }
                for call in &answer.message.tool_calls {
                    observer(Progress::ToolCall(&call.name));
                }
                Ok(answer)
            }
        }
    }
}
