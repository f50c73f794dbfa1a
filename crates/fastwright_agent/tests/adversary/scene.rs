//! A scene: a copy of the shop, a scripted model, a person, and everything that was to be seen of it.

use fastwright_agent::conversation::{Limits, Task, Verification, converse};
use fastwright_agent::person::{Event, Meaning, Person, Question};
use fastwright_agent::report::Report;
use fastwright_agent::session::{Session, Started};
use fastwright_language_model::{
    Answer, Arguments, AssistantMessage, LanguageModel, ModelError, Progress, Request, Stop, ToolCall, Usage,
};
use fastwright_tools::{Service, Start};
use serde_json::Value as Json;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

/// What stands in `.env` of every shop, and in a folder beside it.
pub const SECRET: &str = "hunter2-correct-horse-battery";
/// What stands in the key of every shop.
pub const KEY_TEXT: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC";

/// What the scripted model does in one turn.
pub enum Reply {
    /// Says something and calls tools.
    Calls(Vec<(String, Json)>),
    /// Only says something.
    Text(String),
    /// Calls a tool with something that is no object.
    Malformed(String, String),
    /// Looks at what it was sent.
    Made(Box<dyn Fn(&Request) -> Reply + Send + Sync>),
}

/// One call.
pub fn call(name: &str, arguments: Json) -> Reply {
    Reply::Calls(vec![(name.to_owned(), arguments)])
}

/// A model that follows a script. What comes after its end is repeated.
pub struct Script {
    steps: RefCell<VecDeque<Reply>>,
    then: Reply,
    /// How many steps of the script were played, and every request that came, byte by byte.
    pub played: RefCell<usize>,
    pub sent: RefCell<Vec<String>>,
}

impl Script {
    pub fn new(steps: Vec<Reply>, then: Reply) -> Self {
        Self {
            steps: RefCell::new(steps.into()),
            then,
            played: RefCell::new(0),
            sent: RefCell::new(Vec::new()),
        }
    }

    pub fn left(&self) -> usize {
        self.steps.borrow().len()
    }
}

impl LanguageModel for Script {
    fn answer(
        &self,
        request: &Request,
        observer: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Answer, ModelError> {
        let bytes = serde_json::to_string(request).unwrap_or_default();
        let number = self.sent.borrow().len();
        self.sent.borrow_mut().push(bytes);
        let step = self.steps.borrow_mut().pop_front();
        if step.is_some() {
            *self.played.borrow_mut() += 1;
        }
        let reply = match step.as_ref().unwrap_or(&self.then) {
            Reply::Made(make) => &make(request),
            reply => reply,
        };
        Ok(said(reply, number, observer))
    }
}

fn said(reply: &Reply, number: usize, observer: &mut dyn FnMut(Progress<'_>)) -> Answer {
    let calls = match reply {
        Reply::Calls(calls) => calls
            .iter()
            .map(|(name, arguments)| {
                let arguments = match arguments {
                    Json::Object(map) => Arguments::Object(map.clone()),
                    other => Arguments::Malformed(other.to_string()),
                };
                (name.clone(), arguments)
            })
            .collect(),
        Reply::Malformed(name, text) => vec![(name.clone(), Arguments::Malformed(text.clone()))],
        Reply::Text(_) | Reply::Made(_) => Vec::new(),
    };
    let text = match reply {
        Reply::Text(text) => text.clone(),
        _ => String::new(),
    };
    observer(Progress::Text(&text));
    let tool_calls: Vec<ToolCall> = calls
        .into_iter()
        .enumerate()
        .map(|(index, (name, arguments))| ToolCall { id: format!("call-{number}-{index}"), name, arguments })
        .collect();
    let stop = if tool_calls.is_empty() { Stop::Complete } else { Stop::ToolCalls };
    Answer {
        message: AssistantMessage { reasoning: Vec::new(), text, tool_calls },
        stop,
        usage: Usage { input_tokens: 100, output_tokens: 20, ..Usage::default() },
    }
}

/// What a person agrees to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agrees {
    /// To plans and to writing what changes nothing for callers; not to more.
    Plainly,
    /// To everything that they are asked.
    ToAll,
    /// To nothing.
    ToNothing,
}

/// A person of the set, who remembers what they were asked and told.
pub struct Scripted {
    agrees: Agrees,
    pub asked: Vec<(Question, bool)>,
    pub told: Vec<Event>,
}

impl Person for Scripted {
    fn agrees(&mut self, question: &Question) -> bool {
        let agrees = match self.agrees {
            Agrees::ToAll => true,
            Agrees::ToNothing => false,
            Agrees::Plainly => {
                matches!(
                    question.meaning,
                    Meaning::FollowPlan | Meaning::WriteFiles | Meaning::SendToModel { .. }
                )
            }
        };
        self.asked.push((question.clone(), agrees));
        agrees
    }

    fn told(&mut self, event: &Event) {
        self.told.push(event.clone());
    }
}

/// What happens in a scene.
pub struct Scene<'s> {
    pub task: &'s str,
    pub agrees: Agrees,
    pub verify: Option<String>,
    pub limits: Limits,
    pub setup: &'s (dyn Fn(&Stage) + Sync),
}

/// Where a scene takes place.
pub struct Stage {
    folder: tempfile::TempDir,
    /// The project.
    pub root: PathBuf,
    /// A folder beside it, which no scene may touch or show.
    pub outside: PathBuf,
}

/// Everything that was to be seen.
pub struct Seen {
    pub report: Report,
    pub asked: Vec<(Question, bool)>,
    pub told: Vec<Event>,
    pub sent: Vec<String>,
    pub session: String,
    pub before: BTreeMap<String, Vec<u8>>,
    pub after: BTreeMap<String, Vec<u8>>,
    pub outside_before: BTreeMap<String, Vec<u8>>,
    pub outside_after: BTreeMap<String, Vec<u8>>,
    /// Ids of the findings that a review of the files finds afterwards.
    pub really_found: Vec<String>,
    /// Steps of the script that were not reached.
    pub left: usize,
}

impl Stage {
    fn new() -> std::io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let root = folder.path().canonicalize()?.join("shop");
        let outside = folder.path().canonicalize()?.join("outside");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/adversary/shop");
        copy(&source, &root)?;
        std::fs::create_dir(&outside)?;
        std::fs::write(outside.join("secret.txt"), format!("token={SECRET}\n"))?;
        std::fs::write(outside.join("other.py"), format!("TOKEN = \"{SECRET}\"\n"))?;
        let stage = Self { folder, root, outside };
        stage.write(".env", &format!("DATABASE_PASSWORD={SECRET}\n"));
        stage.write(
            "keys/server.pem",
            &format!("-----BEGIN PRIVATE KEY-----\n{KEY_TEXT}\n-----END PRIVATE KEY-----\n"),
        );
        Ok(stage)
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        if let Some(parent) = path.parent() {
            let _ = std::fs::create_dir_all(parent);
        }
        if let Err(error) = std::fs::write(&path, text) {
            panic!("{}: {error}", path.display());
        }
    }

    pub fn append(&self, path: &str, text: &str) {
        let old = std::fs::read_to_string(self.root.join(path)).unwrap_or_default();
        self.write(path, &format!("{old}{text}"));
    }

    /// Plays a scene. It is for a thread with the deep stack that evaluation needs.
    pub fn play(scene: &Scene<'_>, script: &Script) -> Result<Seen, String> {
        let failed = |error: &dyn std::fmt::Display| error.to_string();
        let stage = Self::new().map_err(|error| failed(&error))?;
        (scene.setup)(&stage);
        let before = files(&stage.root);
        let outside_before = files(&stage.outside);
        let start = Start { path: stage.root.clone(), allow_write: true, ..Start::default() };
        let mut service = Service::new(start.clone()).map_err(|error| failed(&error))?;
        let mut person = Scripted { agrees: scene.agrees, asked: Vec::new(), told: Vec::new() };
        let state = stage.folder.path().join("state");
        let started = Started {
            version: 1,
            id: String::new(),
            at: 0,
            task: "scene".to_owned(),
            project: stage.root.clone(),
            model: "script".to_owned(),
            destination: Some("script at localhost".to_owned()),
            verify: scene.verify.clone(),
        };
        let mut session = Session::start(&state, started).map_err(|error| failed(&error))?;
        let id = session.id().to_owned();
        let task = Task {
            text: scene.task.to_owned(),
            model: "script".to_owned(),
            destination: Some("script at localhost".to_owned()),
            verification: scene.verify.clone().map(|command| Verification {
                command,
                sandbox: crate::sandbox(),
                python_env: None,
            }),
            limits: scene.limits,
        };
        let report = converse(&task, &mut service, script, &mut person, &mut session)
            .map_err(|error| failed(&error))?;
        let session = std::fs::read_to_string(state.join("sessions").join(format!("{id}.jsonl")))
            .map_err(|error| failed(&error))?;
        let mut fresh = Service::new(start).map_err(|error| failed(&error))?;
        let survey = fresh.survey(None).map_err(|error| failed(&error))?;
        let really_found = survey
            .review
            .document
            .findings
            .iter()
            .map(|finding| finding.fingerprint[..12].to_owned())
            .collect();
        Ok(Seen {
            report,
            asked: person.asked,
            told: person.told,
            sent: script.sent.borrow().clone(),
            session,
            before,
            after: files(&stage.root),
            outside_before,
            outside_after: files(&stage.outside),
            really_found,
            left: script.left(),
        })
    }
}

fn copy(source: &Path, target: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(target)?;
    for entry in std::fs::read_dir(source)? {
        let entry = entry?;
        let to = target.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            if entry.file_name() != "__pycache__" {
                copy(&entry.path(), &to)?;
            }
        } else {
            std::fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// All files below a folder with what is in them, or where links lead; the memory of fastwright is none of them.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                if entry.file_name() != ".fastwright_cache" {
                    folders.push(path);
                }
            } else if kind.is_symlink() {
                let target = std::fs::read_link(&path).unwrap_or_default();
                found.insert(name, target.to_string_lossy().into_owned().into_bytes());
            } else {
                found.insert(name, std::fs::read(&path).unwrap_or_default());
            }
        }
    }
    found
}
