//! A copy of the bundled example that a test may change.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The copy, in a git repository of its own.
pub(crate) struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/bookshop"), folder.path());
        for arguments in [
            vec!["init", "--quiet"],
            vec!["add", "--all"],
            vec!["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "start"],
        ] {
            let status = Command::new("git").args(arguments).current_dir(folder.path()).status().unwrap();
            assert!(status.success());
        }
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Every file and folder with what is in it, the repository's own included.
    pub(crate) fn content(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut content = BTreeMap::new();
        collect(self.path(), &mut content);
        content
    }
}

fn collect(folder: &Path, content: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            content.insert(path.clone(), Vec::new());
            collect(&path, content);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            content.insert(path, bytes);
        }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        let skipped = [".venv", "__pycache__", ".fastwright_cache", ".pytest_cache"];
        if skipped.iter().any(|skipped| name == *skipped) {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(name));
        } else {
            std::fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}
