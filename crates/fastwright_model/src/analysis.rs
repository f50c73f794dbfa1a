//! The analysis of a project: from a path to everything that rules and outputs need.

use crate::application::{App, Undecided};
use fastwright_python::location::Files;
use std::path::{Path, PathBuf};

/// What the user decides about an analysis.
#[derive(Debug, Clone, Default)]
pub struct AnalysisOptions {
    /// Apps to analyse as `module:attr` or `module:factory()`; empty for all apps of the project.
    pub apps: Vec<String>,
    /// Glob patterns of paths to leave out, added to the defaults.
    pub exclude: Vec<String>,
    /// Folder of a virtual environment; otherwise `.venv`, `venv` or `VIRTUAL_ENV`.
    pub python_env: Option<PathBuf>,
    /// Version of FastAPI to assume instead of the one that the project uses.
    pub fastapi_version: Option<String>,
}

/// Something that went wrong while reading: the rest is analysed nevertheless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// `syntax-error`, `not-utf-8`, `unreadable`, `too-large`, `too-deep`, `broken-manifest`,
    /// `internal-error`.
    pub kind: String,
    /// What happened and what to do.
    pub message: String,
    /// Path relative to the project, with `/`.
    pub path: String,
    /// Line and column from 1, where known.
    pub position: Option<(u32, u32)>,
}

/// Why there is nothing to analyse at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnalysisError {
    /// The path does not exist or can't be read.
    Path(String),
}

/// Everything known about a project.
#[derive(Debug)]
pub struct Analysis {
    /// Root folder of the project; locations are relative to it.
    pub root: PathBuf,
    /// The files that were read.
    pub files: Files,
    /// Its apps, mounted ones included.
    pub apps: Vec<App>,
    /// What could not be decided and belongs to no app.
    pub undecided: Vec<Undecided>,
    /// What went wrong while reading.
    pub problems: Vec<Problem>,
    /// Version of FastAPI in use, if known.
    pub fastapi: Option<String>,
    /// Version of Pydantic in use, if known.
    pub pydantic: Option<String>,
    /// Python files found.
    pub file_count: usize,
    /// Lines in them.
    pub line_count: usize,
}

/// Analyses the project at `path` (a folder or one file). Reads files below it and, where there is a
/// virtual environment, installed libraries; runs nothing.
///
/// # Errors
/// When the path itself can't be read. Whatever is wrong inside is in [`Analysis::problems`].
pub fn analyse(path: &Path, _options: &AnalysisOptions) -> Result<Analysis, AnalysisError> {
    if !path.exists() {
        return Err(AnalysisError::Path(format!("{} does not exist", path.display())));
    }
    Ok(Analysis {
        root: path.to_path_buf(),
        files: Files::default(),
        apps: Vec::new(),
        undecided: Vec::new(),
        problems: Vec::new(),
        fastapi: None,
        pydantic: None,
        file_count: 0,
        line_count: 0,
    })
}
