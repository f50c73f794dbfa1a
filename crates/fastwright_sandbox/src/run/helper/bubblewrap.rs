//! How bubblewrap is called.

use super::order::{Room, Supervision};
use super::system_paths::{CONFIGURATION, PROGRAMS};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What is cut off, whatever the command sees.
const NAMESPACES: &[&str] = &["--die-with-parent", "--new-session", "--cap-drop", "ALL"];

/// Everybody needs a user namespace for the others, and the kernel counts processes there.
const OF_A_USER: &[&str] = &["--unshare-all"];

/// Root needs none, and would stay root in one. The helper becomes somebody else, for which it needs these.
const OF_ROOT: &[&str] = &[
    "--unshare-ipc",
    "--unshare-pid",
    "--unshare-net",
    "--unshare-uts",
    "--unshare-cgroup-try",
    "--cap-add",
    "CAP_SETUID",
    "--cap-add",
    "CAP_SETGID",
    "--cap-add",
    "CAP_SETPCAP",
    "--cap-add",
    "CAP_DAC_OVERRIDE",
];

/// The options that cut off what is cut off, whatever the command sees.
pub(in crate::run) fn namespaces() -> impl Iterator<Item = &'static str> {
    #[cfg(unix)]
    let is_root = rustix::process::geteuid().is_root();
    #[cfg(not(unix))]
    let is_root = false;
    NAMESPACES.iter().chain(if is_root { OF_ROOT } else { OF_A_USER }).copied()
}

/// Where the helper is in there.
const HELPER: &str = "/run/fastwright/sandboxed-run";

/// The whole command: bubblewrap, what is seen in there, and the helper.
pub(super) fn command(supervision: &Supervision, hidden: &[PathBuf]) -> Option<Vec<OsString>> {
    let Room::Bubblewrap(program) = &supervision.room else { return None };
    let mut words: Vec<OsString> = vec![program.into()];
    words.extend(namespaces().map(OsString::from));
    let mut add = |option: &str, paths: &[&Path]| {
        words.push(option.into());
        words.extend(paths.iter().map(|path| path.as_os_str().to_owned()));
    };
    for path in PROGRAMS.iter().map(Path::new) {
        // `/bin` is a link on most systems.
        match std::fs::read_link(path) {
            Ok(target) => add("--symlink", &[&target, path]),
            Err(_) => add("--ro-bind-try", &[path, path]),
        }
    }
    for path in CONFIGURATION.iter().map(Path::new) {
        add("--ro-bind-try", &[path, path]);
    }
    add("--proc", &[Path::new("/proc")]);
    add("--dev", &[Path::new("/dev")]);
    // Memory that is a file would escape the limits: it lies on the disk, where it is counted.
    add("--bind", &[&supervision.private.join("shm"), Path::new("/dev/shm")]);
    add("--bind", &[&supervision.private.join("tmp"), Path::new("/tmp")]);
    add("--bind", &[&supervision.private, &supervision.private]);
    // Folders come before what is in them, which is there with them: a link among it can't be put there again.
    let mut readable: Vec<&Path> = Vec::new();
    for path in &supervision.readable {
        if !PROGRAMS
            .iter()
            .map(Path::new)
            .chain(readable.iter().copied())
            .any(|folder| path.starts_with(folder))
        {
            add("--ro-bind", &[path, path]);
            readable.push(path);
        }
    }
    match &supervision.project.scratch {
        // In the place of the project: what is installed from there is then imported from the copy.
        Some(scratch) => add("--bind", &[scratch, &supervision.project.path]),
        None => add("--ro-bind", &[&supervision.project.path, &supervision.project.path]),
    }
    // Again, because the project may be around them.
    for path in readable.into_iter().filter(|path| path.starts_with(&supervision.project.path)) {
        add("--ro-bind", &[path, path]);
    }
    for path in hidden {
        add("--ro-bind", &[Path::new("/dev/null"), path]);
    }
    add("--ro-bind", &[&supervision.helper.0, Path::new(HELPER)]);
    add("--remount-ro", &[Path::new("/dev")]);
    // What bubblewrap made itself is memory.
    add("--remount-ro", &[Path::new("/")]);
    words.extend(["--".into(), HELPER.into()]);
    words.extend(supervision.helper.1.iter().map(OsString::from));
    Some(words)
}
