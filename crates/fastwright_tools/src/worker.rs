//! A thread that answers one question after the other, for callers that can't wait themselves.

use crate::error::{ErrorKind, ToolError};
use crate::knowledge::Start;
use crate::service::{Caller, Service};
use fastwright_python::parallel::STACK;
use serde_json::Value as Json;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

/// A question with somewhere to send its answer to.
pub struct Call {
    /// The tool.
    pub tool: String,
    /// Its arguments.
    pub arguments: Json,
    /// Who asks.
    pub caller: Arc<dyn Caller + Send + Sync>,
    /// Gets the answer, on the thread of the worker.
    pub answer: Box<dyn FnOnce(Result<Json, ToolError>) + Send>,
}

/// Sends questions to the thread; it ends when the last one of these is gone.
#[derive(Clone)]
pub struct Worker {
    sender: Sender<Call>,
}

impl Worker {
    /// Starts a thread for a project.
    ///
    /// # Errors
    /// When the path does not exist, its configuration can't be read, or there is no room for a thread.
    pub fn start(start: Start) -> Result<Self, ToolError> {
        let (worker, work) = Self::with_work(start)?;
        std::thread::Builder::new()
            .name("fastwright-tools".to_owned())
            .stack_size(STACK)
            .spawn(|| work.run())
            .map_err(|error| ToolError::refused(format!("no thread can be started: {error}")))?;
        Ok(worker)
    }

    /// A worker without a thread: the work is done by whoever runs it. For programs with a thread that takes part in
    /// what is done in parallel ([`fastwright_python::parallel::take_part`]): that thread has to be the one.
    ///
    /// # Errors
    /// When the path does not exist or its configuration can't be read.
    pub fn with_work(start: Start) -> Result<(Self, Work), ToolError> {
        // What is wrong with the project is said at once.
        Service::new(start.clone())?;
        let (sender, calls) = channel::<Call>();
        Ok((Self { sender }, Work { start, calls }))
    }

    /// Asks; the answer comes later.
    pub fn ask(&self, call: Call) {
        if let Err(unsent) = self.sender.send(call) {
            (unsent.0.answer)(Err(ToolError {
                kind: ErrorKind::Internal,
                message: "the thread that answers has ended".to_owned(),
            }));
        }
    }

    /// Asks and waits.
    ///
    /// # Errors
    /// As [`Service::call`].
    pub fn call(&self, tool: &str, arguments: Json) -> Result<Json, ToolError> {
        let (sender, answer) = channel();
        self.ask(Call {
            tool: tool.to_owned(),
            arguments,
            caller: Arc::new(()),
            answer: Box::new(move |result| {
                // Whoever asked may be gone.
                let _ = sender.send(result);
            }),
        });
        answer.recv().unwrap_or_else(|_| {
            Err(ToolError { kind: ErrorKind::Internal, message: "no answer came".to_owned() })
        })
    }
}

/// What a worker has to do.
pub struct Work {
    start: Start,
    calls: Receiver<Call>,
}

impl Work {
    /// Answers one question after the other until nobody can ask any more.
    pub fn run(self) {
        let mut service = None;
        while let Ok(call) = self.calls.recv() {
            let Call { tool, arguments, caller, answer } = call;
            let result = match service.take().map_or_else(|| Service::new(self.start.clone()), Ok) {
                Err(error) => Err(error),
                Ok(mut ready) => {
                    let asked = catch_unwind(AssertUnwindSafe(|| ready.call(&tool, arguments, &*caller)));
                    match asked {
                        Ok(result) => {
                            service = Some(ready);
                            result
                        }
                        // What it knew may be half made: the next question starts anew.
                        Err(_) => Err(ToolError {
                            kind: ErrorKind::Internal,
                            message: format!(
                                "an internal error stopped `{tool}`. This is a fault of fastwright, not of the \
                                 project; other tools still work"
                            ),
                        }),
                    }
                }
            };
            answer(result);
        }
    }
}
