//! Which versions of FastAPI a project may run with.

use crate::finding::Confidence;
use fastwright_model::analysis::{Analysis, NEWEST_FASTAPI};
use fastwright_python::project::{Version, VersionSource};

/// The versions that are possible, and how sure that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FastapiVersions {
    /// The lowest version in question.
    pub lowest: Version,
    /// The highest version in question.
    pub highest: Version,
    /// [`Confidence::Certain`] for one exact version.
    pub confidence: Confidence,
}

impl FastapiVersions {
    /// What the project says: a locked, pinned or installed version is exact, a lower bound in a manifest
    /// leaves everything above it, silence means the newest.
    pub fn of(analysis: &Analysis) -> Self {
        let declared = analysis.project.versions.version("fastapi").is_some_and(|(version, source)| {
            source == VersionSource::Declared && Version::parse(version) == Some(analysis.version)
        });
        Self {
            lowest: analysis.version,
            highest: if declared { NEWEST_FASTAPI.max(analysis.version) } else { analysis.version },
            confidence: if declared || analysis.fastapi.is_none() {
                Confidence::Likely
            } else {
                Confidence::Certain
            },
        }
    }

    /// Whether every version in question is at least this one.
    pub fn surely_at_least(self, version: Version) -> bool {
        self.lowest >= version
    }

    /// Whether a version in question is at least this one.
    pub fn maybe_at_least(self, version: Version) -> bool {
        self.highest >= version
    }
}
