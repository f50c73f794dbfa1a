//! Reading, listing and writing for somebody who is not trusted.

use super::protection::{Protection, protection};
use super::root::{Kind, Mode, Root};
use super::spelling::{fault, folded};
use serde::Serialize;
use std::io;
use std::path::{Path, PathBuf};

/// No more of a file is read or written.
const LARGEST_FILE: u64 = 4 << 20;
/// No more of a folder is listed.
const MOST_ENTRIES: usize = 2_000;

/// Why a file is not given or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The path is none of the project.
    #[error("{path:?}: {why}")]
    Path {
        /// The path as it was given.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// The path is protected.
    #[error("{path}: {protection}{}", if *.protection == Protection::Secret { "" } else { ", and the user did not name it" })]
    Protected {
        /// The path.
        path: String,
        /// Why.
        protection: Protection,
    },
    /// There is more than is read or written at once.
    #[error("{path}: it has more than {limit} bytes")]
    TooLarge {
        /// The path.
        path: String,
        /// How much may be.
        limit: u64,
    },
    /// The file has another name, perhaps outside of the project.
    #[error("{path}: the file has another name as well (a hard link), so it is not changed")]
    OtherNames {
        /// The path.
        path: String,
    },
    /// It is not text.
    #[error("{path}: it is no UTF-8 text")]
    NoText {
        /// The path.
        path: String,
    },
    /// The system said no.
    #[error("{path}: {error}")]
    System {
        /// The path.
        path: String,
        /// What it said.
        error: io::Error,
    },
}

/// Paths that the user named: files, or folders with all that is in them. Only the user's own words may fill it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// Folded names.
    paths: Vec<Vec<String>>,
}

impl Named {
    /// Nothing is named.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Names paths, relative to the root, with `/`. Paths that are none of the project name nothing.
    pub fn new<'p>(paths: impl IntoIterator<Item = &'p str>) -> Self {
        let names = |path: &str| {
            let path = path.trim_start_matches("./").trim_end_matches('/');
            fault(path).is_none().then(|| path.split('/').map(folded).collect())
        };
        Self { paths: paths.into_iter().filter_map(names).collect() }
    }

    /// Whether a path is named, or a folder on the way to it.
    pub fn covers(&self, path: &str) -> bool {
        let names: Vec<String> = path.split('/').map(folded).collect();
        self.paths.iter().any(|named| names.starts_with(named))
    }
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Its path, as it was asked for.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Something in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Why it is protected, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protection: Option<Protection>,
}

/// What is in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// By name.
    pub entries: Vec<Entry>,
    /// How many more there are.
    pub left_out: usize,
}

/// The files of one project, for somebody who is not trusted.
///
/// Every folder on the way to a file is opened from the one above it and never through a link, so a path can't lead
/// out of the root, whatever is moved meanwhile. Nothing but regular files is opened, and nothing waits.
#[derive(Debug)]
pub struct ProjectFiles {
    root: Root,
}

impl ProjectFiles {
    /// Opens a project.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn open(root: &Path) -> io::Result<Self> {
        Ok(Self { root: Root::open(root)? })
    }

    /// Where the root is, without links.
    pub fn path(&self) -> &Path {
        self.root.path()
    }

    /// Reads a text file. Secrets are not read, whoever names them.
    ///
    /// # Errors
    /// When the path is none of the project, or it is no regular file, no text, secret or too large.
    pub fn read(&self, path: &str) -> Result<Content, FileError> {
        let relative = checked(path)?;
        if protection(path) == Some(Protection::Secret) {
            return Err(protected(path, Protection::Secret));
        }
        let (bytes, _) =
            self.root.read_at_most(&relative, LARGEST_FILE).map_err(|error| system(path, error))?;
        let text = String::from_utf8(bytes).map_err(|_| FileError::NoText { path: path.to_owned() })?;
        Ok(Content { path: path.to_owned(), text })
    }

    /// Lists a folder; an empty path is the root itself. Names that no path may have are left out and counted.
    ///
    /// # Errors
    /// When the path is none of the project or no folder.
    pub fn list(&self, path: &str) -> Result<Listing, FileError> {
        let relative = if path.is_empty() { PathBuf::new() } else { checked(path)? };
        if protection(path) == Some(Protection::Secret) {
            return Err(protected(path, Protection::Secret));
        }
        let found = self.root.list(&relative).map_err(|error| system(path, error))?;
        let all = found.len();
        let entries: Vec<Entry> = found
            .into_iter()
            .filter_map(|(name, kind)| {
                let name = name.into_string().ok()?;
                let whole = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                (fault(&whole).is_none()).then(|| Entry { protection: protection(&whole), name, kind })
            })
            .take(MOST_ENTRIES)
            .collect();
        Ok(Listing { left_out: all - entries.len(), entries })
    }

    /// Why a path may not be written, if it may not: the same that [`Self::write`] checks, without writing.
    ///
    /// # Errors
    /// The reason.
    pub fn check_write(&self, path: &str, named: &Named) -> Result<(), FileError> {
        let relative = checked(path)?;
        match protection(path) {
            Some(Protection::Secret) => return Err(protected(path, Protection::Secret)),
            Some(found) if !named.covers(path) => return Err(protected(path, found)),
            _ => {}
        }
        match self.root.status(&relative).map_err(|error| system(path, error))? {
            None => {}
            Some(status) if status.kind != Kind::File => {
                return Err(FileError::Path {
                    path: path.to_owned(),
                    why: "it is no regular file".to_owned(),
                });
            }
            // Its other name may lie outside. Replacing would not change that one, but who looks there would never
            // know why the two differ.
            Some(status) if status.names > 1 => return Err(FileError::OtherNames { path: path.to_owned() }),
            Some(_) => {}
        }
        // On file systems that don't tell case or Unicode forms apart, another spelling of a file is that file.
        self.check_spelling(path)
    }

    /// Writes a text file as a whole, in one step; folders that are missing are made.
    ///
    /// # Errors
    /// When the path may not be written, or can't be.
    pub fn write(&self, path: &str, text: &str, named: &Named) -> Result<(), FileError> {
        self.check_write(path, named)?;
        if text.len() as u64 > LARGEST_FILE {
            return Err(FileError::TooLarge { path: path.to_owned(), limit: LARGEST_FILE });
        }
        let relative = checked(path)?;
        if let Some(parent) = relative.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            self.root.make_folders(parent).map_err(|error| system(path, error))?;
        }
        let mode = match self.root.read_at_most(&relative, LARGEST_FILE) {
            Ok((_, mode)) => mode,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Mode::ORDINARY,
            Err(error) => return Err(system(path, error)),
        };
        let temporary = format!(".fastwright-{}.new", std::process::id());
        self.root.replace(&relative, text.as_bytes(), mode, &temporary).map_err(|error| system(path, error))
    }

    /// Removes a file; one that is not there is no error.
    ///
    /// # Errors
    /// When the path may not be written, or the file can't be removed.
    pub fn remove(&self, path: &str, named: &Named) -> Result<(), FileError> {
        self.check_write(path, named)?;
        self.root.remove(&checked(path)?).map_err(|error| system(path, error))
    }

    /// Refuses a path that has a name which differs from one that exists only in its spelling.
    fn check_spelling(&self, path: &str) -> Result<(), FileError> {
        let mut folder = PathBuf::new();
        for name in path.split('/') {
            let Ok(entries) = self.root.list(&folder) else { return Ok(()) };
            let exists = entries.iter().any(|(entry, _)| entry == name);
            let twin = entries.iter().find(|(entry, _)| {
                entry != name && entry.to_str().is_some_and(|entry| folded(entry) == folded(name))
            });
            if let (false, Some((twin, _))) = (exists, twin) {
                let why =
                    format!("there is {} already, which some systems take for the same", twin.display());
                return Err(FileError::Path { path: path.to_owned(), why });
            }
            folder.push(name);
        }
        Ok(())
    }
}

fn checked(path: &str) -> Result<PathBuf, FileError> {
    match fault(path) {
        Some(why) => Err(FileError::Path { path: path.to_owned(), why: why.to_owned() }),
        None => Ok(PathBuf::from(path)),
    }
}

fn protected(path: &str, protection: Protection) -> FileError {
    FileError::Protected { path: path.to_owned(), protection }
}

fn system(path: &str, error: io::Error) -> FileError {
    let path = path.to_owned();
    match error.kind() {
        io::ErrorKind::FileTooLarge => FileError::TooLarge { path, limit: LARGEST_FILE },
        // Said by the root, with the path.
        io::ErrorKind::InvalidInput => {
            let why = error.to_string();
            let why = why.strip_prefix(&format!("{path}: ")).unwrap_or(&why).to_owned();
            FileError::Path { path, why }
        }
        _ => FileError::System { path, error },
    }
}
