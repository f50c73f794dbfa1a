//! How much a command may use.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How much a command and all that it starts may use together, unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Time on the clock.
    pub wall: Duration,
    /// Time of processors, summed over all processes.
    pub cpu: Duration,
    /// Bytes of memory that are really in use, summed over all processes.
    pub memory: u64,
    /// Processes and threads.
    pub processes: u64,
    /// Bytes of any one file that is written.
    pub file_size: u64,
    /// Files that one process may have open.
    pub open_files: u64,
    /// Bytes on the disk below all writable folders, and in files that are deleted and still open.
    pub disk: u64,
    /// Bytes kept of standard output and of standard error, each: the first half and the last. A command that writes
    /// more than 64 times as much is ended.
    pub output: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall: Duration::from_secs(120),
            cpu: Duration::from_secs(240),
            memory: 2 << 30,
            processes: 256,
            file_size: 256 << 20,
            open_files: 1024,
            disk: 1 << 30,
            output: 256 << 10,
        }
    }
}
