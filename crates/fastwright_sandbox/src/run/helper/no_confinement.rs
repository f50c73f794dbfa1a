//! On systems without a sandbox that fastwright knows, a helper only becomes the command.

use super::order::Confinement;
use std::io::Write as _;
use std::process::{Command, Stdio};

pub(super) fn close_inherited() {}

pub(super) fn try_filters() -> Result<(), String> {
    Err("this system has none that fastwright knows".to_owned())
}

pub(super) fn try_landlock() -> Result<u32, String> {
    Err("this system has none".to_owned())
}

pub(super) fn become_command(confinement: Confinement) -> ! {
    let word = &confinement.word;
    let _ = writeln!(std::io::stderr(), "{word} ready");
    let mut command = Command::new(&confinement.command[0]);
    command
        .args(&confinement.command[1..])
        .env_clear()
        .envs(&confinement.variables)
        .current_dir(&confinement.folder)
        .stdin(Stdio::null());
    #[cfg(unix)]
    let error = {
        let _ = rustix::process::setsid();
        std::os::unix::process::CommandExt::exec(&mut command)
    };
    #[cfg(not(unix))]
    let error = match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    };
    let _ = writeln!(std::io::stderr(), "{word} failed: {}: {error}", confinement.command[0]);
    std::process::exit(127);
}
