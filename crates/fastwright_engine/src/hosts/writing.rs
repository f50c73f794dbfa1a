//! Writing the files of a host: all or none, below the project's root only, never through a link.

use super::{HostFile, Plan};
use crate::failure::Failure;
use fastwright_edit::writing::{Mode, Root};
use std::io;
use std::path::Path;

/// The name of a file until it is whole.
const TEMPORARY: &str = ".fastwright-init";

/// Does what was planned.
///
/// # Errors
/// When a file changed since it was planned, a link is on the way, or the system says no: then every file is as before.
pub fn write(root: &Root, plan: &Plan) -> Result<(), Failure> {
    for (done, file) in plan.files.iter().enumerate() {
        if let Err(error) = bring(root, file, file.before.as_deref(), file.after.as_deref()) {
            for file in plan.files[..done].iter().rev() {
                // The first error is the one to tell.
                let _ = bring(root, file, file.after.as_deref(), file.before.as_deref());
            }
            let message = format!("{} can't be written: {error}; every file is as before", file.path);
            return Err(Failure::new(message));
        }
    }
    Ok(())
}

fn bring(root: &Root, file: &HostFile, from: Option<&str>, to: Option<&str>) -> io::Result<()> {
    let path = Path::new(file.path);
    let (current, mode) = match root.read(path) {
        Ok((bytes, mode)) => (Some(bytes), mode),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (None, Mode::ORDINARY),
        Err(error) => return Err(error),
    };
    if current.as_deref() != from.map(str::as_bytes) {
        return Err(io::Error::other("it changed meanwhile"));
    }
    let folders = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match to {
        Some(text) => {
            if let Some(folders) = folders {
                root.make_folders(folders)?;
            }
            root.replace(path, text.as_bytes(), mode, TEMPORARY)
        }
        None => {
            root.remove(path)?;
            // Folders that are empty now; one that is not stays, and so do those above it.
            let mut folder = folders;
            while let Some(path) = folder.filter(|folder| !folder.as_os_str().is_empty()) {
                if root.remove_folder(path).is_err() {
                    break;
                }
                folder = path.parent();
            }
            Ok(())
        }
    }
}
