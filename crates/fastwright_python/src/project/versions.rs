//! Which distributions the project uses, in which versions, and how that is known.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use crate::source::SourceTree;

use super::{ProblemKind, ProjectProblem};

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

impl VersionSource {
    /// The stable name in machine-readable output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LockFile => "lock-file",
            Self::Requirements => "requirements",
            Self::Environment => "environment",
            Self::Declared => "declared",
        }
    }
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

impl Version {
    /// A version from its three numbers.
    #[must_use]
    pub const fn new(major: u32, minor: u32, micro: u32) -> Self {
        Self { major, minor, micro }
    }

    /// The numbers at the start of a version as PEP 440 writes it: an epoch (`1!`) and a leading `v` are
    /// skipped, a suffix ends it. `None` when it starts with no number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.split_once('!').map_or(text, |(_, rest)| rest);
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let mut numbers = [0_u32; 3];
        for (position, number) in numbers.iter_mut().enumerate() {
            let Some(part) = text.split('.').nth(position) else {
                break;
            };
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            match part[..digits].parse() {
                Ok(value) => *number = value,
                Err(_) if position == 0 => return None,
                Err(_) => break,
            }
            if digits < part.len() {
                break;
            }
        }
        Some(Self::new(numbers[0], numbers[1], numbers[2]))
    }
}

/// A distribution's name as package indexes compare it (PEP 503): lower case, runs of `-`, `_`, `.` as one `-`.
#[must_use]
pub fn normalized_name(name: &str) -> String {
    let mut result = String::with_capacity(name.len());
    let mut separated = false;
    for character in name.trim().chars() {
        if matches!(character, '-' | '_' | '.') {
            separated = !result.is_empty();
        } else {
            if separated {
                result.push('-');
                separated = false;
            }
            result.extend(character.to_lowercase());
        }
    }
    result
}

/// Versions of distributions by normalized name.
#[derive(Debug, Clone, Default)]
pub struct DistributionVersions {
    by_name: FxHashMap<String, Vec<DistributionVersion>>,
}

impl DistributionVersions {
    /// The version of a distribution that counts: from a lock file, else an exact pin in requirements, else
    /// what is installed, else the lowest that a manifest declares. Of several of one kind, that of the file
    /// nearest to the project's root.
    #[must_use]
    pub fn version(&self, name: &str) -> Option<(&str, VersionSource)> {
        self.entry(name).map(|entry| (entry.version.as_str(), entry.source))
    }

    /// The numbers of [`DistributionVersions::version`].
    #[must_use]
    pub fn numbers(&self, name: &str) -> Option<Version> {
        self.entry(name).and_then(|entry| Version::parse(&entry.version))
    }

    /// The statement behind [`DistributionVersions::version`].
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<&DistributionVersion> {
        self.all(name).first()
    }

    /// Every statement about a distribution, the one that counts first: services of a monorepo may differ.
    #[must_use]
    pub fn all(&self, name: &str) -> &[DistributionVersion] {
        self.by_name.get(&normalized_name(name)).map_or(&[], Vec::as_slice)
    }

    /// The normalized names of every distribution, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.by_name.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    pub(crate) fn insert(&mut self, name: &str, version: String, source: VersionSource, path: &Path) {
        let entries = self.by_name.entry(normalized_name(name)).or_default();
        let entry = DistributionVersion { version, source, path: path.to_path_buf() };
        if !entries.contains(&entry) {
            entries.push(entry);
        }
    }

    /// Puts the statement that counts first, independent of the order of insertion.
    pub(crate) fn finish(&mut self) {
        for entries in self.by_name.values_mut() {
            // A lock file may hold several versions for several platforms: the newest of them.
            entries.sort_by_cached_key(|entry| {
                (
                    entry.source,
                    entry.path.components().count(),
                    entry.path.clone(),
                    Reverse(Version::parse(&entry.version)),
                    entry.version.clone(),
                )
            });
        }
    }
}

/// Whether a file of this name locks versions.
pub(crate) fn is_lock_file(name: &str) -> bool {
    matches!(name, "uv.lock" | "poetry.lock" | "pdm.lock" | "Pipfile.lock" | "pylock.toml")
        || (name.starts_with("pylock.") && name.ends_with(".toml"))
}

/// The names and versions that a lock file holds, and what is wrong with it.
pub(crate) fn read_lock_file(
    tree: &dyn SourceTree,
    path: &Path,
) -> (Vec<(String, String)>, Option<ProjectProblem>) {
    let broken = |line: Option<usize>, reason: String| ProjectProblem {
        path: path.to_path_buf(),
        kind: ProblemKind::BrokenManifest,
        line,
        message: format!("{reason}; the versions in it are not used"),
    };
    let bytes = match tree.read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            return (Vec::new(), Some(broken(None, format!("the lock file can't be read: {error}"))));
        }
    };
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    if path.ends_with("Pipfile.lock") {
        return match pipfile_lock(&text) {
            Ok(packages) => (packages, None),
            Err(error) => (
                Vec::new(),
                Some(broken(Some(error.line()), format!("the lock file is not valid JSON: {error}"))),
            ),
        };
    }
    if let Some(offset) = conflict_marker(&text) {
        let line = super::manifest::line_of(&text, offset);
        return (Vec::new(), Some(broken(Some(line), "the lock file holds a merge conflict".to_owned())));
    }
    let packages = toml_lock(&text);
    if packages.is_empty()
        && let Err(error) = text.parse::<toml::Table>()
    {
        let line = error.span().map(|span| super::manifest::line_of(&text, span.start));
        return (
            Vec::new(),
            Some(broken(line, format!("the lock file is not valid TOML: {}", error.message()))),
        );
    }
    (packages, None)
}

/// Lock files are written by programs in one shape, `name` and `version` on lines of their own in each
/// package's table, so their lines are read directly: parsing all of a large one would cost more than
/// everything else in discovery.
fn toml_lock(text: &str) -> Vec<(String, String)> {
    let mut packages = Vec::new();
    for start in memchr::memmem::find_iter(text.as_bytes(), "[[package") {
        if start > 0 && text.as_bytes()[start - 1] != b'\n' {
            continue;
        }
        let mut lines = text[start..].lines();
        if !matches!(lines.next().map(str::trim_end), Some("[[package]]" | "[[packages]]")) {
            continue;
        }
        let mut name: Option<&str> = None;
        for line in lines.take_while(|line| !line.starts_with('[')) {
            if let Some(value) = quoted_value(line, "name") {
                name = Some(value);
            } else if let (Some(name), Some(version)) = (name, quoted_value(line, "version")) {
                packages.push((name.to_owned(), version.to_owned()));
                break;
            }
        }
    }
    packages
}

/// The offset of the first line that version control left from a conflict.
fn conflict_marker(text: &str) -> Option<usize> {
    let mut found = memchr::memmem::find_iter(text.as_bytes(), "<<<<<<< ");
    found.find(|start| *start == 0 || text.as_bytes()[start - 1] == b'\n')
}

fn quoted_value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let value = line.strip_prefix(key)?.trim_start().strip_prefix('=')?.trim();
    value.strip_prefix('"')?.split('"').next()
}

fn pipfile_lock(text: &str) -> Result<Vec<(String, String)>, serde_json::Error> {
    let document: serde_json::Value = serde_json::from_str(text)?;
    let mut packages = Vec::new();
    for group in ["develop", "default"] {
        let Some(entries) = document.get(group).and_then(serde_json::Value::as_object) else {
            continue;
        };
        for (name, entry) in entries {
            if let Some(version) = entry.get("version").and_then(serde_json::Value::as_str) {
                packages.push((name.clone(), version.trim_start_matches('=').to_owned()));
            }
        }
    }
    Ok(packages)
}
