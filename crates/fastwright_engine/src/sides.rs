//! The sides of a comparison: a git revision, a folder, a file with a contract, or the working tree.

use crate::failure::Failure;
use crate::questions;
use crate::settings::{Overrides, Settings};
use fastwright_contract::contract::document::Contract;
use fastwright_git::RevisionTree;
use fastwright_python::parallel;
use fastwright_python::source::{DiskTree, SourceTree};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a side is.
#[derive(Debug)]
pub enum Side {
    /// A folder on disk.
    Folder(PathBuf),
    /// The project as a revision has it.
    Revision(String),
    /// A file that `fastwright contract` wrote.
    File(PathBuf),
}

impl Side {
    /// What a word on the command line means: what is there on disk, else a revision.
    pub fn of(word: &str) -> Self {
        let path = PathBuf::from(word);
        if path.is_dir() {
            Side::Folder(path)
        } else if path.is_file() {
            Side::File(path)
        } else {
            Side::Revision(word.to_owned())
        }
    }

    /// How people call it.
    pub fn name(&self) -> String {
        match self {
            Side::Folder(path) | Side::File(path) => path.display().to_string(),
            Side::Revision(revision) => revision.clone(),
        }
    }

    /// The contract of this side; of a revision, that of the project at `project`.
    ///
    /// # Errors
    /// When the path, the repository or the revision is not there, or the file holds no contract.
    pub fn contract(&self, project: &Path, overrides: &Overrides) -> Result<Contract, Failure> {
        match self {
            Side::File(path) => read_contract(path),
            Side::Folder(path) => {
                questions::contract(Arc::new(DiskTree), &Settings::for_project(path, overrides)?)
            }
            Side::Revision(revision) => {
                let mut settings = Settings::for_project(project, overrides)?;
                let tree = revision_tree(&mut settings, revision)?;
                questions::contract(Arc::new(tree), &settings)
            }
        }
    }
}

/// The files of a project as a revision has them. Its paths have no links but its own, so that of the settings
/// loses those that it has.
///
/// # Errors
/// When there is no such revision, or the project is not in it.
pub fn revision_tree(settings: &mut Settings, revision: &str) -> Result<RevisionTree, Failure> {
    let shown = settings.path.display().to_string();
    if let Ok(path) = settings.path.canonicalize() {
        settings.path = path;
    }
    let folder = if settings.path.is_dir() {
        settings.path.as_path()
    } else {
        settings.path.parent().unwrap_or(&settings.path)
    };
    let tree = RevisionTree::open(folder, revision).map_err(|error| Failure::new(error.to_string()))?;
    if tree.kind(&settings.path).is_none() {
        return Err(Failure::new(format!("{shown} is not in the revision `{revision}`")));
    }
    Ok(tree)
}

/// A contract from a file.
///
/// # Errors
/// When the file can't be read or holds none.
pub fn read_contract(path: &Path) -> Result<Contract, Failure> {
    let shown = path.display();
    let text =
        std::fs::read(path).map_err(|error| Failure::new(format!("{shown} can't be read: {error}")))?;
    let value: serde_json::Value = serde_json::from_slice(&text)
        .map_err(|error| Failure::new(format!("{shown} is no JSON: {error}")))?;
    match value.get("version").and_then(serde_json::Value::as_u64) {
        Some(1) if value.get("apps").is_some() => {}
        Some(version) if value.get("apps").is_some() => {
            return Err(Failure::new(format!(
                "{shown} is a contract of version {version}; this fastwright reads version 1"
            )));
        }
        _ => {
            return Err(Failure::new(format!(
                "{shown} is no contract: `fastwright contract --output-file {shown}` writes one"
            )));
        }
    }
    serde_json::from_value(value)
        .map_err(|error| Failure::new(format!("{shown} is no contract that can be read: {error}")))
}

/// Runs two questions at once, as both sides of a comparison are.
pub fn both<T: Send>(first: impl Fn() -> T + Sync, second: impl Fn() -> T) -> (T, T) {
    std::thread::scope(|scope| {
        match std::thread::Builder::new().stack_size(parallel::STACK).spawn_scoped(scope, &first) {
            Ok(running) => {
                let second = second();
                (running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), second)
            }
            // A machine without room for a thread: one after the other.
            Err(_) => (first(), second()),
        }
    })
}
