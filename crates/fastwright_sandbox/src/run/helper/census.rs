//! What processes use, as the kernel says it in `/proc`.

use super::disk::allocated;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

/// What a process and all below it use.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Usage {
    /// Processes and threads.
    pub(super) processes: u64,
    /// Bytes of memory that no file stands behind.
    pub(super) memory: u64,
    /// Time of processors, that of ended processes included.
    pub(super) cpu: Duration,
    /// Bytes in files that are open and have no name any more.
    pub(super) deleted_files: u64,
}

/// The processes below this one.
#[derive(Debug, Default)]
pub(super) struct Census {
    found: Vec<i32>,
    /// Time of processors that each process was last seen to have used.
    cpu: BTreeMap<i32, Duration>,
    /// Time of processes that are gone.
    cpu_of_gone: Duration,
}

/// One line of `/proc/PID/stat`.
struct Stat {
    parent: i32,
    ticks: u64,
    /// Those of children that ended and were waited for.
    ticks_of_children: u64,
    threads: u64,
}

/// The kernel counts processor time in hundredths of a second wherever Linux runs today.
const TICK: Duration = Duration::from_millis(10);

fn time(ticks: u64) -> Duration {
    TICK.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX))
}

fn stat(pid: i32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in parentheses, and may have any character in it.
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        ticks: number(11)? + number(12)?,
        ticks_of_children: number(13)? + number(14)?,
        threads: number(17)?,
    })
}

fn all() -> Vec<i32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Memory that is the process's own or shared without a file.
fn memory(pid: i32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kilobytes = |line: &str| line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok();
    text.lines()
        .filter(|line| line.starts_with("RssAnon:") || line.starts_with("RssShmem:"))
        .filter_map(kilobytes)
        .sum::<u64>()
        .saturating_mul(1024)
}

/// Files without a name that a process has open: by device and number, with their size.
fn deleted_files(pid: i32, found: &mut BTreeMap<(u64, u64), u64>) {
    use std::os::unix::fs::MetadataExt as _;
    for entry in std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_deleted = std::fs::read_link(&path)
            .is_ok_and(|target| target.as_os_str().as_encoded_bytes().ends_with(b" (deleted)"));
        if let (true, Ok(metadata)) = (is_deleted, std::fs::metadata(Path::new(&path))) {
            found.insert((metadata.dev(), metadata.ino()), allocated(&metadata));
        }
    }
}

impl Census {
    /// Looks at all processes below this one. When there are more than `most`, nothing else is looked at.
    pub(super) fn take(&mut self, most: u64) -> Usage {
        let stats: BTreeMap<i32, Stat> =
            all().into_iter().filter_map(|pid| Some((pid, stat(pid)?))).collect();
        let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
        for (pid, stat) in &stats {
            children.entry(stat.parent).or_default().push(*pid);
        }
        let own = i32::try_from(std::process::id()).unwrap_or(0);
        let mut found = BTreeSet::new();
        let mut waiting = vec![own];
        while let Some(pid) = waiting.pop() {
            for child in children.get(&pid).into_iter().flatten() {
                if found.insert(*child) {
                    waiting.push(*child);
                }
            }
        }
        let processes = found.iter().filter_map(|pid| stats.get(pid)).map(|stat| stat.threads).sum();
        let mut usage = Usage { processes, ..Usage::default() };
        if usage.processes > most {
            self.found = found.into_iter().collect();
            return usage;
        }
        let mut files = BTreeMap::new();
        let mut cpu = BTreeMap::new();
        for (pid, stat) in found.iter().filter_map(|pid| Some((*pid, stats.get(pid)?))) {
            usage.memory = usage.memory.saturating_add(memory(pid));
            deleted_files(pid, &mut files);
            cpu.insert(pid, time(stat.ticks));
        }
        // An ended process counts with its parent, if that waits for it. If it does not, what was last seen counts.
        let waited_for = time(
            stats.get(&own).map_or(0, |stat| stat.ticks_of_children)
                + found
                    .iter()
                    .filter_map(|pid| stats.get(pid))
                    .map(|stat| stat.ticks + stat.ticks_of_children)
                    .sum::<u64>(),
        );
        for (pid, used) in &self.cpu {
            if !cpu.contains_key(pid) {
                self.cpu_of_gone += *used;
            }
        }
        self.cpu = cpu;
        usage.cpu = waited_for.max(self.cpu_of_gone + self.cpu.values().sum::<Duration>());
        usage.deleted_files = files.values().sum();
        self.found = found.into_iter().collect();
        usage
    }

    /// The processes that were seen last.
    pub(super) fn processes(&self) -> Vec<i32> {
        self.found.clone()
    }
}

/// How many processes and threads the user has.
pub(super) fn tasks_of_user() -> Option<u64> {
    use std::os::unix::fs::MetadataExt as _;
    let own = std::fs::metadata("/proc/self").ok()?.uid();
    let is_own = |pid: &i32| std::fs::metadata(format!("/proc/{pid}")).is_ok_and(|entry| entry.uid() == own);
    Some(all().into_iter().filter(is_own).filter_map(stat).map(|stat| stat.threads).sum())
}
