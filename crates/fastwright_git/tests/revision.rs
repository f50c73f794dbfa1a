//! Files of a revision, read from a repository that git itself made.

use fastwright_git::{RevisionError, RevisionTree};
use fastwright_python::source::{EntryKind, SourceTree};
use std::path::Path;
use std::process::Command;

fn git(folder: &Path, arguments: &[&str]) {
    let done = Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("git is there");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    git(root, &["init", "-q", "-b", "main"]);
    std::fs::create_dir_all(root.join("shop/api")).expect("folders");
    std::fs::write(root.join("shop/api/main.py"), "old = 1\n").expect("a file");
    std::fs::write(root.join("shop/gone.py"), "gone = 1\n").expect("a file");
    #[cfg(unix)]
    std::os::unix::fs::symlink("api", root.join("shop/link")).expect("a link");
    #[cfg(unix)]
    std::os::unix::fs::symlink("loop", root.join("loop")).expect("a link");
    std::fs::write(root.join(".gitignore"), ".venv\n").expect("a file");
    git(root, &["add", "."]);
    git(root, &["commit", "-q", "-m", "one"]);
    git(root, &["tag", "v1"]);
    std::fs::write(root.join("shop/api/main.py"), "new = 2\n").expect("a file");
    std::fs::remove_file(root.join("shop/gone.py")).expect("a file");
    std::fs::write(root.join("shop/added.py"), "").expect("a file");
    git(root, &["add", "-A"]);
    git(root, &["commit", "-q", "-m", "two"]);
    std::fs::create_dir_all(root.join(".venv/lib")).expect("folders");
    std::fs::write(root.join(".venv/pyvenv.cfg"), "version = 3.12.1\n").expect("a file");
    std::fs::write(root.join(".venv/lib/installed.py"), "here\n").expect("a file");
    std::fs::write(root.join("untracked.py"), "").expect("a file");
    folder
}

#[test]
fn files_are_those_of_the_revision() {
    let folder = repository();
    let root = folder.path().canonicalize().expect("a path");
    for revision in ["v1", "HEAD~1", "main^"] {
        let tree = RevisionTree::open(&root.join("shop"), revision).expect("the revision is there");
        assert_eq!(tree.worktree(), root);
        assert_eq!(tree.read(&root.join("shop/api/main.py")).expect("a file"), b"old = 1\n");
        assert_eq!(tree.size(&root.join("shop/api/main.py")).expect("a file"), 8);
        assert_eq!(tree.kind(&root.join("shop/added.py")), None);
        assert_eq!(tree.kind(&root.join("untracked.py")), None);
        assert_eq!(tree.kind(&root.join("shop")), Some(EntryKind::Directory));
        assert_eq!(tree.kind(&root.join(".git")), Some(EntryKind::Directory));
        let names: Vec<String> = tree
            .entries(&root.join("shop"))
            .expect("a directory")
            .iter()
            .map(|entry| entry.path.file_name().expect("a name").to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["api", "gone.py", "link"]);
    }
    let tree = RevisionTree::open(&root, "HEAD").expect("the revision is there");
    assert_eq!(tree.read(&root.join("shop/api/main.py")).expect("a file"), b"new = 2\n");
    assert_eq!(tree.kind(&root.join("shop/gone.py")), None);
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_of_the_revision() {
    let folder = repository();
    let root = folder.path().canonicalize().expect("a path");
    let tree = RevisionTree::open(&root, "v1").expect("the revision is there");
    assert_eq!(tree.read(&root.join("shop/link/main.py")).expect("a file"), b"old = 1\n");
    assert_eq!(tree.canonical(&root.join("shop/link")).expect("a folder"), root.join("shop/api"));
    let entries = tree.entries(&root.join("shop")).expect("a directory");
    assert!(entries.iter().any(|entry| entry.is_link && entry.kind == EntryKind::Directory));
    assert_eq!(tree.kind(&root.join("loop")), None);
    assert!(tree.canonical(&root.join("loop")).is_err());
}

#[test]
fn libraries_are_those_that_are_installed() {
    let folder = repository();
    let root = folder.path().canonicalize().expect("a path");
    let tree = RevisionTree::open(&root, "v1").expect("the revision is there");
    assert_eq!(tree.read(&root.join(".venv/lib/installed.py")).expect("a file"), b"here\n");
    let outside = tempfile::tempdir().expect("a folder");
    std::fs::write(outside.path().join("a.py"), "x").expect("a file");
    assert_eq!(tree.read(&outside.path().join("a.py")).expect("a file"), b"x");
}

#[test]
fn what_is_missing_is_said() {
    let folder = repository();
    let no = RevisionTree::open(folder.path(), "nowhere").expect_err("there is no such revision");
    assert!(matches!(no, RevisionError::NoRevision { .. }), "{no}");
    let outside = tempfile::tempdir().expect("a folder");
    let no = RevisionTree::open(outside.path(), "HEAD").expect_err("there is no repository");
    assert!(matches!(no, RevisionError::NoRepository(_)), "{no}");
}
