//! A conversation as plain data. Its serialised form is that of transcripts.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::Limits;

/// Everything that a model is told at once: models remember nothing.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Request {
    /// What the model is, and the rules that it works by.
    pub system: String,
    /// The tools that it may call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolDefinition>,
    /// The conversation so far. The last message is of the user or the result of a tool.
    pub messages: Vec<Message>,
    /// The longest answer, in tokens. `None` leaves it to the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u32>,
    /// How long the caller waits, and its way to stop waiting. Not part of what is asked, so in no transcript.
    #[serde(skip)]
    pub limits: Limits,
}

/// A tool that a model may call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolDefinition {
    /// Letters, digits, `_` and `-`; at most 64.
    pub name: String,
    /// What the tool does and when it is of use.
    pub description: String,
    /// JSON Schema of its arguments, which are an object.
    pub parameters: Value,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Message {
    /// What the user says.
    User {
        /// The words.
        text: String,
    },
    /// What the model has answered.
    Assistant(AssistantMessage),
    /// What a tool has answered.
    Tool(ToolResult),
}

/// What a model has said in one turn.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AssistantMessage {
    /// Its thoughts. Some models insist on getting them back, unchanged, with the results of their calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasoning: Vec<Reasoning>,
    /// Its words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The tools that it calls; each wants a [`ToolResult`] before the next turn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
}

/// A thought of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reasoning {
    /// Words that anybody may read.
    Open {
        /// The words.
        text: String,
    },
    /// Words that the provider has signed.
    Signed {
        /// The words.
        text: String,
        /// The signature over them.
        signature: String,
    },
    /// What only the provider can read.
    Sealed {
        /// The text of it.
        signature: String,
    },
    /// A block that the provider wants back as it is.
    Opaque {
        /// The block.
        block: Value,
    },
}

/// A call of a tool, as the model has made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// What the result is tied to.
    pub id: String,
    /// Name of the tool. Models invent some.
    pub name: String,
    /// The arguments.
    pub arguments: Arguments,
}

/// Arguments of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Arguments {
    /// An object, which may still not be what the tool wants.
    Object(Map<String, Value>),
    /// Not an object, or not JSON at all: the text as the model wrote it, to be told to the model.
    Malformed(String),
}

/// The result of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolResult {
    /// Id of the call.
    pub call_id: String,
    /// Name of the tool.
    pub name: String,
    /// What the tool says, mostly JSON.
    pub content: String,
}

/// What a model answers to a [`Request`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// What it says and which tools it calls.
    pub message: AssistantMessage,
    /// Why it has stopped.
    pub stop: Stop,
    /// The tokens that this answer took.
    pub usage: Usage,
}

/// Why an answer ends. Answers that were cut off or declined are errors, so they are not among these.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// The model is done.
    #[default]
    Complete,
    /// The model waits for its tools.
    ToolCalls,
    /// Another reason, in the provider's word.
    Other(String),
}

/// Tokens of one answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens that the model has read, cached ones included.
    pub input_tokens: u64,
    /// How many of these the provider had in its cache.
    #[serde(default)]
    pub cached_input_tokens: u64,
    /// How many of these the provider has put into its cache.
    #[serde(default)]
    pub cache_written_tokens: u64,
    /// Tokens that the model has written, thoughts included.
    pub output_tokens: u64,
    /// Whether the provider said nothing, so that these are estimates from the size of the texts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_estimated: bool,
}

impl Request {
    /// The tokens that the model will about read. Rather too many than too few: code has about three bytes a token,
    /// prose four.
    pub fn estimated_tokens(&self) -> u64 {
        // What stands around each message and tool in the protocols.
        const FRAME: usize = 16;
        let tools: usize = self
            .tools
            .iter()
            .map(|tool| tool.name.len() + tool.description.len() + json_length(&tool.parameters) + FRAME)
            .sum();
        let messages: usize = self.messages.iter().map(|message| message.length() + FRAME).sum();
        estimated_tokens(self.system.len() + tools + messages)
    }
}

impl Message {
    /// A message of the user.
    pub fn user(text: impl Into<String>) -> Self {
        Self::User { text: text.into() }
    }

    /// Length of the texts in bytes.
    fn length(&self) -> usize {
        match self {
            Self::User { text } => text.len(),
            Self::Assistant(message) => message.length(),
            Self::Tool(result) => result.call_id.len() + result.content.len(),
        }
    }
}

impl AssistantMessage {
    /// Length of the texts in bytes.
    pub(crate) fn length(&self) -> usize {
        let reasoning: usize = self.reasoning.iter().map(Reasoning::length).sum();
        let calls: usize = self
            .tool_calls
            .iter()
            .map(|call| call.id.len() + call.name.len() + call.arguments.length())
            .sum();
        reasoning + self.text.len() + calls
    }
}

impl Reasoning {
    fn length(&self) -> usize {
        match self {
            Self::Open { text } => text.len(),
            Self::Signed { text, signature } => text.len() + signature.len(),
            Self::Sealed { signature } => signature.len(),
            Self::Opaque { block } => json_length(block),
        }
    }
}

impl Arguments {
    fn length(&self) -> usize {
        match self {
            Self::Object(object) => serde_json::to_string(object).map(|text| text.len()).unwrap_or_default(),
            Self::Malformed(text) => text.len(),
        }
    }
}

impl ToolResult {
    /// The result of this call.
    pub fn of(call: &ToolCall, content: impl Into<String>) -> Self {
        Self { call_id: call.id.clone(), name: call.name.clone(), content: content.into() }
    }
}

impl Usage {
    /// All tokens of the answer.
    pub fn total(&self) -> u64 {
        self.input_tokens + self.output_tokens
    }
}

/// The tokens of so many bytes, on the high side.
pub(crate) fn estimated_tokens(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(3)).unwrap_or(u64::MAX)
}

fn json_length(value: &Value) -> usize {
    serde_json::to_string(value).map(|text| text.len()).unwrap_or_default()
}
