//! Sessions: what was asked, answered, decided and written, one event a line, on disk before anything follows from it.
//!
//! A session that was killed goes on where its file ends: answers of the model, decisions of the person and what was
//! read come from the file, everything else (the plan, the edits in memory, the gate) is derived again and has to come
//! out the same. Nothing in the file is trusted to be more than what was said: it grants no right that the person did
//! not give.

use crate::person::Question;
use crate::report::Report;
use crate::state::{make_private_folder, new_private_file};
use fastwright_language_model::{
    Answer, Exchange, Message, ModelError, Outcome, Request, ToolCall, ToolDefinition, ToolResult, Usage,
};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A line of a session's file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Entry {
    /// The session begins.
    Started(Started),
    /// The model is asked: only what is new since it was asked before.
    Asked {
        /// Hash of the whole request.
        hash: String,
        /// The system prompt, where it is new.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        system: Option<String>,
        /// The tools, where they are new.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tools: Option<Vec<ToolDefinition>>,
        /// The new messages.
        messages: Vec<Message>,
    },
    /// What came of it.
    Answered {
        /// An answer or an error.
        outcome: Outcome,
    },
    /// What a tool said.
    Returned {
        /// The result.
        result: ToolResult,
    },
    /// What the person said.
    Decided {
        /// The question.
        question: Question,
        /// Whether they agree.
        agrees: bool,
    },
    /// The tests were run.
    Tested {
        /// What became of it, as plain data.
        outcome: serde_json::Value,
    },
    /// Files are about to be written.
    Writing {
        /// They.
        files: Vec<WrittenFile>,
        /// The report once they are written.
        report: Box<Report>,
    },
    /// They are written.
    Written,
    /// The session has ended.
    Ended {
        /// With this report.
        report: Box<Report>,
    },
}

/// A file that a session writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenFile {
    /// Its path, relative to the project.
    pub path: String,
    /// Hash of its bytes before; none where it is new.
    pub before: Option<String>,
    /// Hash of its bytes afterwards; none where it is taken away.
    pub after: Option<String>,
}

/// What a session is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// Version of the file: 1.
    pub version: u32,
    /// Name of the session.
    pub id: String,
    /// Seconds since 1970.
    pub at: u64,
    /// What the person asked for.
    pub task: String,
    /// The project.
    pub project: PathBuf,
    /// The model.
    pub model: String,
    /// Where what is sent goes to; none where it does not leave this machine.
    pub destination: Option<String>,
    /// The command that says whether the tests pass.
    pub verify: Option<String>,
}

/// Why a session can't be kept or continued.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The system said no.
    #[error("the session can't be kept in {path}: {error}")]
    System {
        /// The file.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// There is none.
    #[error("there is no session `{0}`; `fastwright agent --sessions` lists them")]
    Unknown(String),
    /// The file makes no sense.
    #[error("line {line} of the session {path} can't be understood: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// Why.
        reason: String,
    },
    /// It has ended well.
    #[error("the session `{0}` has ended; `--replay {0}` runs it again without changing anything")]
    Ended(String),
    /// What is derived again comes out otherwise.
    #[error("the session can't go on: {0}. The project or fastwright changed since; start a new session")]
    Diverged(String),
}

/// How what was recorded is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// It goes on where the record ends.
    Continue,
    /// It is run again: decisions and tests come from the record, everything else is derived, nothing is written.
    Replay,
}

/// A session: its past, and the file that its future goes to.
#[derive(Debug)]
pub struct Session {
    id: String,
    mode: Mode,
    file: Option<(PathBuf, File)>,
    past: VecDeque<Entry>,
    /// Messages, system prompt and tools that the file has.
    known: Known,
}

#[derive(Debug, Default)]
struct Known {
    messages: usize,
    system: String,
    tools: Vec<ToolDefinition>,
}

/// The folder of the sessions below a state folder.
fn sessions(state: &Path) -> PathBuf {
    state.join("sessions")
}

impl Session {
    /// A session that nobody keeps.
    pub fn unsaved() -> Self {
        Self::of("unsaved".to_owned(), Mode::Continue, VecDeque::new())
    }

    /// A new session in a state folder. Its id is given to `started`.
    ///
    /// # Errors
    /// When the file can't be made.
    pub fn start(state: &Path, mut started: Started) -> Result<Self, SessionError> {
        let folder = sessions(state);
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| SessionError::System { path, error }
        };
        make_private_folder(&folder).map_err(failed(&folder))?;
        let mut number = 0;
        let (id, path, file) = loop {
            let id = new_id(started.at, number);
            let path = folder.join(format!("{id}.jsonl"));
            match new_private_file(&path) {
                Ok(file) => break (id, path, file),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 1000 => number += 1,
                Err(error) => return Err(failed(&path)(error)),
            }
        };
        started.id.clone_from(&id);
        let mut session = Self::of(id, Mode::Continue, VecDeque::new());
        session.file = Some((path, file));
        session.record(&Entry::Started(started))?;
        Ok(session)
    }

    /// A session that goes on where its file ends.
    ///
    /// # Errors
    /// When there is no such session, its file makes no sense, or it has ended well.
    pub fn resume(state: &Path, id: &str) -> Result<(Self, Started), SessionError> {
        let path = path_of(state, id)?;
        let (started, mut past, length) = read(&path, id)?;
        drop_failed_ends(&mut past, false);
        if matches!(past.last(), Some(Entry::Ended { .. })) {
            return Err(SessionError::Ended(id.to_owned()));
        }
        let failed = |error| SessionError::System { path: path.clone(), error };
        let file = std::fs::OpenOptions::new().append(true).open(&path).map_err(failed)?;
        // A line that was cut by the end of the process is no event.
        file.set_len(length).map_err(failed)?;
        let mut session = Self::of(id.to_owned(), Mode::Continue, past.into());
        session.file = Some((path, file));
        Ok((session, started))
    }

    /// A session that is run again, with the exchanges that its model is to repeat and the report that it ended with.
    ///
    /// # Errors
    /// When there is no such session or its file makes no sense.
    pub fn replay(state: &Path, id: &str) -> Result<Replay, SessionError> {
        let (started, mut past, _) = read(&path_of(state, id)?, id)?;
        drop_failed_ends(&mut past, true);
        let exchanges = exchanges(&past);
        let report = past.iter().rev().find_map(|entry| match entry {
            Entry::Ended { report } => Some((**report).clone()),
            _ => None,
        });
        let kept =
            past.into_iter().filter(|entry| matches!(entry, Entry::Decided { .. } | Entry::Tested { .. }));
        let session = Self::of(id.to_owned(), Mode::Replay, kept.collect());
        Ok(Replay { session, started, exchanges, report })
    }

    fn of(id: String, mode: Mode, past: VecDeque<Entry>) -> Self {
        Self { id, mode, file: None, past, known: Known::default() }
    }

    /// Its name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the answers used that the model gave before the session was interrupted.
    pub fn used_before(&self) -> Vec<Usage> {
        let answered = self.past.iter().filter_map(|entry| match entry {
            Entry::Answered { outcome: Outcome::Answer(answer) } => Some(answer.usage),
            _ => None,
        });
        answered.collect()
    }

    /// Whether it is kept on disk.
    pub fn is_saved(&self) -> bool {
        self.file.is_some()
    }

    /// Whether nothing may be written, as it is only run again.
    pub fn is_replay(&self) -> bool {
        self.mode == Mode::Replay
    }

    /// Asks the model, or takes what it said before.
    pub(crate) fn answer(
        &mut self,
        request: &Request,
        ask: impl FnOnce() -> Result<Answer, ModelError>,
    ) -> Result<Result<Answer, ModelError>, SessionError> {
        let hash = hash(request);
        if let Some(Entry::Asked { hash: known, .. }) = self.past.front() {
            if *known != hash {
                return Err(SessionError::Diverged(
                    "what the model would be told is not what it was told".to_owned(),
                ));
            }
            self.past.pop_front();
            self.note_known(request);
            if let Some(Entry::Answered { .. }) = self.past.front()
                && let Some(Entry::Answered { outcome }) = self.past.pop_front()
            {
                return Ok(match outcome {
                    Outcome::Answer(answer) => Ok(answer),
                    Outcome::Failure(error) => Err(error),
                });
            }
        } else {
            self.nothing_else()?;
            let new = |is_new: bool| is_new.then_some(());
            let entry = Entry::Asked {
                hash,
                system: new(self.known.system != request.system).map(|()| request.system.clone()),
                tools: new(self.known.tools != request.tools).map(|()| request.tools.clone()),
                messages: request.messages.get(self.known.messages..).unwrap_or_default().to_vec(),
            };
            self.record(&entry)?;
            self.note_known(request);
        }
        let result = ask();
        let outcome = match &result {
            Ok(answer) => Outcome::Answer(answer.clone()),
            Err(error) => Outcome::Failure(error.clone()),
        };
        self.record(&Entry::Answered { outcome })?;
        Ok(result)
    }

    fn note_known(&mut self, request: &Request) {
        self.known = Known {
            messages: request.messages.len(),
            system: request.system.clone(),
            tools: request.tools.clone(),
        };
    }

    /// What a tool said to this call before.
    pub(crate) fn known_result(&mut self, call: &ToolCall) -> Option<String> {
        match self.past.front() {
            Some(Entry::Returned { result }) if result.call_id == call.id && result.name == call.name => {
                Some(result.content.clone())
            }
            _ => None,
        }
    }

    /// Keeps what a tool says; what it said before has to be the same.
    pub(crate) fn result(&mut self, result: ToolResult) -> Result<ToolResult, SessionError> {
        match self.past.front() {
            Some(Entry::Returned { result: known }) if *known == result => {
                self.past.pop_front();
            }
            Some(Entry::Returned { .. }) => {
                return Err(SessionError::Diverged(format!(
                    "`{}` says something else than before",
                    result.name
                )));
            }
            _ => {
                self.nothing_else()?;
                self.record(&Entry::Returned { result: result.clone() })?;
            }
        }
        Ok(result)
    }

    /// Asks the person, or takes what they said to the same question before.
    pub(crate) fn decision(
        &mut self,
        question: &Question,
        ask: impl FnOnce(&Question) -> bool,
    ) -> Result<bool, SessionError> {
        if let Some(Entry::Decided { question: known, agrees }) = self.past.front() {
            if known != question {
                return Err(SessionError::Diverged(
                    "the question to you is not the one that you answered".to_owned(),
                ));
            }
            let agrees = *agrees;
            self.past.pop_front();
            return Ok(agrees);
        }
        if self.mode == Mode::Replay {
            return Ok(false);
        }
        self.nothing_else()?;
        let agrees = ask(question);
        self.record(&Entry::Decided { question: question.clone(), agrees })?;
        Ok(agrees)
    }

    /// Runs tests, or takes what they said before: they say how long they took, so they never say the same twice.
    pub(crate) fn tested<T: Serialize + serde::de::DeserializeOwned>(
        &mut self,
        run: impl FnOnce() -> T,
    ) -> Result<T, SessionError> {
        if let Some(Entry::Tested { outcome }) = self.past.front()
            && let Ok(outcome) = serde_json::from_value(outcome.clone())
        {
            self.past.pop_front();
            return Ok(outcome);
        }
        let outcome = run();
        self.record(&Entry::Tested { outcome: serde_json::to_value(&outcome).unwrap_or_default() })?;
        Ok(outcome)
    }

    /// Says that files are about to be written.
    pub(crate) fn writing(&mut self, files: Vec<WrittenFile>, report: &Report) -> Result<(), SessionError> {
        if let Some(Entry::Writing { files: known, .. }) = self.past.front() {
            if *known != files {
                return Err(SessionError::Diverged("other files would be written".to_owned()));
            }
            self.past.pop_front();
            return Ok(());
        }
        if self.mode == Mode::Continue {
            self.nothing_else()?;
        }
        self.record(&Entry::Writing { files, report: Box::new(report.clone()) })
    }

    /// What an earlier run of this session was about to write when it ended, with the report.
    pub(crate) fn was_writing(&self) -> Option<(&[WrittenFile], &Report)> {
        if self.mode == Mode::Replay {
            return None;
        }
        self.past.iter().find_map(|entry| match entry {
            Entry::Writing { files, report } => Some((files.as_slice(), &**report)),
            _ => None,
        })
    }

    /// Says that they are written.
    pub(crate) fn written(&mut self) -> Result<(), SessionError> {
        self.record(&Entry::Written)
    }

    /// Says how it ended.
    pub(crate) fn ended(&mut self, report: &Report) -> Result<(), SessionError> {
        self.record(&Entry::Ended { report: Box::new(report.clone()) })
    }

    /// Where something new happens, nothing of the past may be left.
    fn nothing_else(&self) -> Result<(), SessionError> {
        if self.mode == Mode::Continue && !self.past.is_empty() {
            return Err(SessionError::Diverged("it takes another way than before".to_owned()));
        }
        Ok(())
    }

    fn record(&mut self, entry: &Entry) -> Result<(), SessionError> {
        let Some((path, file)) = &mut self.file else { return Ok(()) };
        let mut line = serde_json::to_vec(entry).map_err(io::Error::from).unwrap_or_default();
        line.push(b'\n');
        file.write_all(&line).map_err(|error| SessionError::System { path: path.clone(), error })
    }
}

/// What it takes to run a session again.
#[derive(Debug)]
pub struct Replay {
    /// The session.
    pub session: Session,
    /// What it was about.
    pub started: Started,
    /// What its model was asked and said, for [`fastwright_language_model::Recorded`].
    pub exchanges: Vec<Exchange>,
    /// The report that it ended with, if it ended.
    pub report: Option<Report>,
}

/// A session in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What it is about.
    pub started: Started,
    /// How it ended; nothing while it can be resumed.
    pub ended: Option<crate::report::Outcome>,
}

/// The sessions in a state folder, the latest first. Files that make no sense are left out.
pub fn list(state: &Path) -> Vec<Listed> {
    let Ok(entries) = std::fs::read_dir(sessions(state)) else { return Vec::new() };
    let mut found: Vec<Listed> = entries
        .flatten()
        .filter_map(|entry| {
            let path = entry.path();
            let id = path.file_name()?.to_str()?.strip_suffix(".jsonl")?.to_owned();
            let (started, past, _) = read(&path, &id).ok()?;
            let ended = match past.last() {
                Some(Entry::Ended { report }) => Some(report.outcome),
                _ => None,
            };
            Some(Listed { started, ended })
        })
        .collect();
    found.sort_by(|one, other| (other.started.at, &other.started.id).cmp(&(one.started.at, &one.started.id)));
    found
}

/// `20261129-001530`, and a number where there are several in a second.
fn new_id(at: u64, number: u32) -> String {
    let (days, second) = (at / 86_400, at % 86_400);
    // The civil calendar, counted from the first of March of the year 0.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_shifted + 2) / 5 + 1;
    let month = if month_shifted < 10 { month_shifted + 3 } else { month_shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let suffix = if number == 0 { String::new() } else { format!("-{number}") };
    format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}{second:02}{suffix}")
}

/// Ids come from the command line: they are names and no paths.
fn path_of(state: &Path, id: &str) -> Result<PathBuf, SessionError> {
    let is_name = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let path = sessions(state).join(format!("{id}.jsonl"));
    if is_name && path.is_file() { Ok(path) } else { Err(SessionError::Unknown(id.to_owned())) }
}

/// The events of a file, and how many bytes of it are whole lines.
fn read(path: &Path, id: &str) -> Result<(Started, Vec<Entry>, u64), SessionError> {
    let bytes = std::fs::read(path).map_err(|error| SessionError::System { path: path.to_owned(), error })?;
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |position| position + 1);
    let mut entries = Vec::new();
    for (index, line) in bytes[..end].split(|byte| *byte == b'\n').enumerate() {
        if line.is_empty() {
            continue;
        }
        let entry = serde_json::from_slice(line).map_err(|error| SessionError::Damaged {
            path: path.to_owned(),
            line: index + 1,
            reason: error.to_string(),
        })?;
        entries.push(entry);
    }
    if entries.is_empty() {
        return Err(SessionError::Unknown(id.to_owned()));
    }
    match entries.remove(0) {
        Entry::Started(started) if started.version == 1 => Ok((started, entries, end as u64)),
        _ => Err(SessionError::Damaged {
            path: path.to_owned(),
            line: 1,
            reason: "it is not the beginning of a session of this version".to_owned(),
        }),
    }
}

/// A session that ended because the model gave no answer can go on: it is asked again. What it said the last time is
/// kept where that is how the session ended.
fn drop_failed_ends(past: &mut Vec<Entry>, keep_last: bool) {
    let failed = |entry: &Entry| matches!(entry, Entry::Answered { outcome: Outcome::Failure(_) });
    let mut index = 0;
    while index < past.len() {
        let ended = matches!(past.get(index + 1), Some(Entry::Ended { .. }));
        let end = if ended { index + 2 } else { index + 1 };
        let is_last = end == past.len();
        if failed(&past[index]) && (ended || is_last) && !(is_last && keep_last) {
            past.drain(index..end);
        } else {
            index += 1;
        }
    }
}

/// What the model was asked and said, with whole requests.
fn exchanges(past: &[Entry]) -> Vec<Exchange> {
    let mut request = Request::default();
    let mut found = Vec::new();
    for entry in past {
        match entry {
            Entry::Asked { system, tools, messages, .. } => {
                if let Some(system) = system {
                    request.system.clone_from(system);
                }
                if let Some(tools) = tools {
                    request.tools.clone_from(tools);
                }
                request.messages.extend(messages.iter().cloned());
            }
            Entry::Answered { outcome } => {
                found.push(Exchange { request: request.clone(), outcome: outcome.clone() });
            }
            _ => {}
        }
    }
    found
}

fn hash(request: &Request) -> String {
    let bytes = serde_json::to_vec(request).unwrap_or_default();
    blake3::hash(&bytes).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::person::Meaning;

    fn started() -> Started {
        Started {
            version: 1,
            id: String::new(),
            at: 1_795_910_400,
            task: "review".to_owned(),
            project: PathBuf::from("/srv/shop"),
            model: "test".to_owned(),
            destination: None,
            verify: None,
        }
    }

    fn request(messages: &[&str]) -> Request {
        Request {
            system: "rules".to_owned(),
            messages: messages.iter().map(|text| Message::user(*text)).collect(),
            ..Request::default()
        }
    }

    fn question() -> Question {
        Question { meaning: Meaning::FollowPlan, text: "?".to_owned(), details: String::new() }
    }

    #[test]
    fn ids_are_dates() {
        assert_eq!(new_id(0, 0), "19700101-000000");
        assert_eq!(new_id(951_826_154, 2), "20000229-120914-2");
        assert_eq!(new_id(1_795_910_400, 0), "20261129-000000");
    }

    #[test]
    fn a_session_goes_on_where_its_file_ends() {
        let state = tempfile::tempdir().unwrap();
        let mut session = Session::start(state.path(), started()).unwrap();
        let id = session.id().to_owned();
        let said = |text: &str| {
            let mut answer = Answer::default();
            answer.message.text = text.to_owned();
            Ok(answer)
        };
        session.answer(&request(&["one"]), || said("first")).unwrap().unwrap();
        session.decision(&question(), |_| true).unwrap();
        drop(session);
        let path = state.path().join("sessions").join(format!("{id}.jsonl"));
        // The process was killed while it wrote a line.
        let mut text = std::fs::read(&path).unwrap();
        text.extend_from_slice(br#"{"event":"decided","quest"#);
        std::fs::write(&path, text).unwrap();

        let (mut session, known) = Session::resume(state.path(), &id).unwrap();
        assert_eq!(known.task, "review");
        let never = || -> Result<Answer, ModelError> { unreachable!("it is in the file") };
        assert_eq!(session.answer(&request(&["one"]), never).unwrap().unwrap().message.text, "first");
        assert!(session.decision(&question(), |_| unreachable!("it is in the file")).unwrap());
        session.answer(&request(&["one", "two"]), || said("second")).unwrap().unwrap();
        session.ended(&Report::default()).unwrap();
        drop(session);
        assert!(matches!(Session::resume(state.path(), &id), Err(SessionError::Ended(_))));
        let replay = Session::replay(state.path(), &id).unwrap();
        assert_eq!(replay.exchanges.len(), 2);
        assert_eq!(hash(&replay.exchanges[1].request), hash(&request(&["one", "two"])));
        assert_eq!(replay.report, Some(Report::default()));
        assert_eq!(list(state.path())[0].ended, Some(crate::report::Outcome::Done));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn what_comes_out_otherwise_ends_it() {
        let state = tempfile::tempdir().unwrap();
        let mut session = Session::start(state.path(), started()).unwrap();
        let id = session.id().to_owned();
        session.answer(&request(&["one"]), || Ok(Answer::default())).unwrap().unwrap();
        drop(session);
        let (mut session, _) = Session::resume(state.path(), &id).unwrap();
        let result = session.answer(&request(&["other"]), || Ok(Answer::default()));
        assert!(matches!(result, Err(SessionError::Diverged(_))));
    }

    #[test]
    fn a_failure_of_the_model_is_asked_again() {
        let state = tempfile::tempdir().unwrap();
        let mut session = Session::start(state.path(), started()).unwrap();
        let id = session.id().to_owned();
        let failed = session.answer(&request(&["one"]), || Err(ModelError::Cancelled)).unwrap();
        assert_eq!(failed, Err(ModelError::Cancelled));
        session.ended(&Report::default()).unwrap();
        drop(session);
        let (mut session, _) = Session::resume(state.path(), &id).unwrap();
        assert!(session.answer(&request(&["one"]), || Ok(Answer::default())).unwrap().is_ok());
    }

    #[test]
    fn ids_are_no_paths() {
        let state = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(state.path().join("sessions")).unwrap();
        std::fs::write(state.path().join("x.jsonl"), "").unwrap();
        for id in ["../x", "/etc/passwd", "", "a/b", "x\0"] {
            assert!(matches!(Session::resume(state.path(), id), Err(SessionError::Unknown(_))), "{id:?}");
        }
    }
}
