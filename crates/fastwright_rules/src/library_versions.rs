//! Whether the libraries of a project are new enough for something.

use crate::finding::Confidence;
use fastwright_model::analysis::Analysis;
use fastwright_python::project::Version;

/// How sure it is that a project runs with at least this version of a library; none where an older one is known or
/// allowed. Where nothing is said, a new installation gets the newest.
pub fn at_least(analysis: &Analysis, library: &str, version: Version) -> Option<Confidence> {
    match analysis.project.versions.numbers(library) {
        Some(known) => (known >= version).then_some(Confidence::Certain),
        None => Some(Confidence::Likely),
    }
}
