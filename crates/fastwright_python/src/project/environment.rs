//! Virtual environments: where the installed packages of a project lie. Python is never run.

use std::path::{Path, PathBuf};

use crate::source::{EntryKind, SourceTree, normalized};

use super::Version;

/// A virtual environment, or a folder of installed packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// The environment's folder (the one with `pyvenv.cfg`), or the folder of packages itself.
    pub path: PathBuf,
    /// Its `site-packages` folders in the order in which Python searches them, then the folders that `.pth`
    /// files in them name (editable installs).
    pub site_packages: Vec<PathBuf>,
    /// Python's version, from `pyvenv.cfg` or the folder's name.
    pub python: Option<Version>,
}

impl Environment {
    /// The environment at `path`: a virtual environment's folder, its Python program, or a folder of
    /// installed packages. `None` when it is none of these.
    #[must_use]
    pub fn at(tree: &dyn SourceTree, path: &Path) -> Option<Self> {
        if is_package_folder(tree, path) {
            return Some(Self::of_folders(tree, path, vec![path.to_path_buf()], None));
        }
        if tree.is_file(path) {
            // `.venv/bin/python`
            return path.parent().and_then(Path::parent).and_then(|folder| Self::at_folder(tree, folder));
        }
        Self::at_folder(tree, path)
    }

    fn at_folder(tree: &dyn SourceTree, path: &Path) -> Option<Self> {
        let mut found: Vec<(Option<Version>, PathBuf)> = Vec::new();
        for library in ["lib", "lib64"] {
            let library = path.join(library);
            for entry in tree.entries(&library).unwrap_or_default() {
                let name = entry
                    .path
                    .file_name()
                    .map(|name| name.to_string_lossy().into_owned())
                    .unwrap_or_default();
                let Some(version) = name.strip_prefix("python").or_else(|| name.strip_prefix("pypy")) else {
                    continue;
                };
                if entry.kind != EntryKind::Directory {
                    continue;
                }
                for packages in ["site-packages", "dist-packages"] {
                    let folder = entry.path.join(packages);
                    if tree.is_dir(&folder) {
                        found.push((Version::parse(version), folder));
                    }
                }
            }
        }
        let windows = path.join("Lib").join("site-packages");
        if found.is_empty() && tree.is_dir(&windows) {
            found.push((None, windows));
        }
        // `lib64` is usually a link to `lib`: one folder must not count twice.
        let mut seen = Vec::new();
        found.retain(|(_, folder)| {
            let real = tree.canonical(folder).unwrap_or_else(|_| folder.clone());
            let new = !seen.contains(&real);
            seen.push(real);
            new
        });
        // An environment made again with a newer Python keeps the older one's folder.
        let newest = found.iter().map(|(version, _)| *version).max()?;
        found.retain(|(version, _)| *version == newest);
        let folders = found.into_iter().map(|(_, folder)| folder).collect();
        Some(Self::of_folders(tree, path, folders, newest))
    }

    fn of_folders(tree: &dyn SourceTree, path: &Path, folders: Vec<PathBuf>, named: Option<Version>) -> Self {
        let mut site_packages = folders;
        for folder in site_packages.clone() {
            for added in path_file_folders(tree, &folder) {
                if !site_packages.contains(&added) {
                    site_packages.push(added);
                }
            }
        }
        let python = configured_version(tree, path).or(named);
        Self { path: path.to_path_buf(), site_packages, python }
    }
}

/// Whether a folder is one that installers put packages into.
pub(crate) fn is_package_folder(tree: &dyn SourceTree, path: &Path) -> bool {
    if path.file_name().is_some_and(|name| name == "site-packages" || name == "dist-packages") {
        return tree.is_dir(path);
    }
    // `pip install --target` fills a folder of any name. Such a folder has no name to know it by, so ask for
    // the record that pip and uv always write.
    tree.entries(path).is_ok_and(|entries| {
        entries.iter().any(|entry| {
            entry.kind == EntryKind::Directory
                && entry.path.extension().is_some_and(|extension| extension == "dist-info")
                && tree.is_file(&entry.path.join("RECORD"))
        })
    })
}

/// Folders that the `.pth` files of a folder of packages add to the search path.
fn path_file_folders(tree: &dyn SourceTree, folder: &Path) -> Vec<PathBuf> {
    let mut added = Vec::new();
    for entry in tree.entries(folder).unwrap_or_default() {
        if entry.kind != EntryKind::File || entry.path.extension().is_none_or(|extension| extension != "pth")
        {
            continue;
        }
        let Ok(bytes) = tree.read(&entry.path) else {
            continue;
        };
        for line in String::from_utf8_lossy(&bytes).lines() {
            let line = line.trim();
            // Lines that start with `import` are code.
            if line.is_empty()
                || line.starts_with('#')
                || line.starts_with("import ")
                || line.starts_with("import\t")
            {
                continue;
            }
            let path = normalized(&folder.join(line));
            if tree.is_dir(&path) {
                added.push(path);
            }
        }
    }
    added
}

fn configured_version(tree: &dyn SourceTree, environment: &Path) -> Option<Version> {
    let bytes = tree.read(&environment.join("pyvenv.cfg")).ok()?;
    String::from_utf8_lossy(&bytes).lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        matches!(key.trim(), "version" | "version_info").then(|| Version::parse(value)).flatten()
    })
}

/// Distributions installed in a folder of packages: name, version, and the folder that says so.
pub(crate) fn installed_distributions(
    tree: &dyn SourceTree,
    folder: &Path,
) -> Vec<(String, String, PathBuf)> {
    let mut distributions = Vec::new();
    for entry in tree.entries(folder).unwrap_or_default() {
        let Some(name) = entry.path.file_name().map(|name| name.to_string_lossy().into_owned()) else {
            continue;
        };
        let Some(stem) = name.strip_suffix(".dist-info").or_else(|| name.strip_suffix(".egg-info")) else {
            continue;
        };
        // `name-1.2.dist-info`; old eggs add `-py3.11`.
        let mut parts = stem.split('-');
        if let (Some(name), Some(version)) = (parts.next(), parts.next()) {
            distributions.push((name.to_owned(), version.to_owned(), entry.path));
        }
    }
    distributions
}

/// The environment of a project: the one that the user named, else `.venv`, `venv` or `env` in one of the
/// folders (nearest first), else `VIRTUAL_ENV` when it lies in the project.
pub(crate) fn find(
    tree: &dyn SourceTree,
    folders: &[PathBuf],
    project_root: &Path,
    virtual_env: Option<&Path>,
) -> Option<Environment> {
    let beside = folders.iter().find_map(|folder| {
        [".venv", "venv", "env"].into_iter().find_map(|name| {
            let candidate = folder.join(name);
            tree.is_dir(&candidate).then(|| Environment::at_folder(tree, &candidate)).flatten()
        })
    });
    beside.or_else(|| {
        let virtual_env = virtual_env.filter(|path| path.starts_with(project_root))?;
        Environment::at(tree, virtual_env)
    })
}
