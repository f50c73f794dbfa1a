//! `fastwright init`.

use crate::arguments::InitArguments;
use crate::ending::Ending;
use crate::terminal;
use fastwright_edit::writing::Root;
use fastwright_engine::Failure;
use fastwright_engine::hosts::{self, Host, HostFile, Task};
use similar::TextDiff;

/// Writes the files of a host, or takes them away.
///
/// # Errors
/// When no host is named, the folder is not there, or a file can't be read, understood or written.
pub(crate) fn init(arguments: &InitArguments) -> Result<Ending, Failure> {
    let Some(host) = arguments.agent else {
        return Err(Failure::new(known_hosts()));
    };
    let root = Root::open(&arguments.project)
        .map_err(|error| Failure::new(format!("{} can't be opened: {error}", arguments.project.display())))?;
    let task = if arguments.remove { Task::Remove } else { Task::Install };
    let plan = hosts::plan(&root, host, task)?;
    for note in &plan.notes {
        terminal::tell(&format!("fastwright: {note}"));
    }
    if arguments.diff {
        let text: String = plan.files.iter().map(unified).collect();
        terminal::print(&text)?;
        return Ok(if plan.files.is_empty() { Ending::Clean } else { Ending::Findings });
    }
    hosts::write(&root, &plan)?;
    let mut text: String = plan.files.iter().map(|file| format!("{} {}\n", verb(file), file.path)).collect();
    text.push_str(&closing(host, task, plan.files.is_empty()));
    terminal::print(&text)?;
    Ok(Ending::Clean)
}

fn closing(host: Host, task: Task, nothing: bool) -> String {
    let title = host.title();
    match (task, nothing) {
        (Task::Install, true) => format!("Nothing to do: {title} has its files.\n"),
        (Task::Remove, true) => format!("Nothing to do: {title} has no files of fastwright.\n"),
        (Task::Install, false) => format!(
            "{title} works with fastwright from its next start on. `fastwright init --agent {} --remove` takes this \
             away.\n",
            host.name()
        ),
        (Task::Remove, false) => format!("{title} has no files of fastwright any more.\n"),
    }
}

fn verb(file: &HostFile) -> &'static str {
    match (&file.before, &file.after) {
        (None, _) => "created",
        (_, None) => "removed",
        _ => "changed",
    }
}

fn unified(file: &HostFile) -> String {
    let side = |letter: char, text: &Option<String>| match text {
        Some(_) => format!("{letter}/{}", file.path),
        None => "/dev/null".to_owned(),
    };
    let (before, after) = (file.before.as_deref(), file.after.as_deref());
    TextDiff::from_lines(before.unwrap_or_default(), after.unwrap_or_default())
        .unified_diff()
        .header(&side('a', &file.before), &side('b', &file.after))
        .to_string()
}

fn known_hosts() -> String {
    let mut text = String::from("`--agent HOST` says which coding agent shall work with fastwright:");
    for host in Host::ALL {
        text.push_str(&format!("\n  {:8} {:15} {}", host.name(), host.title(), host.paths().join(", ")));
    }
    text
}
