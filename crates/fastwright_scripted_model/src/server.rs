//! The server: listens, keeps what it receives, and hands each request to its script.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::connection;
use crate::reply::Reply;
use crate::request::ReceivedRequest;

/// A server on loopback that follows a script. It stops when it is dropped; answers that hang are let go then.
pub struct ScriptedServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<thread::JoinHandle<()>>,
}

/// What the threads of the server share.
pub(crate) struct Shared {
    script: Mutex<Script>,
    requests: Mutex<Vec<ReceivedRequest>>,
    stopped: AtomicBool,
}

type Script = Box<dyn FnMut(&ReceivedRequest) -> Reply + Send>;

impl ScriptedServer {
    /// Starts a server that gives these replies, one a request. A request too many is refused with status 400, which
    /// no client tries again.
    pub fn start(replies: impl IntoIterator<Item = Reply>) -> io::Result<Self> {
        let mut replies: VecDeque<Reply> = replies.into_iter().collect();
        Self::start_with(move |_| {
            replies.pop_front().unwrap_or_else(|| {
                Reply::refusal(400, "script_ended", "the script of the server has no more replies")
            })
        })
    }

    /// Starts a server that asks a function what to reply, so that a script can look at what was sent.
    pub fn start_with(script: impl FnMut(&ReceivedRequest) -> Reply + Send + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            script: Mutex::new(Box::new(script)),
            requests: Mutex::new(Vec::new()),
            stopped: AtomicBool::new(false),
        });
        let listening = thread::spawn({
            let shared = Arc::clone(&shared);
            move || listen(&listener, &shared)
        });
        Ok(Self { address, shared, listening: Some(listening) })
    }

    /// The address that a client is given: the base of all paths, without a version.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was received so far, in the order in which it came.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        locked(&self.shared.requests).clone()
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Release);
        // The listener waits for a connection: this one only wakes it up.
        let _ = TcpStream::connect(self.address);
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
    }
}

impl Shared {
    pub(crate) fn has_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Keeps the request and asks the script.
    pub(crate) fn reply(&self, request: ReceivedRequest) -> Reply {
        let mut script = locked(&self.script);
        let reply = script(&request);
        locked(&self.requests).push(request);
        reply
    }
}

fn listen(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.has_stopped() {
            return;
        }
        if let Ok(stream) = stream {
            let shared = Arc::clone(shared);
            // A client that goes away in the middle is an error of the socket and nothing to the server.
            thread::spawn(move || connection::serve(stream, &shared).ok());
        }
    }
}

/// A script that panics fails its own test; the others go on.
fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
