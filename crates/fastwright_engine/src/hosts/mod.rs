//! The files that make a FastAPI backend engineer of another coding agent: its instructions, and the entry that starts
//! the MCP server. They are put into what a project has and taken out again, and nothing else is touched.

mod catalogue;
mod json;
mod markdown;
mod toml;
mod writing;

pub use catalogue::Host;
pub use writing::write;

use crate::failure::Failure;
use catalogue::Content;
use fastwright_edit::writing::Root;
use std::io;
use std::path::Path;

/// Whether the files of a host come or go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Our parts are put in.
    Install,
    /// Our parts are taken out.
    Remove,
}

/// A file that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFile {
    /// Relative to the project.
    pub path: &'static str,
    /// Its text; none when there is no such file.
    pub before: Option<String>,
    /// Its text afterwards; none when it goes.
    pub after: Option<String>,
}

/// What would be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Files that change; none when everything is as it shall be.
    pub files: Vec<HostFile>,
    /// What somebody should know: things that are the user's own and stay.
    pub notes: Vec<String>,
}

/// What becomes of one file.
#[derive(Debug, Default, PartialEq, Eq)]
struct Edited {
    /// Its text, none for no file.
    text: Option<String>,
    /// What stays as the user has it; the end of a sentence that begins with the file.
    note: Option<String>,
}

/// What has to be done for a host in a project. Nothing is written.
///
/// # Errors
/// When a file can't be read, is a link, or can't be understood: it is never written over.
pub fn plan(root: &Root, host: Host, task: Task) -> Result<Plan, Failure> {
    let mut plan = Plan::default();
    for part in host.parts() {
        let before = read(root, part.path)?;
        let edited = edit(&part.content, before.as_deref(), task)
            .map_err(|what| Failure::new(format!("{} {what}; nothing is written", part.path)))?;
        plan.notes.extend(edited.note.map(|note| format!("{} {note}", part.path)));
        if edited.text != before {
            plan.files.push(HostFile { path: part.path, before, after: edited.text });
        }
    }
    Ok(plan)
}

fn edit(content: &Content, before: Option<&str>, task: Task) -> Result<Edited, String> {
    match (content, task) {
        (Content::Document { head, text }, Task::Install) => markdown::install_document(before, head, text),
        (Content::Document { .. }, Task::Remove) => markdown::remove_document(before),
        (Content::Section { text }, Task::Install) => markdown::install_section(before, text),
        (Content::Section { .. }, Task::Remove) => markdown::remove_section(before),
        (Content::JsonServer { key, server }, Task::Install) => json::install(before, key, server),
        (Content::JsonServer { key, server }, Task::Remove) => json::remove(before, key, server),
        (Content::TomlServer { key, server }, Task::Install) => toml::install(before, key, server),
        (Content::TomlServer { key, server }, Task::Remove) => toml::remove(before, key, server),
    }
}

fn read(root: &Root, path: &str) -> Result<Option<String>, Failure> {
    let bytes = match root.read(Path::new(path)) {
        Ok((bytes, _)) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::new(format!("{path} can't be read: {error}; nothing is written"))),
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(Failure::new(format!("{path} is not UTF-8; nothing is written"))),
    }
}
