//! Files that are replaced in one step.

use crate::failure::Failure;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Writes a file so that nobody ever sees half of it.
///
/// # Errors
/// When the folder does not exist or the file can't be written.
pub fn write_file(file: &Path, text: &str) -> Result<(), Failure> {
    let failure =
        |error: std::io::Error| Failure::new(format!("{} can't be written: {error}", file.display()));
    // A link keeps pointing where it points; devices such as /dev/stdout can't be replaced at all.
    let target = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
    if std::fs::metadata(&target).is_ok_and(|metadata| !metadata.is_file()) {
        return std::fs::write(&target, text).map_err(failure);
    }
    replace(&target, text.as_bytes()).map_err(failure)
}

/// Replaces a file in one step, keeping its permissions.
pub fn replace(target: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
        _ => PathBuf::from("."),
    };
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As an ordinary file would be created: the mask of the process takes away what it must.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut temporary = builder.prefix(".fastwright-").tempfile_in(folder)?;
    temporary.write_all(bytes)?;
    if let Ok(metadata) = std::fs::metadata(target) {
        temporary.as_file().set_permissions(metadata.permissions())?;
    }
    temporary.persist(target).map_err(|error| error.error)?;
    Ok(())
}
