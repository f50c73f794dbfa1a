//! The modules inside a package, for star imports of packages and `pkgutil.iter_modules`.

use std::path::Path;

use crate::name::Name;
use rustc_hash::FxHashSet;

use super::resolve::{ModuleLocation, ModuleResolver, OutsideFile, Search};

/// A module directly inside a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submodule {
    /// Its last name.
    pub name: Name,
    /// Whether it is a package, with or without `__init__.py`.
    pub is_package: bool,
    /// Where it is.
    pub location: ModuleLocation,
}

impl ModuleResolver {
    /// The modules directly inside a package, sorted by name; empty for a plain module.
    pub fn submodules(&self, package: &ModuleLocation) -> Vec<Submodule> {
        let mut found = Vec::new();
        let mut seen = FxHashSet::default();
        let prefix = self.module_name(package);
        match package {
            ModuleLocation::File(file) => {
                let file = self.project.file(*file);
                if file.is_package
                    && let Some(folder) = file.path.parent()
                {
                    self.submodules_in(folder, prefix, false, &mut found, &mut seen);
                }
            }
            ModuleLocation::Namespace(folders) => {
                let installed =
                    |folder: &Path| self.site_packages().iter().any(|site| folder.starts_with(site));
                for folder in folders {
                    self.submodules_in(folder, prefix, installed(folder), &mut found, &mut seen);
                }
            }
            ModuleLocation::Outside(file) => {
                if file.is_package
                    && let Some(folder) = file.path.parent()
                {
                    self.submodules_in(folder, prefix, file.installed, &mut found, &mut seen);
                }
            }
        }
        found.sort_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
        found
    }

    fn module_name(&self, package: &ModuleLocation) -> Option<Name> {
        match package {
            ModuleLocation::File(file) => Some(self.project.file(*file).module),
            ModuleLocation::Outside(file) => Some(file.module),
            ModuleLocation::Namespace(_) => None,
        }
    }

    fn submodules_in(
        &self,
        folder: &Path,
        prefix: Option<Name>,
        installed: bool,
        found: &mut Vec<Submodule>,
        seen: &mut FxHashSet<Box<str>>,
    ) {
        if let Some(index) = self.directories().at(folder) {
            let this = self.directories().folder(index);
            for (name, child) in &this.folders {
                let child = self.directories().folder(*child);
                if child.has_python && seen.insert(name.clone()) {
                    let location = child.init.map_or_else(
                        || ModuleLocation::Namespace(vec![child.path.clone()]),
                        ModuleLocation::File,
                    );
                    found.push(Submodule { name: Name::from(name), is_package: true, location });
                }
            }
            for (name, file) in &this.modules {
                if seen.insert(name.clone()) {
                    found.push(Submodule {
                        name: Name::from(name),
                        is_package: false,
                        location: ModuleLocation::File(*file),
                    });
                }
            }
            if this.is_walked && this.skipped.is_empty() {
                return;
            }
        }
        for name in self.listings.names(folder) {
            if seen.contains(&name) {
                continue;
            }
            // The name inside the package, under the package's own name.
            let Search::Found(location) = self.under_path(folder, &name, installed) else {
                continue;
            };
            let location = match (location, prefix) {
                (ModuleLocation::Outside(file), Some(prefix)) => ModuleLocation::Outside(OutsideFile {
                    module: Name::from(&format!("{prefix}.{name}")),
                    ..file
                }),
                (location, _) => location,
            };
            let is_package = match &location {
                ModuleLocation::Namespace(_) => true,
                ModuleLocation::Outside(file) => file.is_package,
                ModuleLocation::File(file) => self.project.file(*file).is_package,
            };
            found.push(Submodule { name: Name::from(&name), is_package, location });
            seen.insert(name);
        }
    }
}
