//! Starting commands, from the caller's side.

use super::helper::order::{Confinement, Order, ProjectFolder, Report, Room, Supervision};
use super::helper::system_paths;
use super::{CommandLine, Enforcement, Outcome, Preference, Project, Request, WithoutEnforcement};
use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use tempfile::TempDir;

/// The program that calls [`super::become_sandboxed`], and the arguments that lead it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Helper {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
}

impl Helper {
    /// The running program, with its hidden command.
    ///
    /// # Errors
    /// When the system does not say where the program is.
    pub fn this_program() -> io::Result<Self> {
        Ok(Self { program: std::env::current_exe()?, arguments: vec!["sandboxed-run".to_owned()] })
    }
}

/// Why a command was not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Nothing would keep the command from doing harm, and nobody agreed to that.
    #[error(
        "nothing on this machine keeps the command from doing harm, so it is not run ({0}). Install bubblewrap, or \
         agree to run it with your own rights"
    )]
    Unenforced(String),
    /// The request can't be carried out.
    #[error("{0}")]
    Request(String),
    /// The command, or what confines it, could not be started.
    #[error("the command can't be started: {0}")]
    NotStarted(String),
    /// The system said no.
    #[error("the sandbox can't be made: {0}")]
    System(#[from] io::Error),
}

/// Runs commands where they can't harm.
#[derive(Debug)]
pub struct Sandbox {
    helper: Helper,
    preference: Preference,
    enforcement: OnceLock<Enforcement>,
}

impl Sandbox {
    /// A sandbox with the best enforcement that works here.
    pub fn new(helper: Helper) -> Self {
        Self::with_preference(helper, Preference::Best)
    }

    /// A sandbox with one kind of enforcement.
    pub fn with_preference(helper: Helper, preference: Preference) -> Self {
        Self { helper, preference, enforcement: OnceLock::new() }
    }

    /// What keeps commands from doing harm here, and why it is not better. Tried out when it is asked for first.
    pub fn enforcement(&self) -> &Enforcement {
        self.enforcement.get_or_init(|| Enforcement::find(&self.helper, &self.preference))
    }

    /// Runs a command to its end.
    ///
    /// # Errors
    /// When it is not started.
    pub fn run(&self, request: &Request) -> Result<Outcome, RunError> {
        self.start(request)?.wait()
    }

    /// Starts a command.
    ///
    /// # Errors
    /// When nothing is enforced and nobody agreed, the request makes no sense, or the supervisor can't be started.
    /// That the command itself can't be started is said by [`Running::wait`].
    pub fn start(&self, request: &Request) -> Result<Running, RunError> {
        let enforcement = self.enforcement().clone();
        let room = match &enforcement {
            Enforcement::Bubblewrap { program } => Room::Bubblewrap(program.clone()),
            Enforcement::Landlock { .. } => Room::Landlock,
            Enforcement::Unenforced { reason } => match request.without_enforcement {
                WithoutEnforcement::Refuse => return Err(RunError::Unenforced(reason.clone())),
                WithoutEnforcement::UserAgreed => Room::Open,
            },
        };
        let private = tempfile::Builder::new().prefix("fastwright-private-").tempdir()?;
        let supervision = self.supervision(request, room, &private)?;
        let mut line = serde_json::to_vec(&Order::Supervise(Box::new(supervision)))
            .map_err(|error| RunError::Request(format!("a path is no text: {error}")))?;
        line.push(b'\n');
        let mut command = Command::new(&self.helper.program);
        command
            .args(&self.helper.arguments)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // What is typed at the terminal is for the caller, who then stops the command.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut supervisor = command
            .spawn()
            .map_err(|error| RunError::NotStarted(format!("{}: {error}", self.helper.program.display())))?;
        let mut stdin = supervisor.stdin.take();
        if let Some(stdin) = &mut stdin {
            // When nobody listens, what it says afterwards tells why.
            let _ = stdin.write_all(&line);
        }
        Ok(Running { supervisor, stop: Stop(Arc::new(Mutex::new(stdin))), private, enforcement })
    }

    fn supervision(&self, request: &Request, room: Room, private: &TempDir) -> Result<Supervision, RunError> {
        let command = match &request.command {
            CommandLine::Arguments(words) if words.first().is_none_or(String::is_empty) => {
                return Err(RunError::Request("the command is empty".to_owned()));
            }
            CommandLine::Arguments(words) => words.clone(),
            CommandLine::Shell(line) => {
                let shell = if cfg!(windows) { ["cmd", "/C"] } else { ["/bin/sh", "-c"] };
                shell.into_iter().map(str::to_owned).chain([line.clone()]).collect()
            }
        };
        if command.iter().any(|word| word.contains('\0')) {
            return Err(RunError::Request("the command has a zero byte in it".to_owned()));
        }
        if request.folder.components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err(RunError::Request(format!(
                "{} is no folder of the project",
                request.folder.display()
            )));
        }
        let private = private.path().canonicalize()?;
        for name in ["home", "tmp", "shm"] {
            std::fs::create_dir(private.join(name))?;
        }
        let project = match request.project {
            Project::ReadOnly(root) => ProjectFolder { path: root.canonicalize()?, scratch: None },
            Project::Scratch(scratch) => ProjectFolder {
                path: scratch.original().to_owned(),
                scratch: Some(scratch.path().to_owned()),
            },
        };
        let seen = match &project.scratch {
            Some(scratch) if !matches!(room, Room::Bubblewrap(_)) => scratch,
            _ => &project.path,
        };
        let readable = readable(request, &project.path)?;
        let confinement = Confinement {
            word: random_word(),
            command,
            folder: seen.join(&request.folder),
            variables: variables(request, &private)?,
            limits: request.limits,
            processes_of_user: 0,
            room: room.clone(),
            readable: Vec::new(),
            open: Vec::new(),
            listed: Vec::new(),
            writable: Vec::new(),
        };
        let helper = (self.helper.program.clone(), self.helper.arguments.clone());
        Ok(Supervision { room, helper, private, project, readable, confinement })
    }
}

/// What may be read besides the project: nothing so wide that it opens what has to stay closed.
fn readable(request: &Request, project: &Path) -> Result<Vec<PathBuf>, RunError> {
    let mut found: Vec<PathBuf> = Vec::new();
    for path in &request.readable {
        let path = std::path::absolute(path)?;
        let real = path.canonicalize()?;
        if system_paths::is_too_much(&real) || system_paths::is_too_much(&path) || project.starts_with(&real)
        {
            return Err(RunError::Request(format!(
                "{} is not made readable as a whole: name the folders that the command needs",
                path.display()
            )));
        }
        found.push(path);
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// The whole environment of the command.
fn variables(request: &Request, private: &Path) -> Result<BTreeMap<String, String>, RunError> {
    let text = |path: &Path| {
        path.to_str()
            .map(str::to_owned)
            .ok_or_else(|| RunError::Request(format!("{} is no text", path.display())))
    };
    let mut search = Vec::new();
    for folder in &request.search_path {
        search.push(text(&std::path::absolute(folder)?)?);
    }
    search.extend(system_paths::SEARCH.iter().map(|folder| (*folder).to_owned()));
    let mut variables = BTreeMap::from([
        ("PATH".to_owned(), search.join(":")),
        ("HOME".to_owned(), text(&private.join("home"))?),
        ("TMPDIR".to_owned(), text(&private.join("tmp"))?),
        ("LANG".to_owned(), "C.UTF-8".to_owned()),
    ]);
    for (name, value) in &request.variables {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            return Err(RunError::Request(format!("{name:?} is no variable of an environment")));
        }
        variables.insert(name.clone(), value.clone());
    }
    Ok(variables)
}

/// A word that nobody can guess.
fn random_word() -> String {
    use std::hash::{BuildHasher as _, RandomState};
    // Each state has keys from the system's source of randomness.
    (0..2).map(|_| format!("{:016x}", RandomState::new().hash_one(std::process::id()))).collect()
}

/// Stops a running command, from any thread.
#[derive(Debug, Clone)]
pub struct Stop(Arc<Mutex<Option<ChildStdin>>>);

impl Stop {
    /// Ends the command and everything that it started. [`Running::wait`] says so soon after.
    pub fn stop(&self) {
        // The supervisor notices that nobody is at the other end.
        if let Ok(mut stdin) = self.0.lock() {
            *stdin = None;
        }
    }
}

/// A command that runs. It is stopped when this is dropped.
#[derive(Debug)]
pub struct Running {
    supervisor: Child,
    stop: Stop,
    private: TempDir,
    enforcement: Enforcement,
}

impl Running {
    /// What stops the command.
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Waits until the command ended, which its limits make sure of.
    ///
    /// # Errors
    /// When it could not be started.
    pub fn wait(mut self) -> Result<Outcome, RunError> {
        let mut answer = String::new();
        let mut errors = String::new();
        if let Some(mut stdout) = self.supervisor.stdout.take() {
            stdout.read_to_string(&mut answer)?;
        }
        if let Some(mut stderr) = self.supervisor.stderr.take() {
            let _ = stderr.read_to_string(&mut errors);
        }
        self.supervisor.wait()?;
        match serde_json::from_str(&answer) {
            Ok(Report::Ended { ending, stdout, stderr, duration }) => {
                Ok(Outcome { ending, stdout, stderr, duration, enforcement: self.enforcement.clone() })
            }
            Ok(Report::NotStarted(why)) => Err(RunError::NotStarted(why)),
            Err(_) => {
                let why = errors.trim().lines().last().unwrap_or("the supervisor said nothing").to_owned();
                Err(RunError::NotStarted(why))
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.stop();
        let _ = self.supervisor.wait();
        // The supervisor has removed it already, unless somebody ended it.
        let _ = std::fs::remove_dir_all(self.private.path());
    }
}
