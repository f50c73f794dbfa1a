//! What a language model is to its callers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::conversation::{Answer, Request};
use crate::error::ModelError;

/// Somebody who answers requests.
///
/// `answer` blocks. It must not be called on a thread that drives an asynchronous runtime; one for blocking work is
/// fine.
pub trait LanguageModel {
    /// Answers one request. What is said on the way is told to `observer`; only the [`Answer`] counts.
    ///
    /// # Errors
    /// When there is no whole answer; [`ModelError`] says why.
    fn answer(&self, request: &Request, observer: &mut dyn FnMut(Progress<'_>))
    -> Result<Answer, ModelError>;
}

impl<M: LanguageModel + ?Sized> LanguageModel for Box<M> {
    fn answer(
        &self,
        request: &Request,
        observer: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Answer, ModelError> {
        (**self).answer(request, observer)
    }
}

/// What happens while an answer comes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Progress<'text> {
    /// The model says this next.
    Text(&'text str),
    /// The model thinks this next.
    Reasoning(&'text str),
    /// The model begins to call a tool. What with is only known at the end.
    ToolCall(&'text str),
    /// This attempt has failed, and another one follows. What was said so far is void.
    Retry {
        /// Number of the attempt that follows; the first one is 1.
        attempt: u32,
        /// How long until then.
        after: Duration,
        /// Why this one has failed.
        reason: &'text ModelError,
    },
}

/// How long a caller waits for an answer, and its way to stop waiting.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// The longest time for the whole answer, with all attempts.
    pub time: Option<Duration>,
    /// Ends the wait from another thread.
    pub cancellation: Cancellation,
}

/// A way to end a running request, such as when the user has had enough. Clones belong together.
#[derive(Clone)]
pub struct Cancellation(Arc<watch::Sender<bool>>);

impl Cancellation {
    /// Ends the request that has this, and all that come later.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is cancelled, maybe for ever.
    pub(crate) async fn cancelled(&self) {
        let mut receiver = self.0.subscribe();
        // An error means that nobody can cancel any more, which can't be while `self` lives.
        let _ = receiver.wait_for(|cancelled| *cancelled).await;
    }
}

impl Default for Cancellation {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl fmt::Debug for Cancellation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Cancellation").field(&self.is_cancelled()).finish()
    }
}
