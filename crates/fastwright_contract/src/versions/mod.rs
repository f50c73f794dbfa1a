//! The versions whose behaviour a document follows. Differences in behaviour are constants named after
//! what they changed, with the version that brought them: one room for each library.

pub mod fastapi;
pub mod pydantic;

use fastwright_model::analysis::Evaluation;
use fastwright_python::project::Version;

/// The newest Pydantic whose behaviour is known.
pub const NEWEST_PYDANTIC: Version = Version::new(2, 14, 3);

/// Python's version where nothing says which one runs the program.
const USUAL_PYTHON: Version = Version::new(3, 12, 0);

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

impl Versions {
    /// The versions that a project uses; the newest known where it names none. Python's is that of the
    /// virtual environment, where there is one.
    pub fn of(evaluation: &Evaluation) -> Self {
        let pydantic = evaluation.pydantic.as_deref().and_then(Version::parse);
        let environment = evaluation.project.environment.as_ref();
        Self {
            fastapi: evaluation.version,
            pydantic: pydantic.unwrap_or(NEWEST_PYDANTIC),
            python: environment.and_then(|environment| environment.python).unwrap_or(USUAL_PYTHON),
        }
    }
}
