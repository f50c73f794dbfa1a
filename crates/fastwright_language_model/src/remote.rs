//! A model behind a server.

mod client;
mod failure;
mod frames;
mod preview;
mod retries;
mod translate;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use genai::chat::{ChatOptions, ChatRequest, ChatStreamEvent, StreamEnd};
use genai::{Client, ServiceTarget};
use tokio::runtime::Runtime;

use crate::choice::Model;
use crate::conversation::{Answer, Request};
use crate::error::{ModelError, Phase};
use crate::model::{Cancellation, LanguageModel, Progress};
use failure::{Again, Failed, Server};
use frames::Frames;

pub use retries::Retries;

/// How long a server may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until there is a connection.
    pub connect: Duration,
    /// Until the answer begins, with the connection. Models may think for minutes before they say a word.
    pub begin: Duration,
    /// Between two pieces of the answer.
    pub idle: Duration,
    /// For the whole answer, with all attempts.
    pub whole: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            begin: Duration::from_secs(5 * 60),
            idle: Duration::from_secs(2 * 60),
            whole: Duration::from_secs(20 * 60),
        }
    }
}

/// A model behind a server. Answers are streamed.
///
/// What can be tried again is: an answer counts only when it is whole, so nothing has happened yet when one fails. An
/// observer hears of it, and forgets what it was told.
pub struct Remote {
    model: Model,
    timeouts: Timeouts,
    retries: Retries,
    client: Client,
    target: ServiceTarget,
    /// Always there, until it is dropped.
    runtime: Option<Runtime>,
}

impl Remote {
    /// A model that can be asked. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ModelError::Machine`] when the machine has no random numbers, no certificates or no threads.
    pub fn new(model: Model) -> Result<Self, ModelError> {
        Self::with(model, Timeouts::default(), Retries::default())
    }

    /// A model that can be asked, with other patience.
    ///
    /// # Errors
    /// As for [`Remote::new`].
    pub fn with(model: Model, timeouts: Timeouts, retries: Retries) -> Result<Self, ModelError> {
        let machine = |reason: String| ModelError::Machine { reason };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| machine(format!("no runtime for connections could be started: {error}")))?;
        let client = client::new(&model, timeouts.connect)
            .map_err(|error| machine(format!("no connections can be made: {error}")))?;
        let target = translate::target(&model);
        Ok(Self { model, timeouts, retries, client, target, runtime: Some(runtime) })
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The body of the request as it would be sent, byte by byte, for people who want to see it. Besides it, only the
    /// address is sent, and the key in its header. Nothing leaves this machine for this.
    ///
    /// # Errors
    /// [`ModelError::Machine`] when the machine has no socket left.
    pub fn preview(&self, request: &Request) -> Result<String, ModelError> {
        let machine = |reason: String| ModelError::Machine { reason };
        let Some(runtime) = &self.runtime else {
            return Err(machine("the runtime for connections is gone".to_owned()));
        };
        let chat = translate::request(request, &self.model);
        let options = translate::options(request, &self.model, &self.timeouts);
        runtime
            .block_on(preview::body(self.target.clone(), chat, options))
            .map_err(|error| machine(format!("the request could not be made up: {error}")))
    }

    async fn ask(
        &self,
        request: &Request,
        observer: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Answer, ModelError> {
        let whole = request.limits.time.map_or(self.timeouts.whole, |time| time.min(self.timeouts.whole));
        let deadline = Instant::now() + whole;
        let server = Server { model: &self.model, timeouts: &self.timeouts };
        let chat = translate::request(request, &self.model);
        let mut retries = self.retries.begin();
        loop {
            let options = translate::options(request, &self.model, &self.timeouts);
            let attempt = self.attempt(&server, chat.clone(), options, observer);
            let failed = match tokio::time::timeout_at(deadline.into(), attempt).await {
                Ok(Ok(end)) => return translate::answer(end, request),
                Ok(Err(failed)) => failed,
                Err(_) => Failed::finally(server.timed_out(Phase::Whole, whole)),
            };
            let attempts = retries.made();
            let error = failure::with_attempts(failed.error, attempts);
            let Again::After(wish) = failed.again else { return Err(error) };
            let Some(pause) = retries.pause(wish, deadline) else { return Err(error) };
            observer(Progress::Retry { attempt: attempts + 1, after: pause, reason: &error });
            tokio::time::sleep(pause).await;
        }
    }

    /// One attempt to get an answer.
    async fn attempt(
        &self,
        server: &Server<'_>,
        chat: ChatRequest,
        options: ChatOptions,
        observer: &mut dyn FnMut(Progress<'_>),
    ) -> Result<StreamEnd, Failed> {
        let frames = Frames::new();
        let options = options.with_raw_frame_sink_arc(Arc::<Frames>::clone(&frames));
        let started = self.client.exec_chat_stream(self.target.clone(), chat, Some(&options)).await;
        let mut stream = started.map_err(|error| server.failed(&error, false))?.stream;
        let mut has_begun = false;
        let mut calls: Vec<String> = Vec::new();
        while let Some(event) = stream.next().await {
            if let Some(reason) = frames.fault() {
                return Err(server.broken_answer(reason));
            }
            if let Some(failure) = frames.failure() {
                return Err(server.reported(failure));
            }
            match event.map_err(|error| server.failed(&error, has_begun))? {
                ChatStreamEvent::Chunk(chunk) => observer(Progress::Text(&chunk.content)),
                ChatStreamEvent::ReasoningChunk(chunk) => observer(Progress::Reasoning(&chunk.content)),
                ChatStreamEvent::ToolCallChunk(chunk) => {
                    // Calls come in pieces; only the first piece of each is news.
                    let call = chunk.tool_call;
                    if !calls.contains(&call.call_id) {
                        observer(Progress::ToolCall(&call.fn_name));
                        calls.push(call.call_id);
                    }
                }
                ChatStreamEvent::End(end) if frames.is_complete() => return Ok(end),
                ChatStreamEvent::End(_) => break,
                ChatStreamEvent::ThoughtSignatureChunk(_) => {}
                ChatStreamEvent::Start | ChatStreamEvent::Heartbeat => continue,
            }
            has_begun = true;
        }
        // The last frame may have been the broken one.
        Err(match frames.fault() {
            Some(reason) => server.broken_answer(reason),
            None => server.broken_stream("it ended without saying that it is complete"),
        })
    }
}

impl LanguageModel for Remote {
    fn answer(
        &self,
        request: &Request,
        observer: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Answer, ModelError> {
        let Some(runtime) = &self.runtime else {
            return Err(ModelError::Machine { reason: "the runtime for connections is gone".to_owned() });
        };
        let cancellation: Cancellation = request.limits.cancellation.clone();
        runtime.block_on(async {
            tokio::select! {
                biased;
                () = cancellation.cancelled() => Err(ModelError::Cancelled),
                result = self.ask(request, observer) => result,
            }
        })
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        // A name that is still being looked up must not hold up the program.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Remote");
        debug.field("model", &self.model).field("timeouts", &self.timeouts).field("retries", &self.retries);
        debug.finish_non_exhaustive()
    }
}
