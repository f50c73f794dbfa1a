//! The versions whose behaviour a document follows. Differences in behaviour are constants named after
//! what they changed, with the version that brought them.

use fastwright_python::project::Version;

/// The newest Pydantic whose behaviour is known.
pub const NEWEST_PYDANTIC: Version = Version::new(2, 14, 3);

/// Versions of the libraries that decide a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    /// FastAPI.
    pub fastapi: Version,
    /// Pydantic.
    pub pydantic: Version,
    /// Python.
    pub python: Version,
}
