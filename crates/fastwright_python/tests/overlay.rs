//! A tree with changes shows the files as they would be.

use fastwright_python::source::{EntryKind, MemoryTree, OverlayTree, SourceTree};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[test]
fn changed_added_and_removed_files_are_as_they_would_be() {
    let below = MemoryTree::from_fixture("#- a.py\nold\n#- gone.py\nx\n#- pkg/__init__.py\n");
    let at = |path: &str| Path::new(MemoryTree::ROOT).join(path);
    let changed: BTreeMap<PathBuf, Option<Vec<u8>>> = BTreeMap::from([
        (at("a.py"), Some(b"new\n".to_vec())),
        (at("gone.py"), None),
        (at("fresh/deep/b.py"), Some(b"b\n".to_vec())),
    ]);
    let tree = OverlayTree::new(Arc::new(below), changed);
    assert_eq!(tree.read(&at("a.py")).expect("a file"), b"new\n");
    assert_eq!(tree.size(&at("a.py")).expect("a file"), 4);
    assert!(tree.read(&at("gone.py")).is_err());
    assert_eq!(tree.kind(&at("gone.py")), None);
    assert_eq!(tree.kind(&at("fresh")), Some(EntryKind::Directory));
    assert_eq!(tree.kind(&at("fresh/deep/b.py")), Some(EntryKind::File));
    let names = |folder: &str| -> Vec<String> {
        let entries = tree.entries(&at(folder)).expect("a folder");
        entries
            .iter()
            .map(|entry| entry.path.file_name().unwrap_or_default().to_string_lossy().into_owned())
            .collect()
    };
    assert_eq!(names(""), ["a.py", "fresh", "pkg"]);
    assert_eq!(names("fresh/deep"), ["b.py"]);
    assert_eq!(tree.canonical(&at("fresh/deep/b.py")).expect("a path"), at("fresh/deep/b.py"));
}
