//! The wire formats: a turn of the model as a document or as a stream of events.

mod chat_completions;
mod messages;
mod responses;

use std::fmt;

use serde_json::Value;

use crate::reply::Turn;

/// A wire format that language models are asked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireFormat {
    /// OpenAI's chat completions, spoken by most servers.
    ChatCompletions,
    /// OpenAI's responses, which its own newer models are asked in.
    Responses,
    /// Anthropic's messages.
    Messages,
}

impl WireFormat {
    /// The format that belongs to a path.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        match path.split('?').next().unwrap_or_default() {
            path if path.ends_with("/chat/completions") => Some(Self::ChatCompletions),
            path if path.ends_with("/responses") => Some(Self::Responses),
            path if path.ends_with("/messages") => Some(Self::Messages),
            _ => None,
        }
    }

    pub(crate) fn document(self, turn: &Turn) -> Value {
        match self {
            Self::ChatCompletions => chat_completions::document(turn),
            Self::Responses => responses::document(turn),
            Self::Messages => messages::document(turn),
        }
    }

    pub(crate) fn events(self, turn: &Turn) -> Vec<Event> {
        match self {
            Self::ChatCompletions => chat_completions::events(turn),
            Self::Responses => responses::events(turn),
            Self::Messages => messages::events(turn),
        }
    }

    /// The body of a refusal.
    pub(crate) fn refusal(self, kind: &str, message: &str) -> Value {
        match self {
            Self::ChatCompletions | Self::Responses => {
                serde_json::json!({"error": {"message": message, "type": kind, "param": null, "code": kind}})
            }
            Self::Messages => {
                serde_json::json!({"type": "error", "error": {"type": kind, "message": message}})
            }
        }
    }

    /// An error that is reported within a stream.
    pub(crate) fn error_event(self, kind: &str, message: &str) -> Event {
        match self {
            Self::ChatCompletions => Event::unnamed(self.refusal(kind, message)),
            Self::Responses => {
                Event::named("error", serde_json::json!({"type": "error", "code": kind, "message": message}))
            }
            Self::Messages => Event::named("error", self.refusal(kind, message)),
        }
    }
}

/// An event of a stream.
pub(crate) struct Event {
    name: Option<&'static str>,
    data: String,
}

impl Event {
    fn named(name: &'static str, data: Value) -> Self {
        Self { name: Some(name), data: data.to_string() }
    }

    fn unnamed(data: Value) -> Self {
        Self { name: None, data: data.to_string() }
    }

    fn literal(data: &str) -> Self {
        Self { name: None, data: data.to_owned() }
    }

    /// The event with only half of its data.
    pub(crate) fn broken(&self) -> String {
        let half: String = self.data.chars().take(self.data.chars().count() / 2).collect();
        Self { name: self.name, data: half }.to_string()
    }
}

impl fmt::Display for Event {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = self.name {
            writeln!(formatter, "event: {name}")?;
        }
        write!(formatter, "data: {}\n\n", self.data)
    }
}

/// Cuts a text into pieces, as a model writes it: a client must put them together again.
fn pieces(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(7).map(|piece| piece.iter().collect()).collect()
}
