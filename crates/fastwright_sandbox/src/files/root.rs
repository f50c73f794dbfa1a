//! The root folder of a project as the only door to its files, for everybody who writes to it.
//!
//! Every folder on the way to a file is opened from the one above it, and never through a symbolic link: a path
//! can't lead out of the root, whatever is moved meanwhile. Files are replaced by renaming, so that other names of
//! the same file (hard links) keep their bytes and nobody ever sees half a file.

use serde::Serialize;
use std::io;
use std::path::{Component, Path, PathBuf};

/// What is kept of a file that is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode {
    bits: u32,
    /// Nobody in particular: whoever writes it.
    owner: Option<(u32, u32)>,
}

impl Mode {
    /// What new files of the journal get: they may hold anything that the sources hold.
    pub const PRIVATE: Mode = Mode { bits: 0o600, owner: None };

    /// What new files of a project get.
    pub const ORDINARY: Mode = Mode { bits: 0o644, owner: None };

    /// Whether its owner may run the file.
    pub fn is_executable(self) -> bool {
        self.bits & 0o100 != 0
    }
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link; it is never followed.
    Link,
    /// A named pipe, a socket or a device; it is never opened.
    Special,
}

/// What is known of a path without opening it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// What stands there.
    pub kind: Kind,
    /// In bytes.
    pub size: u64,
    /// Under how many names the file is known; more than one means that somebody else may see what is written.
    pub names: u64,
}

fn refused(path: &Path, why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("{}: {why}", path.display()))
}

fn too_large(path: &Path, limit: u64) -> io::Error {
    let why = format!("{}: it has more than {limit} bytes", path.display());
    io::Error::new(io::ErrorKind::FileTooLarge, why)
}

/// The names of a relative path; anything else than plain names is refused.
fn names(relative: &Path) -> io::Result<Vec<&std::ffi::OsStr>> {
    let names: Option<Vec<_>> = relative
        .components()
        .map(|component| match component {
            Component::Normal(name) => Some(name),
            _ => None,
        })
        .collect();
    names
        .filter(|names| !names.is_empty())
        .ok_or_else(|| refused(relative, "the path leads out of the project"))
}

#[cfg(unix)]
mod system {
    use super::*;
    use rustix::fs::{AtFlags, FileType, FlockOperation, Mode as Bits, OFlags};
    use rustix::io::Errno;
    use std::fs::File;
    use std::io::{Read as _, Write as _};
    use std::os::fd::{AsFd as _, OwnedFd};
    use std::os::unix::ffi::OsStrExt as _;

    const FOLDER: OFlags =
        OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

    fn kind(file_type: FileType) -> Kind {
        match file_type {
            FileType::RegularFile => Kind::File,
            FileType::Directory => Kind::Folder,
            FileType::Symlink => Kind::Link,
            _ => Kind::Special,
        }
    }

    /// An open root folder.
    #[derive(Debug)]
    pub struct Root {
        folder: OwnedFd,
        path: PathBuf,
    }

    impl Root {
        /// Opens the folder at a path; the path itself may go through links.
        ///
        /// # Errors
        /// When there is no such folder or it can't be opened.
        pub fn open(path: &Path) -> io::Result<Self> {
            let path = path.canonicalize()?;
            let folder = rustix::fs::open(&path, FOLDER, Bits::empty())?;
            Ok(Self { folder, path })
        }

        /// Where the root is, without links.
        pub fn path(&self) -> &Path {
            &self.path
        }

        /// The folder that holds a path, and its last name.
        fn parent<'p>(&self, relative: &'p Path) -> io::Result<(OwnedFd, &'p std::ffi::OsStr)> {
            let names = names(relative)?;
            let (last, folders) = names.split_last().ok_or_else(|| refused(relative, "the path is empty"))?;
            let mut folder = self.folder.try_clone()?;
            for name in folders {
                folder =
                    rustix::fs::openat(&folder, *name, FOLDER, Bits::empty()).map_err(
                        |error| match error {
                            Errno::LOOP | Errno::NOTDIR => {
                                refused(relative, "a symbolic link is on the way to it")
                            }
                            error => io::Error::from(error),
                        },
                    )?;
            }
            Ok((folder, last))
        }

        /// The bytes of a regular file.
        ///
        /// # Errors
        /// When there is none inside the root, or it can't be read.
        pub fn read(&self, relative: &Path) -> io::Result<(Vec<u8>, Mode)> {
            self.read_at_most(relative, u64::MAX)
        }

        /// The bytes of a regular file, if there are not too many.
        ///
        /// # Errors
        /// When there is none inside the root, it is larger, or it can't be read.
        pub fn read_at_most(&self, relative: &Path, limit: u64) -> io::Result<(Vec<u8>, Mode)> {
            let (folder, name) = self.parent(relative)?;
            // Without waiting: a FIFO would block.
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let file =
                rustix::fs::openat(&folder, name, flags, Bits::empty()).map_err(|error| match error {
                    Errno::LOOP => refused(relative, "it is a symbolic link"),
                    error => io::Error::from(error),
                })?;
            let stat = rustix::fs::fstat(&file)?;
            if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
                return Err(refused(relative, "it is no regular file"));
            }
            let mut bytes = Vec::new();
            // What it has now is what counts: it may grow while it is read.
            File::from(file).take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
            if bytes.len() as u64 > limit {
                return Err(too_large(relative, limit));
            }
            let bits = Bits::from_raw_mode(stat.st_mode).bits();
            #[allow(clippy::unnecessary_cast, reason = "the type differs between systems")]
            Ok((bytes, Mode { bits: bits as u32, owner: Some((stat.st_uid, stat.st_gid)) }))
        }

        /// What stands at a path; nothing when there is nothing.
        ///
        /// # Errors
        /// When the path leads out of the root or can't be looked at.
        pub fn status(&self, relative: &Path) -> io::Result<Option<Status>> {
            let found = self
                .parent(relative)
                .and_then(|(folder, name)| Ok(rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)?));
            match found {
                Ok(stat) => {
                    #[allow(
                        clippy::unnecessary_cast,
                        clippy::useless_conversion,
                        reason = "the types differ between systems"
                    )]
                    let (size, names) = (stat.st_size.max(0) as u64, u64::from(stat.st_nlink));
                    Ok(Some(Status { kind: kind(FileType::from_raw_mode(stat.st_mode)), size, names }))
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            }
        }

        /// What stands in a folder, sorted by name; an empty path is the root itself.
        ///
        /// # Errors
        /// When there is no such folder inside the root, or it can't be read.
        pub fn list(&self, relative: &Path) -> io::Result<Vec<(std::ffi::OsString, Kind)>> {
            let folder = if relative.as_os_str().is_empty() {
                // Not a duplicate: it would share its position with the root.
                rustix::fs::openat(&self.folder, ".", FOLDER, Bits::empty())?
            } else {
                let (folder, name) = self.parent(relative)?;
                rustix::fs::openat(&folder, name, FOLDER, Bits::empty()).map_err(|error| match error {
                    Errno::LOOP | Errno::NOTDIR => refused(relative, "it is no folder"),
                    error => io::Error::from(error),
                })?
            };
            let mut found = Vec::new();
            for entry in rustix::fs::Dir::read_from(&folder)? {
                let entry = entry?;
                let name = std::ffi::OsStr::from_bytes(entry.file_name().to_bytes());
                if name == "." || name == ".." {
                    continue;
                }
                let entry_type = match entry.file_type() {
                    // Some file systems don't say.
                    FileType::Unknown => rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)
                        .map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode)),
                    known => known,
                };
                found.push((name.to_os_string(), kind(entry_type)));
            }
            found.sort_unstable();
            Ok(found)
        }

        /// Puts a file in the place of another, in one step, on the disk when it returns. The new file has another
        /// name until then.
        ///
        /// # Errors
        /// When the path leads out of the root, something else than a file is there, or it can't be written.
        pub fn replace(&self, relative: &Path, bytes: &[u8], mode: Mode, temporary: &str) -> io::Result<()> {
            let (folder, name) = self.parent(relative)?;
            if let Ok(stat) = rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)
                && FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile
            {
                return Err(refused(relative, "it is no regular file"));
            }
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let _ = rustix::fs::unlinkat(&folder, temporary, AtFlags::empty());
            let file = rustix::fs::openat(&folder, temporary, flags, Bits::from_raw_mode(0o600))?;
            let written = (|| {
                let mut file = File::from(file);
                file.write_all(bytes)?;
                if mode != Mode::PRIVATE {
                    if let Some((user, group)) = mode.owner {
                        // Only root may give files away; everybody else owns what they write anyway.
                        let _ = rustix::fs::fchown(
                            file.as_fd(),
                            Some(rustix::fs::Uid::from_raw(user)),
                            Some(rustix::fs::Gid::from_raw(group)),
                        );
                    }
                    rustix::fs::fchmod(file.as_fd(), Bits::from_raw_mode(mode.bits as _))?;
                }
                file.sync_all()?;
                rustix::fs::renameat(&folder, temporary, &folder, name)?;
                rustix::fs::fsync(&folder)?;
                Ok(())
            })();
            if written.is_err() {
                let _ = rustix::fs::unlinkat(&folder, temporary, AtFlags::empty());
            }
            written
        }

        /// Makes folders that are missing.
        ///
        /// # Errors
        /// When the path leads out of the root or they can't be made.
        pub fn make_folders(&self, relative: &Path) -> io::Result<()> {
            let mut path = PathBuf::new();
            for name in names(relative)? {
                path.push(name);
                let (folder, name) = self.parent(&path)?;
                match rustix::fs::mkdirat(&folder, name, Bits::from_raw_mode(0o777)) {
                    Ok(()) => rustix::fs::fsync(&folder)?,
                    Err(Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(())
        }

        /// Removes a file; one that is not there is no error.
        ///
        /// # Errors
        /// When the path leads out of the root or the file can't be removed.
        pub fn remove(&self, relative: &Path) -> io::Result<()> {
            let (folder, name) = self.parent(relative)?;
            match rustix::fs::unlinkat(&folder, name, AtFlags::empty()) {
                Ok(()) => Ok(rustix::fs::fsync(&folder)?),
                Err(Errno::NOENT) => Ok(()),
                Err(error) => Err(error.into()),
            }
        }

        /// Removes an empty folder.
        ///
        /// # Errors
        /// When the path leads out of the root or the folder can't be removed.
        pub fn remove_folder(&self, relative: &Path) -> io::Result<()> {
            let (folder, name) = self.parent(relative)?;
            Ok(rustix::fs::unlinkat(&folder, name, AtFlags::REMOVEDIR)?)
        }

        /// The names in a folder, sorted; none when it is not there.
        ///
        /// # Errors
        /// When the path leads out of the root or can't be read.
        pub fn entries(&self, relative: &Path) -> io::Result<Vec<String>> {
            let (folder, name) = match self.parent(relative) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                found => found?,
            };
            let folder = match rustix::fs::openat(&folder, name, FOLDER, Bits::empty()) {
                Err(Errno::NOENT) => return Ok(Vec::new()),
                found => found?,
            };
            let mut found = Vec::new();
            for entry in rustix::fs::Dir::read_from(&folder)? {
                let name = entry?.file_name().to_string_lossy().into_owned();
                if name != "." && name != ".." {
                    found.push(name);
                }
            }
            found.sort_unstable();
            Ok(found)
        }

        /// A lock that one process can have; it ends with the process.
        ///
        /// # Errors
        /// When the path leads out of the root or can't be opened.
        pub fn lock(&self, relative: &Path) -> io::Result<Option<File>> {
            let (folder, name) = self.parent(relative)?;
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let file = rustix::fs::openat(&folder, name, flags, Bits::from_raw_mode(0o600))?;
            match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => Ok(Some(File::from(file))),
                Err(Errno::WOULDBLOCK) => Ok(None),
                Err(error) => Err(error.into()),
            }
        }
    }
}

#[cfg(not(unix))]
mod system {
    use super::*;
    use std::fs::{self, File};
    use std::io::{Read as _, Write as _};

    fn kind(file_type: fs::FileType) -> Kind {
        if file_type.is_symlink() {
            Kind::Link
        } else if file_type.is_dir() {
            Kind::Folder
        } else if file_type.is_file() {
            Kind::File
        } else {
            Kind::Special
        }
    }

    /// A root folder. Without handles of folders, links are looked for by name before each step.
    #[derive(Debug)]
    pub struct Root {
        path: PathBuf,
    }

    impl Root {
        /// Opens the folder at a path; the path itself may go through links.
        ///
        /// # Errors
        /// When there is no such folder or it can't be opened.
        pub fn open(path: &Path) -> io::Result<Self> {
            Ok(Self { path: path.canonicalize()? })
        }

        /// Where the root is, without links.
        pub fn path(&self) -> &Path {
            &self.path
        }

        fn located(&self, relative: &Path) -> io::Result<PathBuf> {
            let mut path = self.path.clone();
            for name in names(relative)? {
                path.push(name);
                if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.file_type().is_symlink()) {
                    return Err(refused(relative, "a symbolic link is on the way to it"));
                }
            }
            Ok(path)
        }

        /// The bytes of a regular file.
        ///
        /// # Errors
        /// When there is none inside the root, or it can't be read.
        pub fn read(&self, relative: &Path) -> io::Result<(Vec<u8>, Mode)> {
            self.read_at_most(relative, u64::MAX)
        }

        /// The bytes of a regular file, if there are not too many.
        ///
        /// # Errors
        /// When there is none inside the root, it is larger, or it can't be read.
        pub fn read_at_most(&self, relative: &Path, limit: u64) -> io::Result<(Vec<u8>, Mode)> {
            let path = self.located(relative)?;
            if !fs::metadata(&path)?.is_file() {
                return Err(refused(relative, "it is no regular file"));
            }
            let mut bytes = Vec::new();
            File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
            if bytes.len() as u64 > limit {
                return Err(too_large(relative, limit));
            }
            Ok((bytes, Mode { bits: 0o644, owner: None }))
        }

        /// What stands at a path; nothing when there is nothing.
        ///
        /// # Errors
        /// When the path leads out of the root or can't be looked at.
        pub fn status(&self, relative: &Path) -> io::Result<Option<Status>> {
            if let Some(parent) = relative.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                self.located(parent)?;
            }
            names(relative)?;
            match fs::symlink_metadata(self.path.join(relative)) {
                Ok(metadata) => {
                    Ok(Some(Status { kind: kind(metadata.file_type()), size: metadata.len(), names: 1 }))
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            }
        }

        /// What stands in a folder, sorted by name; an empty path is the root itself.
        ///
        /// # Errors
        /// When there is no such folder inside the root, or it can't be read.
        pub fn list(&self, relative: &Path) -> io::Result<Vec<(std::ffi::OsString, Kind)>> {
            let folder =
                if relative.as_os_str().is_empty() { self.path.clone() } else { self.located(relative)? };
            let mut found = Vec::new();
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                found.push((entry.file_name(), kind(entry.file_type()?)));
            }
            found.sort_unstable();
            Ok(found)
        }

        /// Puts a file in the place of another, in one step.
        ///
        /// # Errors
        /// When the path leads out of the root or it can't be written.
        pub fn replace(&self, relative: &Path, bytes: &[u8], _: Mode, temporary: &str) -> io::Result<()> {
            let path = self.located(relative)?;
            let new = path.with_file_name(temporary);
            let mut file = File::create(&new)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            drop(file);
            fs::rename(new, path)
        }

        /// Makes folders that are missing.
        ///
        /// # Errors
        /// When the path leads out of the root or they can't be made.
        pub fn make_folders(&self, relative: &Path) -> io::Result<()> {
            fs::create_dir_all(self.located(relative)?)
        }

        /// Removes a file; one that is not there is no error.
        ///
        /// # Errors
        /// When the path leads out of the root or the file can't be removed.
        pub fn remove(&self, relative: &Path) -> io::Result<()> {
            match fs::remove_file(self.located(relative)?) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                result => result,
            }
        }

        /// Removes an empty folder.
        ///
        /// # Errors
        /// When the path leads out of the root or the folder can't be removed.
        pub fn remove_folder(&self, relative: &Path) -> io::Result<()> {
            fs::remove_dir(self.located(relative)?)
        }

        /// The names in a folder, sorted; none when it is not there.
        ///
        /// # Errors
        /// When the path leads out of the root.
        pub fn entries(&self, relative: &Path) -> io::Result<Vec<String>> {
            let Ok(entries) = fs::read_dir(self.located(relative)?) else { return Ok(Vec::new()) };
            let mut found: Vec<String> =
                entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            found.sort_unstable();
            Ok(found)
        }

        /// A lock that one process can have; it ends with the process.
        ///
        /// # Errors
        /// When the path leads out of the root or can't be opened.
        pub fn lock(&self, relative: &Path) -> io::Result<Option<File>> {
            let file =
                File::options().create(true).truncate(false).write(true).open(self.located(relative)?)?;
            match file.try_lock() {
                Ok(()) => Ok(Some(file)),
                Err(fs::TryLockError::WouldBlock) => Ok(None),
                Err(fs::TryLockError::Error(error)) => Err(error),
            }
        }
    }
}

pub use system::Root;
