//! What shall be run.

use super::Limits;
use super::scratch::Scratch;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandLine {
    /// A program and its arguments. A program without a `/` is looked for in the search path.
    Arguments(Vec<String>),
    /// A line for `sh -c`.
    Shell(String),
}

/// The project that a command works on.
#[derive(Debug, Clone, Copy)]
pub enum Project<'r> {
    /// The project itself, which is only read. Files that hold secrets are hidden.
    ReadOnly(&'r Path),
    /// A copy, which may be written. Where the machine can, it stands in the place of the project.
    Scratch(&'r Scratch),
}

/// What to do on a machine where nothing keeps a command from doing harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WithoutEnforcement {
    /// Refuse, and say why.
    #[default]
    Refuse,
    /// Run it with the rights of the user. Only the user's own word may lead here.
    UserAgreed,
}

/// A command and what it may have.
#[derive(Debug, Clone)]
pub struct Request<'r> {
    /// The command.
    pub command: CommandLine,
    /// The project.
    pub project: Project<'r>,
    /// The folder to run it in, relative to the root of the project.
    pub folder: PathBuf,
    /// What else it may read and run: an interpreter, a virtual environment. See [`super::PythonEnvironment`].
    pub readable: Vec<PathBuf>,
    /// Folders of programs that are looked at before those of the system.
    pub search_path: Vec<PathBuf>,
    /// Its environment: these variables, `PATH`, `HOME`, `TMPDIR` and `LANG`, and nothing else.
    pub variables: BTreeMap<String, String>,
    /// How much it may use.
    pub limits: Limits,
    /// What to do where nothing can be enforced.
    pub without_enforcement: WithoutEnforcement,
}

impl<'r> Request<'r> {
    /// A command on a project, with ordinary limits and nothing else.
    pub fn new(command: CommandLine, project: Project<'r>) -> Self {
        Self {
            command,
            project,
            folder: PathBuf::new(),
            readable: Vec::new(),
            search_path: Vec::new(),
            variables: BTreeMap::new(),
            limits: Limits::default(),
            without_enforcement: WithoutEnforcement::Refuse,
        }
    }

    /// Adds a Python environment: what it needs may be read, its programs are found first.
    #[must_use]
    pub fn with_python(mut self, python: &super::PythonEnvironment) -> Self {
        self.readable.extend(python.readable.iter().cloned());
        self.search_path.push(python.programs.clone());
        if let Project::Scratch(scratch) = self.project {
            let below = python.imported_from(scratch.original());
            let folders: Vec<String> = below
                .iter()
                .filter_map(|folder| Some(scratch.path().join(folder).to_str()?.to_owned()))
                .collect();
            // A project that is installed from its own folder is imported from there. In a copy it is the copy's
            // files that count.
            if !folders.is_empty() {
                self.variables.entry("PYTHONPATH".to_owned()).or_insert_with(|| folders.join(":"));
            }
        }
        self
    }
}
