//! A git revision as a [`SourceTree`]: its files are read from the object database, nothing is checked out,
//! no hook and no configuration of the repository or the user is followed.

use fastwright_python::source::{DiskTree, EntryKind, SourceTree, TreeEntry};
use gix::bstr::ByteSlice as _;
use gix::objs::tree::EntryKind as GitKind;
use gix::{ObjectId, ThreadSafeRepository};
use std::collections::HashMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Links that are followed for one path: more is a loop.
const MOST_LINKS: usize = 40;

/// Why a revision can't be read.
#[derive(Debug, thiserror::Error)]
pub enum RevisionError {
    /// The folder belongs to no git repository.
    #[error("{0} is in no git repository")]
    NoRepository(String),
    /// The repository has no files of its own.
    #[error("the git repository of {0} has no working tree")]
    Bare(String),
    /// There is no such revision.
    #[error("there is no git revision `{revision}`: {reason}")]
    NoRevision {
        /// As given.
        revision: String,
        /// What git's rules say about it.
        reason: String,
    },
}

/// One directory of a revision.
type Directory = Arc<Vec<(PathBuf, GitKind, ObjectId)>>;

/// The files of a revision, under the paths that they have in the working tree.
///
/// Virtual environments inside the working tree are read from disk: git does not hold them, and the libraries
/// of a project are those that are installed. What lies outside of the working tree is read from disk, too.
pub struct RevisionTree {
    repository: ThreadSafeRepository,
    worktree: PathBuf,
    commit: ObjectId,
    root: ObjectId,
    directories: Mutex<HashMap<ObjectId, Directory>>,
}

impl std::fmt::Debug for RevisionTree {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RevisionTree")
            .field("worktree", &self.worktree)
            .field("commit", &self.commit)
            .finish_non_exhaustive()
    }
}

/// What is at a path.
enum Found {
    Git(GitKind, ObjectId),
    Disk(PathBuf),
}

impl RevisionTree {
    /// The files of a revision (`HEAD`, `main~2`, `v1.4`, a hash) of the repository that holds a folder.
    ///
    /// # Errors
    /// When the folder is in no repository with a working tree, or the revision is none.
    pub fn open(folder: &Path, revision: &str) -> Result<Self, RevisionError> {
        let shown = folder.display().to_string();
        let trust = gix::sec::trust::Mapping {
            full: gix::open::Options::isolated(),
            reduced: gix::open::Options::isolated(),
        };
        let repository = ThreadSafeRepository::discover_opts(folder, Default::default(), trust)
            .map_err(|_| RevisionError::NoRepository(shown.clone()))?;
        let local = repository.to_thread_local();
        let worktree = local.workdir().ok_or(RevisionError::Bare(shown))?;
        let worktree = worktree.canonicalize().unwrap_or_else(|_| worktree.to_path_buf());
        let refused = |reason: String| RevisionError::NoRevision { revision: revision.to_owned(), reason };
        let commit = local
            .rev_parse_single(revision)
            .map_err(|error| refused(error.to_string()))?
            .object()
            .map_err(|error| refused(error.to_string()))?
            .peel_to_commit()
            .map_err(|error| refused(error.to_string()))?;
        let root = commit.tree_id().map_err(|error| refused(error.to_string()))?.detach();
        let commit = commit.id;
        Ok(Self {
            repository: local.clone().into_sync(),
            worktree,
            commit,
            root,
            directories: Mutex::default(),
        })
    }

    /// The commit, in hexadecimal digits.
    pub fn commit(&self) -> String {
        self.commit.to_string()
    }

    /// The root of the working tree, links resolved.
    pub fn worktree(&self) -> &Path {
        &self.worktree
    }

    fn directory(&self, id: ObjectId) -> io::Result<Directory> {
        let known = self.directories.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let repository = self.repository.to_thread_local();
        let tree = repository.find_tree(id).map_err(broken)?;
        let mut entries = Vec::new();
        for entry in tree.iter() {
            let entry = entry.map_err(broken)?;
            // Names that are no UTF-8 can't be imported, and no path on every system.
            let Ok(name) = entry.filename().to_str() else { continue };
            entries.push((PathBuf::from(name), entry.mode().kind(), entry.object_id()));
        }
        entries.sort_by(|left, right| left.0.cmp(&right.0));
        let directory = Arc::new(entries);
        self.directories.lock().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::clone(&directory));
        Ok(directory)
    }

    fn blob(&self, id: ObjectId) -> io::Result<Vec<u8>> {
        let repository = self.repository.to_thread_local();
        let mut blob = repository.find_blob(id).map_err(broken)?;
        Ok(blob.take_data())
    }

    /// What is at an absolute path, links followed; and the path without links.
    fn find(&self, path: &Path) -> Option<(PathBuf, Found)> {
        let mut wanted = normalized(path);
        for _ in 0..MOST_LINKS {
            let Ok(inside) = wanted.strip_prefix(&self.worktree) else {
                return Some((wanted.clone(), Found::Disk(wanted)));
            };
            let parts: Vec<PathBuf> = inside
                .components()
                .filter_map(|part| match part {
                    Component::Normal(name) => Some(PathBuf::from(name)),
                    _ => None,
                })
                .collect();
            match self.walk(&parts) {
                Walk::Found(kind, id) => return Some((wanted, Found::Git(kind, id))),
                Walk::Link(next) => wanted = next,
                Walk::Nothing => {
                    // That there is a repository says where the project ends, in each of its revisions.
                    let is_there = self.is_environment(&wanted) || wanted == self.worktree.join(".git");
                    return is_there.then(|| (wanted.clone(), Found::Disk(wanted)));
                }
            }
        }
        None
    }

    fn walk(&self, parts: &[PathBuf]) -> Walk {
        let mut current = self.worktree.clone();
        let mut kind = GitKind::Tree;
        let mut id = self.root;
        for (position, part) in parts.iter().enumerate() {
            if kind != GitKind::Tree {
                return Walk::Nothing;
            }
            let Ok(directory) = self.directory(id) else { return Walk::Nothing };
            let Ok(entry) = directory.binary_search_by(|entry| entry.0.cmp(part)) else {
                return Walk::Nothing;
            };
            let (_, found, object) = &directory[entry];
            if *found == GitKind::Link {
                let Ok(target) = self.blob(*object) else { return Walk::Nothing };
                let Ok(target) = target.to_str() else { return Walk::Nothing };
                let mut next = normalized(&current.join(target));
                next.extend(&parts[position + 1..]);
                return Walk::Link(normalized(&next));
            }
            (kind, id) = (*found, *object);
            current.push(part);
        }
        Walk::Found(kind, id)
    }

    /// Whether a path belongs to a virtual environment on disk.
    fn is_environment(&self, path: &Path) -> bool {
        path.ancestors()
            .take_while(|folder| folder.starts_with(&self.worktree))
            .any(|folder| folder.join("pyvenv.cfg").is_file())
    }
}

enum Walk {
    Found(GitKind, ObjectId),
    Link(PathBuf),
    Nothing,
}

fn kind(kind: GitKind) -> EntryKind {
    match kind {
        GitKind::Tree => EntryKind::Directory,
        GitKind::Blob | GitKind::BlobExecutable => EntryKind::File,
        // A submodule is an empty folder, as in a clone without its submodules.
        GitKind::Commit => EntryKind::Directory,
        GitKind::Link => EntryKind::Other,
    }
}

impl SourceTree for RevisionTree {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.find(&self.absolute(path)?) {
            Some((_, Found::Git(GitKind::Blob | GitKind::BlobExecutable, id))) => self.blob(id),
            Some((_, Found::Disk(path))) => DiskTree.read(&path),
            Some(_) => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")),
            None => Err(not_found()),
        }
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        match self.find(&self.absolute(path).ok()?)?.1 {
            Found::Git(found, _) => Some(kind(found)),
            Found::Disk(path) => DiskTree.kind(&path),
        }
    }

    fn size(&self, path: &Path) -> io::Result<u64> {
        match self.find(&self.absolute(path)?) {
            Some((_, Found::Git(GitKind::Blob | GitKind::BlobExecutable, id))) => {
                let repository = self.repository.to_thread_local();
                Ok(repository.find_header(id).map_err(broken)?.size())
            }
            Some((_, Found::Disk(path))) => DiskTree.size(&path),
            Some(_) => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")),
            None => Err(not_found()),
        }
    }

    fn entries(&self, directory: &Path) -> io::Result<Vec<TreeEntry>> {
        let directory = self.absolute(directory)?;
        match self.find(&directory) {
            Some((_, Found::Git(GitKind::Tree, id))) => {
                let entries = self.directory(id)?;
                let entries = entries.iter().map(|(name, found, _)| {
                    let path = directory.join(name);
                    let is_link = *found == GitKind::Link;
                    let kind = if is_link { self.kind(&path) } else { Some(kind(*found)) };
                    TreeEntry { path, kind: kind.unwrap_or(EntryKind::Other), is_link }
                });
                let mut entries: Vec<TreeEntry> = entries.collect();
                entries.sort_unstable_by(|a, b| a.path.as_os_str().cmp(b.path.as_os_str()));
                Ok(entries)
            }
            Some((_, Found::Git(GitKind::Commit, _))) => Ok(Vec::new()),
            Some((_, Found::Disk(path))) => DiskTree.entries(&path),
            Some(_) => Err(io::Error::new(io::ErrorKind::NotADirectory, "not a directory")),
            None => Err(not_found()),
        }
    }

    fn absolute(&self, path: &Path) -> io::Result<PathBuf> {
        DiskTree.absolute(path)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        match self.find(&self.absolute(path)?) {
            Some((path, Found::Git(..))) => Ok(path),
            Some((_, Found::Disk(path))) => DiskTree.canonical(&path),
            None => Err(not_found()),
        }
    }
}

/// Removes `.` and resolves `..` by name.
fn normalized(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                result.pop();
            }
            other => result.push(other.as_os_str()),
        }
    }
    result
}

fn not_found() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "no such file in the revision")
}

fn broken(error: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the git repository can't be read: {error}"))
}
