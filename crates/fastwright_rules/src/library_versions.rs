//! Whether the libraries of a project are new enough for something.

use crate::context::Context;
use crate::finding::Confidence;
use crate::metadata::Profile;
use fastwright_python::project::Version;

/// How sure it is that a project runs with at least this version of a library; none where an older one is known or
/// allowed. Where nothing is said, a new installation gets the newest, but a service that works shows that it has an
/// older one: only strict reviews speak of it then.
pub fn at_least(context: &Context<'_>, library: &str, version: Version) -> Option<Confidence> {
    match context.analysis.project.versions.numbers(library) {
        Some(known) => (known >= version).then_some(Confidence::Certain),
        None => (context.settings.profile >= Profile::Strict).then_some(Confidence::Likely),
    }
}
