//! What happens on the other side of a start: the supervisor, and the helper that becomes the command.

pub(super) mod bubblewrap;
mod capture;
#[cfg(target_os = "linux")]
mod census;
#[cfg(not(target_os = "linux"))]
#[path = "no_census.rs"]
mod census;
#[cfg(target_os = "linux")]
mod confine;
#[cfg(not(target_os = "linux"))]
#[path = "no_confinement.rs"]
mod confine;
mod disk;
pub(super) mod order;
mod supervise;
#[cfg(target_os = "linux")]
mod system_calls;
pub(super) mod system_paths;

use order::{Answer, Order};
use std::io::{BufRead as _, Write as _};

/// The body of the hidden command: reads its order from standard input, and never comes back.
pub fn become_sandboxed() -> ! {
    confine::close_inherited();
    let mut line = String::new();
    let order = std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| error.to_string())
        .and_then(|_| serde_json::from_str(&line).map_err(|error| error.to_string()));
    drop(line);
    match order {
        Ok(Order::Probe) => {
            let answer = Answer { fault: confine::try_filters().err(), landlock: confine::try_landlock() };
            say(&serde_json::to_string(&answer).unwrap_or_default());
            std::process::exit(0);
        }
        Ok(Order::Supervise(supervision)) => {
            let report = supervise::supervise(*supervision);
            say(&serde_json::to_string(&report).unwrap_or_default());
            std::process::exit(0);
        }
        Ok(Order::Confine(confinement)) => confine::become_command(*confinement),
        Err(error) => {
            let _ = writeln!(
                std::io::stderr(),
                "fastwright: this command is for fastwright's own use: it gets its order from standard input ({error})"
            );
            std::process::exit(2);
        }
    }
}

fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{line}");
    let _ = stdout.flush();
}
