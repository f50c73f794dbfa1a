//! The filter of system calls.
//!
//! A list of what is refused, not of what is allowed: programs of a project need nearly everything, and what is
//! dangerous is known. With bubblewrap the namespaces hold already, and the filter takes what still leads out; with
//! landlock it also takes what landlock does not see: sockets, and changes of modes, owners, times and attributes.

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch,
};
use std::collections::BTreeMap;

/// Numbers that are the same on every architecture, and newer than the constants of the C library.
mod recent {
    pub(super) const MOUNT_SETATTR: i64 = 442;
    pub(super) const FCHMODAT2: i64 = 452;
    pub(super) const SETXATTRAT: i64 = 463;
    pub(super) const REMOVEXATTRAT: i64 = 466;
    pub(super) const OPEN_TREE_ATTR: i64 = 467;
    pub(super) const FILE_SETATTR: i64 = 469;
}

/// Refused whatever the arguments are: seeing or changing other processes, mounting, keys, programs for the kernel,
/// memory that belongs to nobody, and doing anything of it later (`io_uring`).
const REFUSED: &[i64] = &[
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_process_madvise,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_open_tree,
    recent::MOUNT_SETATTR,
    recent::OPEN_TREE_ATTR,
    libc::SYS_chroot,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_fanotify_init,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_shmget,
    libc::SYS_msgget,
    libc::SYS_semget,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_kexec_file_load,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lookup_dcookie,
];

/// What the C library has another way for.
const NOT_THERE: &[i64] =
    &[libc::SYS_clone3, libc::SYS_io_uring_setup, libc::SYS_io_uring_enter, libc::SYS_io_uring_register];

/// With landlock: changes that it does not see. They do nothing and say that they did: programs that copy files would
/// fail otherwise, and none of it matters in a copy.
const SILENT: &[i64] = &[
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    recent::FCHMODAT2,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_utimensat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chmod,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lchown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utime,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utimes,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_futimesat,
    // Nothing leaves the group of processes, which is ended as one.
    libc::SYS_setsid,
    libc::SYS_setpgid,
];

/// With landlock: attributes of files, which many file systems don't have either.
const NOT_SUPPORTED: &[i64] = &[
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    recent::SETXATTRAT,
    recent::REMOVEXATTRAT,
    recent::FILE_SETATTR,
];

/// Requests that type into a terminal or change attributes of files that are only read.
const REQUESTS: &[u64] = &[0x5412, 0x541c, 0x4008_6602, 0x401c_5820];

/// `PR_SET_DUMPABLE`: who is not dumpable can't be watched.
const SET_DUMPABLE: u64 = 4;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

fn condition(argument: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompCondition, String> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
        .map_err(|error| error.to_string())
}

fn when(conditions: Vec<SeccompCondition>) -> Result<SeccompRule, String> {
    SeccompRule::new(conditions).map_err(|error| error.to_string())
}

fn always(calls: &[i64]) -> Rules {
    calls.iter().map(|call| (*call, Vec::new())).collect()
}

/// What is refused depending on arguments.
fn refused(with_namespaces: bool) -> Result<Rules, String> {
    use SeccompCmpOp::{Eq, MaskedEq, Ne};
    let mut rules = always(REFUSED);
    let namespaces = [
        libc::CLONE_NEWNS,
        libc::CLONE_NEWCGROUP,
        libc::CLONE_NEWUTS,
        libc::CLONE_NEWIPC,
        libc::CLONE_NEWUSER,
        libc::CLONE_NEWPID,
        libc::CLONE_NEWNET,
    ];
    let mut clone = Vec::new();
    for flag in namespaces {
        #[allow(clippy::cast_sign_loss, reason = "a set of bits")]
        let flag = u64::from(flag as u32);
        clone.push(when(vec![condition(0, MaskedEq(flag), flag)?])?);
    }
    rules.insert(libc::SYS_clone, clone);
    let mut requests = Vec::new();
    for request in REQUESTS {
        requests.push(when(vec![condition(1, Eq, *request)?])?);
    }
    rules.insert(libc::SYS_ioctl, requests);
    rules.insert(libc::SYS_prctl, vec![when(vec![condition(0, Eq, SET_DUMPABLE)?])?]);
    // The limits of other processes, and how they are scheduled.
    rules.insert(libc::SYS_prlimit64, vec![when(vec![condition(0, Ne, 0)?, not_null(2)?])?]);
    for (call, argument) in [
        (libc::SYS_sched_setaffinity, 0),
        (libc::SYS_sched_setscheduler, 0),
        (libc::SYS_sched_setparam, 0),
        (libc::SYS_sched_setattr, 0),
        (libc::SYS_migrate_pages, 0),
        (libc::SYS_move_pages, 0),
        (libc::SYS_setpriority, 1),
        (libc::SYS_ioprio_set, 1),
    ] {
        rules.insert(call, vec![when(vec![condition(argument, Ne, 0)?])?]);
    }
    with_network(rules, with_namespaces)
}

/// A pointer that is given: its lower half is hardly ever nothing, and then the call is only let through.
fn not_null(argument: u8) -> Result<SeccompCondition, String> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Ne, 0)
        .map_err(|error| error.to_string())
}

/// In a network of its own a command may talk to itself. Sockets that are files are refused everywhere: one of a
/// service may lie in what can be read.
fn with_network(mut rules: Rules, with_namespaces: bool) -> Result<Rules, String> {
    let family = |family: i32| u64::from(family.unsigned_abs());
    let mut socket = Vec::new();
    if with_namespaces {
        socket.push(when(vec![
            condition(0, SeccompCmpOp::Ne, family(libc::AF_INET))?,
            condition(0, SeccompCmpOp::Ne, family(libc::AF_INET6))?,
        ])?);
    }
    rules.insert(libc::SYS_socket, socket);
    let pair = when(vec![condition(0, SeccompCmpOp::Ne, family(libc::AF_UNIX))?])?;
    rules.insert(libc::SYS_socketpair, vec![pair]);
    Ok(rules)
}

/// The second way to call the kernel on this architecture has the same numbers with a bit more, and some of its own.
#[cfg(target_arch = "x86_64")]
fn with_other_numbers(rules: Rules) -> Result<Rules, String> {
    const OTHER: i64 = 0x4000_0000;
    /// Calls that are numbered anew there: `ioctl`, `ptrace`, `process_vm_readv`, `process_vm_writev`, `kexec_load`.
    const ANEW: &[(i64, i64)] = &[
        (libc::SYS_ioctl, 514),
        (libc::SYS_ptrace, 521),
        (libc::SYS_kexec_load, 528),
        (libc::SYS_move_pages, 533),
        (libc::SYS_process_vm_readv, 539),
        (libc::SYS_process_vm_writev, 540),
    ];
    let mut all = rules.clone();
    for (call, rules) in rules {
        let anew = ANEW.iter().find(|(known, _)| *known == call).map_or(call, |(_, anew)| *anew);
        all.insert(anew | OTHER, rules);
    }
    Ok(all)
}

#[cfg(not(target_arch = "x86_64"))]
fn with_other_numbers(rules: Rules) -> Result<Rules, String> {
    Ok(rules)
}

fn compile(rules: Rules, errno: i32) -> Result<BpfProgram, String> {
    let architecture =
        TargetArch::try_from(std::env::consts::ARCH).map_err(|_| "unknown architecture".to_owned())?;
    let action = SeccompAction::Errno(errno.unsigned_abs());
    SeccompFilter::new(with_other_numbers(rules)?, SeccompAction::Allow, action, architecture)
        .and_then(BpfProgram::try_from)
        .map_err(|error| error.to_string())
}

/// Filters the calls of this thread and of all that it becomes or starts.
///
/// # Errors
/// When the kernel can't.
pub(super) fn apply(with_namespaces: bool) -> Result<(), String> {
    let mut programs =
        vec![compile(always(NOT_THERE), libc::ENOSYS)?, compile(refused(with_namespaces)?, libc::EACCES)?];
    if !with_namespaces {
        programs.push(compile(always(NOT_SUPPORTED), libc::EOPNOTSUPP)?);
        programs.push(compile(always(SILENT), 0)?);
    }
    programs
        .iter()
        .try_for_each(|program| seccompiler::apply_filter(program).map_err(|error| error.to_string()))
}
