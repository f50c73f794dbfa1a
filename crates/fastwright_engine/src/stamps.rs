//! By what a file is recognized that did not change, without reading it.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A file that changes twice within the tick of the file system's clock keeps its modification time: files
/// younger than this when they were recorded are read again.
pub(crate) const CLOCK_TICK: Duration = Duration::from_millis(50);

/// Metadata by which an unchanged file is recognized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    pub(crate) size: u64,
    pub(crate) modified: u64,
    inode: u64,
}

pub(crate) fn stamps(paths: Vec<PathBuf>) -> Vec<(PathBuf, Option<Stamp>)> {
    paths
        .into_par_iter()
        .map(|path| {
            let stamp = stamp(&path);
            (path, stamp)
        })
        .collect()
}

/// The other paths, sorted, without those found by the walk (which are sorted).
pub(crate) fn beside(found: &[PathBuf], mut others: Vec<PathBuf>) -> Vec<PathBuf> {
    others.retain(|path| found.binary_search(path).is_err());
    others.sort_unstable();
    others.dedup();
    others
}

pub(crate) fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
    #[cfg(not(unix))]
    let inode = 0;
    // The size of a folder says nothing.
    let size = if metadata.is_dir() { 0 } else { metadata.len() };
    Some(Stamp { size, modified: nanoseconds(modified), inode })
}

/// By what a folder is recognized to which nothing was added, and from which nothing was taken away: inode and time of
/// its last change. Where the system tells it, that is the time that programs can't set back.
pub(crate) fn folder_stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_dir)?;
    #[cfg(unix)]
    let (inode, changed) = {
        use std::os::unix::fs::MetadataExt as _;
        let seconds = u64::try_from(metadata.ctime()).unwrap_or_default();
        let rest = u64::try_from(metadata.ctime_nsec()).unwrap_or_default();
        (metadata.ino(), seconds.saturating_mul(1_000_000_000).saturating_add(rest))
    };
    #[cfg(not(unix))]
    let (inode, changed) = {
        let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        (0, nanoseconds(modified))
    };
    Some(Stamp { size: 0, modified: changed, inode })
}

pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

pub(crate) fn now() -> u64 {
    nanoseconds(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}
