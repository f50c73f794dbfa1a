//! Sessions, and the thread that follows their tasks, one after the other.

use super::editor::Editor;
use super::{Agent, Answer};
use agent_client_protocol::v1::schema::{
    NewSessionRequest, NewSessionResponse, PromptRequest, PromptResponse, SessionId, StopReason,
};
use agent_client_protocol::v1::{ConnectionTo, Responder};
use agent_client_protocol::{Client, Error};
use fastwright_agent::person::Meaning;
use fastwright_engine::Failure;
use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Something for the thread that follows tasks.
pub(super) enum Job {
    /// To open a session.
    Open { request: NewSessionRequest, responder: Responder<NewSessionResponse> },
    /// To follow a task.
    Follow {
        request: PromptRequest,
        responder: Responder<PromptResponse>,
        connection: ConnectionTo<Client>,
        stop: Arc<AtomicBool>,
    },
    /// To forget a task that was followed, from the side of the protocol.
    End,
}

/// The side of the protocol: hands jobs over, and knows which tasks run.
pub(super) struct Sessions {
    jobs: Sender<Job>,
    running: Running,
}

/// Tasks that are followed or wait for it, by session, with what stops them.
pub(super) type Running = Arc<Mutex<HashMap<SessionId, Arc<AtomicBool>>>>;

/// What the other side sends jobs through.
pub(super) struct Jobs {
    receiver: Receiver<Job>,
    running: Running,
}

fn locked(running: &Running) -> MutexGuard<'_, HashMap<SessionId, Arc<AtomicBool>>> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sessions {
    pub(super) fn new() -> (Self, Jobs) {
        let (jobs, receiver) = channel();
        let running = Running::default();
        (Self { jobs, running: Arc::clone(&running) }, Jobs { receiver, running })
    }

    pub(super) fn open(&self, request: NewSessionRequest, responder: Responder<NewSessionResponse>) {
        // The other side only ends after this one.
        let _ = self.jobs.send(Job::Open { request, responder });
    }

    /// Hands a task over.
    ///
    /// # Errors
    /// When the session has one already.
    pub(super) fn follow(
        &self,
        request: PromptRequest,
        responder: Responder<PromptResponse>,
        connection: ConnectionTo<Client>,
    ) -> Result<(), Error> {
        let stop = Arc::new(AtomicBool::new(false));
        {
            let mut running = locked(&self.running);
            if running.contains_key(&request.session_id) {
                drop(running);
                let message = "this session has a task already: wait for it, or cancel it";
                return responder.respond_with_error(refusal(message));
            }
            running.insert(request.session_id.clone(), Arc::clone(&stop));
        }
        let _ = self.jobs.send(Job::Follow { request, responder, connection, stop });
        Ok(())
    }

    /// Stops what runs in a session.
    pub(super) fn cancel(&self, session: &SessionId) {
        if let Some(stop) = locked(&self.running).get(session) {
            stop.store(true, Ordering::Relaxed);
        }
    }

    /// Stops everything: the editor is gone.
    pub(super) fn end(&self) {
        for stop in locked(&self.running).values() {
            stop.store(true, Ordering::Relaxed);
        }
        let _ = self.jobs.send(Job::End);
    }
}

/// An error with words that an editor can show.
fn refusal(message: &str) -> Error {
    Error::invalid_params().data(serde_json::Value::from(message))
}

/// One session.
struct Session {
    folder: PathBuf,
    agent: Box<dyn Agent>,
    /// What was agreed to for the whole session.
    agreed: BTreeSet<Meaning>,
}

/// Follows tasks until the editor is gone.
pub(super) fn work(jobs: &Jobs, mut open: impl FnMut(&Path) -> Result<Box<dyn Agent>, Failure>) {
    let mut sessions: HashMap<SessionId, Session> = HashMap::new();
    while let Ok(job) = jobs.receiver.recv() {
        // That the editor is gone shows at the end of the connection.
        let _ = match job {
            Job::End => break,
            Job::Open { request, responder } => match open(&request.cwd) {
                Ok(agent) => {
                    let id = SessionId::from(format!("session-{}", sessions.len() + 1));
                    let session = Session { folder: request.cwd, agent, agreed: BTreeSet::new() };
                    sessions.insert(id.clone(), session);
                    responder.respond(NewSessionResponse::new(id))
                }
                Err(failure) => responder.respond_with_error(refusal(&failure.to_string())),
            },
            Job::Follow { request, responder, connection, stop } => {
                let id = request.session_id.clone();
                let response = match sessions.get_mut(&id) {
                    Some(session) => {
                        let cancellation = responder.cancellation();
                        let stops = move || stop.load(Ordering::Relaxed) || cancellation.is_cancelled();
                        let mut editor = Editor::new(&connection, &id, &mut session.agreed, &stops);
                        let again = follow(session.agent.as_mut(), &request, &mut editor);
                        let reason = if stops() { StopReason::Cancelled } else { StopReason::EndTurn };
                        if again {
                            // What a fault left half made is not used again.
                            match open(&session.folder) {
                                Ok(agent) => session.agent = agent,
                                Err(_) => drop(sessions.remove(&id)),
                            }
                        }
                        Ok(PromptResponse::new(reason))
                    }
                    None => Err(refusal("there is no such session")),
                };
                locked(&jobs.running).remove(&id);
                responder.respond_with_result(response)
            }
        };
    }
}

/// Follows one task and tells how it ended. Gives back whether the agent has to be made anew.
fn follow(agent: &mut dyn Agent, request: &PromptRequest, editor: &mut Editor<'_>) -> bool {
    let task = super::protocol::text_of(&request.prompt);
    if task.is_empty() {
        editor.say("There is no text in this message.");
        return false;
    }
    let followed = catch_unwind(AssertUnwindSafe(|| agent.follow(&task, editor)));
    let (answer, again) = match followed {
        Ok(Ok(answer)) => (answer, false),
        Ok(Err(failure)) => (Answer { text: failure.to_string(), finished: false }, false),
        Err(_) => {
            let text =
                "An internal error stopped the task. This is a fault of fastwright, not of the project.";
            (Answer { text: text.to_owned(), finished: false }, true)
        }
    };
    editor.end(&answer);
    again
}
