//! Copies of projects, for commands that write.

use crate::files::{Kind, Mode, Root, is_hidden_from_commands};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Folders that hold nothing of the project's own.
const NOT_COPIED: &[&str] = &[
    ".git",
    ".hg",
    ".svn",
    "__pycache__",
    "node_modules",
    ".tox",
    ".nox",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".hypothesis",
    ".fastwright_cache",
];

/// Whether a folder of a project holds installed code or the memory of tools.
pub(super) fn is_not_its_own(folder: &Path, name: &str) -> bool {
    NOT_COPIED.contains(&name) || folder.join("pyvenv.cfg").is_file()
}

/// A copy of a project that may be written; it is gone when this is dropped.
///
/// Secrets, links out of the project, pipes and devices are not copied, nor are installed packages, caches and version
/// control.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
    original: PathBuf,
    root: Root,
    /// What was copied, with its hash.
    copied: BTreeMap<String, blake3::Hash>,
    left_out: Vec<String>,
}

impl Scratch {
    /// Copies a project.
    ///
    /// # Errors
    /// When it can't be read, or has more than `limit` bytes.
    pub fn copy(project: &Path, limit: u64) -> io::Result<Self> {
        let source = Root::open(project)?;
        let folder = tempfile::Builder::new().prefix("fastwright-scratch-").tempdir()?;
        let path = folder.path().canonicalize()?.join("project");
        std::fs::create_dir(&path)?;
        let root = Root::open(&path)?;
        let original = source.path().to_owned();
        let mut scratch = Self { folder, original, root, copied: BTreeMap::new(), left_out: Vec::new() };
        let mut left = limit;
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            for (name, kind) in source.list(Path::new(&folder))? {
                let Some(name) = name.to_str() else {
                    scratch.left_out.push(format!("{folder}/{}", name.display()));
                    continue;
                };
                let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
                if is_hidden_from_commands(&path) {
                    scratch.left_out.push(path);
                    continue;
                }
                match kind {
                    Kind::Folder if is_not_its_own(&source.path().join(&path), name) => {}
                    Kind::Folder => {
                        scratch.root.make_folders(Path::new(&path))?;
                        folders.push(path);
                    }
                    Kind::File => {
                        let (bytes, mode) = source.read_at_most(Path::new(&path), left)?;
                        left -= bytes.len() as u64;
                        scratch.put(&path, &bytes, Some(mode))?;
                        scratch.copied.insert(path, blake3::hash(&bytes));
                    }
                    Kind::Link if scratch.link(&path) => {}
                    Kind::Link | Kind::Special => scratch.left_out.push(path),
                }
            }
        }
        scratch.left_out.sort_unstable();
        Ok(scratch)
    }

    /// Copies a link that stays inside the project.
    #[cfg(unix)]
    fn link(&self, path: &str) -> bool {
        let Ok(target) = std::fs::read_link(self.original.join(path)) else { return false };
        let mut depth = path.split('/').count() - 1;
        for component in target.components() {
            match component {
                std::path::Component::Normal(_) => depth += 1,
                std::path::Component::ParentDir if depth > 0 => depth -= 1,
                std::path::Component::CurDir => {}
                _ => return false,
            }
        }
        std::os::unix::fs::symlink(target, self.path().join(path)).is_ok()
    }

    #[cfg(not(unix))]
    fn link(&self, _: &str) -> bool {
        false
    }

    fn put(&self, path: &str, bytes: &[u8], mode: Option<Mode>) -> io::Result<()> {
        let _ = mode;
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            // A fresh file in a folder that only we have: quicker than replacing, and nothing has to last.
            let bits = if mode.is_some_and(Mode::is_executable) { 0o755 } else { 0o644 };
            let mut file = std::fs::OpenOptions::new();
            let target = self.path().join(path);
            let mut file = file.write(true).create_new(true).mode(bits).open(target)?;
            io::Write::write_all(&mut file, bytes)
        }
        #[cfg(not(unix))]
        std::fs::write(self.path().join(path), bytes)
    }

    /// Where the copy is.
    pub fn path(&self) -> &Path {
        self.root.path()
    }

    /// The folder around the copy, which is the copy's alone.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The project that was copied.
    pub fn original(&self) -> &Path {
        &self.original
    }

    /// Files of the project that are not in the copy because of what they are, sorted.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Writes a file of the copy, such as a change that is to be tried.
    ///
    /// # Errors
    /// When the path leads out of the copy or can't be written.
    pub fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let relative = Path::new(path);
        if let Some(parent) = relative.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            self.root.make_folders(parent)?;
        }
        let mode = self.root.read(relative).map_or(Mode::ORDINARY, |(_, mode)| mode);
        self.root.replace(relative, bytes, mode, ".fastwright-scratch.new")?;
        self.copied.insert(path.to_owned(), blake3::hash(bytes));
        Ok(())
    }

    /// Removes a file of the copy; one that is not there is no error.
    ///
    /// # Errors
    /// When the path leads out of the copy or can't be removed.
    pub fn remove(&mut self, path: &str) -> io::Result<()> {
        self.copied.remove(path);
        self.root.remove(Path::new(path))
    }

    /// Reads a file of the copy, such as one that a formatter wrote. Links are not followed.
    ///
    /// # Errors
    /// When there is no such file, it is larger than `limit`, or it can't be read.
    pub fn read(&self, path: &str, limit: u64) -> io::Result<Vec<u8>> {
        Ok(self.root.read_at_most(Path::new(path), limit)?.0)
    }

    /// Files that a command changed or removed, sorted; new ones are not among them.
    pub fn changed(&self) -> Vec<String> {
        self.copied
            .iter()
            .filter(|(path, hash)| {
                self.root.read(Path::new(path)).map_or(true, |(bytes, _)| blake3::hash(&bytes) != **hash)
            })
            .map(|(path, _)| path.clone())
            .collect()
    }
}
