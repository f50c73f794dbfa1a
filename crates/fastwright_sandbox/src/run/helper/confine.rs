//! The helper takes away from itself what the command shall not have, and becomes the command.

use super::order::{Confinement, Room};
use super::{system_calls, system_paths};
use crate::run::Limits;
use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible as _, LandlockStatus,
    PathBeneath, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetStatus, Scope,
};
use rustix::fs::{FileType, OFlags};
use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::thread::{CapabilitySet, CapabilitySets};
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The newest version of landlock whose rights are asked for; older kernels give what they have.
const NEWEST: ABI = ABI::V9;

/// Files of whoever started us may still be open: sockets of an editor, for example.
pub(super) fn close_inherited() {
    let open = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let open: Vec<i32> = open.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    for number in open.into_iter().filter(|number| *number > 2) {
        // One of them was the folder itself, which is closed already.
        let _ = nix::unistd::close(number);
    }
}

/// Whether this process can give up root and have its calls filtered. It has, from then on.
pub(super) fn try_filters() -> Result<(), String> {
    give_up_root()?;
    // What is refused with namespaces is a part of what is refused without: landlock can be tried afterwards.
    system_calls::apply(true).map_err(|error| format!("system calls can't be filtered: {error}"))
}

/// The version of landlock of this kernel. This process can't read files from then on.
pub(super) fn try_landlock() -> Result<u32, String> {
    restrict(&Paths::default())
}

/// Rights to a path; nothing when there is none, for a project may change while we look at it.
fn rule(path: &Path, rights: BitFlags<AccessFs>, follow: Follow) -> Option<PathBeneath<OwnedFd>> {
    let mut flags = OFlags::PATH | OFlags::CLOEXEC;
    if follow == Follow::Nowhere {
        flags |= OFlags::NOFOLLOW;
    }
    let opened = rustix::fs::open(path, flags, rustix::fs::Mode::empty()).ok()?;
    let rights = match FileType::from_raw_mode(rustix::fs::fstat(&opened).ok()?.st_mode) {
        FileType::Directory => rights,
        FileType::Symlink => return None,
        _ => rights & AccessFs::from_file(NEWEST),
    };
    Some(PathBeneath::new(opened, rights))
}

/// Whether a path may be a link. Links of a project may lead anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follow {
    Links,
    Nowhere,
}

/// What may be read, listed and written.
#[derive(Debug, Default)]
struct Paths<'c> {
    readable: &'c [PathBuf],
    open: &'c [PathBuf],
    listed: &'c [PathBuf],
    writable: &'c [PathBuf],
}

fn restrict(paths: &Paths) -> Result<u32, String> {
    let read = AccessFs::from_read(NEWEST);
    let write = AccessFs::from_all(NEWEST)
        & !(AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::IoctlDev | AccessFs::ResolveUnix);
    let device = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate;
    let own = [PathBuf::from("/proc/self")];
    let rules = system_paths::readable()
        .chain(paths.readable.iter().cloned())
        .chain(own)
        .filter_map(|path| rule(&path, read, Follow::Links))
        .chain(paths.open.iter().filter_map(|path| rule(path, read, Follow::Nowhere)))
        .chain(paths.listed.iter().filter_map(|path| rule(path, AccessFs::ReadDir.into(), Follow::Nowhere)))
        .chain(paths.writable.iter().filter_map(|path| rule(path, write, Follow::Nowhere)))
        .chain(system_paths::DEVICES.iter().filter_map(|path| rule(Path::new(path), device, Follow::Links)));
    let restrict = || {
        let mut ruleset = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(NEWEST))?
            .handle_access(AccessNet::from_all(NEWEST))?
            .scope(Scope::from_all(NEWEST))?
            .create()?;
        for rule in rules {
            ruleset = ruleset.add_rule(rule)?;
        }
        ruleset.restrict_self()
    };
    let status = restrict().map_err(|error: landlock::RulesetError| error.to_string())?;
    match status.landlock {
        LandlockStatus::Available { effective_abi, .. } if status.ruleset != RulesetStatus::NotEnforced => {
            Ok(effective_abi as u32)
        }
        LandlockStatus::NotEnabled => Err("the kernel has it switched off".to_owned()),
        _ => Err("the kernel has none (it came with Linux 5.13)".to_owned()),
    }
}

/// The kernel does not count processes of root: nothing would hold a command that starts more and more of them. Who
/// is root outside of all namespaces therefore becomes somebody else, whom nobody knows.
fn is_never_counted() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let stands_for_root = map.lines().any(|line| {
        let mut numbers = line.split_ascii_whitespace();
        (numbers.next(), numbers.next()) == (Some("0"), Some("0"))
    });
    rustix::process::geteuid().is_root() && stands_for_root
}

/// Whether the kernel counts only the processes of the namespace: since Linux 5.14 it does so in one of users.
fn is_counted_apart() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let is_namespace = map.split_ascii_whitespace().nth(2).is_some_and(|count| count == "1");
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release.split(['.', '-']).map_while(|number| number.parse::<u32>().ok());
    is_namespace && (numbers.next(), numbers.next()) >= (Some(5), Some(14))
}

/// Numbers of users that systems give to services for as long as these run.
const FIRST_PASSING_USER: u32 = 61_184;
const PASSING_USERS: u32 = 4_000;

/// Gives up the rights of root, and being root. What the user may read stays readable, as far as the room shows it.
pub(super) fn give_up_root() -> Result<(), String> {
    let is_never_counted = is_never_counted();
    let kept = if is_never_counted { CapabilitySet::DAC_OVERRIDE } else { CapabilitySet::empty() };
    // Those that the kernel does not know can't be dropped, nor can any by somebody who has none.
    for capability in CapabilitySet::all().difference(kept).iter() {
        let _ = rustix::thread::remove_capability_from_bounding_set(capability);
    }
    if is_never_counted {
        become_somebody()
            .map_err(|error| format!("the number of root's processes can't be limited: {error}"))?;
    }
    let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: kept };
    rustix::thread::set_capabilities(None, sets).map_err(|error| format!("capabilities stay: {error}"))?;
    if is_never_counted {
        rustix::thread::configure_capability_in_ambient_set(CapabilitySet::DAC_OVERRIDE, true)
            .map_err(|error| format!("files can't be kept readable: {error}"))?;
    }
    Ok(())
}

fn become_somebody() -> rustix::io::Result<()> {
    use rustix::process::{Gid, Uid};
    let number = FIRST_PASSING_USER + std::process::id() % PASSING_USERS;
    rustix::thread::set_keep_capabilities(true)?;
    rustix::thread::set_thread_groups(&[])?;
    let group = Gid::from_raw(number);
    rustix::thread::set_thread_res_gid(group, group, group)?;
    let user = Uid::from_raw(number);
    rustix::thread::set_thread_res_uid(user, user, user)
}

/// Limits of each single process. Those of all together are the supervisor's.
fn limit(limits: &Limits, processes_of_user: u64) -> Result<(), String> {
    // Those that the user has already count, unless the user becomes another. A few more than the limit, so that the
    // supervisor sees that it is reached.
    let others = if is_never_counted() || is_counted_apart() { 0 } else { processes_of_user };
    let table = [
        (Resource::Core, 0),
        (Resource::Cpu, limits.cpu.as_secs().max(1)),
        (Resource::Fsize, limits.file_size),
        (Resource::Nofile, limits.open_files),
        (Resource::Nproc, others.saturating_add(limits.processes).saturating_add(16)),
        (Resource::Msgqueue, 0),
        (Resource::Memlock, 1 << 20),
        // Room that is only reserved counts here: threads, and libraries that reserve much. What is really used is
        // what the supervisor looks at; this is for whoever grows faster than it can look.
        (Resource::As, limits.memory.saturating_mul(4)),
    ];
    for (resource, value) in table {
        let most = rustix::process::getrlimit(resource).maximum;
        let value = Some(most.map_or(value, |most| value.min(most)));
        // One more at the top, so that the process is told by a signal before it is killed.
        let top = if resource == Resource::Cpu { value.map(|value| value + 1) } else { value };
        let top = most.map_or(top, |most| top.map(|top| top.min(most)));
        setrlimit(resource, Rlimit { current: value, maximum: top })
            .map_err(|error| format!("the limit {resource:?} can't be set: {error}"))?;
    }
    Ok(())
}

fn confine(confinement: &Confinement) -> Result<(), String> {
    // No terminal to type into, and a group of processes of its own.
    let _ = rustix::process::setsid();
    // Who watches shall get time, however much the command computes.
    let _ = rustix::process::nice(5);
    limit(&confinement.limits, confinement.processes_of_user)?;
    std::env::set_current_dir(&confinement.folder)
        .map_err(|error| format!("{}: {error}", confinement.folder.display()))?;
    if confinement.room == Room::Open {
        return Ok(());
    }
    rustix::thread::set_no_new_privs(true).map_err(|error| error.to_string())?;
    give_up_root()?;
    if confinement.room == Room::Landlock {
        restrict(&Paths {
            readable: &confinement.readable,
            open: &confinement.open,
            listed: &confinement.listed,
            writable: &confinement.writable,
        })?;
    }
    system_calls::apply(confinement.room != Room::Landlock)
}

pub(super) fn become_command(confinement: Confinement) -> ! {
    let word = &confinement.word;
    if let Err(error) = confine(&confinement) {
        let _ = writeln!(std::io::stderr(), "{word} failed: {error}");
        std::process::exit(126);
    }
    let _ = writeln!(std::io::stderr(), "{word} ready");
    let error = Command::new(&confinement.command[0])
        .args(&confinement.command[1..])
        .env_clear()
        .envs(&confinement.variables)
        .stdin(Stdio::null())
        .exec();
    let _ = writeln!(std::io::stderr(), "{word} failed: {}: {error}", confinement.command[0]);
    std::process::exit(127);
}
