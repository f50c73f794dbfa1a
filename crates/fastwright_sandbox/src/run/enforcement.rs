//! What keeps a command from doing harm on this machine.

use super::helper::order::{Answer, Order};
use super::sandbox::Helper;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What keeps a command from doing harm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Enforcement {
    /// Namespaces made by bubblewrap: the command sees its own files, processes and an empty network; besides, a
    /// filter of system calls.
    Bubblewrap {
        /// The program.
        program: PathBuf,
    },
    /// Landlock for files, and a filter of system calls for the network and everything else.
    Landlock {
        /// The version of landlock that the kernel has.
        version: u32,
        /// Why not bubblewrap.
        why_not_better: String,
        /// What is not kept from the command, in this version.
        gaps: Vec<String>,
    },
    /// Nothing: the command would have the rights of the user.
    Unenforced {
        /// Why.
        reason: String,
    },
}

impl fmt::Display for Enforcement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bubblewrap { program } => write!(formatter, "bubblewrap ({})", program.display()),
            Self::Landlock { version, why_not_better, gaps } => {
                write!(formatter, "landlock {version} and seccomp (not bubblewrap: {why_not_better}")?;
                for gap in gaps {
                    write!(formatter, "; {gap}")?;
                }
                formatter.write_str(")")
            }
            Self::Unenforced { reason } => write!(formatter, "nothing ({reason})"),
        }
    }
}

/// Which kind of enforcement to look for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Preference {
    /// The best that works.
    #[default]
    Best,
    /// Bubblewrap or nothing; the program may be named.
    OnlyBubblewrap(Option<PathBuf>),
    /// Landlock or nothing.
    OnlyLandlock,
    /// Nothing.
    Nothing,
}

/// Where bubblewrap is looked for. Not along `PATH`: a project may have put its own folder there.
const BUBBLEWRAP: &[&str] =
    &["/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap", "/run/current-system/sw/bin/bwrap"];

impl Enforcement {
    /// Whether anything is enforced.
    pub fn is_enforced(&self) -> bool {
        !matches!(self, Self::Unenforced { .. })
    }

    /// Tries out what there is.
    pub(super) fn find(helper: &Helper, preference: &Preference) -> Self {
        if !cfg!(target_os = "linux") {
            let reason = "fastwright knows no sandbox for this system yet".to_owned();
            return Self::Unenforced { reason };
        }
        let bubblewrap = match preference {
            Preference::Best => try_bubblewrap(None, helper),
            Preference::OnlyBubblewrap(program) => try_bubblewrap(program.as_deref(), helper),
            Preference::OnlyLandlock => Err("it is not wanted".to_owned()),
            Preference::Nothing => {
                return Self::Unenforced { reason: "nothing is wanted".to_owned() };
            }
        };
        let why_not_better = match bubblewrap {
            Ok(program) => return Self::Bubblewrap { program },
            Err(reason) => reason,
        };
        if matches!(preference, Preference::OnlyBubblewrap(_)) {
            return Self::Unenforced { reason: why_not_better };
        }
        match try_landlock(helper) {
            Ok((version, gaps)) => Self::Landlock { version, why_not_better, gaps },
            Err(reason) => {
                Self::Unenforced { reason: format!("bubblewrap: {why_not_better}; landlock: {reason}") }
            }
        }
    }
}

/// Runs a program for a moment.
fn try_out(mut command: Command, input: &[u8]) -> Result<String, String> {
    use std::io::{Read as _, Write as _};
    let mut child = command
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("it can't be started: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(input);
    }
    let started = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if started.elapsed() < Duration::from_secs(10) => {
                std::thread::sleep(Duration::from_millis(2));
            }
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return Err("it does not answer".to_owned());
            }
        }
    };
    let mut text = String::new();
    let mut error = String::new();
    if let Some(stdout) = child.stdout.take() {
        let _ = stdout.take(1 << 16).read_to_string(&mut text);
    }
    if let Some(stderr) = child.stderr.take() {
        let _ = stderr.take(1 << 16).read_to_string(&mut error);
    }
    if status.success() {
        Ok(text)
    } else {
        let last = error.trim().lines().last().unwrap_or_default();
        Err(if last.is_empty() { format!("it fails ({status})") } else { format!("it fails: {last}") })
    }
}

/// Asks the helper what this machine can do.
fn probe(command: Command) -> Result<Answer, String> {
    let order = serde_json::to_vec(&Order::Probe).map_err(|error| error.to_string())?;
    let text = try_out(command, &order)?;
    serde_json::from_str(&text).map_err(|_| "the helper does not answer as it should".to_owned())
}

fn try_bubblewrap(program: Option<&Path>, helper: &Helper) -> Result<PathBuf, String> {
    let program = match program {
        Some(program) => program.to_owned(),
        None => BUBBLEWRAP
            .iter()
            .map(PathBuf::from)
            .find(|program| program.is_file())
            .ok_or("it is not installed")?,
    };
    let mut command = Command::new(&program);
    command
        .args(super::helper::bubblewrap::namespaces())
        .args(["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--"])
        .arg(&helper.program)
        .args(&helper.arguments);
    match probe(command)? {
        Answer { fault: Some(reason), .. } => Err(reason),
        Answer { .. } => Ok(program),
    }
}

/// Before this version, files outside of the writable folders can be cut.
const OLDEST_LANDLOCK: u32 = 3;

fn try_landlock(helper: &Helper) -> Result<(u32, Vec<String>), String> {
    let mut command = Command::new(&helper.program);
    command.args(&helper.arguments);
    let answer = probe(command)?;
    if let Some(reason) = answer.fault {
        return Err(reason);
    }
    match answer.landlock {
        Err(reason) => Err(reason),
        Ok(version) if version < OLDEST_LANDLOCK => Err(format!(
            "the kernel has version {version} of it, and {OLDEST_LANDLOCK} is needed (Linux 6.2)"
        )),
        Ok(version) => {
            let mut gaps = Vec::new();
            if version < 6 {
                gaps.push("commands can send signals to your other processes (before Linux 6.12)".to_owned());
            }
            Ok((version, gaps))
        }
    }
}
