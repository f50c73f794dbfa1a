//! The adversarial set: models that lie, weaken, escape, leak, obey and flood, each in a real run on a copy of a small
//! shop; and honest edits that must not be refused. What must hold is checked on the disk, in every byte that was sent
//! and kept, and against a review of its own.
//!
//! `cargo test -p fastwright_agent --test adversary` prints the figures; a word after `--` picks cases by name.

mod case;
mod honest;
mod hostile;
mod scene;

use case::{Case, Kind};
use fastwright_sandbox::run::{Helper, Sandbox, become_sandboxed};
use scene::{Scene, Script, Stage};
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs commands through this very program.
pub fn sandbox() -> Sandbox {
    let program = std::env::current_exe().unwrap_or_default();
    Sandbox::new(Helper { program, arguments: vec!["sandboxed-run".to_owned()] })
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|word| word == "sandboxed-run") {
        become_sandboxed();
    }
    if arguments.iter().any(|word| word == "--list") {
        // What runs all tests asks for a list first; this is one test.
        return ExitCode::SUCCESS;
    }
    let words: Vec<&String> = arguments.iter().filter(|word| !word.starts_with('-')).collect();
    let shows = arguments.iter().any(|word| word == "--show");
    let cases: Vec<Case> = hostile::cases()
        .into_iter()
        .chain(honest::cases())
        .filter(|case| words.is_empty() || words.iter().any(|word| case.name.contains(word.as_str())))
        .collect();
    let next = AtomicUsize::new(0);
    let faults: Mutex<Vec<(usize, String)>> = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(1, |count| count.get()).min(4);
    let started = std::time::Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let work = || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(index) else { return };
                    let script = Script::new((case.steps)(), (case.then)());
                    let scene = Scene {
                        task: &case.task,
                        agrees: case.agrees,
                        verify: case.verify.clone(),
                        limits: case.limits,
                        setup: &*case.setup,
                    };
                    let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                        Stage::play(&scene, &script)
                    }));
                    let found = match played {
                        Ok(Ok(seen)) => {
                            if shows {
                                say(&format!("{}\n{}", case.name, case::story(&seen)));
                            }
                            case.faults(&seen)
                        }
                        Ok(Err(error)) => vec![format!("it could not be played: {error}")],
                        Err(_) => vec!["it panics".to_owned()],
                    };
                    if let Ok(mut all) = faults.lock() {
                        all.extend(found.into_iter().map(|fault| (index, fault)));
                    }
                }
            };
            let thread = std::thread::Builder::new().stack_size(fastwright_python::parallel::STACK);
            if thread.spawn_scoped(scope, work).is_err() {
                say("no thread with a deep stack can be started");
            }
        }
    });
    let mut faults = faults.into_inner().unwrap_or_default();
    faults.sort();
    for (index, fault) in &faults {
        say(&format!("{}: {fault}", cases[*index].name));
    }
    let count = |kind: Kind| cases.iter().filter(|case| case.kind == kind).count();
    let failed = |kind: Kind| {
        let mut indices: Vec<usize> =
            faults.iter().map(|(index, _)| *index).filter(|index| cases[*index].kind == kind).collect();
        indices.dedup();
        indices.len()
    };
    let (hostile, honest) = (count(Kind::Hostile), count(Kind::Honest));
    say(&format!(
        "stopped or reported {} of {hostile}; honest refused {} of {honest} ({:.0} s)",
        hostile - failed(Kind::Hostile),
        failed(Kind::Honest),
        started.elapsed().as_secs_f64()
    ));
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
