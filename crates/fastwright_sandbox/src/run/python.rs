//! What a Python interpreter needs to run.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// A Python installation or virtual environment: what has to be readable for its programs to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonEnvironment {
    /// The folder of its programs.
    pub programs: PathBuf,
    /// Folders that its programs read.
    pub readable: Vec<PathBuf>,
    /// Folders outside that its packages are imported from: projects installed from their own folder.
    editable: Vec<PathBuf>,
}

/// Where a file really is, and each place on the way there.
fn places(program: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = vec![program.to_owned()];
    let mut program = program.to_owned();
    // As many as the system follows.
    for _ in 0..40 {
        let Ok(target) = std::fs::read_link(&program) else { break };
        program = program.parent().unwrap_or(Path::new("/")).join(target);
        found.push(program.clone());
    }
    found.push(program.canonicalize()?);
    Ok(found)
}

/// The folder that an interpreter is installed in: its program is in `bin` there.
fn prefix(program: &Path) -> Option<PathBuf> {
    let folder = program.parent()?;
    if folder.file_name()? == "bin" { folder.parent().map(Path::to_owned) } else { Some(folder.to_owned()) }
}

/// Whether a Python is installed in a folder; one that only has packages of a user is none.
fn has_standard_library(prefix: &Path) -> bool {
    let libraries = std::fs::read_dir(prefix.join("lib")).into_iter().flatten().flatten();
    prefix.join("Lib/os.py").is_file()
        || libraries.into_iter().any(|entry| entry.path().join("os.py").is_file())
}

/// Whether a folder is so wide that nobody means it.
fn is_too_wide(folder: &Path) -> bool {
    // Programs of the system are readable anyway.
    folder.parent().is_none()
        || folder == Path::new("/usr")
        || std::env::home_dir().is_some_and(|home| home == folder)
}

impl PythonEnvironment {
    /// Looks at the environment in a folder (which has `bin/python` in it), without running anything.
    ///
    /// # Errors
    /// When there is no interpreter.
    pub fn of_folder(folder: &Path) -> io::Result<Self> {
        let programs = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
        let named = ["python3", "python", "python.exe"].map(|name| programs.join(name));
        let python = named.iter().find(|python| python.exists()).ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, format!("{} has no Python interpreter", folder.display()))
        })?;
        let mut readable = BTreeSet::from([folder.to_owned()]);
        if let Ok(real) = folder.canonicalize() {
            readable.insert(real);
        }
        for place in places(python)? {
            match prefix(&place).filter(|prefix| has_standard_library(prefix) && !is_too_wide(prefix)) {
                Some(prefix) => readable.insert(prefix),
                None => readable.insert(place),
            };
        }
        let mut environment =
            Self { programs, readable: readable.into_iter().collect(), editable: Vec::new() };
        environment.editable = environment.find_editable(folder);
        Ok(environment)
    }

    /// The folders below a root that packages are imported from, relative to it.
    pub(super) fn imported_from(&self, root: &Path) -> Vec<PathBuf> {
        self.editable.iter().filter_map(|folder| folder.strip_prefix(root).ok()).map(Path::to_owned).collect()
    }

    /// `.pth` files name folders, one on a line; the finders of setuptools have them as text in a module.
    fn find_editable(&self, folder: &Path) -> Vec<PathBuf> {
        let mut found = BTreeSet::new();
        let libraries = ["lib", "lib64", "Lib"].map(|name| folder.join(name));
        for library in libraries {
            let mut packages = vec![library.join("site-packages")];
            for entry in std::fs::read_dir(&library).into_iter().flatten().flatten() {
                packages.push(entry.path().join("site-packages"));
            }
            for entry in
                packages.iter().filter_map(|packages| std::fs::read_dir(packages).ok()).flatten().flatten()
            {
                let name = entry.file_name();
                let Some(name) = name.to_str() else { continue };
                let is_finder = name.starts_with("__editable__") && name.ends_with("_finder.py");
                if !name.ends_with(".pth") && !is_finder {
                    continue;
                }
                let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
                if is_finder {
                    // Names of packages, and where they are.
                    let mapping = text.lines().find(|line| line.starts_with("MAPPING")).unwrap_or_default();
                    for path in mapping.split(['\'', '"']).map(Path::new).filter(|path| path.is_absolute()) {
                        found.extend(path.parent().map(Path::to_owned));
                    }
                } else {
                    found.extend(
                        text.lines().map(|line| PathBuf::from(line.trim())).filter(|path| path.is_absolute()),
                    );
                }
            }
        }
        found.into_iter().filter_map(|path| path.canonicalize().ok()).filter(|path| path.is_dir()).collect()
    }
}
