//! What the processes say to each other.

use crate::run::{Captured, Ending, Limits};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// What a started helper shall do.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::run) enum Order {
    /// Say what this machine can do.
    Probe,
    /// Start a command, watch it, and say how it ended.
    Supervise(Box<Supervision>),
    /// Become a command.
    Confine(Box<Confinement>),
}

/// What this machine can do.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::run) struct Answer {
    /// Why a command can't be held back whatever its files are, if it can't: its processes can't be counted, or its
    /// system calls can't be filtered.
    pub(in crate::run) fault: Option<String>,
    /// The version of landlock, or why there is none.
    pub(in crate::run) landlock: Result<u32, String>,
}

/// What confines the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::run) enum Room {
    /// Namespaces, and a filter of system calls.
    Bubblewrap(PathBuf),
    /// Rules for files, and a filter of system calls.
    Landlock,
    /// Nothing but limits.
    Open,
}

/// A command to start and to watch.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::run) struct Supervision {
    pub(in crate::run) room: Room,
    /// The program that is the helper, and its arguments.
    pub(in crate::run) helper: (PathBuf, Vec<String>),
    /// A folder of the command's own.
    pub(in crate::run) private: PathBuf,
    pub(in crate::run) project: ProjectFolder,
    pub(in crate::run) readable: Vec<PathBuf>,
    pub(in crate::run) confinement: Confinement,
}

/// The folder of the project.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::run) struct ProjectFolder {
    /// Where it is.
    pub(in crate::run) path: PathBuf,
    /// The copy of it that may be written.
    pub(in crate::run) scratch: Option<PathBuf>,
}

/// What a helper takes away from itself, and what it becomes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::run) struct Confinement {
    /// A word that only the supervisor and the helper know, so that the command can't speak for the helper.
    pub(in crate::run) word: String,
    pub(in crate::run) command: Vec<String>,
    pub(in crate::run) folder: PathBuf,
    pub(in crate::run) variables: BTreeMap<String, String>,
    pub(in crate::run) limits: Limits,
    /// How many processes and threads the user has already.
    pub(in crate::run) processes_of_user: u64,
    pub(in crate::run) room: Room,
    /// With landlock: what may be read and run, wherever a link leads.
    pub(in crate::run) readable: Vec<PathBuf>,
    /// With landlock: what of the project may be read and run.
    pub(in crate::run) open: Vec<PathBuf>,
    /// With landlock: folders that may be listed, but for what is in them.
    pub(in crate::run) listed: Vec<PathBuf>,
    /// With landlock: what may be written.
    pub(in crate::run) writable: Vec<PathBuf>,
}

/// What the supervisor has to say.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::run) enum Report {
    /// The command ended.
    Ended {
        /// Why.
        ending: Ending,
        /// Its output.
        stdout: Captured,
        /// Its errors.
        stderr: Captured,
        /// How long it took.
        duration: Duration,
    },
    /// The command was never started.
    NotStarted(String),
}
