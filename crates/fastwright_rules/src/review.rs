//! The result of a review: what the service does, what is wrong with it, and what could not be decided.

use crate::finding::Finding;
use fastwright_python::location::Location;

/// One operation of a resource in the preserve list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreservedOperation {
    /// `GET`, ... or `WEBSOCKET`.
    pub method: String,
    /// Full path.
    pub path: String,
    /// Who may call it, in words: `anyone`, `signed-in user`, `admin`, `anyone (signed-in optional)`.
    pub who: String,
    /// What it does beyond computing: `reads orders`, `writes orders`, `calls api.stripe.com`, `sends mail`.
    pub effects: Vec<String>,
}

/// A resource with its operations: business functionality that an improvement must preserve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreservedResource {
    /// `orders`.
    pub resource: String,
    /// Its operations in routing order.
    pub operations: Vec<PreservedOperation>,
}

/// Something that was not decided, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// What is not known and why, one sentence.
    pub reason: String,
    /// Where, if there is one place.
    pub location: Option<Location>,
}

/// Something that went wrong with the review itself: a file that could not be read or parsed, a broken
/// manifest, an internal error in one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// `syntax-error`, `not-utf-8`, `unreadable`, `too-large`, `too-deep`, `broken-manifest`, `internal-error`, ...
    pub kind: String,
    /// What happened and what to do.
    pub message: String,
    /// Path relative to the project, with `/`.
    pub path: String,
    /// Line and column from 1, where known.
    pub position: Option<(u32, u32)>,
}

/// Which project was reviewed with which library versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewedProject {
    /// Root relative to the working directory, `.` for itself.
    pub root: String,
    /// Version of FastAPI in use, if known.
    pub fastapi: Option<String>,
    /// Version of Pydantic in use, if known.
    pub pydantic: Option<String>,
    /// Locators of its apps, `module:attr`.
    pub apps: Vec<String>,
}

/// Sizes and time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Python files found, every one of them read or named in a problem.
    pub files: usize,
    /// Lines in them.
    pub lines: usize,
    /// Routes of all apps.
    pub routes: usize,
    /// Wall time of the analysis.
    pub milliseconds: u64,
    /// Findings hidden by a comment, by configuration, by the baseline.
    pub suppressed: usize,
}

/// Everything that `fastwright review` reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Review {
    /// The projects.
    pub projects: Vec<ReviewedProject>,
    /// What the service does.
    pub preserve: Vec<PreservedResource>,
    /// What is wrong, the worst first, then by path and position.
    pub findings: Vec<Finding>,
    /// What could not be decided.
    pub undecided: Vec<Undecided>,
    /// What went wrong with the review itself.
    pub problems: Vec<Problem>,
    /// Sizes and time.
    pub statistics: Statistics,
}
