//! What a project's manifests say: names, import folders, dependencies, FastAPI entrypoints.
//!
//! `pyproject.toml` for setuptools, Poetry, PDM, Hatch, Flit and uv, `setup.cfg`, requirements files, and the
//! `pythonpath` of pytest. `setup.py` is code: its presence counts, its text is not read. A manifest that is
//! broken gives a [`ProjectProblem`] and counts by its presence alone.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::requirements::{Requirement, is_requirements_file, parse_requirements};
use super::setup_cfg::IniFile;
use super::{ProblemKind, ProjectProblem};
use crate::source::{SourceTree, normalized};

/// Which file a manifest is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ManifestKind {
    /// `pyproject.toml`.
    Pyproject,
    /// `setup.cfg`.
    SetupCfg,
    /// `setup.py`.
    SetupPy,
    /// `Pipfile`.
    Pipfile,
    /// `requirements.txt` and its relatives.
    Requirements,
    /// `pytest.ini` or `tox.ini`, for pytest's `pythonpath`.
    Pytest,
}

/// An application that a manifest names: `[tool.fastapi] entrypoint = "app.main:app"`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entrypoint {
    /// The manifest.
    pub manifest: PathBuf,
    /// Line of the statement, from 1.
    pub line: usize,
    /// Dotted module name, relative to the manifest's folder.
    pub module: String,
    /// The application's name in the module.
    pub attribute: String,
}

/// One manifest.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Absolute path.
    pub path: PathBuf,
    /// Which file it is.
    pub kind: ManifestKind,
    /// The name of the distribution that it describes.
    pub name: Option<String>,
    /// The version of that distribution, where it is written down (in the manifest, or in the `PKG-INFO` of a
    /// source distribution).
    pub version: Option<String>,
    /// Whether it describes a distribution or application of its own, not only the settings of tools.
    pub describes_project: bool,
    /// Folders that it declares as places where imports start, absolute.
    pub import_folders: Vec<PathBuf>,
    /// What it requires, of every group.
    pub dependencies: Vec<Requirement>,
    /// Folders of other projects that it depends on by path or as workspace members, absolute.
    pub local_projects: Vec<PathBuf>,
    /// The application that it names.
    pub entrypoint: Option<Entrypoint>,
    /// Requirements files that it includes.
    pub(crate) includes: Vec<PathBuf>,
}

impl Manifest {
    fn new(path: &Path, kind: ManifestKind) -> Self {
        Self {
            path: path.to_path_buf(),
            kind,
            name: None,
            version: None,
            describes_project: false,
            import_folders: Vec::new(),
            dependencies: Vec::new(),
            local_projects: Vec::new(),
            entrypoint: None,
            includes: Vec::new(),
        }
    }

    /// The folder that it lies in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    fn add_import_folder(&mut self, relative: &str) {
        let folder = normalized(&self.folder().join(relative));
        if !self.import_folders.contains(&folder) {
            self.import_folders.push(folder);
        }
    }

    /// A package that lies at `relative`: its name starts from the folder above it.
    fn add_package_at(&mut self, relative: &str) {
        let relative = relative.trim_end_matches('/');
        // Patterns end where they begin to be patterns.
        let literal = relative.split(['*', '?', '[']).next().unwrap_or(relative);
        let package = if literal.len() < relative.len() {
            literal.rsplit_once('/').map_or("", |(start, _)| start)
        } else {
            literal
        };
        let parent = if literal.len() < relative.len() {
            package
        } else {
            package.rsplit_once('/').map_or("", |(start, _)| start)
        };
        self.add_import_folder(if parent.is_empty() { "." } else { parent });
    }
}

/// The line, from 1, of a byte offset.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    let end = offset.min(text.len());
    text.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// Which manifest a file of this name in a folder of that name is.
pub(crate) fn kind_of(name: &str, folder: &str) -> Option<ManifestKind> {
    match name {
        "pyproject.toml" => Some(ManifestKind::Pyproject),
        "setup.cfg" => Some(ManifestKind::SetupCfg),
        "setup.py" => Some(ManifestKind::SetupPy),
        "Pipfile" => Some(ManifestKind::Pipfile),
        "pytest.ini" | "tox.ini" => Some(ManifestKind::Pytest),
        _ => is_requirements_file(name, folder).then_some(ManifestKind::Requirements),
    }
}

/// Reads one manifest; what is wrong with it goes to `problems`.
pub(crate) fn read(
    tree: &dyn SourceTree,
    path: &Path,
    kind: ManifestKind,
    problems: &mut Vec<ProjectProblem>,
) -> Manifest {
    let mut manifest = Manifest::new(path, kind);
    if kind == ManifestKind::SetupPy {
        manifest.describes_project = true;
        return manifest;
    }
    let bytes = match tree.read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            problems.push(problem(
                path,
                None,
                format!("the manifest can't be read: {error}; it is not used"),
            ));
            return manifest;
        }
    };
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_start_matches('\u{feff}');
    match kind {
        ManifestKind::Pyproject | ManifestKind::Pipfile => match text.parse::<Table>() {
            Ok(table) if kind == ManifestKind::Pyproject => {
                read_pyproject(tree, &mut manifest, &table, text, problems)
            }
            Ok(table) => {
                manifest.describes_project = true;
                for group in ["packages", "dev-packages"] {
                    poetry_dependencies(&mut manifest, table.get(group));
                }
            }
            Err(error) => {
                manifest.describes_project = true;
                let line = error.span().map(|span| line_of(text, span.start));
                problems.push(problem(
                    path,
                    line,
                    format!("not valid TOML: {}; the manifest is not used", error.message()),
                ));
            }
        },
        ManifestKind::SetupCfg | ManifestKind::Pytest => match IniFile::parse(text) {
            Ok(file) => read_ini(&mut manifest, &file),
            Err(line) => problems.push(problem(
                path,
                Some(line),
                "neither a [section], a `key = value` nor the continuation of one; the file is not used"
                    .to_owned(),
            )),
        },
        ManifestKind::Requirements => {
            let file = parse_requirements(text, manifest.folder());
            manifest.describes_project = path.file_name().is_some_and(|name| name == "requirements.txt");
            manifest.dependencies = file.requirements;
            manifest.local_projects = file.editable;
            manifest.includes = file.includes;
        }
        ManifestKind::SetupPy => {}
    }
    manifest
}

fn problem(path: &Path, line: Option<usize>, message: String) -> ProjectProblem {
    ProjectProblem { path: path.to_path_buf(), kind: ProblemKind::BrokenManifest, line, message }
}

/// The value at a dotted path of keys.
fn at<'a>(table: &'a Table, path: &str) -> Option<&'a Value> {
    let mut keys = path.split('.');
    let mut value = table.get(keys.next()?)?;
    for key in keys {
        value = value.as_table()?.get(key)?;
    }
    Some(value)
}

fn strings(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn read_pyproject(
    tree: &dyn SourceTree,
    manifest: &mut Manifest,
    table: &Table,
    text: &str,
    problems: &mut Vec<ProjectProblem>,
) {
    manifest.describes_project = ["project", "build-system", "tool.poetry", "tool.fastapi"]
        .iter()
        .any(|path| at(table, path).is_some());
    manifest.name = at(table, "project.name")
        .or_else(|| at(table, "tool.poetry.name"))
        .and_then(Value::as_str)
        .map(str::to_owned);
    let version =
        at(table, "project.version").or_else(|| at(table, "tool.poetry.version")).and_then(Value::as_str);
    manifest.version = version.map(str::to_owned).or_else(|| packaged_version(tree, manifest));
    setuptools(manifest, table);
    for package in at(table, "tool.poetry.packages").and_then(Value::as_array).into_iter().flatten() {
        let from = package.get("from").and_then(Value::as_str).unwrap_or(".");
        manifest.add_import_folder(from);
    }
    for path in ["tool.pdm.build.package-dir", "tool.pdm.package-dir", "tool.uv.build-backend.module-root"] {
        if let Some(folder) = at(table, path).and_then(Value::as_str) {
            manifest.add_import_folder(if folder.is_empty() { "." } else { folder });
        }
    }
    hatch(manifest, table);
    for path in ["tool.pytest.ini_options.pythonpath", "tool.pytest.pythonpath"] {
        for folders in strings(at(table, path)) {
            folders.split_whitespace().for_each(|folder| manifest.add_import_folder(folder));
        }
    }
    for folder in strings(at(table, "tool.pyright.extraPaths")) {
        manifest.add_import_folder(folder);
    }
    dependencies(manifest, table);
    local_projects(tree, manifest, table);
    entrypoint(manifest, table, text, problems);
}

/// The version in the `PKG-INFO` that lies beside the manifest of a source distribution.
fn packaged_version(tree: &dyn SourceTree, manifest: &Manifest) -> Option<String> {
    let path = manifest.folder().join("PKG-INFO");
    let bytes = tree.is_file(&path).then(|| tree.read(&path).ok()).flatten()?;
    let text = String::from_utf8_lossy(&bytes);
    let version =
        text.lines().take_while(|line| !line.is_empty()).find_map(|line| line.strip_prefix("Version:"))?;
    Some(version.trim().to_owned())
}

fn setuptools(manifest: &mut Manifest, table: &Table) {
    for folder in strings(at(table, "tool.setuptools.packages.find.where")) {
        manifest.add_import_folder(folder);
    }
    for (package, folder) in
        at(table, "tool.setuptools.package-dir").and_then(Value::as_table).into_iter().flatten()
    {
        if let Some(folder) = folder.as_str() {
            package_folder(manifest, package, folder);
        }
    }
}

/// setuptools' `package-dir`: the empty name is the folder of all packages; another one is where that
/// package itself lies, which is an import folder when its path ends with its name.
fn package_folder(manifest: &mut Manifest, package: &str, folder: &str) {
    if package.is_empty() {
        manifest.add_import_folder(if folder.is_empty() { "." } else { folder });
    } else if let Some(start) = folder.trim_end_matches('/').strip_suffix(&package.replace('.', "/")) {
        manifest.add_import_folder(if start.is_empty() { "." } else { start });
    }
}

fn hatch(manifest: &mut Manifest, table: &Table) {
    for target in ["tool.hatch.build.targets.wheel", "tool.hatch.build"] {
        let Some(target) = at(table, target).and_then(Value::as_table) else {
            continue;
        };
        let sources = target.get("sources");
        for folder in strings(sources) {
            manifest.add_import_folder(folder);
        }
        for (folder, renamed) in sources.and_then(Value::as_table).into_iter().flatten() {
            if renamed.as_str() == Some("") {
                manifest.add_import_folder(folder);
            }
        }
        for package in strings(target.get("packages")) {
            manifest.add_package_at(package);
        }
        for folder in strings(target.get("dev-mode-dirs")) {
            manifest.add_import_folder(folder);
        }
    }
}

fn dependencies(manifest: &mut Manifest, table: &Table) {
    let mut add = |value: Option<&Value>| {
        manifest.dependencies.extend(strings(value).into_iter().filter_map(Requirement::parse));
    };
    add(at(table, "project.dependencies"));
    for groups in ["project.optional-dependencies", "dependency-groups", "tool.pdm.dev-dependencies"] {
        for (_, group) in at(table, groups).and_then(Value::as_table).into_iter().flatten() {
            add(Some(group));
        }
    }
    add(at(table, "tool.uv.dev-dependencies"));
    poetry_dependencies(manifest, at(table, "tool.poetry.dependencies"));
    poetry_dependencies(manifest, at(table, "tool.poetry.dev-dependencies"));
    for (_, group) in at(table, "tool.poetry.group").and_then(Value::as_table).into_iter().flatten() {
        poetry_dependencies(manifest, group.get("dependencies"));
    }
}

/// Poetry's and Pipenv's `name = "^1.2"` or `name = {version = "^1.2", path = "../lib"}`.
fn poetry_dependencies(manifest: &mut Manifest, group: Option<&Value>) {
    for (name, value) in group.and_then(Value::as_table).into_iter().flatten() {
        if name == "python" {
            continue;
        }
        let specifier = value.as_str().or_else(|| value.get("version").and_then(Value::as_str)).unwrap_or("");
        let specifier = if specifier == "*" { "" } else { specifier };
        manifest.dependencies.push(Requirement { name: name.clone(), specifier: specifier.to_owned() });
        if let Some(path) = value.get("path").and_then(Value::as_str) {
            let path = normalized(&manifest.folder().join(path));
            manifest.local_projects.push(path);
        }
    }
}

fn local_projects(tree: &dyn SourceTree, manifest: &mut Manifest, table: &Table) {
    for (_, source) in at(table, "tool.uv.sources").and_then(Value::as_table).into_iter().flatten() {
        if let Some(path) = source.get("path").and_then(Value::as_str) {
            manifest.local_projects.push(normalized(&manifest.folder().join(path)));
        }
    }
    for member in strings(at(table, "tool.uv.workspace.members")) {
        manifest.local_projects.extend(expand(tree, manifest.folder(), member));
    }
    manifest.local_projects.sort();
    manifest.local_projects.dedup();
}

/// The folders that a workspace member's pattern names: `*` stands for the folders at one level.
fn expand(tree: &dyn SourceTree, folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut folders = vec![folder.to_path_buf()];
    for part in pattern.split('/').filter(|part| !part.is_empty() && *part != ".") {
        let matcher = part
            .contains(['*', '?', '['])
            .then(|| globset::Glob::new(part).ok())
            .flatten()
            .map(|glob| glob.compile_matcher());
        let mut next = Vec::new();
        for folder in folders {
            let Some(matcher) = &matcher else {
                next.push(normalized(&folder.join(part)));
                continue;
            };
            for entry in tree.entries(&folder).unwrap_or_default() {
                if entry
                    .path
                    .file_name()
                    .is_some_and(|name| matcher.is_match(name) && !name.to_string_lossy().starts_with('.'))
                    && tree.is_dir(&entry.path)
                {
                    next.push(entry.path);
                }
            }
        }
        folders = next;
    }
    folders
}

fn entrypoint(manifest: &mut Manifest, table: &Table, text: &str, problems: &mut Vec<ProjectProblem>) {
    let Some(value) = at(table, "tool.fastapi.entrypoint") else {
        return;
    };
    let line = text
        .lines()
        .position(|line| {
            let key = line.split('=').next().unwrap_or("").trim();
            key == "entrypoint" || key == "tool.fastapi.entrypoint" || key == "fastapi.entrypoint"
        })
        .map_or(1, |position| position + 1);
    let parts = value.as_str().and_then(|text| text.split_once(':'));
    match parts {
        Some((module, attribute)) if !module.trim().is_empty() && !attribute.trim().is_empty() => {
            manifest.entrypoint = Some(Entrypoint {
                manifest: manifest.path.clone(),
                line,
                module: module.trim().to_owned(),
                attribute: attribute.trim().to_owned(),
            });
        }
        _ => problems.push(problem(
            &manifest.path,
            Some(line),
            "`entrypoint` in [tool.fastapi] is not of the form \"module:attribute\", such as \"app.main:app\"; it is not used".to_owned(),
        )),
    }
}

fn read_ini(manifest: &mut Manifest, file: &IniFile) {
    let section = if manifest.kind == ManifestKind::SetupCfg { "tool:pytest" } else { "pytest" };
    for line in file.lines(section, "pythonpath") {
        line.split_whitespace().for_each(|folder| manifest.add_import_folder(folder));
    }
    if manifest.kind != ManifestKind::SetupCfg {
        return;
    }
    manifest.describes_project = file.has_section("metadata") || file.has_section("options");
    manifest.name = file.value("metadata", "name").map(str::to_owned);
    let literal = |version: &&str| version.starts_with(|first: char| first.is_ascii_digit());
    manifest.version = file.value("metadata", "version").filter(literal).map(str::to_owned);
    for line in file.lines("options", "package_dir") {
        if let Some((package, folder)) = line.split_once('=') {
            package_folder(manifest, package.trim(), folder.trim());
        }
    }
    for folder in file.lines("options.packages.find", "where") {
        manifest.add_import_folder(folder);
    }
    manifest.dependencies.extend(file.lines("options", "install_requires").filter_map(Requirement::parse));
    for (_, group) in file.entries("options.extras_require") {
        manifest.dependencies.extend(group.lines().filter_map(Requirement::parse));
    }
}
