//! Which files a program loads, and what it finds out about them on the way.

#![allow(clippy::unwrap_used)]

use fastwright_python::loader::{Program, Rest};
use fastwright_python::project::{DiscoverOptions, discover};
use fastwright_python::source::{DiskTree, MemoryTree, SourceTree};
use std::path::Path;
use std::sync::Arc;

fn program(fixture: &str) -> Program {
    let tree = Arc::new(MemoryTree::from_fixture(fixture));
    let project = Arc::new(discover(&*tree, Path::new("."), &DiscoverOptions::default()).unwrap());
    Program::new(project, tree, |_| false)
}

/// The files that are parsed, in order.
fn loaded(program: &Program) -> Vec<&str> {
    let mut paths: Vec<&str> = program.files().iter().map(|(_, file)| file.relative.as_str()).collect();
    paths.sort_unstable();
    paths
}

#[test]
fn imported_names_are_followed_where_they_may_be_modules() {
    let mut program = program(
        "#- main.py
from app import orders, VERSION, missing
from app.users import User
from app import nested
wanted = 1
#- app/__init__.py
VERSION = 1
#- app/orders.py
#- app/users.py
class User: ...
#- app/User.py
#- app/nested/part.py
#- app/unused.py
",
    );
    program.load(&["wanted"], Rest::Left);
    // `User` is a class there, whatever else is called like it.
    let expected = ["app/__init__.py", "app/orders.py", "app/users.py", "main.py"];
    assert_eq!(loaded(&program), expected);
}

#[test]
fn watched_texts_are_found_while_files_are_parsed() {
    let mut program = program(
        "#- one.py
wanted = 'here'
#- two.py
wanted = 1  # there
",
    );
    program.watch(&["here", "there"]);
    program.load(&["wanted"], Rest::Left);
    let held = |path: &str| {
        let (_, file) = program.files().iter().find(|(_, file)| file.relative == path).unwrap();
        (file.may_hold(0), file.may_hold(1))
    };
    assert_eq!(held("one.py"), (true, false));
    // `there` holds `here`.
    assert_eq!(held("two.py"), (true, true));
    let other =
        fastwright_python::location::File::new("x".into(), "x".into(), "x".into(), true, "nothing".into());
    assert!(other.may_hold(0), "nobody looked");
}

#[test]
fn bytes_are_read_in_place_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let (long, empty) = (folder.path().join("long.py"), folder.path().join("empty.py"));
    std::fs::write(&long, "x = 1\n".repeat(20_000)).unwrap();
    std::fs::write(&empty, "").unwrap();
    assert_eq!(DiskTree.read(&long).unwrap().len(), 120_000);
    let mut bytes = b"before".to_vec();
    DiskTree.read_into(&long, &mut bytes).unwrap();
    assert_eq!(bytes.len(), 120_000);
    DiskTree.read_into(&empty, &mut bytes).unwrap();
    assert!(bytes.is_empty() && DiskTree.read(folder.path()).is_err());
}

/// Whatever the length that the system tells: all that is in a file is read, and nothing of what was read before stays.
#[test]
fn files_of_every_length_are_read_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("orders.py");
    let mut read = vec![b'x'; 20];
    for length in [0, 1, 7, 8, 4_095, 4_096, 8_192, 300_000] {
        let written: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        std::fs::write(&path, &written).expect("a file");
        DiskTree.read_into(&path, &mut read).expect("the file");
        assert!(read == written, "{length}");
        assert!(DiskTree.read(&path).expect("the file") == written, "{length}");
    }
    // Its length is said to be 0.
    #[cfg(target_os = "linux")]
    assert!(DiskTree.read("/proc/self/status".as_ref()).expect("the file").starts_with(b"Name:"));
}
