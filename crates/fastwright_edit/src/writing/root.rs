//! The root folder of a project as the only door to its files.
//!
//! Every folder on the way to a file is opened from the one above it, and never through a symbolic link: a path
//! can't lead out of the root, whatever is moved meanwhile. Files are replaced by renaming, so that other names of
//! the same file (hard links) keep their bytes and nobody ever sees half a file.

use std::io;
use std::path::{Component, Path, PathBuf};

/// What is kept of a file that is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode {
    bits: u32,
    /// User and group; none for those of the process.
    owner: Option<(u32, u32)>,
}

impl Mode {
    /// What new files of the journal get: they may hold anything that the sources hold.
    pub(crate) const PRIVATE: Mode = Mode { bits: 0o600, owner: None };
    /// What new files of a project get: everybody may read them.
    pub const ORDINARY: Mode = Mode { bits: 0o644, owner: None };
}

fn refused(path: &Path, why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("{}: {why}", path.display()))
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

    const FOLDER: OFlags =
        OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

    /// An open root folder.
    #[derive(Debug)]
    pub struct Root {
        folder: OwnedFd,
        path: PathBuf,
    }

    impl Root {
        /// Opens the folder at a path.
        ///
        /// # Errors
        /// When there is none.
        pub fn open(path: &Path) -> io::Result<Self> {
            let path = path.canonicalize()?;
            let folder = rustix::fs::open(&path, FOLDER, Bits::empty())?;
            Ok(Self { folder, path })
        }

        /// Where it is, without links.
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
        /// When a link is on the way, or the system says no.
        pub fn read(&self, relative: &Path) -> io::Result<(Vec<u8>, Mode)> {
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
            File::from(file).read_to_end(&mut bytes)?;
            let bits = Bits::from_raw_mode(stat.st_mode).bits();
            #[allow(clippy::unnecessary_cast, reason = "the type differs between systems")]
            Ok((bytes, Mode { bits: bits as u32, owner: Some((stat.st_uid, stat.st_gid)) }))
        }

        /// Puts a file in the place of another, in one step, on the disk when it returns. The new file has another
        /// name until then.
        ///
        /// # Errors
        /// When a link is on the way, or the system says no.
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
                    // Only root may give files away; everybody else owns what they write anyway.
                    if let Some((user, group)) = mode.owner {
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
        /// When a link is on the way, or the system says no.
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
        /// When a link is on the way, or the system says no.
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
        /// When a link is on the way, or the system says no.
        pub fn remove_folder(&self, relative: &Path) -> io::Result<()> {
            let (folder, name) = self.parent(relative)?;
            Ok(rustix::fs::unlinkat(&folder, name, AtFlags::REMOVEDIR)?)
        }

        /// The names in a folder, sorted; none when it is not there.
        pub(crate) fn entries(&self, relative: &Path) -> io::Result<Vec<String>> {
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
        pub(crate) fn lock(&self, relative: &Path) -> io::Result<Option<File>> {
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
    use std::io::Write as _;

    /// A root folder. Without handles of folders, links are looked for by name before each step.
    #[derive(Debug)]
    pub struct Root {
        path: PathBuf,
    }

    impl Root {
        /// Opens the folder at a path.
        ///
        /// # Errors
        /// When there is none.
        pub fn open(path: &Path) -> io::Result<Self> {
            Ok(Self { path: path.canonicalize()? })
        }

        /// Where it is, without links.
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
        /// When a link is on the way, or the system says no.
        pub fn read(&self, relative: &Path) -> io::Result<(Vec<u8>, Mode)> {
            let path = self.located(relative)?;
            if !fs::metadata(&path)?.is_file() {
                return Err(refused(relative, "it is no regular file"));
            }
            Ok((fs::read(path)?, Mode { bits: 0o644, owner: None }))
        }

        /// Puts a file in the place of another. The new file has another name until then.
        ///
        /// # Errors
        /// When a link is on the way, or the system says no.
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
        /// When a link is on the way, or the system says no.
        pub fn make_folders(&self, relative: &Path) -> io::Result<()> {
            fs::create_dir_all(self.located(relative)?)
        }

        /// Removes a file; one that is not there is no error.
        ///
        /// # Errors
        /// When a link is on the way, or the system says no.
        pub fn remove(&self, relative: &Path) -> io::Result<()> {
            match fs::remove_file(self.located(relative)?) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                result => result,
            }
        }

        /// Removes an empty folder.
        ///
        /// # Errors
        /// When a link is on the way, or the system says no.
        pub fn remove_folder(&self, relative: &Path) -> io::Result<()> {
            fs::remove_dir(self.located(relative)?)
        }

        pub(crate) fn entries(&self, relative: &Path) -> io::Result<Vec<String>> {
            let Ok(entries) = fs::read_dir(self.located(relative)?) else { return Ok(Vec::new()) };
            let mut found: Vec<String> =
                entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            found.sort_unstable();
            Ok(found)
        }

        pub(crate) fn lock(&self, relative: &Path) -> io::Result<Option<File>> {
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
