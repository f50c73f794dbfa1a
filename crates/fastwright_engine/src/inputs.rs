//! Which files a result depends on, found without parsing anything: for the cache and for `--watch`.

use crate::settings::Settings;
use ignore::overrides::OverrideBuilder;
use ignore::{WalkBuilder, WalkState};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Files that say which libraries and settings a project has.
const MANIFESTS: [&str; 12] = [
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "fastwright.toml",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile",
    "Pipfile.lock",
    "pylock.toml",
    "alembic.ini",
    ".python-version",
];

/// Folders that never hold a project's own sources.
pub(crate) const NOT_OURS: [&str; 12] = [
    ".git",
    ".hg",
    ".venv",
    "venv",
    "node_modules",
    "__pycache__",
    ".tox",
    ".nox",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".fastwright_cache",
];

/// The root of the project that holds `path`: the nearest folder at or above it with a manifest or a
/// repository, else the path itself.
pub fn project_root(path: &Path) -> &Path {
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    let marks = ["pyproject.toml", "setup.cfg", "setup.py", "fastwright.toml", ".git"];
    folder.ancestors().find(|folder| marks.iter().any(|mark| folder.join(mark).exists())).unwrap_or(folder)
}

/// Python files and manifests under the path of the settings, sorted; what git ignores or the settings
/// exclude is left out.
pub fn project_inputs(settings: &Settings) -> Vec<PathBuf> {
    listing(settings).inputs
}

/// What a walk over a project found.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Python files and manifests, sorted.
    pub(crate) inputs: Vec<PathBuf>,
    /// The folders that were listed: another walk finds the same files as long as none of them changes, nor one of
    /// `rules`.
    pub(crate) folders: Vec<PathBuf>,
    /// What else decides what a walk finds: files that say what git ignores, and links that lead nowhere. They need not
    /// exist.
    pub(crate) rules: Vec<PathBuf>,
}

/// Files that say what git and others ignore in the folder that they are in.
const IGNORE_FILES: [&str; 3] = [".gitignore", ".ignore", ".git/info/exclude"];

/// Walks over the project of the settings.
pub(crate) fn listing(settings: &Settings) -> Listing {
    let path = &settings.path;
    let mut walk = WalkBuilder::new(path);
    // Linked folders are not entered: links that cross each other would be walked without end. What the
    // analysis reads through them counts as an input because it was read.
    walk.hidden(false).require_git(false).follow_links(false).threads(rayon::current_num_threads());
    let mut excludes = OverrideBuilder::new(project_root(path));
    for pattern in &settings.analysis.exclude {
        // A pattern that can't be read excludes nothing; the analysis says that it is wrong.
        let _ = excludes.add(&format!("!{pattern}"));
    }
    if let Ok(excludes) = excludes.build() {
        walk.overrides(excludes);
    }
    walk.filter_entry(|entry| {
        entry.depth() == 0 || entry.file_name().to_str().is_none_or(|name| !NOT_OURS.contains(&name))
    });
    let found = Mutex::new(Listing::default());
    walk.build_parallel().run(|| {
        let found = &found;
        Box::new(move |entry| {
            // What can't be listed is reported by the analysis.
            let Ok(entry) = entry else { return WalkState::Continue };
            let Some(kind) = entry.file_type() else { return WalkState::Continue };
            let is_named = is_input(entry.file_name()) || entry.depth() == 0;
            let leads_nowhere = kind.is_symlink() && is_named && !entry.path().is_file();
            let is_ignore_file = IGNORE_FILES.iter().any(|name| entry.file_name() == *name);
            let Ok(mut found) = found.lock() else { return WalkState::Continue };
            if kind.is_dir() {
                found.folders.push(entry.into_path());
            } else if leads_nowhere || is_ignore_file {
                found.rules.push(entry.into_path());
            } else if is_named && (kind.is_file() || kind.is_symlink()) {
                found.inputs.push(entry.into_path());
            }
            WalkState::Continue
        })
    });
    let mut found = found.into_inner().unwrap_or_default();
    found.inputs.sort_unstable();
    for folder in path.ancestors() {
        found.rules.extend(IGNORE_FILES.iter().map(|name| folder.join(name)));
    }
    let nested: Vec<PathBuf> = found.folders.iter().map(|folder| folder.join(".git/info/exclude")).collect();
    found.rules.extend(nested.into_iter().filter(|file| file.exists()));
    found.rules.extend(ignore::gitignore::gitconfig_excludes_path());
    found
}

/// Whether a change of a file with this name can change a result.
pub fn is_input(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    let is_python = name.ends_with(".py") || name.ends_with(".pyi");
    let is_requirements = name.starts_with("requirements") && name.ends_with(".txt");
    is_python || is_requirements || MANIFESTS.contains(&name)
}

/// What a result depends on beside the sources: manifests above the project, its baseline, and virtual environments,
/// whose folders of packages change when something is installed. They need not exist.
pub fn surroundings(settings: &Settings) -> Vec<PathBuf> {
    let root = project_root(&settings.path);
    let mut paths: Vec<PathBuf> = Vec::new();
    for folder in settings.path.ancestors().take_while(|folder| folder.starts_with(root)) {
        paths.extend(MANIFESTS.iter().map(|name| folder.join(name)));
    }
    paths.extend(settings.baseline_file().map(Path::to_path_buf));
    let mut environments = vec![root.join(".venv"), root.join("venv")];
    environments.extend(settings.analysis.python_env.clone());
    environments.extend(std::env::var_os("VIRTUAL_ENV").map(PathBuf::from));
    for environment in environments {
        paths.push(environment.join("pyvenv.cfg"));
        paths.push(environment.join("Lib/site-packages"));
        let versions = std::fs::read_dir(environment.join("lib")).into_iter().flatten().flatten();
        let mut versions: Vec<PathBuf> = versions.map(|entry| entry.path().join("site-packages")).collect();
        versions.sort_unstable();
        paths.extend(versions);
    }
    paths
}
