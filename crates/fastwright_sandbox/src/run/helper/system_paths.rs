//! What of the system every program needs to read.

use std::path::{Path, PathBuf};

/// Folders of programs and libraries.
pub(in crate::run) const PROGRAMS: &[&str] = &[
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/nix/store",
    "/gnu/store",
    "/run/current-system/sw",
];

/// Parts of the configuration that say how to load libraries, which time it is, and what things are called. Nothing
/// of it is secret.
pub(in crate::run) const CONFIGURATION: &[&str] = &[
    "/etc/alternatives",
    "/etc/ca-certificates.conf",
    "/etc/crypto-policies",
    "/etc/debian_version",
    "/etc/fonts",
    "/etc/gai.conf",
    "/etc/group",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/locale.alias",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted",
    "/etc/protocols",
    "/etc/services",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/timezone",
];

/// What the kernel says about the machine, without what it says about other processes.
pub(in crate::run) const KERNEL: &[&str] = &[
    "/proc/cpuinfo",
    "/proc/filesystems",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/uptime",
    "/proc/version",
    "/proc/sys/kernel/osrelease",
    "/proc/sys/kernel/ostype",
    "/proc/sys/kernel/pid_max",
    "/proc/sys/kernel/random/boot_id",
    "/proc/sys/kernel/random/uuid",
    "/proc/sys/vm/overcommit_memory",
    "/sys/devices/system/cpu",
];

/// Devices that are nothing but a source or a sink.
pub(in crate::run) const DEVICES: &[&str] =
    &["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// The search path behind what a request names.
pub(in crate::run) const SEARCH: &[&str] =
    &["/usr/local/bin", "/usr/bin", "/bin", "/run/current-system/sw/bin"];

/// What to make readable of the system, as far as it is there.
pub(in crate::run) fn readable() -> impl Iterator<Item = PathBuf> {
    PROGRAMS.iter().chain(CONFIGURATION).chain(KERNEL).map(PathBuf::from).filter(|path| path.exists())
}

/// Whether nobody can mean to open a whole path to a command: it would open what has to stay closed.
pub(in crate::run) fn is_too_much(path: &Path) -> bool {
    ["/", "/proc", "/sys", "/dev", "/etc", "/run", "/var", "/var/run", "/home", "/root", "/tmp"]
        .iter()
        .any(|known| Path::new(known) == path)
        || std::env::home_dir().is_some_and(|home| home == path)
}
