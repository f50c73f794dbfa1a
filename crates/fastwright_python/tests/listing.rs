//! A listing without files that nobody wants: links, folders and all else stay, on disk and in memory.

use fastwright_python::source::{DiskTree, MemoryTree, SourceTree};
use std::ffi::OsStr;
use std::path::Path;

fn names(tree: &dyn SourceTree, folder: &Path, wanted: &dyn Fn(&OsStr) -> bool) -> Vec<String> {
    let entries = tree.entries_where(folder, wanted).expect("a folder");
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    entries.iter().map(|entry| name(&entry.path)).collect()
}

#[test]
fn only_unwanted_regular_files_are_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    for name in ["b.py", "a.py", "smile.svg", "heart.svg"] {
        std::fs::write(at(name), "").expect("a file");
    }
    std::fs::create_dir(at("icons.svg")).expect("a folder");
    let wanted = |name: &OsStr| name.as_encoded_bytes().ends_with(b".py");
    assert_eq!(names(&DiskTree, folder.path(), &wanted), ["a.py", "b.py", "icons.svg"]);
    assert_eq!(
        names(&DiskTree, folder.path(), &|_| true),
        ["a.py", "b.py", "heart.svg", "icons.svg", "smile.svg"]
    );
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(at("a.py"), at("linked.svg")).expect("a link");
        assert_eq!(names(&DiskTree, folder.path(), &wanted), ["a.py", "b.py", "icons.svg", "linked.svg"]);
    }
    assert!(DiskTree.entries_where(&at("nowhere"), &wanted).is_err());

    let memory = MemoryTree::from_fixture("#- b.py\n#- a.py\n#- smile.svg\n#- icons.svg/x.py\n");
    assert_eq!(names(&memory, Path::new(MemoryTree::ROOT), &wanted), ["a.py", "b.py", "icons.svg"]);
}
