//! Files of a project for somebody who is not trusted, on a real file system.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used)]

use fastwright_sandbox::files::{FileError, Kind, Named, ProjectFiles, Protection};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tempfile::TempDir;

struct Scene {
    folder: TempDir,
    files: ProjectFiles,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("project");
        fs::create_dir_all(project.join("app")).unwrap();
        fs::create_dir_all(folder.path().join("project-twin")).unwrap();
        fs::write(project.join("app/main.py"), "x = 1\n").unwrap();
        fs::write(folder.path().join("outside.txt"), "outside\n").unwrap();
        let files = ProjectFiles::open(&project).unwrap();
        Self { folder, files }
    }

    fn project(&self, path: &str) -> PathBuf {
        self.folder.path().join("project").join(path)
    }

    fn outside(&self) -> PathBuf {
        self.folder.path().join("outside.txt")
    }

    fn write(&self, path: &str) -> Result<(), FileError> {
        self.files.write(path, "written\n", &Named::nothing())
    }

    fn is_untouched_outside(&self) {
        assert_eq!(fs::read_to_string(self.outside()).unwrap(), "outside\n");
        let mut names: Vec<_> =
            fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["outside.txt", "project", "project-twin"]);
        assert_eq!(fs::read_dir(self.folder.path().join("project-twin")).unwrap().count(), 0);
    }
}

#[test]
fn ordinary_files_are_read_listed_written_and_removed() {
    let scene = Scene::new();
    assert_eq!(scene.files.read("app/main.py").unwrap().text, "x = 1\n");
    scene.write("app/routers/new/orders.py").unwrap();
    assert_eq!(fs::read_to_string(scene.project("app/routers/new/orders.py")).unwrap(), "written\n");
    scene.write("app/main.py").unwrap();
    assert_eq!(scene.files.read("app/main.py").unwrap().text, "written\n");
    let listing = scene.files.list("app").unwrap();
    let names: Vec<_> = listing.entries.iter().map(|entry| (entry.name.as_str(), entry.kind)).collect();
    assert_eq!(names, [("main.py", Kind::File), ("routers", Kind::Folder)]);
    scene.files.remove("app/main.py", &Named::nothing()).unwrap();
    assert!(!scene.project("app/main.py").exists());
    assert_eq!(scene.files.list("").unwrap().entries.len(), 1);
}

#[test]
fn the_mode_of_a_file_stays() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::new();
    fs::set_permissions(scene.project("app/main.py"), fs::Permissions::from_mode(0o750)).unwrap();
    scene.write("app/main.py").unwrap();
    assert_eq!(fs::metadata(scene.project("app/main.py")).unwrap().permissions().mode() & 0o777, 0o750);
}

#[test]
fn no_path_leads_out() {
    let scene = Scene::new();
    let absolute = scene.outside().display().to_string();
    for path in [
        "../outside.txt",
        "app/../../outside.txt",
        "../project-twin/new.py",
        "app/..",
        absolute.as_str(),
        "",
        ".",
        "app/./main.py",
        "app\\..\\..\\outside.txt",
        "~/x",
        "file:///etc/passwd",
        "app/main.py\u{0}.txt",
    ] {
        assert!(scene.files.read(path).is_err(), "{path:?} is read");
        assert!(scene.write(path).is_err(), "{path:?} is written");
        assert!(scene.files.remove(path, &Named::nothing()).is_err(), "{path:?} is removed");
    }
    scene.is_untouched_outside();
}

#[test]
fn links_are_followed_nowhere() {
    let scene = Scene::new();
    symlink(scene.outside(), scene.project("link.txt")).unwrap();
    symlink(scene.folder.path(), scene.project("up")).unwrap();
    symlink("main.py", scene.project("app/inside.py")).unwrap();
    symlink("../..", scene.project("app/parent")).unwrap();
    symlink(scene.folder.path().join("nothing-yet.txt"), scene.project("dangling.txt")).unwrap();
    for path in [
        "link.txt",
        "up/outside.txt",
        "up/new.txt",
        "app/parent/outside.txt",
        "dangling.txt",
        "app/inside.py",
    ] {
        assert!(scene.files.read(path).is_err(), "{path} is read");
        assert!(scene.write(path).is_err(), "{path} is written");
        assert!(scene.files.remove(path, &Named::nothing()).is_err(), "{path} is removed");
    }
    assert!(scene.files.list("up").is_err());
    assert!(scene.write("up/new/folder/file.py").is_err());
    scene.is_untouched_outside();
    let link = scene.files.list("").unwrap().entries.into_iter().find(|entry| entry.name == "link.txt");
    assert_eq!(link.unwrap().kind, Kind::Link);
}

#[test]
fn a_hard_link_is_not_written() {
    let scene = Scene::new();
    fs::hard_link(scene.outside(), scene.project("hard.txt")).unwrap();
    assert!(matches!(scene.write("hard.txt"), Err(FileError::OtherNames { .. })));
    assert!(matches!(
        scene.files.remove("hard.txt", &Named::new(["hard.txt"])),
        Err(FileError::OtherNames { .. })
    ));
    scene.is_untouched_outside();
}

#[test]
fn pipes_sockets_devices_and_folders_are_not_opened_and_nothing_waits() {
    let scene = Scene::new();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        scene.project("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(scene.project("socket")).unwrap();
    let started = Instant::now();
    for path in ["pipe", "socket", "app"] {
        assert!(scene.files.read(path).is_err(), "{path} is read");
        assert!(scene.write(path).is_err(), "{path} is written");
    }
    assert!(started.elapsed() < Duration::from_secs(5));
    let kinds: Vec<_> = scene.files.list("").unwrap().entries.into_iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [Kind::Folder, Kind::Special, Kind::Special]);
}

#[test]
fn large_files_and_bytes_that_are_no_text_are_not_read() {
    let scene = Scene::new();
    fs::File::create(scene.project("large.json")).unwrap().set_len(1 << 40).unwrap();
    assert!(matches!(scene.files.read("large.json"), Err(FileError::TooLarge { .. })));
    fs::write(scene.project("picture.png"), [0xff, 0xd8, 0xff]).unwrap();
    assert!(matches!(scene.files.read("picture.png"), Err(FileError::NoText { .. })));
    let text = "x".repeat(5 << 20);
    let written = scene.files.write("app/large.py", &text, &Named::nothing());
    assert!(matches!(written, Err(FileError::TooLarge { .. })));
}

#[test]
fn secrets_are_neither_read_nor_written_even_when_named() {
    let scene = Scene::new();
    fs::write(scene.project(".env"), "SECRET_KEY=abc\n").unwrap();
    for path in [".env", ".ENV", "app/.env.local", "server.pem"] {
        let read = scene.files.read(path).map(|content| content.text);
        assert!(matches!(read, Err(FileError::Protected { protection: Protection::Secret, .. })), "{path}");
        let written = scene.files.write(path, "x", &Named::new([path, ".env", "app", ""]));
        assert!(
            matches!(written, Err(FileError::Protected { protection: Protection::Secret, .. })),
            "{path}"
        );
    }
    assert_eq!(fs::read_to_string(scene.project(".env")).unwrap(), "SECRET_KEY=abc\n");
    let listing = scene.files.list("").unwrap();
    assert_eq!(listing.entries[0].protection, Some(Protection::Secret));
}

#[test]
fn protected_paths_are_written_when_the_user_named_them() {
    let scene = Scene::new();
    for path in [
        ".github/workflows/test.yml",
        ".git/hooks/pre-commit",
        "AGENTS.md",
        "uv.lock",
        "tests/test_x.py",
        "fastwright.toml",
    ] {
        let error = scene.write(path).unwrap_err();
        assert!(matches!(error, FileError::Protected { .. }), "{path}: {error}");
        assert!(!scene.project(path).exists());
        // They may be read: they are no secret.
        assert!(matches!(scene.files.read(path), Err(FileError::System { .. })), "{path}");
        scene.files.write(path, "x", &Named::new([path])).unwrap();
        assert!(scene.project(path).exists());
    }
    let named = Named::new(["tests/"]);
    scene.files.write("tests/orders/test_new.py", "x", &named).unwrap();
    assert!(scene.files.write("tests-of-others/test_new.py", "x", &named).is_err());
    assert!(scene.files.write("app/test_new.py", "x", &named).is_err());
    assert!(!Named::new(["..", "/", "", "."]).covers("tests/test_x.py"));
}

#[test]
fn another_spelling_of_a_file_is_not_written() {
    let scene = Scene::new();
    for path in ["app/Main.py", "APP/main.py", "app/ｍain.py"] {
        let error = scene.write(path).unwrap_err();
        assert!(error.to_string().contains("already"), "{path}: {error}");
    }
}

/// A folder is exchanged for a link out of the project, again and again, while files are written through it.
#[test]
fn a_race_for_a_folder_leads_nowhere() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let scene = Scene::new();
    fs::create_dir(scene.project("race")).unwrap();
    let ended = AtomicBool::new(false);
    let found = std::thread::scope(|threads| {
        threads.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                let _ = fs::rename(scene.project("race"), scene.project("aside"));
                let _ = symlink(scene.folder.path(), scene.project("race"));
                let _ = fs::remove_file(scene.project("race"));
                let _ = fs::rename(scene.project("aside"), scene.project("race"));
            }
        });
        let started = Instant::now();
        let mut found = Vec::new();
        while started.elapsed() < Duration::from_secs(1) {
            let _ = scene.write("race/outside.txt");
            found.extend(scene.files.read("race/outside.txt").map(|content| content.text));
        }
        ended.store(true, Ordering::Relaxed);
        found
    });
    assert!(found.iter().all(|text| text == "written\n"));
    assert_eq!(fs::read_to_string(scene.outside()).unwrap(), "outside\n");
}
