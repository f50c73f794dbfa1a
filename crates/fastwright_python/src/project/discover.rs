//! Putting a project together: root, walk, manifests, environment, import roots, module names, versions.

use std::path::{Path, PathBuf};

use crate::name::Name;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::directories::{DirectoryIndex, FolderIndex};
use super::environment::{self, Environment};
use super::evidence::is_identifier;
use super::manifest::{self, Manifest, ManifestKind};
use super::place::{Place, locate};
use super::published;
use super::roots::RootDecision;
use super::versions::{DistributionVersions, VersionSource, is_lock_file, normalized_name, read_lock_file};
use super::walk::{WalkedFolder, Walker};
use super::{
    DiscoverError, DiscoverOptions, ImportRoot, Project, ProjectProblem, RootReason, SourceFile, relative_to,
};
use crate::source::{EntryKind, SourceTree, normalized};

pub(super) fn discover(
    tree: &dyn SourceTree,
    path: &Path,
    options: &DiscoverOptions,
) -> Result<Project, DiscoverError> {
    let place = locate(tree, path)?;
    let walked = walk(tree, &place, options)?;
    let mut problems = Vec::new();
    let mut found = FoundManifests::default();
    let walked = found.collect(tree, &place, walked, &mut problems);
    let manifests = found.read(tree, &mut problems);
    let environment = find_environment(tree, &place, &manifests, options)?;

    let mut directories = DirectoryIndex::default();
    let (start, last, start_reason) = add_chain(tree, &place, &mut directories);
    let mut paths = Vec::new();
    if place.is_file {
        directories.add_file(last, place.analysed.clone(), &mut paths);
    } else {
        directories.fill(last, walked, &mut paths);
    }
    mark_python_above(&mut directories, last);
    sort_files(&mut directories, &mut paths);

    let mut versions = DistributionVersions::default();
    collect_versions(tree, &found, &manifests, environment.as_ref(), &mut versions, &mut problems);
    for (name, version, path) in published::exact_requirements(tree, &place.root) {
        versions.insert(&name, version, VersionSource::Requirements, &path);
    }
    versions.finish();
    mark_manifests(&mut directories, &manifests, &versions);

    let declared = declared_roots(tree, &place, &manifests, environment.as_ref());
    let mut decision = RootDecision::new(tree, &mut directories, &paths, declared.clone());
    decision.decide(start, start_reason);
    let (decided, reasons) = (decision.roots, decision.reasons);
    let import_roots = number_roots(&mut directories, &decided, &reasons, declared);
    let files = paths
        .into_iter()
        .map(|(path, folder)| source_file(&place, &directories, &import_roots, path, folder))
        .collect();

    let entrypoints = manifests.iter().filter_map(|manifest| manifest.entrypoint.clone()).collect();
    problems.sort();
    problems.dedup();
    Ok(Project {
        root: place.root,
        analysed: place.analysed,
        files,
        import_roots,
        manifests,
        entrypoints,
        environment,
        versions,
        problems,
        directories,
    })
}

fn walk(
    tree: &dyn SourceTree,
    place: &Place,
    options: &DiscoverOptions,
) -> Result<WalkedFolder, DiscoverError> {
    // Made for a single file too: a wrong pattern is an error whatever is analysed.
    let walker = Walker::new(tree, options, &place.root, &place.folder)?;
    if place.is_file {
        return Ok(WalkedFolder { path: place.folder.clone(), ..WalkedFolder::default() });
    }
    if let Err(error) = tree.entries(&place.folder) {
        return Err(DiscoverError::Io(place.folder.clone(), error));
    }
    Ok(walker.walk(place.repository.as_deref()))
}

#[derive(Default)]
struct FoundManifests {
    manifests: Vec<(PathBuf, ManifestKind)>,
    locks: Vec<PathBuf>,
}

impl FoundManifests {
    /// Takes the manifests and problems out of what was walked, and adds the manifests of the folders above.
    fn collect(
        &mut self,
        tree: &dyn SourceTree,
        place: &Place,
        mut walked: WalkedFolder,
        problems: &mut Vec<ProjectProblem>,
    ) -> WalkedFolder {
        self.take(&mut walked, problems);
        let top = match (&place.repository, &place.package_folder) {
            (Some(repository), None) => repository.as_path(),
            _ => place.root.as_path(),
        };
        for folder in place.folder.ancestors() {
            if !folder.starts_with(top) {
                break;
            }
            let is_walked = folder == place.folder && !place.is_file;
            if !is_walked {
                self.list(tree, folder, folder.starts_with(&place.root));
            }
        }
        walked
    }

    fn take(&mut self, walked: &mut WalkedFolder, problems: &mut Vec<ProjectProblem>) {
        self.manifests.append(&mut walked.manifests);
        self.locks.append(&mut walked.locks);
        problems.append(&mut walked.problems);
        for folder in &mut walked.folders {
            self.take(folder, problems);
        }
    }

    /// The manifests of one folder. Above the project's root only lock files and workspaces matter.
    fn list(&mut self, tree: &dyn SourceTree, folder: &Path, within_root: bool) {
        let folder_name = folder.file_name().unwrap_or_default().to_string_lossy();
        for entry in tree.entries(folder).unwrap_or_default() {
            let name = entry.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if entry.kind != EntryKind::File {
                continue;
            }
            if is_lock_file(&name) {
                self.locks.push(entry.path);
            } else if let Some(kind) = manifest::kind_of(&name, &folder_name)
                && (within_root || kind == ManifestKind::Pyproject)
            {
                self.manifests.push((entry.path, kind));
            }
        }
    }

    /// Reads every manifest, and the requirements files that others include.
    fn read(&mut self, tree: &dyn SourceTree, problems: &mut Vec<ProjectProblem>) -> Vec<Manifest> {
        self.manifests.sort();
        self.manifests.dedup();
        self.locks.sort();
        self.locks.dedup();
        let read: Vec<(Manifest, Vec<ProjectProblem>)> = self
            .manifests
            .par_iter()
            .map(|(path, kind)| {
                let mut problems = Vec::new();
                (manifest::read(tree, path, *kind, &mut problems), problems)
            })
            .collect();
        let mut known: FxHashSet<PathBuf> = self.manifests.iter().map(|(path, _)| path.clone()).collect();
        let mut manifests = Vec::new();
        let mut includes = Vec::new();
        for (manifest, mut found) in read {
            problems.append(&mut found);
            includes.extend(manifest.includes.iter().cloned());
            manifests.push(manifest);
        }
        while let Some(path) = includes.pop() {
            if known.insert(path.clone()) && tree.is_file(&path) {
                let manifest = manifest::read(tree, &path, ManifestKind::Requirements, problems);
                includes.extend(manifest.includes.iter().cloned());
                manifests.push(manifest);
            }
        }
        manifests.sort_by(|a, b| a.path.cmp(&b.path));
        manifests
    }
}

fn find_environment(
    tree: &dyn SourceTree,
    place: &Place,
    manifests: &[Manifest],
    options: &DiscoverOptions,
) -> Result<Option<Environment>, DiscoverError> {
    if let Some(named) = &options.python_env {
        let path = tree.absolute(named).map_err(|error| DiscoverError::Io(named.clone(), error))?;
        return match Environment::at(tree, &path) {
            Some(environment) => Ok(Some(environment)),
            None => Err(DiscoverError::NotAnEnvironment(named.clone())),
        };
    }
    if let Some(folder) = &place.package_folder {
        return Ok(Environment::at(tree, folder));
    }
    let top = place
        .repository
        .as_deref()
        .filter(|repository| place.root.starts_with(repository))
        .unwrap_or(&place.root);
    let mut folders: Vec<PathBuf> = place
        .folder
        .ancestors()
        .take_while(|folder| folder.starts_with(top))
        .map(Path::to_path_buf)
        .collect();
    folders.extend(manifests.iter().map(|manifest| manifest.folder().to_path_buf()));
    let mut seen = FxHashSet::default();
    folders.retain(|folder| seen.insert(folder.clone()));
    let virtual_env = options.virtual_env.as_deref().and_then(|path| tree.absolute(path).ok());
    Ok(environment::find(tree, &folders, top, virtual_env.as_deref()))
}

/// Adds the folders from the topmost possible import root down to the walked one. Gives the folder that
/// names start from when nothing says otherwise, the walked folder, and why.
fn add_chain(
    tree: &dyn SourceTree,
    place: &Place,
    directories: &mut DirectoryIndex,
) -> (FolderIndex, FolderIndex, RootReason) {
    let has_init = |folder: &Path| tree.is_file(&folder.join("__init__.py"));
    let (base, start, reason) = if let Some(packages) = &place.package_folder {
        (packages.clone(), packages.clone(), RootReason::SitePackages)
    } else if place.is_marked {
        (place.root.clone(), place.root.clone(), RootReason::ManifestFolder)
    } else {
        let topmost =
            place.root.ancestors().find(|folder| !has_init(folder)).unwrap_or(&place.root).to_path_buf();
        let is_package = topmost != place.root;
        // The folder above is a possible root too, for a package that has no `__init__.py`.
        let name = place.root.file_name().unwrap_or_default().to_string_lossy();
        let base = if is_package || !is_identifier(&name) {
            topmost.as_path()
        } else {
            topmost.parent().unwrap_or(&topmost)
        };
        (base.to_path_buf(), topmost, RootReason::Structure)
    };
    let mut chain: Vec<&Path> =
        place.folder.ancestors().take_while(|folder| folder.starts_with(&base)).collect();
    chain.reverse();
    let mut parent = None;
    let mut start_index = 0;
    for folder in chain {
        let is_root = folder == start;
        let index = directories.add_folder(folder, parent, !is_root && has_init(folder));
        if is_root {
            start_index = index;
        }
        parent = Some(index);
    }
    (start_index, parent.unwrap_or(0), reason)
}

fn mark_python_above(directories: &mut DirectoryIndex, folder: FolderIndex) {
    if directories.folder(folder).has_python {
        let above: Vec<FolderIndex> = directories.upwards(folder).collect();
        for folder in above {
            directories.folders[folder as usize].has_python = true;
        }
    }
}

fn sort_files(directories: &mut DirectoryIndex, paths: &mut Vec<(PathBuf, FolderIndex)>) {
    let mut order: Vec<(u32, (PathBuf, FolderIndex))> = (0..).zip(std::mem::take(paths)).collect();
    order.sort_unstable_by(|a, b| a.1.0.as_os_str().cmp(b.1.0.as_os_str()));
    let mut places = vec![0_u32; order.len()];
    for (new, (old, _)) in order.iter().enumerate() {
        places[*old as usize] = new as u32;
    }
    directories.renumber(&places);
    paths.extend(order.into_iter().map(|(_, file)| file));
}

fn collect_versions(
    tree: &dyn SourceTree,
    found: &FoundManifests,
    manifests: &[Manifest],
    environment: Option<&Environment>,
    versions: &mut DistributionVersions,
    problems: &mut Vec<ProjectProblem>,
) {
    let locked: Vec<_> = found.locks.par_iter().map(|path| (path, read_lock_file(tree, path))).collect();
    for (path, (packages, problem)) in locked {
        problems.extend(problem);
        for (name, version) in packages {
            versions.insert(&name, version, VersionSource::LockFile, path);
        }
    }
    for manifest in manifests {
        if let (Some(name), Some(version)) = (&manifest.name, &manifest.version) {
            versions.insert(name, version.clone(), VersionSource::Declared, &manifest.path);
        }
        for requirement in &manifest.dependencies {
            let Some(bound) = requirement.bound() else {
                continue;
            };
            let pinned = bound.exact && manifest.kind == ManifestKind::Requirements;
            let source = if pinned { VersionSource::Requirements } else { VersionSource::Declared };
            versions.insert(&requirement.name, bound.version, source, &manifest.path);
        }
    }
    for folder in environment.iter().flat_map(|environment| &environment.site_packages) {
        for (name, version, path) in environment::installed_distributions(tree, folder) {
            versions.insert(&name, version, VersionSource::Environment, &path);
        }
    }
}

fn mark_manifests(directories: &mut DirectoryIndex, manifests: &[Manifest], versions: &DistributionVersions) {
    let mut own: FxHashSet<String> = FxHashSet::default();
    let mut names: FxHashSet<String> = versions.names().into_iter().map(str::to_owned).collect();
    for manifest in manifests {
        names.extend(manifest.dependencies.iter().map(|requirement| normalized_name(&requirement.name)));
        own.extend(manifest.name.as_deref().map(normalized_name));
        if let Some(folder) = manifest.describes_project.then(|| directories.at(manifest.folder())).flatten()
        {
            let folder = &mut directories.folders[folder as usize];
            let is_weak = matches!(manifest.kind, ManifestKind::Requirements | ManifestKind::SetupPy);
            folder.has_only_weak_manifests =
                is_weak && (folder.has_only_weak_manifests || !folder.has_project_manifest);
            folder.has_project_manifest = true;
        }
    }
    directories.dependency_names =
        names.into_iter().filter(|name| !own.contains(name)).map(|name| name.replace('-', "_")).collect();
}

/// Folders that manifests, editable installs and local dependencies make import roots.
fn declared_roots(
    tree: &dyn SourceTree,
    place: &Place,
    manifests: &[Manifest],
    environment: Option<&Environment>,
) -> FxHashMap<PathBuf, RootReason> {
    let mut declared = FxHashMap::default();
    if place.package_folder.is_some() {
        return declared;
    }
    let mut add = |path: PathBuf, reason: RootReason| {
        // A declared folder that is itself a package is a mistake that Python would not forgive either.
        if tree.is_dir(&path) && !tree.is_file(&path.join("__init__.py")) {
            declared.entry(path).or_insert(reason);
        }
    };
    for manifest in manifests {
        for folder in &manifest.import_folders {
            add(folder.clone(), RootReason::Declared);
        }
        for folder in &manifest.local_projects {
            let source = folder.join("src");
            if tree.is_dir(&source) && !tree.is_file(&source.join("__init__.py")) {
                add(source, RootReason::SourceFolder);
            } else {
                add(folder.clone(), RootReason::ManifestFolder);
            }
        }
    }
    for folder in environment.iter().flat_map(|environment| &environment.site_packages) {
        let folder = normalized(folder);
        let is_installed = environment.is_some_and(|environment| folder.starts_with(&environment.path));
        if folder.starts_with(&place.root) && !is_installed {
            add(folder, RootReason::Declared);
        }
    }
    declared
}

/// Numbers the roots that files have and those that are declared, by path, and tells each folder its root.
fn number_roots(
    directories: &mut DirectoryIndex,
    decided: &[FolderIndex],
    reasons: &FxHashMap<FolderIndex, RootReason>,
    declared: FxHashMap<PathBuf, RootReason>,
) -> Vec<ImportRoot> {
    let mut roots: FxHashMap<PathBuf, RootReason> = declared;
    for (folder, root) in directories.folders.iter().zip(decided) {
        if !folder.files.is_empty() {
            let reason = reasons.get(root).copied().unwrap_or(RootReason::Structure);
            roots.entry(directories.folder(*root).path.clone()).or_insert(reason);
        }
    }
    let mut import_roots: Vec<ImportRoot> =
        roots.into_iter().map(|(path, reason)| ImportRoot { path, reason }).collect();
    import_roots.sort_by(|a, b| a.path.as_os_str().cmp(b.path.as_os_str()));
    let mut numbers: FxHashMap<FolderIndex, usize> = FxHashMap::default();
    for (number, root) in import_roots.iter().enumerate() {
        let folder = directories.at(&root.path);
        directories.root_folders.push(folder);
        let Some(folder) = folder else { continue };
        numbers.insert(folder, number);
        let this = directories.folder(folder);
        let folders = this
            .folders
            .iter()
            .filter(|(_, inner)| directories.folder(**inner).has_python)
            .map(|(name, _)| name);
        let names: FxHashSet<Box<str>> = folders.chain(this.modules.keys()).cloned().collect();
        for name in names {
            directories.top_names.entry(name).or_default().push(number);
        }
    }
    for (folder, root) in directories.folders.iter_mut().zip(decided) {
        folder.import_root = numbers.get(root).copied().unwrap_or(0);
    }
    import_roots
}

fn source_file(
    place: &Place,
    directories: &DirectoryIndex,
    roots: &[ImportRoot],
    path: PathBuf,
    folder: FolderIndex,
) -> SourceFile {
    let import_root = directories.folder(folder).import_root;
    let root = roots.get(import_root).map_or(place.root.as_path(), |root| root.path.as_path());
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let is_package = stem == "__init__";
    let below = path.parent().and_then(|parent| parent.strip_prefix(root).ok()).unwrap_or(Path::new(""));
    let mut module = below.to_string_lossy().replace(std::path::MAIN_SEPARATOR, ".");
    if !is_package || module.is_empty() {
        if !module.is_empty() {
            module.push('.');
        }
        module.push_str(&stem);
    }
    SourceFile {
        relative: relative_to(&place.root, &path),
        module: Name::from(&module),
        is_package,
        import_root,
        path,
    }
}
