//! `fastwright acp` as an editor sees it: the real process, line by line.

#![allow(clippy::unwrap_used, missing_docs, dead_code)]

#[path = "mcp/project.rs"]
mod project;

use project::Project;
use serde_json::{Value as Json, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(120);

/// An editor with its agent.
struct Editor {
    child: Child,
    stdin: Option<ChildStdin>,
    messages: Receiver<Json>,
    next_id: u64,
    /// What the agent told while something was waited for.
    updates: Vec<Json>,
    /// Questions that the agent asked.
    questions: Vec<Json>,
    /// The option that is chosen in answer to a question; none cancels.
    choice: Option<&'static str>,
}

impl Editor {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_fastwright"))
            .arg("acp")
            .args(arguments)
            .env_remove("VIRTUAL_ENV")
            .env_remove("FASTWRIGHT_MODEL")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let line = line.unwrap();
                let message: Json =
                    serde_json::from_str(&line).unwrap_or_else(|_| panic!("no message: {line}"));
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let stdin = child.stdin.take();
        let (updates, questions) = (Vec::new(), Vec::new());
        Self { child, stdin, messages, next_id: 1, updates, questions, choice: Some("reject-once") }
    }

    /// Starts an agent and opens a session in a folder.
    fn open(folder: &Path) -> (Self, String) {
        let mut editor = Self::start(&["--model", "none"]);
        let opened =
            editor.request("initialize", json!({ "protocolVersion": 1, "clientCapabilities": {} })).unwrap();
        assert_eq!(opened["protocolVersion"], 1);
        assert_eq!(opened["agentInfo"]["name"], "fastwright");
        let session = editor.new_session(folder).unwrap();
        (editor, session)
    }

    fn new_session(&mut self, folder: &Path) -> Result<String, Json> {
        let result = self.request("session/new", json!({ "cwd": folder, "mcpServers": [] }))?;
        Ok(result["sessionId"].as_str().unwrap().to_owned())
    }

    fn write(&mut self, text: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(text.as_bytes()).unwrap();
        stdin.write_all(b"\n").unwrap();
        stdin.flush().unwrap();
    }

    fn send(&mut self, method: &str, params: Json) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string());
        id
    }

    fn request(&mut self, method: &str, params: Json) -> Result<Json, Json> {
        let id = self.send(method, params);
        self.answer(id)
    }

    fn prompt(&mut self, session: &str, text: &str) -> Result<Json, Json> {
        let id = self.send_prompt(session, text);
        self.answer(id)
    }

    fn send_prompt(&mut self, session: &str, text: &str) -> u64 {
        let prompt = json!([{ "type": "text", "text": text }]);
        self.send("session/prompt", json!({ "sessionId": session, "prompt": prompt }))
    }

    fn cancel(&mut self, session: &str) {
        let params = json!({ "sessionId": session });
        self.write(&json!({ "jsonrpc": "2.0", "method": "session/cancel", "params": params }).to_string());
    }

    fn next(&mut self) -> Option<Json> {
        match self.messages.recv_timeout(PATIENCE) {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("nothing came"),
        }
    }

    /// Waits for the answer to a request, and answers questions meanwhile.
    fn answer(&mut self, id: u64) -> Result<Json, Json> {
        loop {
            let mut message = self.next().expect("the agent ended");
            match message["method"].as_str() {
                Some("session/update") => self.updates.push(message["params"]["update"].take()),
                Some("session/request_permission") => {
                    let outcome = match self.choice {
                        Some(option) => json!({ "outcome": "selected", "optionId": option }),
                        None => {
                            let session = message["params"]["sessionId"].as_str().unwrap().to_owned();
                            self.cancel(&session);
                            json!({ "outcome": "cancelled" })
                        }
                    };
                    let answer =
                        json!({ "jsonrpc": "2.0", "id": message["id"], "result": { "outcome": outcome } });
                    self.write(&answer.to_string());
                    self.questions.push(message["params"].take());
                }
                Some(other) => panic!("unexpected: {other}"),
                None if message["id"] == id => {
                    let error = message["error"].take();
                    return if error.is_null() { Ok(message["result"].take()) } else { Err(error) };
                }
                None => assert!(message["error"].is_object(), "{message}"),
            }
        }
    }

    /// What the agent said, put together.
    fn said(&self) -> String {
        let chunks = self.updates.iter().filter(|update| update["sessionUpdate"] == "agent_message_chunk");
        chunks.map(|update| update["content"]["text"].as_str().unwrap()).collect()
    }

    fn close(&mut self) -> bool {
        self.stdin = None;
        while self.next().is_some() {}
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.success();
            }
            assert!(start.elapsed() < PATIENCE, "the agent does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_review_is_planned_followed_and_reported() {
    let project = Project::new();
    let before = project.content();
    let (mut editor, session) = Editor::open(project.path());
    let result = editor.prompt(&session, "review this for production").unwrap();
    assert_eq!(result["stopReason"], "end_turn");
    let said = editor.said();
    assert!(said.contains("sql-injection") && said.contains("missing-ownership-check"), "{said}");
    let plans: Vec<&Json> =
        editor.updates.iter().filter(|update| update["sessionUpdate"] == "plan").collect();
    assert_eq!(plans.len(), 2);
    assert_eq!(plans[0]["entries"][0]["status"], "pending");
    assert!(plans[1]["entries"].as_array().unwrap().iter().all(|entry| entry["status"] == "completed"));
    // Every step that begins also ends.
    let steps = |kind: &str, status: &str| {
        let fitting = editor.updates.iter().filter(|u| u["sessionUpdate"] == kind && u["status"] == status);
        fitting.map(|update| update["toolCallId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let begun = steps("tool_call", "in_progress");
    assert!(!begun.is_empty());
    assert_eq!(begun, steps("tool_call_update", "completed"));
    assert!(editor.questions.is_empty());
    assert!(editor.close());
    assert!(project.content() == before);
}

#[test]
fn nothing_is_written_without_the_word_of_the_person() {
    let project = Project::new();
    let before = project.content();
    let (mut editor, session) = Editor::open(project.path());
    let task = "fix everything that is safe to fix";
    editor.prompt(&session, task).unwrap();
    assert_eq!(editor.questions.len(), 1);
    let question = &editor.questions[0];
    assert_eq!(question["toolCall"]["kind"], "edit");
    assert!(question["toolCall"]["content"][0]["content"]["text"].as_str().unwrap().contains("\n@@ "));
    let options: Vec<&str> = question["options"]
        .as_array()
        .unwrap()
        .iter()
        .map(|option| option["kind"].as_str().unwrap())
        .collect();
    assert_eq!(options, ["allow_once", "allow_always", "reject_once"]);
    assert!(project.content() == before, "a refused change was written");

    // What was not offered is no agreement, nor is an answer that was cancelled.
    editor.choice = Some("allow-everything");
    editor.prompt(&session, task).unwrap();
    assert!(project.content() == before);
    editor.choice = None;
    let result = editor.prompt(&session, task).unwrap();
    assert_eq!(result["stopReason"], "cancelled");
    assert!(project.content() == before);

    editor.choice = Some("allow-once");
    let result = editor.prompt(&session, task).unwrap();
    assert_eq!(result["stopReason"], "end_turn");
    assert_eq!(editor.questions.len(), 4);
    assert!(project.content() != before, "{}", editor.said());
    assert!(editor.close());
}

#[test]
fn a_task_is_stopped_when_the_person_cancels() {
    let project = Project::new();
    let (mut editor, session) = Editor::open(project.path());
    let id = editor.send_prompt(&session, "review this for production");
    editor.cancel(&session);
    assert_eq!(editor.answer(id).unwrap()["stopReason"], "cancelled");
    // The next one is not.
    assert_eq!(editor.prompt(&session, "explain GET /api/v1/books").unwrap()["stopReason"], "end_turn");
    assert!(editor.said().contains("/api/v1/books"));
    // Nothing runs: that is no error.
    editor.cancel(&session);
    editor.cancel("no-such-session");
    assert!(editor.close());
}

#[test]
fn sessions_are_kept_apart_and_wrong_questions_refused() {
    let (one, other) = (Project::new(), tempfile::tempdir().unwrap());
    std::fs::write(
        other.path().join("main.py"),
        "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/only-here')\ndef only() -> int:\n    return 1\n",
    )
    .unwrap();
    let (mut editor, first) = Editor::open(one.path());
    let second = editor.new_session(other.path()).unwrap();
    assert_ne!(first, second);
    editor.prompt(&second, "explain GET /only-here").unwrap();
    assert!(editor.said().contains("/only-here"), "{}", editor.said());

    assert!(editor.new_session(&other.path().join("nowhere")).is_err());
    assert!(editor.prompt("no-such-session", "review this").is_err());
    let wrong = json!({ "sessionId": first, "prompt": [] });
    assert_eq!(editor.request("session/prompt", wrong).unwrap()["stopReason"], "end_turn");
    assert!(editor.request("session/prompt", json!({ "sessionId": first })).is_err());
    assert!(editor.request("no/such/method", json!({})).is_err());
    // Two tasks at once in one session.
    let running = editor.send_prompt(&first, "review this for production");
    let refused = editor.send_prompt(&first, "review this for production");
    let error = editor.answer(refused).unwrap_err();
    assert!(error.to_string().contains("already"), "{error}");
    assert_eq!(editor.answer(running).unwrap()["stopReason"], "end_turn");
    for line in
        ["", "hello", "{}", "[]", "{\"jsonrpc\":\"2.0\"}", "{\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{}}"]
    {
        editor.write(line);
    }
    assert_eq!(editor.prompt(&first, "explain GET /api/v1/books").unwrap()["stopReason"], "end_turn");
    assert!(editor.close());
}

#[test]
fn the_agent_ends_with_its_editor() {
    let mut editor = Editor::start(&[]);
    assert!(editor.close());
    let project = Project::new();
    let (mut editor, session) = Editor::open(project.path());
    editor.send_prompt(&session, "review this for production");
    assert!(editor.close());
    // While it waits for an answer that never comes.
    let before = project.content();
    let (mut editor, session) = Editor::open(project.path());
    editor.send_prompt(&session, "fix everything that is safe to fix");
    while editor.next().unwrap()["method"] != "session/request_permission" {}
    assert!(editor.close());
    assert!(project.content() == before);
}
