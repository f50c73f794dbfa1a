//! A client that writes the lines of the protocol itself, so that it may also write wrong ones.

use serde_json::{Value as Json, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long anything may take; builds for tests are slow, and so are shared machines.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// The revision without sessions.
pub(crate) const STATELESS: &str = "2026-07-28";
/// The last revision with `initialize`.
pub(crate) const INITIALIZED: &str = "2025-11-25";

/// A client with its server.
pub(crate) struct Client {
    pub(crate) child: Child,
    stdin: Option<ChildStdin>,
    stderr: ChildStderr,
    messages: Receiver<Json>,
    next_id: u64,
    /// What each request says about the client, where the revision asks for it.
    meta: Option<Json>,
    /// Notifications that came while something else was waited for.
    pub(crate) notifications: Vec<Json>,
}

impl Client {
    /// Starts a server, and says nothing yet.
    pub(crate) fn start(path: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_fastwright"))
            .arg("mcp")
            .arg(path)
            .args(arguments)
            .env_remove("VIRTUAL_ENV")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let line = line.unwrap();
                // Nothing but the protocol is on standard output.
                let message: Json =
                    serde_json::from_str(&line).unwrap_or_else(|_| panic!("no message: {line}"));
                assert_eq!(message["jsonrpc"], "2.0", "{line}");
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let (stdin, stderr) = (child.stdin.take(), child.stderr.take().unwrap());
        Self { child, stdin, stderr, messages, next_id: 1, meta: None, notifications: Vec::new() }
    }

    /// Starts a server and opens the connection in a revision.
    pub(crate) fn open(path: &Path, revision: &str, arguments: &[&str]) -> Self {
        let mut client = Self::start(path, arguments);
        if revision == STATELESS {
            client.meta = Some(meta());
        } else {
            let result = client.initialize(revision);
            assert_eq!(result["protocolVersion"], revision);
        }
        client
    }

    pub(crate) fn initialize(&mut self, revision: &str) -> Json {
        let client = json!({ "name": "test", "version": "1" });
        let params = json!({ "protocolVersion": revision, "capabilities": {}, "clientInfo": client });
        let result = self.request("initialize", params).unwrap();
        self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        result
    }

    /// Writes bytes as they are.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(bytes).unwrap();
        stdin.flush().unwrap();
    }

    pub(crate) fn send(&mut self, message: &Json) {
        self.write(format!("{message}\n").as_bytes());
    }

    /// A request as one message with its id.
    pub(crate) fn message(&mut self, method: &str, mut params: Json) -> (u64, Json) {
        let id = self.next_id;
        self.next_id += 1;
        if let Some(Json::Object(meta)) = &self.meta {
            for (key, value) in meta {
                params["_meta"][key] = value.clone();
            }
        }
        (id, json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
    }

    /// Sends a request and waits for its answer: the result, or the error.
    pub(crate) fn request(&mut self, method: &str, params: Json) -> Result<Json, Json> {
        let (id, message) = self.message(method, params);
        self.send(&message);
        self.answer(id)
    }

    pub(crate) fn call(&mut self, tool: &str, arguments: Json) -> Json {
        self.request("tools/call", json!({ "name": tool, "arguments": arguments })).unwrap()
    }

    /// Waits for the answer to a request.
    pub(crate) fn answer(&mut self, id: u64) -> Result<Json, Json> {
        loop {
            let mut message =
                self.next().unwrap_or_else(|| panic!("no answer to {id}: {}", self.complaints()));
            if message["id"] == id {
                let error = message["error"].take();
                return if error.is_null() { Ok(message["result"].take()) } else { Err(error) };
            }
            assert!(message["id"].is_null(), "an answer that nobody waits for: {message}");
            self.notifications.push(message);
        }
    }

    /// The next message; none when the server ended.
    pub(crate) fn next(&mut self) -> Option<Json> {
        match self.messages.recv_timeout(PATIENCE) {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("nothing came"),
        }
    }

    /// Closes standard input, and gives back what came until the server ended, and how it ended.
    pub(crate) fn close(&mut self) -> (Vec<Json>, ExitStatus) {
        self.stdin = None;
        let mut rest = Vec::new();
        while let Some(message) = self.next() {
            rest.push(message);
        }
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (rest, status);
            }
            assert!(start.elapsed() < PATIENCE, "the server does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What the server wrote to standard error until it ended.
    pub(crate) fn complaints(&mut self) -> String {
        let _ = self.child.kill();
        let mut text = String::new();
        let _ = self.stderr.read_to_string(&mut text);
        text
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // A server that a failed test leaves.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a request of the revision without sessions says about the client.
pub(crate) fn meta() -> Json {
    json!({
        "io.modelcontextprotocol/protocolVersion": STATELESS,
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}
