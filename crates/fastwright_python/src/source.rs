//! The one seam through which the analysis reads anything: a tree of source files.
//!
//! [`DiskTree`] is the real file system; [`MemoryTree`] holds a fixture, so that tests need no files.
//! Nothing here writes, and nothing blocks on a FIFO, a socket or a device: only regular files are read.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// What a name in a directory stands for, after following symbolic links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// Anything that is never read: FIFO, socket, device, dangling or looping link.
    Other,
}

/// One name in a directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TreeEntry {
    /// The directory's path joined with the name.
    pub path: PathBuf,
    /// What it is, links followed.
    pub kind: EntryKind,
    /// Whether the name itself is a symbolic link.
    pub is_link: bool,
}

/// A tree of files that can be read and listed. The only IO of the analysis.
pub trait SourceTree: Send + Sync {
    /// The bytes of a regular file.
    ///
    /// # Errors
    /// When there is no such file, it may not be read, or it is not a regular file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// The same, in place of what `bytes` holds: for files that are only looked through, one after the other.
    ///
    /// # Errors
    /// As [`SourceTree::read`]; what `bytes` holds then is not defined.
    fn read_into(&self, path: &Path, bytes: &mut Vec<u8>) -> io::Result<()> {
        *bytes = self.read(path)?;
        Ok(())
    }

    /// What `path` is, links followed; `None` when nothing is there or it may not be looked at.
    fn kind(&self, path: &Path) -> Option<EntryKind>;

    /// The length of a regular file in bytes.
    ///
    /// # Errors
    /// When there is no such regular file.
    fn size(&self, path: &Path) -> io::Result<u64>;

    /// The names in a directory with their kinds, sorted by name.
    ///
    /// # Errors
    /// When there is no such directory or it may not be listed.
    fn entries(&self, directory: &Path) -> io::Result<Vec<TreeEntry>>;

    /// The same without those regular files whose names are not wanted: folders of thousands of pictures and
    /// scripts are common. Links, folders and everything else stay.
    ///
    /// # Errors
    /// As [`SourceTree::entries`].
    fn entries_where(&self, directory: &Path, wanted: &dyn Fn(&OsStr) -> bool) -> io::Result<Vec<TreeEntry>> {
        let mut entries = self.entries(directory)?;
        entries.retain(|entry| {
            entry.is_link || entry.kind != EntryKind::File || entry.path.file_name().is_some_and(wanted)
        });
        Ok(entries)
    }

    /// An absolute path without `.` and `..`, links kept. Relative paths start where the tree says
    /// (the working directory, on disk).
    ///
    /// # Errors
    /// When the working directory is unknown.
    fn absolute(&self, path: &Path) -> io::Result<PathBuf>;

    /// The absolute path with every link resolved.
    ///
    /// # Errors
    /// When nothing is there, or the links form a loop.
    fn canonical(&self, path: &Path) -> io::Result<PathBuf>;

    /// Whether `path` is a regular file.
    fn is_file(&self, path: &Path) -> bool {
        self.kind(path) == Some(EntryKind::File)
    }

    /// Whether `path` is a directory.
    fn is_dir(&self, path: &Path) -> bool {
        self.kind(path) == Some(EntryKind::Directory)
    }

    /// The paths in a directory, sorted.
    ///
    /// # Errors
    /// As [`SourceTree::entries`].
    fn list(&self, directory: &Path) -> io::Result<Vec<PathBuf>> {
        Ok(self.entries(directory)?.into_iter().map(|entry| entry.path).collect())
    }
}

/// Removes `.` and resolves `..` by name, without looking at the disk.
pub(crate) fn normalized(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                if matches!(result.components().next_back(), Some(Component::Normal(_))) {
                    result.pop();
                } else if !result.has_root() {
                    result.push("..");
                }
            }
            other => result.push(other.as_os_str()),
        }
    }
    result
}

/// The real file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiskTree;

fn kind_of(file_type: fs::FileType) -> EntryKind {
    if file_type.is_file() {
        EntryKind::File
    } else if file_type.is_dir() {
        EntryKind::Directory
    } else {
        EntryKind::Other
    }
}

/// The length of a file that is a regular one.
fn regular_length(metadata: &fs::Metadata) -> io::Result<u64> {
    if metadata.is_file() {
        Ok(metadata.len())
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"))
    }
}

/// Opens a file without waiting: opening a FIFO would block until somebody writes.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let without_waiting = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    match fs::File::options().read(true).custom_flags(without_waiting).open(path) {
        // Another program has to let go of a regular file first.
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            regular_length(&fs::metadata(path)?)?;
            fs::File::open(path)
        }
        opened => opened,
    }
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<fs::File> {
    fs::File::open(path)
}

/// Adds what is in a file of this length to bytes that have room for it and one more. `read_to_end` would ask for the
/// length once more, or read a large file in many pieces.
#[cfg(unix)]
fn read_all(file: fs::File, length: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
    loop {
        // It has grown since.
        bytes.try_reserve(1)?;
        let asked = bytes.capacity() - bytes.len();
        match rustix::io::read(&file, rustix::buffer::spare_capacity(bytes)) {
            Ok(0) => return Ok(()),
            // A read that finds the end is told so by less than it asked for, where that is what there should be.
            Ok(read) if read < asked && bytes.len() as u64 == length => return Ok(()),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(not(unix))]
fn read_all(mut file: fs::File, _length: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
    io::Read::read_to_end(&mut file, bytes).map(drop)
}

impl SourceTree for DiskTree {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read_into(path, &mut bytes)?;
        Ok(bytes)
    }

    fn read_into(&self, path: &Path, bytes: &mut Vec<u8>) -> io::Result<()> {
        let file = open(path)?;
        let length = regular_length(&file.metadata()?)?;
        bytes.clear();
        // Asking for a byte more than there is finds the end.
        bytes.try_reserve_exact(usize::try_from(length).unwrap_or(usize::MAX).saturating_add(1))?;
        read_all(file, length, bytes)
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        fs::metadata(path).ok().map(|metadata| kind_of(metadata.file_type()))
    }

    fn size(&self, path: &Path) -> io::Result<u64> {
        regular_length(&fs::metadata(path)?)
    }

    fn entries(&self, directory: &Path) -> io::Result<Vec<TreeEntry>> {
        self.entries_where(directory, &|_| true)
    }

    fn entries_where(&self, directory: &Path, wanted: &dyn Fn(&OsStr) -> bool) -> io::Result<Vec<TreeEntry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(directory)? {
            let Ok(entry) = entry else { continue };
            let Ok(file_type) = entry.file_type() else {
                continue;
            };
            if file_type.is_file() && !wanted(&entry.file_name()) {
                continue;
            }
            let path = entry.path();
            let is_link = file_type.is_symlink();
            let kind =
                if is_link { self.kind(&path).unwrap_or(EntryKind::Other) } else { kind_of(file_type) };
            entries.push(TreeEntry { path, kind, is_link });
        }
        // One directory's entries share their prefix: comparing the bytes is comparing the names.
        entries.sort_unstable_by(|a, b| a.path.as_os_str().cmp(b.path.as_os_str()));
        Ok(entries)
    }

    fn absolute(&self, path: &Path) -> io::Result<PathBuf> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        Ok(normalized(&std::path::absolute(path)?))
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }
}

/// A tree in which some files are others, or are not there: what a program would be after a change.
pub struct OverlayTree {
    below: std::sync::Arc<dyn SourceTree>,
    /// Texts by canonical path; none for files that are gone.
    changed: BTreeMap<PathBuf, Option<Vec<u8>>>,
    /// Folders that only changed files make.
    folders: BTreeSet<PathBuf>,
}

impl OverlayTree {
    /// A tree with changes: paths are absolute, links resolved.
    pub fn new(below: std::sync::Arc<dyn SourceTree>, changed: BTreeMap<PathBuf, Option<Vec<u8>>>) -> Self {
        let folders = changed
            .iter()
            .filter(|(_, text)| text.is_some())
            .flat_map(|(path, _)| path.ancestors().skip(1).map(Path::to_path_buf))
            .collect();
        Self { below, changed, folders }
    }

    /// What the change says of a path, links resolved where the path is known below.
    fn change(&self, path: &Path) -> Option<&Option<Vec<u8>>> {
        let path = self.below.absolute(path).ok()?;
        if let Some(change) = self.changed.get(&path) {
            return Some(change);
        }
        let canonical = self.below.canonical(&path).or_else(|_| {
            let parent = path.parent().unwrap_or(&path);
            let name = path.file_name().unwrap_or_default();
            self.below.canonical(parent).map(|parent| parent.join(name))
        });
        self.changed.get(&canonical.ok()?)
    }
}

impl SourceTree for OverlayTree {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.change(path) {
            Some(Some(text)) => Ok(text.clone()),
            Some(None) => Err(not_found()),
            None => self.below.read(path),
        }
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        match self.change(path) {
            Some(Some(_)) => Some(EntryKind::File),
            Some(None) => None,
            None => self.below.kind(path).or_else(|| {
                let path = self.below.absolute(path).ok()?;
                self.folders.contains(&path).then_some(EntryKind::Directory)
            }),
        }
    }

    fn size(&self, path: &Path) -> io::Result<u64> {
        match self.change(path) {
            Some(Some(text)) => Ok(text.len() as u64),
            Some(None) => Err(not_found()),
            None => self.below.size(path),
        }
    }

    fn entries(&self, directory: &Path) -> io::Result<Vec<TreeEntry>> {
        let absolute = self.below.absolute(directory)?;
        let below = self.below.entries(directory);
        let is_own = self.folders.contains(&absolute);
        let mut entries = match below {
            Ok(entries) => entries,
            Err(_) if is_own => Vec::new(),
            Err(error) => return Err(error),
        };
        entries.retain(|entry| !matches!(self.change(&entry.path), Some(None)));
        let canonical = self.below.canonical(&absolute).unwrap_or(absolute);
        let mut add = |path: PathBuf, kind: EntryKind| {
            if let Some(name) = path.file_name()
                && !entries.iter().any(|entry| entry.path.file_name() == Some(name))
            {
                entries.push(TreeEntry { path: directory.join(name), kind, is_link: false });
            }
        };
        for (path, text) in &self.changed {
            if text.is_some() && path.parent() == Some(canonical.as_path()) {
                add(path.clone(), EntryKind::File);
            }
        }
        for folder in &self.folders {
            if folder.parent() == Some(canonical.as_path()) {
                add(folder.clone(), EntryKind::Directory);
            }
        }
        entries.sort_unstable_by(|a, b| a.path.as_os_str().cmp(b.path.as_os_str()));
        Ok(entries)
    }

    fn absolute(&self, path: &Path) -> io::Result<PathBuf> {
        self.below.absolute(path)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        match self.change(path) {
            Some(None) => Err(not_found()),
            Some(Some(_)) => self.below.canonical(path).or_else(|_| self.below.absolute(path)),
            None => self.below.canonical(path).or_else(|error| {
                let path = self.below.absolute(path)?;
                if self.folders.contains(&path) { Ok(path) } else { Err(error) }
            }),
        }
    }
}

/// Files in memory, for tests and for text that is not on disk.
#[derive(Debug, Clone, Default)]
pub struct MemoryTree {
    files: BTreeMap<PathBuf, Vec<u8>>,
    directories: BTreeSet<PathBuf>,
}

impl MemoryTree {
    /// The directory that relative paths of a [`MemoryTree`] start from.
    pub const ROOT: &'static str = "/project";

    /// An empty tree that holds only [`MemoryTree::ROOT`].
    #[must_use]
    pub fn new() -> Self {
        let mut tree = Self::default();
        tree.insert_directory(Path::new(Self::ROOT));
        tree
    }

    /// A tree from one string in which a line `#- path/to/file.py` starts each file. A path that ends
    /// with `/` is an empty directory. Text before the first such line is ignored.
    #[must_use]
    pub fn from_fixture(fixture: &str) -> Self {
        let mut tree = Self::new();
        let mut current: Option<(&str, String)> = None;
        for line in fixture.split_inclusive('\n') {
            if let Some(path) = line.trim_end().strip_prefix("#- ") {
                if let Some((path, text)) = current.take() {
                    tree.insert(path, text);
                }
                let path = path.trim();
                if let Some(directory) = path.strip_suffix('/') {
                    let directory = tree.located(Path::new(directory));
                    tree.insert_directory(&directory);
                } else {
                    current = Some((path, String::new()));
                }
            } else if let Some((_, text)) = &mut current {
                text.push_str(line);
            }
        }
        if let Some((path, text)) = current {
            tree.insert(path, text);
        }
        tree
    }

    /// Adds or replaces one file; relative paths lie under [`MemoryTree::ROOT`].
    pub fn insert(&mut self, path: impl AsRef<Path>, contents: impl Into<Vec<u8>>) {
        let path = self.located(path.as_ref());
        if let Some(parent) = path.parent() {
            self.insert_directory(parent);
        }
        self.files.insert(path, contents.into());
    }

    fn insert_directory(&mut self, directory: &Path) {
        for ancestor in directory.ancestors() {
            if !self.directories.insert(ancestor.to_path_buf()) {
                break;
            }
        }
    }

    fn located(&self, path: &Path) -> PathBuf {
        normalized(&Path::new(Self::ROOT).join(path))
    }
}

impl SourceTree for MemoryTree {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files.get(&self.located(path)).cloned().ok_or_else(not_found)
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        let path = self.located(path);
        if self.files.contains_key(&path) {
            Some(EntryKind::File)
        } else if self.directories.contains(&path) {
            Some(EntryKind::Directory)
        } else {
            None
        }
    }

    fn size(&self, path: &Path) -> io::Result<u64> {
        self.files.get(&self.located(path)).map(|bytes| bytes.len() as u64).ok_or_else(not_found)
    }

    fn entries(&self, directory: &Path) -> io::Result<Vec<TreeEntry>> {
        let directory = self.located(directory);
        if !self.directories.contains(&directory) {
            return Err(not_found());
        }
        let child = |path: &&PathBuf| path.parent() == Some(directory.as_path());
        let within = |path: &&PathBuf| path.starts_with(&directory);
        let files =
            self.files.range(directory.clone()..).map(|(path, _)| path).take_while(within).filter(child);
        let folders = self.directories.range(directory.clone()..).take_while(within).filter(child);
        let mut entries: Vec<TreeEntry> = files
            .map(|path| TreeEntry { path: path.clone(), kind: EntryKind::File, is_link: false })
            .chain(folders.map(|path| TreeEntry {
                path: path.clone(),
                kind: EntryKind::Directory,
                is_link: false,
            }))
            .collect();
        entries.sort_unstable_by(|a, b| a.path.as_os_str().cmp(b.path.as_os_str()));
        Ok(entries)
    }

    fn absolute(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(self.located(path))
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        let path = self.located(path);
        if self.kind(&path).is_some() { Ok(path) } else { Err(not_found()) }
    }
}

fn not_found() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "no such file or directory")
}
