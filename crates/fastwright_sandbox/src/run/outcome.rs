//! How a command ended.

use super::Enforcement;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// A limit that ended a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// Time on the clock.
    Wall,
    /// Time of processors.
    Cpu,
    /// Memory.
    Memory,
    /// Processes and threads.
    Processes,
    /// The size of one file.
    FileSize,
    /// The disk that all files take.
    Disk,
    /// Output.
    Output,
}

impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Wall => "it took too long",
            Self::Cpu => "it used too much time of processors",
            Self::Memory => "it used too much memory",
            Self::Processes => "it started too many processes or threads",
            Self::FileSize => "it wrote too large a file",
            Self::Disk => "it wrote too much to the disk",
            Self::Output => "it printed too much",
        })
    }
}

/// Why a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// It ended by itself, with this code.
    Exited(i32),
    /// A signal ended it.
    Signalled(i32),
    /// It used more than it may.
    Limit(Limit),
    /// The caller stopped it.
    Stopped,
}

impl Ending {
    /// Whether it ended by itself and says that all is well.
    pub fn is_success(self) -> bool {
        self == Self::Exited(0)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(formatter, "exit code {code}"),
            Self::Signalled(signal) => write!(formatter, "ended by signal {signal}"),
            Self::Limit(limit) => write!(formatter, "ended: {limit}"),
            Self::Stopped => formatter.write_str("stopped"),
        }
    }
}

/// What a command printed, or the first and the last part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    /// The first part; all of it when nothing is left out. Bytes that are no UTF-8 are replaced.
    pub head: String,
    /// How many bytes are left out behind the first part.
    pub left_out: u64,
    /// The last part.
    pub tail: String,
}

impl Captured {
    /// The text, which says itself what is left out.
    pub fn text(&self) -> String {
        if self.left_out == 0 {
            format!("{}{}", self.head, self.tail)
        } else {
            format!("{}\n[... {} bytes left out ...]\n{}", self.head, self.left_out, self.tail)
        }
    }
}

/// How a command ended and what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Why it ended.
    pub ending: Ending,
    /// What it printed to standard output.
    pub stdout: Captured,
    /// What it printed to standard error.
    pub stderr: Captured,
    /// How long it took.
    pub duration: Duration,
    /// What kept it from doing harm.
    pub enforcement: Enforcement,
}
