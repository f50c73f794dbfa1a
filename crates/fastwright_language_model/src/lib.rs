//! Talks to language models. The one room of the workspace that knows their protocols.
//!
//! - [`Choice`] and [`Model`]: who is asked, where, with which key. Never said by a project: only by the command line,
//!   the environment, the keyring and the user's own configuration outside of projects.
//! - [`Request`] and [`Answer`]: a conversation as plain data, for transcripts and replays.
//! - [`LanguageModel`]: one question, one answer. [`Remote`] asks a server, [`Recorded`] replays a transcript, and
//!   [`Metered`] keeps a [`Budget`] in front of either.
//! - [`ModelError`]: what went wrong, in words for people, with what can be done about it.
//!
//! Everything is synchronous: the asynchronous runtime that HTTP needs is hidden inside of [`Remote`].
//!
//! What is sent, and where to: only what stands in a [`Request`], to the address of the [`Model`], with its key in the
//! header that the protocol has for it. Redirects are not followed. Proxies of the environment (`HTTPS_PROXY`,
//! `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`) are used, as companies need them, but never for addresses of this machine.

mod budget;
mod choice;
mod conversation;
mod error;
mod model;
mod recorded;
mod remote;

pub use budget::{Budget, Metered, Money, Price, PriceTable, Spent};
pub use choice::{
    Choice, ChoiceError, KEY_VARIABLES, Key, KeyringError, Model, Provider, forget_key, keep_key, kept_key,
    user_configuration_path,
};
pub use conversation::{
    Answer, Arguments, AssistantMessage, Message, Reasoning, Request, Stop, ToolCall, ToolDefinition,
    ToolResult, Usage,
};
pub use error::{BudgetLimit, ModelError, Phase};
pub use model::{Cancellation, LanguageModel, Limits, Progress};
pub use recorded::{Exchange, Outcome, Recorded};
pub use remote::{Remote, Retries, Timeouts};
