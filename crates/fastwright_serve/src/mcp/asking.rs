//! A question of a client on its way to the thread that answers, and back.

use fastwright_tools::{Call, Caller, ErrorKind, ToolError, Worker};
use rmcp::RoleServer;
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RequestContext};
use serde_json::Value as Json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{mpsc, oneshot};

/// The request of a client as the thread that answers sees it.
struct Asking {
    /// The client cancelled, or is gone.
    cancelled: Arc<AtomicBool>,
    /// Where a client that wants to know gets told what is going on.
    progress: Option<mpsc::UnboundedSender<String>>,
}

impl Caller for Asking {
    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    fn progress(&self, what: &str) {
        if let Some(progress) = &self.progress {
            // The client may be gone.
            let _ = progress.send(what.to_owned());
        }
    }
}

/// Tells the thread that nobody waits any more, when a request is given up in whatever way.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Calls a tool for a request.
///
/// # Errors
/// As the tool, and when the client cancels.
pub(super) async fn ask(
    worker: &Worker,
    tool: &str,
    arguments: Json,
    context: &RequestContext<RoleServer>,
) -> Result<Json, ToolError> {
    let cancelled = Arc::new(AtomicBool::new(false));
    let _waiting = Waiting(Arc::clone(&cancelled));
    let token = context.meta.get_progress_token();
    let (progress, mut steps) = mpsc::unbounded_channel();
    let (answer, mut answered) = oneshot::channel();
    worker.ask(Call {
        tool: tool.to_owned(),
        arguments,
        caller: Arc::new(Asking { cancelled, progress: token.is_some().then_some(progress) }),
        answer: Box::new(move |result| {
            // Whoever asked may be gone.
            let _ = answer.send(result);
        }),
    });
    let mut report = Report { peer: &context.peer, token, count: 0 };
    loop {
        tokio::select! {
            biased;
            () = context.ct.cancelled() => {
                return Err(ToolError { kind: ErrorKind::Cancelled, message: "cancelled".to_owned() });
            }
            Some(step) = steps.recv() => report.send(step).await,
            result = &mut answered => {
                // What was said before the answer also arrives before it.
                while let Ok(step) = steps.try_recv() {
                    report.send(step).await;
                }
                return result.unwrap_or_else(|_| {
                    Err(ToolError { kind: ErrorKind::Internal, message: "no answer came".to_owned() })
                });
            }
        }
    }
}

/// Progress of one request.
struct Report<'c> {
    peer: &'c Peer<RoleServer>,
    token: Option<ProgressToken>,
    count: u32,
}

impl Report<'_> {
    async fn send(&mut self, step: String) {
        let Some(token) = &self.token else { return };
        // How much is left is not known; the number only has to grow.
        self.count += 1;
        let progress =
            ProgressNotificationParam::new(token.clone(), f64::from(self.count)).with_message(step);
        // A client that does not take it gets the answer all the same.
        let _ = self.peer.notify_progress(progress).await;
    }
}
