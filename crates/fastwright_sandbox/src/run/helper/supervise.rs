//! Starts a command, watches what it and all below it use, and ends all of them together.

use super::bubblewrap;
use super::capture;
use super::census::{self, Census};
use super::disk;
use super::order::{Order, Report, Room, Supervision};
use crate::run::{Captured, Ending, Limit, Limits};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How often to look whether the command ended.
const LOOK: Duration = Duration::from_millis(3);
/// Looking at all processes may take this part of the time, and no more.
const PART_OF_TIME: u32 = 12;
const SHORTEST_INTERVAL: Duration = Duration::from_millis(20);
/// A command that prints this many times as much as is kept is ended.
const MOST_OUTPUT: u64 = 64;
/// How long processes that were killed may take to go.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs a command to its end, whatever that is.
pub(super) fn supervise(supervision: Supervision) -> Report {
    // Processes whose parent ended become ours, so that none is lost.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    // Some kernels share time between sessions: one with a thousand processes gets no more than this one.
    #[cfg(unix)]
    let _ = rustix::process::setsid();
    let report = start(&supervision).map_or_else(Report::NotStarted, |started| started.watch());
    remove_folder(&supervision.private);
    report
}

/// Removes what a command left, whatever it did to the modes of its folders.
fn remove_folder(folder: &Path) {
    if std::fs::remove_dir_all(folder).is_ok() {
        return;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mut waiting = vec![folder.to_owned()];
        while let Some(folder) = waiting.pop() {
            let _ = std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700));
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    waiting.push(entry.path());
                }
            }
        }
        let _ = std::fs::remove_dir_all(folder);
    }
}

/// A command that was started.
struct Started {
    child: Child,
    word: String,
    limits: Limits,
    measured: Vec<PathBuf>,
    started: Instant,
}

fn start(supervision: &Supervision) -> Result<Started, String> {
    let confinement = &supervision.confinement;
    let limits = confinement.limits;
    let project = &supervision.project;
    let hides = project.scratch.is_none() && supervision.room != Room::Open;
    let visible = if hides { disk::visible(&project.path)? } else { disk::Visible::default() };
    let mut order = confinement.clone();
    order.processes_of_user = census::tasks_of_user().unwrap_or(0);
    let mut writable = vec![supervision.private.clone()];
    writable.extend(project.scratch.clone());
    let words = match &supervision.room {
        Room::Bubblewrap(_) => {
            bubblewrap::command(supervision, &visible.hidden).ok_or("bubblewrap is not there")?
        }
        Room::Landlock => {
            order.readable.clone_from(&supervision.readable);
            order.open = visible.open;
            order.listed = visible.listed;
            order.writable.clone_from(&writable);
            own_helper(supervision)
        }
        Room::Open => own_helper(supervision),
    };
    let mut line = serde_json::to_vec(&Order::Confine(Box::new(order))).map_err(|error| error.to_string())?;
    line.push(b'\n');
    let started = Instant::now();
    let mut child = Command::new(&words[0])
        .args(&words[1..])
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {error}", words[0].display()))?;
    if let Some(mut stdin) = child.stdin.take() {
        // When nobody listens, its errors say why.
        let _ = stdin.write_all(&line);
    }
    Ok(Started { child, word: confinement.word.clone(), limits, measured: writable, started })
}

fn own_helper(supervision: &Supervision) -> Vec<std::ffi::OsString> {
    let (program, arguments) = &supervision.helper;
    let mut words = vec![program.into()];
    words.extend(arguments.iter().map(std::ffi::OsString::from));
    words
}

/// What other threads see.
#[derive(Default)]
struct Signals {
    /// The caller is gone, or has had enough.
    stop: AtomicBool,
    /// Nothing is to be measured any more.
    ended: AtomicBool,
    output: AtomicU64,
    disk: AtomicU64,
}

impl Started {
    fn watch(mut self) -> Report {
        let signals = Arc::new(Signals::default());
        let stdout = self.child.stdout.take();
        let stderr = self.child.stderr.take();
        let most = self.limits.output;
        let seen = |signals: &Arc<Signals>| {
            let signals = Arc::clone(signals);
            move |count| {
                signals.output.fetch_add(count, Ordering::Relaxed);
            }
        };
        let (count_stdout, count_stderr) = (seen(&signals), seen(&signals));
        let stdout = thread::spawn(move || {
            stdout.map(|stream| capture::read(stream, most, count_stdout)).unwrap_or_default()
        });
        let stderr = thread::spawn(move || {
            let Some(stream) = stderr else { return (String::new(), Captured::default()) };
            let mut stream = BufReader::new(stream);
            let mut first = Vec::new();
            let _ = stream.by_ref().take(1 << 16).read_until(b'\n', &mut first);
            let captured = capture::read(stream, most, count_stderr);
            (String::from_utf8_lossy(&first).into_owned(), captured)
        });
        // Ends with this process: standard input can't be waited for and left again.
        let watched = Arc::clone(&signals);
        thread::spawn(move || {
            let mut buffer = [0; 64];
            while std::io::stdin().lock().read(&mut buffer).is_ok_and(|count| count > 0) {}
            watched.stop.store(true, Ordering::Relaxed);
        });
        let measuring = Arc::clone(&signals);
        let (folders, limit) = (self.measured.clone(), self.limits.disk);
        thread::spawn(move || {
            while !measuring.ended.load(Ordering::Relaxed) {
                let started = Instant::now();
                measuring.disk.store(disk::used(&folders, limit), Ordering::Relaxed);
                thread::sleep(
                    (started.elapsed() * PART_OF_TIME).clamp(SHORTEST_INTERVAL * 2, Duration::from_secs(2)),
                );
            }
        });
        let mut census = Census::default();
        let reached = self.wait(&signals, &mut census);
        signals.ended.store(true, Ordering::Relaxed);
        let status = self.end(&mut census);
        let duration = self.started.elapsed();
        let stdout = stdout.join().unwrap_or_default();
        let (first, stderr) = stderr.join().unwrap_or_default();
        let word = &self.word;
        if first.trim_end() != format!("{word} ready") {
            if let Some(ending) = reached {
                return Report::Ended { ending, stdout, stderr, duration };
            }
            let why = first.trim_end();
            let why = why.strip_prefix(&format!("{word} failed: ")).unwrap_or(why);
            let rest = stderr.text();
            return Report::NotStarted(format!("{why}\n{rest}").trim().to_owned());
        }
        if let Some(why) = stderr.head.strip_prefix(&format!("{word} failed: ")) {
            return Report::NotStarted(why.trim_end().to_owned());
        }
        let ending = reached.unwrap_or_else(|| ending(status));
        Report::Ended { ending, stdout, stderr, duration }
    }

    /// Waits until the command ended, or has to be ended: then says why.
    fn wait(&mut self, signals: &Signals, census: &mut Census) -> Option<Ending> {
        let limits = self.limits;
        let most_output = limits.output.saturating_mul(MOST_OUTPUT);
        let mut next_census = Instant::now();
        let mut deleted_files = 0;
        loop {
            if self.has_ended() {
                return None;
            }
            if signals.stop.load(Ordering::Relaxed) {
                return Some(Ending::Stopped);
            }
            let over = |limit, is_over: bool| is_over.then_some(Ending::Limit(limit));
            let seen = over(Limit::Wall, self.started.elapsed() > limits.wall)
                .or(over(Limit::Output, signals.output.load(Ordering::Relaxed) > most_output))
                .or(over(
                    Limit::Disk,
                    signals.disk.load(Ordering::Relaxed).saturating_add(deleted_files) > limits.disk,
                ));
            if seen.is_some() {
                return seen;
            }
            if Instant::now() >= next_census {
                let started = Instant::now();
                let usage = census.take(limits.processes);
                deleted_files = usage.deleted_files;
                let seen = over(Limit::Processes, usage.processes > limits.processes)
                    .or(over(Limit::Memory, usage.memory > limits.memory))
                    .or(over(Limit::Cpu, usage.cpu > limits.cpu));
                if seen.is_some() {
                    return seen;
                }
                next_census = Instant::now() + (started.elapsed() * PART_OF_TIME).max(SHORTEST_INTERVAL);
            }
            thread::sleep(LOOK);
        }
    }

    /// Whether the command ended. It is not collected yet, so that its number can't mean anybody else.
    #[cfg(unix)]
    fn has_ended(&mut self) -> bool {
        use rustix::process::{WaitId, WaitIdOptions, waitid};
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(waitid(WaitId::Pid(self.process()), options), Ok(None))
    }

    #[cfg(not(unix))]
    fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    #[cfg(unix)]
    fn process(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.child)
    }

    /// Ends the command and everything that it started.
    #[cfg(unix)]
    fn end(&mut self, census: &mut Census) -> Option<ExitStatus> {
        use rustix::process::{Pid, Signal, WaitOptions, kill_process, kill_process_group, wait};
        // The group first: it is ended at one moment, and nobody in it can start another one meanwhile.
        let _ = kill_process_group(self.process(), Signal::KILL);
        let _ = kill_process(self.process(), Signal::KILL);
        let status = self.child.wait().ok();
        let started = Instant::now();
        loop {
            while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
            census.take(0);
            let left = census.processes();
            if left.is_empty() || started.elapsed() > PATIENCE {
                return status;
            }
            for pid in left.into_iter().filter_map(Pid::from_raw) {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }

    #[cfg(not(unix))]
    fn end(&mut self, _: &mut Census) -> Option<ExitStatus> {
        let _ = self.child.kill();
        self.child.wait().ok()
    }
}

#[cfg(unix)]
fn ending(status: Option<ExitStatus>) -> Ending {
    use std::os::unix::process::ExitStatusExt as _;
    let Some(status) = status else { return Ending::Stopped };
    let signal = status.signal();
    // Bubblewrap and shells pass a signal on as a code.
    let passed_on = status.code().filter(|code| (129..160).contains(code)).map(|code| code - 128);
    let is = |known: rustix::process::Signal| signal.or(passed_on) == Some(known.as_raw());
    if is(rustix::process::Signal::XCPU) {
        Ending::Limit(Limit::Cpu)
    } else if is(rustix::process::Signal::XFSZ) {
        Ending::Limit(Limit::FileSize)
    } else if let Some(signal) = signal {
        Ending::Signalled(signal)
    } else {
        Ending::Exited(status.code().unwrap_or(-1))
    }
}

#[cfg(not(unix))]
fn ending(status: Option<ExitStatus>) -> Ending {
    Ending::Exited(status.and_then(|status| status.code()).unwrap_or(-1))
}
