//! What a tool says when it can't answer.

use std::fmt;

/// Why a tool gave no answer, in words that help whoever asked, a model included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolError {
    /// What kind of thing went wrong.
    pub kind: ErrorKind,
    /// What happened and what to do.
    pub message: String,
}

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// There is no tool of this name.
    UnknownTool,
    /// The arguments are not those of the tool.
    WrongArguments,
    /// What was asked for is not there, or can't be done.
    Refused,
    /// Nobody waits for the answer any more.
    Cancelled,
    /// A fault of fastwright.
    Internal,
}

impl ToolError {
    pub(crate) fn arguments(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::WrongArguments, message: message.into() }
    }

    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Refused, message: message.into() }
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for ToolError {}

impl From<fastwright_engine::Failure> for ToolError {
    fn from(failure: fastwright_engine::Failure) -> Self {
        Self::refused(failure.to_string())
    }
}
