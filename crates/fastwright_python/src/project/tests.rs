#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use super::*;
use crate::source::{DiskTree, MemoryTree};
use std::sync::Arc;

mod bad_input;
mod layouts;
mod manifests;
mod resolving;

fn found(tree: &MemoryTree, path: &str) -> Project {
    discover(tree, Path::new(path), &DiscoverOptions::default()).unwrap()
}

/// A resolver over copies of a project and its tree.
fn resolver(project: &Project, tree: &MemoryTree) -> ModuleResolver {
    ModuleResolver::new(Arc::new(project.clone()), Arc::new(tree.clone()))
}

/// Each file as `path = module @ root`, the root relative to the project's.
fn names(project: &Project) -> String {
    let mut text = String::new();
    for file in &project.files {
        let root = project.relative(&project.import_roots[file.import_root].path);
        let root = if root.is_empty() { "." } else { &root };
        writeln!(text, "{} = {} @ {root}", file.relative, file.module).unwrap();
    }
    text
}

fn shown(project: &Project, location: Option<&ModuleLocation>) -> String {
    match location {
        None => "nothing".to_owned(),
        Some(ModuleLocation::File(file)) => project.file(*file).relative.clone(),
        Some(ModuleLocation::Namespace(folders)) => {
            let folders: Vec<String> =
                folders.iter().map(|folder| format!("{}/", project.relative(folder))).collect();
            folders.join(" ")
        }
        Some(ModuleLocation::Outside(file)) => {
            let kind = if file.installed { "installed" } else { "outside" };
            format!("{kind} {} as {}", project.relative(&file.path), file.module)
        }
    }
}

/// Checks the names of a fixture's files, and where imports lead: `importer: dotted -> where`.
#[track_caller]
fn check(fixture: &str, expected_names: &str, imports: &str) {
    let tree = MemoryTree::from_fixture(fixture);
    check_in(&tree, ".", expected_names, imports);
}

#[track_caller]
fn check_in(tree: &MemoryTree, path: &str, expected_names: &str, imports: &str) {
    let project = found(tree, path);
    let trimmed = |text: &str| {
        text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(trimmed(&names(&project)), trimmed(expected_names), "roots: {:#?}", project.import_roots);
    let resolver = resolver(&project, tree);
    let mut results = Vec::new();
    for line in trimmed(imports).lines() {
        let (importer, rest) = line.split_once(": ").unwrap();
        let (dotted, _) = rest.split_once(" -> ").unwrap();
        let index = project.files.iter().position(|file| file.relative == importer).unwrap();
        let location = resolver.resolve(FileIndex(index as u32), dotted);
        results.push(format!("{importer}: {dotted} -> {}", shown(&project, location.as_ref())));
    }
    assert_eq!(results.join("\n"), trimmed(imports));
}
