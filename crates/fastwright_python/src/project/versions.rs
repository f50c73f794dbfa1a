//! Which distributions the project uses, in which versions, and how that is known.

use std::path::PathBuf;

use rustc_hash::FxHashMap;

/// How a version is known; earlier ones win over later ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum VersionSource {
    /// `uv.lock`, `poetry.lock`, `pdm.lock`, `pylock.toml` or `Pipfile.lock`.
    LockFile,
    /// An exact pin (`==`) in a requirements file.
    Requirements,
    /// A `*.dist-info` folder of the virtual environment.
    Environment,
    /// The lowest version that a manifest allows: what is installed may be newer.
    Declared,
}

/// One statement about a distribution's version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistributionVersion {
    /// As written: `0.115.0`, `2.0.0b1`.
    pub version: String,
    /// How it is known.
    pub source: VersionSource,
    /// The file or folder that says so.
    pub path: PathBuf,
}

/// The numbers of a version that can be compared; what follows them (`rc1`, `+local`) is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Version {
    /// First number.
    pub major: u32,
    /// Second number, 0 when absent.
    pub minor: u32,
    /// Third number, 0 when absent.
    pub micro: u32,
}

/// Versions of distributions by normalized name.
#[derive(Debug, Clone, Default)]
pub struct DistributionVersions {
    by_name: FxHashMap<String, Vec<DistributionVersion>>,
}
