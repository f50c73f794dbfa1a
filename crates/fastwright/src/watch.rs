//! `--watch`: run again whenever a file of the project changes.

use crate::arguments::ProjectArguments;
use crate::ending::{COULD_NOT_RUN, Ending};
use crate::terminal::tell;
use fastwright_engine::Failure;
use fastwright_engine::Settings;
use fastwright_engine::inputs;
use notify::{EventKind, RecursiveMode, Watcher as _};
use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Editors write a file in several steps, and people save several files at once.
const QUIET: Duration = Duration::from_millis(80);

/// Runs now and after every change, until the process is stopped.
///
/// # Errors
/// When the folders can't be watched. What goes wrong in a run is told, and the next change tries again.
pub(crate) fn watch(
    project: &ProjectArguments,
    mut run: impl FnMut() -> Result<Ending, Failure>,
) -> Result<Ending, Failure> {
    let (sender, changes) = channel();
    let report = move |event: notify::Result<notify::Event>| {
        // Reading is no change: our own analysis would start the next run.
        if let Ok(event) = event
            && !matches!(event.kind, EventKind::Access(_))
            && event.paths.iter().filter_map(|path| path.file_name()).any(inputs::is_input)
        {
            let _ = sender.send(());
        }
    };
    let failure = |error: notify::Error| Failure::new(format!("changes can't be watched: {error}"));
    let mut watcher = notify::recommended_watcher(report).map_err(failure)?;
    let mut watched: BTreeSet<PathBuf> = BTreeSet::new();
    loop {
        // Only folders with sources: a recursive watch would take in every package of the environment.
        let mut folders = BTreeSet::new();
        for path in &project.paths {
            if let Ok(settings) = Settings::for_project(path, &project.overrides()) {
                let files = inputs::project_inputs(&settings);
                folders.extend(files.iter().filter_map(|file| file.parent()).map(PathBuf::from));
                folders.insert(inputs::project_root(&settings.path).to_path_buf());
            } else if let Ok(path) = path.canonicalize() {
                folders.insert(inputs::project_root(&path).to_path_buf());
            }
        }
        for folder in folders.difference(&watched) {
            // A folder may be gone again.
            let _ = watcher.watch(folder, RecursiveMode::NonRecursive);
        }
        watched = folders;

        if std::io::stdout().is_terminal() {
            crate::terminal::print("\u{1b}[2J\u{1b}[3J\u{1b}[H")?;
        }
        match run() {
            Ok(_) => {}
            Err(failure) => tell(&format!("fastwright: {failure}")),
        }
        tell("fastwright: waiting for changes (Ctrl-C stops)");
        if changes.recv().is_err() {
            return Err(Failure::new(format!("the watcher ended (exit code {COULD_NOT_RUN})")));
        }
        while !matches!(
            changes.recv_timeout(QUIET),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected)
        ) {}
    }
}
