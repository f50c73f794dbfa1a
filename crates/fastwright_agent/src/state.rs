//! The folder where the agent keeps what is the person's own: sessions and approvals. It is never in a project.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The folder for the state of fastwright, as the environment says: `$XDG_STATE_HOME/fastwright`, else
/// `~/.local/state/fastwright`.
///
/// # Errors
/// When the environment names no folder, or one inside of the project: a repository must not hold approvals.
pub fn state_folder(
    environment: &dyn Fn(&str) -> Option<PathBuf>,
    project: &Path,
) -> Result<PathBuf, String> {
    let named = environment("XDG_STATE_HOME").filter(|folder| folder.is_absolute());
    let folder = named
        .or_else(|| {
            environment("HOME").filter(|home| home.is_absolute()).map(|home| home.join(".local/state"))
        })
        .ok_or("neither XDG_STATE_HOME nor HOME names a folder to keep sessions in")?
        .join("fastwright");
    // Links are followed as far as the folder is there.
    let real = folder
        .ancestors()
        .find_map(|part| Some(part.canonicalize().ok()?.join(folder.strip_prefix(part).ok()?)))
        .unwrap_or_else(|| folder.clone());
    let project = project.canonicalize().unwrap_or_else(|_| project.to_path_buf());
    if real.starts_with(&project) {
        return Err(format!(
            "{} lies in the project: sessions and approvals are not kept there. Set XDG_STATE_HOME to another folder",
            folder.display()
        ));
    }
    Ok(folder)
}

/// Makes a folder that only the person may look into.
pub(crate) fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens a new file that only the person may read.
pub(crate) fn new_private_file(path: &Path) -> io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes a file that only the person may read, in one step.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make_private_folder(folder)?;
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let _ = std::fs::remove_file(&new);
    let mut file = new_private_file(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(new, path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_state_is_never_in_the_project() {
        let project = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        let at = |folder: &Path| {
            let folder = folder.to_path_buf();
            state_folder(&move |name| (name == "XDG_STATE_HOME").then(|| folder.clone()), project.path())
        };
        assert_eq!(at(outside.path()).unwrap(), outside.path().join("fastwright"));
        assert!(at(project.path()).is_err());
        assert!(at(&project.path().join("deep/er")).is_err());
        #[cfg(unix)]
        {
            let link = outside.path().join("link");
            std::os::unix::fs::symlink(project.path(), &link).unwrap();
            assert!(at(&link).is_err());
        }
        assert!(state_folder(&|_| None, project.path()).is_err());
    }
}
