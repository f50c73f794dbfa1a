//! What is left out, and input that must not hang or fail: on the real file system where that matters.

use std::fs;

use super::*;

fn relative_files(tree: &dyn SourceTree, path: &Path, options: &DiscoverOptions) -> Vec<String> {
    discover(tree, path, options).unwrap().files.into_iter().map(|file| file.relative).collect()
}

#[test]
fn what_is_left_out() {
    let tree = MemoryTree::from_fixture(
        "#- pyproject.toml\n[project]\nname = \"x\"\n#- app/main.py\n#- app/build/__init__.py\n#- app/dist/routes.py\n#- build/lib/app/main.py\n#- dist/app/x.py\n\
         #- .hidden/a.py\n#- app/.secret.py\n#- node_modules/x/y.py\n#- app/__pycache__/main.py\n#- myenv/pyvenv.cfg\n#- myenv/a.py\n#- env/settings.py\n\
         #- app/types.pyi\n#- app/note.ipynb\n#- ignored/a.py\n#- ignored/keep.py\n#- .gitignore\n/ignored/*\n!/ignored/keep.py\n#- app/gen/.gitignore\n*\n#- app/gen/x.py\n#- other.ignore\n#- .ignore\nlocal.py\n#- local.py\n",
    );
    let options = DiscoverOptions::default();
    let here = Path::new(".");
    let expected =
        ["app/build/__init__.py", "app/dist/routes.py", "app/main.py", "env/settings.py", "ignored/keep.py"];
    assert_eq!(relative_files(&tree, here, &options), expected);
    let options = DiscoverOptions {
        exclude: vec!["app/build".into()],
        extend_exclude: vec!["*settings.py".into()],
        ..options
    };
    assert_eq!(
        relative_files(&tree, here, &options),
        ["app/dist/routes.py", "app/main.py", "ignored/keep.py"]
    );
    let options = DiscoverOptions { respect_gitignore: false, ..options };
    assert_eq!(
        relative_files(&tree, here, &options),
        ["app/dist/routes.py", "app/gen/x.py", "app/main.py", "ignored/a.py", "ignored/keep.py", "local.py"]
    );
    let options = DiscoverOptions { exclude: vec!["a{".into()], ..options };
    let error = discover(&tree, here, &options).unwrap_err().to_string();
    assert!(error.contains("`a{`"), "{error}");
}

#[test]
fn an_explicit_path_wins() {
    let tree = MemoryTree::from_fixture(
        "#- .git/HEAD\n#- .gitignore\nignored/\n*.tmp.py\n#- ignored/app/main.py\n#- .hidden/a.py\n#- build/lib/a.py\n#- node_modules/pkg/a.py\n#- x.tmp.py\n",
    );
    let options = DiscoverOptions::default();
    for (path, file) in [
        ("ignored", "ignored/app/main.py"),
        ("ignored/app", "ignored/app/main.py"),
        (".hidden", ".hidden/a.py"),
        ("build", "build/lib/a.py"),
        ("node_modules/pkg", "node_modules/pkg/a.py"),
        ("x.tmp.py", "x.tmp.py"),
    ] {
        assert_eq!(relative_files(&tree, Path::new(path), &options), [file], "{path}");
    }
    // Patterns of the repository count in a folder of it.
    let tree = MemoryTree::from_fixture(
        "#- .git/info/exclude\nmine.py\n#- .gitignore\n/a/x.py\n#- a/x.py\n#- a/mine.py\n#- a/y.py\n",
    );
    assert_eq!(relative_files(&tree, Path::new("a"), &options), ["a/y.py"]);
}

#[test]
fn paths_that_are_nothing() {
    let tree = MemoryTree::new();
    let error = discover(&tree, Path::new("missing/app"), &DiscoverOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "missing/app: no such file or directory");
    let empty = found(&tree, ".");
    assert!(empty.files.is_empty() && empty.problems.is_empty());
    let resolver = resolver(&empty, &tree);
    assert_eq!(resolver.resolve(FileIndex(0), "x"), None);
    assert_eq!(resolver.resolve_absolute("x..y."), None);
}

#[test]
fn files_that_are_too_large() {
    let tree = MemoryTree::from_fixture("#- big.py\n0123456789\n#- small.py\n1\n");
    let options = DiscoverOptions { max_file_bytes: 5, ..DiscoverOptions::default() };
    let project = discover(&tree, Path::new("."), &options).unwrap();
    assert_eq!(names(&project), "small.py = small @ .\n");
    assert_eq!(project.problems[0].kind, ProblemKind::TooLarge);
}

#[cfg(unix)]
#[test]
fn links_fifos_and_folders_named_like_files() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("app/x.py")).unwrap();
    fs::create_dir_all(root.join("shared/lib")).unwrap();
    fs::create_dir_all(root.join("service")).unwrap();
    fs::write(root.join("pyproject.toml"), "[project]\nname = 'x'\n").unwrap();
    fs::write(root.join("app/main.py"), "x = 1\n").unwrap();
    fs::write(root.join("app/x.py/inner.py"), "x = 1\n").unwrap();
    fs::write(root.join("shared/lib/a.py"), "x = 1\n").unwrap();
    fs::write(root.join("service/run.py"), "import lib.a\n").unwrap();
    symlink(root, root.join("app/loop")).unwrap();
    symlink("self", root.join("app/self")).unwrap();
    symlink("broken.py", root.join("app/broken.py")).unwrap();
    symlink("main.py", root.join("app/alias.py")).unwrap();
    symlink("../shared/lib", root.join("service/lib")).unwrap();
    let fifo = std::process::Command::new("mkfifo").arg(root.join("app/pipe.py")).status();
    let options = DiscoverOptions::default();
    let project = discover(&DiskTree, root, &options).unwrap();
    let files: Vec<&str> = project.files.iter().map(|file| file.relative.as_str()).collect();
    assert_eq!(
        files,
        ["app/alias.py", "app/main.py", "app/x.py/inner.py", "service/run.py", "shared/lib/a.py"]
    );
    assert!(
        project.problems.iter().all(|problem| problem.kind == ProblemKind::NotAFile),
        "{:?}",
        project.problems
    );
    assert!(project.problems.iter().any(|problem| problem.path.ends_with("broken.py")));
    if fifo.is_ok_and(|status| status.success()) {
        assert_eq!(project.problems.len(), 2);
        assert!(matches!(
            discover(&DiskTree, &root.join("app/pipe.py"), &options),
            Err(DiscoverError::NotReadable(_))
        ));
        assert!(DiskTree.read(&root.join("app/pipe.py")).is_err());
    }
    // A link out of the analysed folder, to another place of the project, is followed.
    let project = discover(&DiskTree, &root.join("service"), &options).unwrap();
    let files: Vec<&str> = project.files.iter().map(|file| file.relative.as_str()).collect();
    assert_eq!(files, ["service/lib/a.py", "service/run.py"]);
}

#[test]
fn deep_folders_end() {
    let mut tree = MemoryTree::new();
    tree.insert(format!("{}deep.py", "d/".repeat(600)), "x = 1\n");
    tree.insert("top.py", "x = 1\n");
    let project = found(&tree, ".");
    assert_eq!(names(&project), "top.py = top @ .\n");
    assert!(project.problems[0].message.contains("deep"));
}
